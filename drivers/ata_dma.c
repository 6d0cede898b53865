/* SPDX-License-Identifier: MIT */
/*
 * ATA disks by bus-master DMA (SFF-8038i). One command: write the table of physical regions, fill
 * the task file, tell the bus master where the table is and which way the data go, clear its
 * status, write the command, set the start bit, wait for the interrupt or poll for it, take the
 * start bit away, look at what the drive says.
 *
 * Each access to a register may cost the guest a trip through its hypervisor, so there are as few
 * as the interface allows, and a poll that takes long looks less and less often.
 */
#include "ata_dma.h"

#include "abi/machine.h"
#include "ata_internal.h"
#include "errors.h"
#include "poll.h"

#define FIRST_LOOK_NS 30000
#define SECTORS_PER_MS 8 /* a disk slower than 4 MB/s is taken for a broken one */
#define SECTOR_NS_MAX (1000000 / SECTORS_PER_MS)
#define DMA_END 0x100000000ull

/* --- the bus master's registers --------------------------------------------------------------- */

static void write_command(const struct ata_drive *drive, uint8_t value)
{
    out8((uint16_t)(drive->dma_port + IDE_DMA_COMMAND), value);
}

static uint8_t read_status(const struct ata_drive *drive)
{
    return in8((uint16_t)(drive->dma_port + IDE_DMA_STATUS));
}

bool ata_dma_reaches(const struct ata_drive *drive, const void *buffer, uint32_t length)
{
    uint64_t gpa = platform_gpa_of(buffer);
    return drive->dma_port != 0 && gpa % 2 == 0 && gpa + length <= DMA_END;
}

/* No region crosses a multiple of 64 KiB; a length of 64 KiB is written as 0. */
static void write_table(struct ide_prd *table, uint64_t gpa, uint32_t length)
{
    struct ide_prd *prd = table;
    while (length > 0) {
        uint32_t part = IDE_PRD_BOUNDARY - (uint32_t)(gpa % IDE_PRD_BOUNDARY);
        if (part > length)
            part = length;
        *prd = (struct ide_prd){.address = (uint32_t)gpa, .count = (uint16_t)part};
        gpa += part;
        length -= part;
        if (length == 0)
            prd->flags = IDE_PRD_END;
        prd++;
    }
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* The drive has raised INTRQ, or the bus master has come to an end of its own. */
static bool is_done(const struct ata_drive *drive, uint8_t *status)
{
    *status = read_status(drive);
    return *status & (IDE_DMA_STATUS_INTERRUPT | IDE_DMA_STATUS_ERROR) ||
           !(*status & IDE_DMA_STATUS_ACTIVE);
}

/* How long so many sectors should take, after the last command: a longer one says how long a part
 * of it takes, a shorter one no more than that, and one that has stalled says nothing. */
static uint64_t expected_ns(const struct ata_drive *drive, uint32_t sectors)
{
    uint64_t ns = drive->dma_last_ns, longest = (uint64_t)sectors * SECTOR_NS_MAX;
    if (sectors < drive->dma_last_sectors)
        ns = ns * sectors / drive->dma_last_sectors;
    return ns < longest ? ns : longest;
}

/* The first look comes after half the time that it should take, the next ones whenever a quarter of
 * the time that has passed has passed once more: that is a handful, whatever the speed of the disk.
 * poll_until() would look, and so exit, all the time. */
static bool poll_seldom(struct ata_drive *drive, uint8_t *status, uint32_t sectors,
                        uint32_t timeout_ms)
{
    uint64_t start = platform_now(), now = start;
    uint64_t next = start + FIRST_LOOK_NS + expected_ns(drive, sectors) / 2;
    for (;;) {
        while (now < next) {
            cpu_pause();
            now = platform_now();
        }
        if (is_done(drive, status)) {
            drive->dma_last_ns = now - start;
            drive->dma_last_sectors = sectors;
            return true;
        }
        if (now - start >= timeout_ms * 1000000ull)
            return false;
        next = now + (now - start) / 4;
    }
}

/* The interrupt of a command cannot come before the CPU sleeps: the first look is behind a
 * sleep. */
static bool sleep_until_done(const struct ata_drive *drive, uint8_t *status, uint32_t timeout_ms)
{
    platform_sleep();
    return wait_until(is_done(drive, status), drive->interrupt, timeout_ms);
}

/* --- a command -------------------------------------------------------------------------------- */

static uint8_t dma_command(bool write, bool ext)
{
    if (write)
        return ext ? ATA_CMD_WRITE_DMA_EXT : ATA_CMD_WRITE_DMA;
    return ext ? ATA_CMD_READ_DMA_EXT : ATA_CMD_READ_DMA;
}

/* Has the command run and the bus master stopped. *status: the bus master's, before that. */
static int run(struct ata_drive *drive, uint8_t command, uint8_t direction, uint32_t sectors,
               uint8_t *status)
{
    uint32_t timeout_ms = POLL_TIMEOUT_MS + sectors / SECTORS_PER_MS;
    out32((uint16_t)(drive->dma_port + IDE_DMA_TABLE), (uint32_t)platform_gpa_of(drive->dma_table));
    write_command(drive, direction);
    /* The interrupt of a command by PIO is seen here, too. */
    out8((uint16_t)(drive->dma_port + IDE_DMA_STATUS), drive->dma_clear);
    ata_write_register(drive, ATA_COMMAND, command);
    write_command(drive, direction | IDE_DMA_COMMAND_START);
    bool done = drive->interrupt ? sleep_until_done(drive, status, timeout_ms)
                                 : poll_seldom(drive, status, sectors, timeout_ms);
    write_command(drive, direction);
    drive->status = ata_read_register(drive, ATA_STATUS); /* takes INTRQ back */
    if (done)
        return ERR_OK;
    platform_log("%s: DMA timeout, status %02x, bus master %02x", drive->name, drive->status,
                 *status);
    return ERR_TIMEOUT;
}

/* What drive and bus master say after a command that has ended. */
static int result(struct ata_drive *drive, uint8_t status)
{
    int error = ERR_OK;
    if (status & IDE_DMA_STATUS_ERROR) {
        drive->error = ata_read_register(drive, ATA_ERROR);
        platform_log("%s: bus master %02x, status %02x error %02x", drive->name, status,
                     drive->status, drive->error);
        return ERR_IO;
    }
    if (drive->status & ATA_STATUS_BSY) /* the last data have gone, the interrupt is yet to come */
        error = ata_wait_clear(drive, ATA_STATUS_BSY, POLL_TIMEOUT_MS);
    if (!error)
        error = ata_command_result(drive);
    if (!error && (drive->status & ATA_STATUS_DRQ ||
                   (status & (IDE_DMA_STATUS_ACTIVE | IDE_DMA_STATUS_INTERRUPT)) ==
                       (IDE_DMA_STATUS_ACTIVE | IDE_DMA_STATUS_INTERRUPT)))
        error = ERR_DEVICE; /* it has moved less than was asked for, or wants more */
    return error;
}

int ata_dma_transfer(struct ata_drive *drive, const struct ata_transfer *t, const void *buffer,
                     bool write)
{
    bool ext;
    int error = ata_choose_form(drive, t, &ext);
    if (error)
        return error;
    uint32_t length = t->sectors * ATA_SECTOR_SIZE;
    if (!ata_dma_reaches(drive, buffer, length))
        return ERR_UNSUPPORTED;
    write_table(drive->dma_table, platform_gpa_of(buffer), length);
    drive->error = 0;
    error = ata_select_again(drive, t, ext);
    if (!error) {
        uint8_t status;
        ata_write_task_file(drive, t, ext);
        error = run(drive, dma_command(write, ext), write ? 0 : IDE_DMA_COMMAND_TO_MEMORY,
                    t->sectors, &status);
        if (!error)
            error = result(drive, status);
    }
    return error ? ata_give_up(drive, error) : ERR_OK;
}

int ata_use_dma(struct ata_drive *drive, const struct pci_function *function, void *table)
{
    const struct pci_bar *bar = &function->bars[IDE_DMA_BAR];
    uint64_t gpa = platform_gpa_of(table);
    if (!drive->dma_offered || !bar->io || bar->base == 0 || bar->size < IDE_DMA_BAR_SIZE)
        return ERR_UNSUPPORTED;
    if (gpa % ATA_DMA_TABLE_BYTES != 0 || gpa + ATA_DMA_TABLE_BYTES > DMA_END)
        return ERR_UNSUPPORTED;
    pci_command_set(function, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
    drive->dma_port = (uint16_t)bar->base;
    if (drive->command_port == PORT_ATA_SECONDARY)
        drive->dma_port += IDE_DMA_CHANNEL_SIZE;
    drive->dma_table = table;
    write_command(drive, 0);
    drive->dma_clear =
        (read_status(drive) & (IDE_DMA_STATUS_CAPABLE_0 | IDE_DMA_STATUS_CAPABLE_1)) |
        IDE_DMA_STATUS_ERROR | IDE_DMA_STATUS_INTERRUPT;
    /* The bus master's interrupt bit is INTRQ, which nIEN keeps in. */
    ata_let_interrupt(drive);
    if (drive->lba48)
        drive->block.max_transfer = ATA_DMA_MAX_TRANSFER;
    return ERR_OK;
}

/* SPDX-License-Identifier: MIT */
/* Rung 7: every ATA disk, read (and with `write` written) by each form of the command it offers;
 * with `dma` by DMA as well, and with `irq` asleep between a command and its interrupt. */
#include "climb.h"

#include "abi/machine.h"
#include "ata_dma.h"
#include "console.h"
#include "errors.h"
#include "interrupt.h"
#include "io.h"
#include "memory.h"
#include "noinit.h"
#include "platform.h"
#include "printf.h"

#include <string.h>

#define TEST_SECTORS 4 /* more than one, so that a DRQ block of several sectors is seen */
#define FORMS_MAX 6

static const struct {
    uint16_t command_port, control_port;
    uint8_t irq;
} channels[] = {
    {PORT_ATA_PRIMARY, PORT_ATA_PRIMARY_CONTROL, IRQ_ATA_PRIMARY},
    {PORT_ATA_SECONDARY, PORT_ATA_SECONDARY_CONTROL, IRQ_ATA_SECONDARY},
};
#define CHANNELS (sizeof(channels) / sizeof(channels[0]))

/* --- bringing a drive up ---------------------------------------------------------------------- */

static const struct pci_function *find_controller(const struct climb *climb)
{
    for (unsigned i = 0; i < climb->function_count; i++) {
        const struct pci_function *f = &climb->functions[i];
        if (f->class_code >> 8 == PCI_CLASS_IDE_LEGACY >> 8 && f->class_code & PCI_IDE_BUS_MASTER)
            return f;
    }
    return NULL;
}

static void *dma_table(void)
{
    static void *table; /* one command runs at a time, on whichever channel */
    if (!table)
        table = memory_alloc(ATA_DMA_TABLE_BYTES, ATA_DMA_TABLE_BYTES);
    return table;
}

static void use_dma(const struct climb *climb, struct ata_drive *drive)
{
    const struct pci_function *controller = find_controller(climb);
    void *table = dma_table();
    int error = controller && table ? ata_use_dma(drive, controller, table) : ERR_UNSUPPORTED;
    if (error)
        platform_log("%s: DMA: %s", drive->name, error_text(error));
}

static void use_interrupt(struct ata_drive *drive, unsigned channel)
{
    static struct interrupt interrupts[CHANNELS];
    static bool taken[CHANNELS];
    if (!taken[channel])
        taken[channel] =
            platform_line_interrupt(&interrupts[channel], channels[channel].irq, false) == ERR_OK;
    if (taken[channel])
        ata_use_interrupt(drive, &interrupts[channel]);
}

int climb_open_ata(const struct climb *climb, unsigned unit, struct ata_drive *drive)
{
    unsigned channel = unit / 2;
    int error = ata_init(drive, channels[channel].command_port, channels[channel].control_port,
                         unit % 2, ATA_MULTIPLE_MAX);
    if (error)
        return error;
    if (climb->command.dma)
        use_dma(climb, drive);
    if (climb->command.irq != IRQ_NONE)
        use_interrupt(drive, channel);
    return ERR_OK;
}

/* --- the rung --------------------------------------------------------------------------------- */

/* The ways in which this drive can be asked for sectors starting at lba; returns how many. */
static unsigned list_forms(const struct ata_drive *drive, uint64_t lba, uint32_t sectors,
                           struct ata_transfer forms[FORMS_MAX])
{
    unsigned count = 0;
    for (unsigned ext = 0; ext <= 1; ext++) {
        if (ext ? !drive->lba48 : lba + sectors > ATA_MAX_SECTORS_28)
            continue;
        struct ata_transfer form = {
            .lba = lba, .sectors = sectors, .force_48 = ext, .single = true};
        forms[count++] = form;
        if (drive->multiple) {
            form.single = false;
            forms[count++] = form;
        }
        if (drive->dma_port) {
            form.dma = true;
            forms[count++] = form;
        }
    }
    return count;
}

/* Reads the first sectors in every form; all must agree. Stores how many forms there were. */
static int compare_reads(struct ata_drive *drive, uint32_t sectors, unsigned *count)
{
    struct ata_transfer forms[FORMS_MAX];
    uint8_t *first = climb_buffer(0), *other = climb_buffer(1);
    *count = list_forms(drive, 0, sectors, forms);
    for (unsigned i = 0; i < *count; i++) {
        int error = ata_read_sectors(drive, &forms[i], i == 0 ? first : other);
        if (error)
            return error;
        if (i > 0 && memcmp(first, other, sectors * ATA_SECTOR_SIZE) != 0)
            return ERR_DEVICE;
    }
    return ERR_OK;
}

/* Writes a pattern in this form and reads it back. */
static int write_and_compare(struct ata_drive *drive, const struct ata_transfer *form,
                             uint64_t seed)
{
    uint8_t *pattern = climb_buffer(1), *back = climb_buffer(2);
    uint32_t length = form->sectors * ATA_SECTOR_SIZE;
    climb_fill(pattern, length, seed);
    int error = ata_write_sectors(drive, form, pattern);
    if (!error)
        error = block_flush(&drive->block);
    if (!error)
        error = block_read(&drive->block, form->lba * ATA_SECTOR_SIZE, back, length);
    if (!error && memcmp(pattern, back, length) != 0)
        error = ERR_DEVICE;
    return error;
}

#define WRITE_SEED 0x41544177a5000000ull

/* The last sectors, written in every form; what was there is put back. */
static int compare_writes(struct ata_drive *drive, uint32_t sectors, unsigned *count)
{
    struct ata_transfer forms[FORMS_MAX];
    uint32_t length = sectors * ATA_SECTOR_SIZE;
    uint64_t offset = drive->block.size - length;
    uint8_t *original = climb_buffer(0);
    *count = list_forms(drive, offset / ATA_SECTOR_SIZE, sectors, forms);

    int error = block_read(&drive->block, offset, original, length);
    if (error)
        return error;
    for (unsigned i = 0; i < *count && !error; i++)
        error = write_and_compare(drive, &forms[i], WRITE_SEED + ((uint64_t)i << 16));

    int restored = block_write(&drive->block, offset, original, length);
    if (!restored)
        restored = block_flush(&drive->block);
    return error ? error : restored;
}

static void fail(struct climb *climb, const struct ata_drive *drive, const char *step, int error)
{
    if (error == ERR_IO || error == ERR_RANGE)
        rung_failed(climb, RUNG_ATA_PIO, "ata", "%s %s: %s, status 0x%02x, error 0x%02x",
                    drive->name, step, error_text(error), drive->status, drive->error);
    else
        rung_failed(climb, RUNG_ATA_PIO, "ata", "%s %s: %s", drive->name, step, error_text(error));
}

static void exercise(struct climb *climb, struct ata_drive *drive)
{
    uint64_t total = drive->block.size / ATA_SECTOR_SIZE;
    uint32_t sectors = total < TEST_SECTORS ? (uint32_t)total : TEST_SECTORS;
    unsigned reads = 0, writes = 0;
    if (!climb_buffer(0) || !climb_buffer(1) || !climb_buffer(2)) {
        fail(climb, drive, "buffers", ERR_NO_MEMORY);
        return;
    }
    int error = compare_reads(drive, sectors, &reads);
    if (error) {
        fail(climb, drive, "read", error);
        return;
    }
    if (climb->command.write && !drive->block.read_only) {
        error = compare_writes(drive, sectors, &writes);
        if (error) {
            fail(climb, drive, "write", error);
            return;
        }
    }

    char multiple[24] = "no multiple", written[24] = "";
    const char *dma = "";
    if (climb->command.dma)
        dma = drive->dma_port ? ", DMA" : ", no DMA";
    if (drive->multiple)
        format_text(multiple, sizeof(multiple), "multiple %u", drive->multiple);
    if (writes)
        format_text(written, sizeof(written), ", %u writes agree", writes);
    rung_say(RUNG_ATA_PIO, "ata", "%s %lu sectors, LBA28%s, %s%s, %u reads agree%s", drive->name,
             total, drive->lba48 ? " and LBA48" : "", multiple, dma, reads, written);
    platform_log("%s: model %s", drive->name, drive->model);
    rung_passed(climb, RUNG_ATA_PIO);
}

void rung7_ata(struct climb *climb)
{
    static NOINIT struct ata_drive drive;
    bool found = false;
    for (unsigned channel = 0; channel < CHANNELS; channel++) {
        for (unsigned unit = 0; unit < 2; unit++) {
            if (in8((uint16_t)(channels[channel].command_port + ATA_STATUS)) == ATA_FLOATING_BUS)
                break; /* neither drive is there */
            int error = climb_open_ata(climb, channel * 2 + unit, &drive);
            if (error == ERR_ABSENT)
                continue;
            found = true;
            if (error)
                fail(climb, &drive, "identify", error);
            else
                exercise(climb, &drive);
        }
    }
    if (!found)
        rung_absent(climb, RUNG_ATA_PIO, PART_ATA);
}

/* SPDX-License-Identifier: MIT */
/* Rung 7: every ATA disk, read (and with `write` written) by each form of the command it offers. */
#include "climb.h"

#include "abi/machine.h"
#include "ata.h"
#include "console.h"
#include "errors.h"
#include "io.h"
#include "noinit.h"
#include "platform.h"
#include "printf.h"

#include <string.h>

#define MAX_MULTIPLE 16
#define TEST_SECTORS 4 /* more than one, so that a DRQ block of several sectors is seen */
#define FORMS_MAX 4

static const struct {
    uint16_t command_port, control_port;
} channels[] = {
    {PORT_ATA_PRIMARY, PORT_ATA_PRIMARY_CONTROL},
    {PORT_ATA_SECONDARY, PORT_ATA_SECONDARY_CONTROL},
};

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
    if (drive->multiple)
        format_text(multiple, sizeof(multiple), "multiple %u", drive->multiple);
    if (writes)
        format_text(written, sizeof(written), ", %u writes agree", writes);
    rung_say(RUNG_ATA_PIO, "ata", "%s %lu sectors, LBA28%s, %s, %u reads agree%s", drive->name,
             total, drive->lba48 ? " and LBA48" : "", multiple, reads, written);
    platform_log("%s: model %s", drive->name, drive->model);
    rung_passed(climb, RUNG_ATA_PIO);
}

void rung7_ata(struct climb *climb)
{
    static NOINIT struct ata_drive drive;
    bool found = false;
    for (unsigned channel = 0; channel < sizeof(channels) / sizeof(channels[0]); channel++) {
        uint16_t port = channels[channel].command_port;
        for (uint8_t unit = 0; unit < 2; unit++) {
            if (in8((uint16_t)(port + ATA_STATUS)) == ATA_FLOATING_BUS)
                break; /* neither drive is there */
            int error = ata_init(&drive, port, channels[channel].control_port, unit, MAX_MULTIPLE);
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

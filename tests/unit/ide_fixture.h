/* SPDX-License-Identifier: MIT */
/*
 * The IDE model with disks of fake backends, for its tests, and the accesses that a driver makes of
 * them. Nothing is polled: the model runs its requests inline unless a test holds them.
 */
#ifndef TESTS_UNIT_IDE_FIXTURE_H
#define TESTS_UNIT_IDE_FIXTURE_H

#include "fake_backend.h"
#include "host-vmm/devices/ide.h"

#define SECTOR ATA_SECTOR_SIZE
#define SECTORS 2048
#define DISK_LENGTH (SECTORS * SECTOR)
#define SECTORS_1 100 /* of drive 1 */
#define READY (ATA_STATUS_DRDY | ATA_STATUS_DSC)
#define FAILED (READY | ATA_STATUS_ERR)
#define WITH_DATA (READY | ATA_STATUS_DRQ)

struct ide_fixture {
    struct ide ide;
    struct ide_channel *channel; /* the primary one; the secondary is empty */
    struct fake_backend disk, disk_1;
    bool irq[IDE_CHANNELS];
    unsigned irq_edges; /* how often a line went up */
};

extern struct ide_fixture fixture;

int ide_fixture_start(bool drive_0, bool drive_1);
int ide_fixture_stop(void **state);
uint8_t guest_in8(unsigned offset);
void guest_out8(unsigned offset, uint8_t value);
uint32_t guest_in_data(unsigned size);
void guest_out_data(unsigned size, uint32_t value);
uint8_t guest_alternate_status(void);
void guest_control(uint8_t value);
void guest_software_reset(void);
void guest_read_words(void *to, unsigned bytes);
void guest_write_words(uint8_t fill, unsigned bytes);
void guest_select(unsigned drive);
void guest_put_28(uint32_t lba, uint8_t count);
void guest_put_48(uint64_t lba, uint16_t count);
void guest_command(uint8_t value);
void expect_ata_error(uint8_t status, uint8_t error);
void guest_set_multiple(uint8_t sectors);
bool disk_0_is_untouched(void);
void expect_ata_signature(void);

#endif

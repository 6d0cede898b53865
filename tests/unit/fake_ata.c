/* SPDX-License-Identifier: MIT */
/* An IDE channel for driver tests; fake_ata.h says what it does. */
#include "fake_ata.h"

#include "drivers/abi/machine.h"

#include <string.h>

#define IDLE (ATA_STATUS_DRDY | ATA_STATUS_DSC)

uint8_t fake_ata_pattern(unsigned unit, uint32_t byte)
{
    return (uint8_t)(byte * 13 + byte / ATA_SECTOR_SIZE * 7 + unit * 101);
}

void fake_ata_add(struct fake_ata *ata, unsigned unit, uint64_t sectors)
{
    struct fake_ata_drive *drive = &ata->drives[unit];
    uint32_t sectors_28 = sectors < ATA_MAX_SECTORS_28 ? (uint32_t)sectors : ATA_MAX_SECTORS_28;
    drive->present = true;
    ata->status = IDLE;
    drive->sectors = sectors;
    for (uint32_t i = 0; i < sizeof(drive->data); i++)
        drive->data[i] = fake_ata_pattern(unit, i);
    uint16_t *id = drive->id;
    id[ATA_ID_CONFIG] = 0x0040;
    for (unsigned i = 0; i < ATA_ID_MODEL_WORDS; i++)
        id[ATA_ID_MODEL + i] = ' ' << 8 | ' ';
    id[ATA_ID_MODEL] = 'F' << 8 | 'a';
    id[ATA_ID_MODEL + 1] = 'k' << 8 | 'e';
    id[ATA_ID_MAX_MULTIPLE] = 0x8000 | 16;
    id[ATA_ID_CAPABILITIES] = ATA_ID_CAPABILITIES_LBA;
    id[ATA_ID_SECTORS_28] = (uint16_t)sectors_28;
    id[ATA_ID_SECTORS_28 + 1] = (uint16_t)(sectors_28 >> 16);
    id[ATA_ID_COMMAND_SET_2] = id[ATA_ID_COMMAND_SET_2_ENABLED] =
        ATA_ID_COMMAND_SET_VALID | ATA_ID_COMMAND_SET_2_LBA48 | ATA_ID_COMMAND_SET_2_FLUSH |
        ATA_ID_COMMAND_SET_2_FLUSH_EXT;
    id[ATA_ID_COMMAND_SET_3_ENABLED] = ATA_ID_COMMAND_SET_VALID;
    for (unsigned i = 0; i < 4; i++)
        id[ATA_ID_SECTORS_48 + i] = (uint16_t)(sectors >> 16 * i);
}

static struct fake_ata_drive *selected(struct fake_ata *ata)
{
    return &ata->drives[ata->device & ATA_DEVICE_DEV1 ? 1 : 0];
}

static void fail(struct fake_ata *ata, uint8_t status, uint8_t error)
{
    ata->status = IDLE | status;
    ata->error = error;
    ata->left = 0;
}

/* Offers the next DRQ block, or ends the command. */
static void next_block(struct fake_ata *ata)
{
    struct fake_ata_drive *drive = selected(ata);
    if (ata->left == 0) {
        ata->status = IDLE | (ata->writing && ata->wants_more ? ATA_STATUS_DRQ : 0);
        return;
    }
    uint32_t sectors = ata->left < ata->block ? ata->left : ata->block;
    if (ata->bad_error && ata->bad_lba >= ata->lba && ata->bad_lba < ata->lba + sectors) {
        fail(ata, ata->bad_status, ata->bad_error);
        return;
    }
    if (ata->lba + sectors > drive->sectors) {
        fail(ata, ATA_STATUS_ERR, ATA_ERROR_IDNF);
        return;
    }
    bool backed =
        ata->lba >= drive->base_lba && ata->lba + sectors <= drive->base_lba + FAKE_ATA_SECTORS;
    ata->data = backed ? drive->data + (ata->lba - drive->base_lba) * ATA_SECTOR_SIZE : ata->sector;
    ata->data_at = 0;
    ata->data_end = sectors * ATA_SECTOR_SIZE;
    ata->lba += sectors;
    ata->left -= sectors;
    ata->blocks++;
    ata->status = IDLE | ATA_STATUS_DRQ;
}

static void take_task_file(struct fake_ata *ata, bool ext)
{
    ata->lba = ata->lba_low[0] | ata->lba_mid[0] << 8 | (uint64_t)ata->lba_high[0] << 16;
    ata->left = ata->count[0];
    if (ext) {
        ata->lba |= (uint64_t)ata->lba_low[1] << 24 | (uint64_t)ata->lba_mid[1] << 32 |
                    (uint64_t)ata->lba_high[1] << 40;
        ata->left |= (uint32_t)ata->count[1] << 8;
    } else {
        ata->lba |= (uint64_t)(ata->device & ATA_DEVICE_LBA_HIGH_MASK) << 24;
    }
    if (ata->left == 0)
        ata->left = ext ? ATA_COUNT_MAX_48 : ATA_COUNT_MAX_28;
    ata->last_lba = ata->lba;
    ata->last_count = ata->left;
    if (!(ata->device & ATA_DEVICE_LBA))
        ata->misuses++;
}

static void start_data(struct fake_ata *ata, bool ext, bool multiple, bool writing)
{
    take_task_file(ata, ext);
    ata->block = multiple ? selected(ata)->multiple : 1;
    ata->writing = writing;
    if (ata->block == 0) {
        fail(ata, ATA_STATUS_ERR, ATA_ERROR_ABRT);
    } else if (ata->no_data) {
        ata->status = IDLE;
    } else {
        next_block(ata);
    }
}

static void start_dma(struct fake_ata *ata, uint8_t code, bool ext)
{
    take_task_file(ata, ext);
    ata->status = ATA_STATUS_BSY;
    ata->dma_command = code;
}

void fake_ata_end_dma(struct fake_ata *ata, uint8_t status, uint8_t error)
{
    ata->dma_command = 0;
    fail(ata, status, error);
}

static void identify(struct fake_ata *ata)
{
    struct fake_ata_drive *drive = selected(ata);
    if (drive->packet) {
        ata->lba_mid[0] = ATA_SIGNATURE_ATAPI_MID;
        ata->lba_high[0] = ATA_SIGNATURE_ATAPI_HIGH;
        fail(ata, ATA_STATUS_ERR, ATA_ERROR_ABRT);
        return;
    }
    memcpy(ata->sector, drive->id, ATA_SECTOR_SIZE);
    ata->data = ata->sector;
    ata->data_at = 0;
    ata->data_end = ATA_SECTOR_SIZE;
    ata->left = 0;
    ata->writing = false;
    ata->status = IDLE | ATA_STATUS_DRQ;
}

static void set_multiple(struct fake_ata *ata)
{
    unsigned sectors = ata->count[0];
    unsigned most = selected(ata)->id[ATA_ID_MAX_MULTIPLE] & 0xff;
    if (sectors == 0 || sectors > most || (sectors & (sectors - 1)) != 0) {
        fail(ata, ATA_STATUS_ERR, ATA_ERROR_ABRT);
        return;
    }
    selected(ata)->multiple = sectors;
}

static void command(struct fake_ata *ata, uint8_t code)
{
    ata->commands++;
    ata->last_command = code;
    if (!selected(ata)->present)
        return;
    if (ata->status & (ATA_STATUS_BSY | ATA_STATUS_DRQ))
        ata->misuses++;
    ata->status = IDLE;
    ata->error = 0;
    if (ata->never_ends && code != ATA_CMD_IDENTIFY_DEVICE && code != ATA_CMD_SET_MULTIPLE_MODE) {
        ata->status = ATA_STATUS_BSY;
        return;
    }
    switch (code) {
    case ATA_CMD_READ_SECTORS:
    case ATA_CMD_READ_MULTIPLE:
        start_data(ata, false, code == ATA_CMD_READ_MULTIPLE, false);
        break;
    case ATA_CMD_READ_SECTORS_EXT:
    case ATA_CMD_READ_MULTIPLE_EXT:
        start_data(ata, true, code == ATA_CMD_READ_MULTIPLE_EXT, false);
        break;
    case ATA_CMD_WRITE_SECTORS:
    case ATA_CMD_WRITE_MULTIPLE:
        start_data(ata, false, code == ATA_CMD_WRITE_MULTIPLE, true);
        break;
    case ATA_CMD_WRITE_SECTORS_EXT:
    case ATA_CMD_WRITE_MULTIPLE_EXT:
        start_data(ata, true, code == ATA_CMD_WRITE_MULTIPLE_EXT, true);
        break;
    case ATA_CMD_READ_DMA:
    case ATA_CMD_WRITE_DMA:
        start_dma(ata, code, false);
        break;
    case ATA_CMD_READ_DMA_EXT:
    case ATA_CMD_WRITE_DMA_EXT:
        start_dma(ata, code, true);
        break;
    case ATA_CMD_IDENTIFY_DEVICE:
        identify(ata);
        break;
    case ATA_CMD_SET_MULTIPLE_MODE:
        set_multiple(ata);
        break;
    case ATA_CMD_FLUSH_CACHE:
        selected(ata)->flushes++;
        break;
    case ATA_CMD_FLUSH_CACHE_EXT:
        selected(ata)->flushes_ext++;
        break;
    default:
        fail(ata, ATA_STATUS_ERR, ATA_ERROR_ABRT);
    }
}

/* A reset forgets what SET MULTIPLE MODE said, as a drive may. */
static void control(struct fake_ata *ata, uint8_t value)
{
    if (ata->control & ATA_CONTROL_SRST && !(value & ATA_CONTROL_SRST)) {
        ata->resets++;
        ata->status = IDLE;
        ata->error = 1;
        ata->device = 0;
        ata->left = 0;
        ata->dma_command = 0;
        ata->drives[0].multiple = ata->drives[1].multiple = 0;
    }
    ata->control = value;
}

static void data_moved(struct fake_ata *ata, unsigned size)
{
    ata->data_at += size;
    if (ata->data_at == ata->data_end)
        next_block(ata);
}

static bool data_ready(struct fake_ata *ata, unsigned size, bool writing)
{
    if (ata->status & ATA_STATUS_DRQ && ata->writing == writing &&
        ata->data_at + size <= ata->data_end)
        return true;
    ata->misuses++;
    return false;
}

static uint8_t read_status(struct fake_ata *ata)
{
    if (ata->stuck_status)
        return ata->stuck_status;
    return selected(ata)->present ? ata->status : 0;
}

uint32_t fake_ata_in(void *context, uint16_t port, unsigned size)
{
    struct fake_ata *ata = context;
    if (ata->floating || (!ata->drives[0].present && !ata->drives[1].present))
        return UINT32_MAX;
    if (port == PORT_ATA_PRIMARY_CONTROL)
        return read_status(ata);
    switch (port - PORT_ATA_PRIMARY) {
    case ATA_DATA: {
        uint32_t value = 0;
        if (data_ready(ata, size, false)) {
            memcpy(&value, ata->data + ata->data_at, size);
            data_moved(ata, size);
        }
        return value;
    }
    case ATA_ERROR:
        return ata->error;
    case ATA_COUNT:
        return ata->registers_do_not_hold ? 0 : ata->count[0];
    case ATA_LBA_LOW:
        return ata->registers_do_not_hold ? 0 : ata->lba_low[0];
    case ATA_LBA_MID:
        return ata->lba_mid[0];
    case ATA_LBA_HIGH:
        return ata->lba_high[0];
    case ATA_DEVICE:
        return ata->device;
    case ATA_STATUS:
        return read_status(ata);
    default:
        ata->misuses++;
        return UINT32_MAX;
    }
}

static void push(uint8_t fifo[2], uint32_t value)
{
    fifo[1] = fifo[0];
    fifo[0] = (uint8_t)value;
}

static void write_register(struct fake_ata *ata, unsigned reg, uint32_t value)
{
    if (ata->status & (ATA_STATUS_BSY | ATA_STATUS_DRQ))
        ata->misuses++;
    switch (reg) {
    case ATA_COUNT:
        push(ata->count, value);
        break;
    case ATA_LBA_LOW:
        push(ata->lba_low, value);
        break;
    case ATA_LBA_MID:
        push(ata->lba_mid, value);
        break;
    case ATA_LBA_HIGH:
        push(ata->lba_high, value);
        break;
    case ATA_DEVICE:
        ata->device = (uint8_t)value;
        break;
    default:
        ata->misuses++;
    }
}

void fake_ata_out(void *context, uint16_t port, unsigned size, uint32_t value)
{
    struct fake_ata *ata = context;
    unsigned reg = (unsigned)(port - PORT_ATA_PRIMARY);
    if (port == PORT_ATA_PRIMARY_CONTROL) {
        control(ata, (uint8_t)value);
    } else if (reg == ATA_COMMAND) {
        command(ata, (uint8_t)value);
    } else if (reg == ATA_DATA) {
        if (data_ready(ata, size, true)) {
            memcpy(ata->data + ata->data_at, &value, size);
            data_moved(ata, size);
        }
    } else {
        write_register(ata, reg, value);
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * Both ATA channels: the task file at its ports, and bus-master IDE. A drive is called ata0 to ata3, as the
 * channel's device register selects it. A command is shown with the sectors that it is for, which the guest has
 * written before.
 */
#include "span.h"
#include "tables.h"

#include <stdio.h>
#include <string.h>

#include "../../../drivers/abi/ata.h"
#include "../../../drivers/abi/ide_dma.h"
#include "../../../drivers/abi/machine.h"

#define CHANNELS 2
#define DRIVES 2 /* on a channel */

/* Registers are two deep: 48-bit commands take what was written before, too. */
struct channel {
    uint8_t now[ATA_COMMAND_BLOCK_SIZE], before[ATA_COMMAND_BLOCK_SIZE];
    bool high_order; /* HOB: reads give what was written before */
};

struct ata_state {
    struct channel channels[CHANNELS];
};

static void name_drive(const struct channel *channel, unsigned number, struct decoded *decoded)
{
    unsigned drive = (channel->now[ATA_DEVICE] & ATA_DEVICE_DEV1) != 0;

    snprintf(decoded->device, sizeof decoded->device, "ata%u", DRIVES * number + drive);
}

/* --- commands ------------------------------------------------------------------------------------- */

static bool takes_28_bits(uint8_t command)
{
    switch (command) {
    case ATA_CMD_READ_SECTORS:
    case ATA_CMD_WRITE_SECTORS:
    case ATA_CMD_READ_VERIFY_SECTORS:
    case ATA_CMD_READ_MULTIPLE:
    case ATA_CMD_WRITE_MULTIPLE:
    case ATA_CMD_READ_DMA:
    case ATA_CMD_WRITE_DMA:
        return true;
    default:
        return false;
    }
}

static bool takes_48_bits(uint8_t command)
{
    switch (command) {
    case ATA_CMD_READ_SECTORS_EXT:
    case ATA_CMD_WRITE_SECTORS_EXT:
    case ATA_CMD_READ_VERIFY_SECTORS_EXT:
    case ATA_CMD_READ_MULTIPLE_EXT:
    case ATA_CMD_WRITE_MULTIPLE_EXT:
    case ATA_CMD_READ_DMA_EXT:
    case ATA_CMD_WRITE_DMA_EXT:
        return true;
    default:
        return false;
    }
}

static uint64_t lba_24(const uint8_t *registers)
{
    return registers[ATA_LBA_LOW] | (uint64_t)registers[ATA_LBA_MID] << 8 |
           (uint64_t)registers[ATA_LBA_HIGH] << 16;
}

static void append_sectors(const struct channel *channel, uint8_t command, char *words)
{
    const uint8_t *now = channel->now;
    uint64_t lba = lba_24(now);
    unsigned count = now[ATA_COUNT] != 0 ? now[ATA_COUNT] : ATA_COUNT_MAX_28;
    unsigned high = now[ATA_DEVICE] & ATA_DEVICE_LBA_HIGH_MASK;

    if (takes_48_bits(command)) {
        count = (unsigned)channel->before[ATA_COUNT] << 8 | now[ATA_COUNT];
        decode_append(words, " lba=%llu count=%u",
                      (unsigned long long)(lba_24(channel->before) << 24 | lba),
                      count != 0 ? count : ATA_COUNT_MAX_48);
    } else if (!takes_28_bits(command)) {
        return;
    } else if (now[ATA_DEVICE] & ATA_DEVICE_LBA) {
        decode_append(words, " lba=%llu count=%u", (unsigned long long)((uint64_t)high << 24 | lba),
                      count);
    } else {
        decode_append(words, " cylinder=%u head=%u sector=%u count=%u", (unsigned)(lba >> 8), high,
                      (unsigned)now[ATA_LBA_LOW], count);
    }
}

static void append_parameters(const struct channel *channel, uint8_t command, char *words)
{
    append_sectors(channel, command, words);
    if (command == ATA_CMD_SET_FEATURES)
        decode_append(words, " features=0x%x count=0x%x", channel->now[ATA_FEATURES],
                      channel->now[ATA_COUNT]);
    if (command == ATA_CMD_SET_MULTIPLE_MODE)
        decode_append(words, " sectors=%u", channel->now[ATA_COUNT]);
}

/* --- the task file -------------------------------------------------------------------------------- */

/* What a write to the task file leaves for the command that comes later. */
static void learn(struct channel *channel, uint64_t offset, uint8_t value)
{
    channel->high_order = false;
    if (offset == ATA_COMMAND) {
        if (value == ATA_CMD_EXECUTE_DEVICE_DIAGNOSTIC)
            channel->now[ATA_DEVICE] = 0;
        return;
    }
    channel->before[offset] = channel->now[offset];
    channel->now[offset] = value;
}

static bool is_two_deep(uint64_t offset)
{
    return offset >= ATA_COUNT && offset <= ATA_LBA_HIGH;
}

static void decode_command_block(struct channel *channel, uint64_t offset,
                                 const struct decode_access *access, struct decoded *decoded)
{
    const struct decode_span span = {.table = &decode_ata_registers};
    bool plain = access->size == 1 && access->count == 1 && access->answered;
    uint64_t value = decode_value_of(access);

    if (offset != ATA_DATA) {
        if (!decode_span(&span, offset, access, decoded))
            decode_nameless(offset, access, decoded);
    } else {
        const struct decode_register *data =
            decode_find(&decode_ata_registers, ATA_DATA, access->is_write);

        decode_register_words(data, 0, access->size, value, decoded);
        if (access->count > 1) {
            decoded->words[0] = '\0';
            decode_data_words(access, decoded->words);
        }
        return;
    }
    if (plain && access->is_write && offset == ATA_COMMAND)
        append_parameters(channel, (uint8_t)value, decoded->words);
    if (plain && access->is_write)
        learn(channel, offset, (uint8_t)value);
    else if (plain && channel->high_order && is_two_deep(offset))
        decode_append(decoded->words, " (high order)");
}

static void decode_control(struct channel *channel, const struct decode_access *access,
                           struct decoded *decoded)
{
    const struct decode_span span = {.table = &decode_ata_control};
    uint64_t value = decode_value_of(access);

    decode_span(&span, 0, access, decoded);
    if (!access->is_write || access->size != 1 || access->count != 1 || !access->answered)
        return;
    channel->high_order = (value & ATA_CONTROL_HOB) != 0;
    if (value & ATA_CONTROL_SRST)
        channel->now[ATA_DEVICE] = 0; /* a reset selects the first drive */
}

/* --- bus-master IDE ------------------------------------------------------------------------------- */

static void decode_dma(struct ata_state *state, const struct decode_access *access,
                       struct decoded *decoded)
{
    const struct decode_span span = {.table = &decode_ide_dma_registers};
    unsigned number = access->offset / IDE_DMA_CHANNEL_SIZE % CHANNELS;
    uint64_t offset = access->offset % IDE_DMA_CHANNEL_SIZE;

    if (!decode_span(&span, offset, access, decoded))
        decode_nameless(access->offset, access, decoded);
    name_drive(&state->channels[number], number, decoded);
}

static bool decode(void *self, const struct decode_access *access, struct decoded *decoded)
{
    struct ata_state *state = self;
    const struct decode_register *place;
    unsigned number;

    if (strcmp(access->device, "ide-dma") == 0) {
        decode_dma(state, access, decoded);
        return true;
    }
    if (!access->is_port || (access->device[0] != '\0' && strcmp(access->device, "ata") != 0))
        return false;
    place = decode_find(&decode_ata_ports, access->address, access->is_write);
    if (place == NULL)
        return false;
    number =
        place->offset == PORT_ATA_SECONDARY || place->offset == PORT_ATA_SECONDARY_CONTROL ? 1 : 0;
    if (place->size == 1)
        decode_control(&state->channels[number], access, decoded);
    else
        decode_command_block(&state->channels[number], access->address - place->offset, access,
                             decoded);
    name_drive(&state->channels[number], number, decoded);
    return true;
}

const struct decode_module decode_ata = {"ata", sizeof(struct ata_state), decode};

/* SPDX-License-Identifier: MIT */
/* ata, blk: the disks, each opened anew for the command that looks at it. */
#include "command.h"

#include "abi/machine.h"
#include "ata.h"
#include "chunk.h"
#include "console.h"
#include "errors.h"
#include "io.h"
#include "noinit.h"
#include "parse.h"
#include "virtio/blk.h"

#include <stddef.h>
#include <string.h>

#define ATA_DRIVES 4
#define VIRTIO_DISKS 8
#define BLOCK_BYTES 512 /* of a device that counts in less */

static const struct {
    uint16_t command_port, control_port;
} channels[] = {
    {PORT_ATA_PRIMARY, PORT_ATA_PRIMARY_CONTROL},
    {PORT_ATA_SECONDARY, PORT_ATA_SECONDARY_CONTROL},
};

static NOINIT struct ata_drive drive;
static NOINIT struct chunk_dev chunk;

static int open_ata(struct climb *climb, unsigned index, struct block_dev **dev)
{
    (void)climb;
    uint16_t port = channels[index / 2].command_port;
    if (in8(port + ATA_STATUS) == ATA_FLOATING_BUS)
        return ERR_ABSENT;
    *dev = &drive.block;
    return ata_init(&drive, port, channels[index / 2].control_port, index % 2, ATA_MULTIPLE_MAX);
}

static int open_chunk(struct climb *climb, unsigned index, struct block_dev **dev)
{
    (void)index;
    *dev = &chunk.block;
    return climb_open_chunk(climb, &chunk);
}

static int open_virtio_blk(struct climb *climb, unsigned index, struct block_dev **dev)
{
    struct virtio_blk *blk;
    int error = climb_open_virtio_blk(climb, index, &blk);
    if (!error)
        *dev = &blk->block;
    return error;
}

/* What disks may be called, and how one is opened. count 0: there is one, and its name has no
 * number. */
static const struct disk_kind {
    const char *name;
    unsigned count;
    int (*open)(struct climb *climb, unsigned index, struct block_dev **dev);
} kinds[] = {
    {"ata", ATA_DRIVES, open_ata},
    {"chunk", 0, open_chunk},
    {"virtio-blk", VIRTIO_DISKS, open_virtio_blk},
};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

/* --- ata -------------------------------------------------------------------------------------- */

static void say_drive(unsigned index, int error)
{
    uint16_t port = channels[index / 2].command_port;
    console_printf("ata%u (port 0x%x, drive %u): ", index, port, index % 2);
    if (error) {
        console_printf("%s\n", error_text(error));
        return;
    }
    console_printf("%lu sectors, LBA28%s, multiple %u, status 0x%02x, model %s\n",
                   drive.block.size / ATA_SECTOR_SIZE, drive.lba48 ? " and LBA48" : "",
                   drive.multiple, in8(port + ATA_STATUS), drive.model);
}

void command_ata(const struct shell_call *call)
{
    for (unsigned index = 0; index < ATA_DRIVES; index++) {
        struct block_dev *dev;
        say_drive(index, open_ata(call->shell->climb, index, &dev));
    }
}

/* --- blk -------------------------------------------------------------------------------------- */

static void list_kind(struct climb *climb, const struct disk_kind *kind)
{
    for (unsigned index = 0; index == 0 || index < kind->count; index++) {
        struct block_dev *dev;
        int error = kind->open(climb, index, &dev);
        if (error == ERR_ABSENT)
            continue;
        if (error)
            console_printf("%s %u: %s\n", kind->name, index, error_text(error));
        else
            console_printf("%s: %lu bytes, blocks of %u%s\n", dev->name, dev->size, dev->block_size,
                           dev->read_only ? ", read-only" : "");
    }
}

/* Opens the disk of that name; complains where it cannot. */
static struct block_dev *open_named(const struct shell_call *call, const char *name)
{
    for (unsigned i = 0; i < KIND_COUNT; i++) {
        const struct disk_kind *kind = &kinds[i];
        size_t length = strlen(kind->name);
        uint64_t index = 0;
        if (strncmp(name, kind->name, length) != 0)
            continue;
        bool named = kind->count == 0 ? name[length] == '\0'
                                      : parse_number(name + length, &index) && index < kind->count;
        if (!named)
            continue;
        struct block_dev *dev;
        int error = kind->open(call->shell->climb, (unsigned)index, &dev);
        if (!error)
            return dev;
        shell_complain(call, "%s: %s", name, error_text(error));
        return NULL;
    }
    shell_complain(call, "%s: not the name of a disk; \"blk\" lists them", name);
    return NULL;
}

static void show_block(const struct shell_call *call, struct block_dev *dev, uint64_t block)
{
    uint64_t unit = dev->block_size < BLOCK_BYTES ? BLOCK_BYTES : dev->block_size;
    uint64_t count = (dev->size + unit - 1) / unit;
    uint8_t *buffer = climb_buffer(0);
    if (block >= count) {
        shell_complain(call, "%s has %lu blocks of %lu bytes", dev->name, count, unit);
        return;
    }
    if (buffer == NULL || unit > CLIMB_WORK_BYTES) {
        shell_complain(call, "%s", error_text(ERR_NO_MEMORY));
        return;
    }
    uint64_t offset = block * unit;
    uint64_t length = dev->size - offset < unit ? dev->size - offset : unit;
    int error = block_read(dev, offset, buffer, length);
    if (error)
        shell_complain(call, "%s block %lu: %s", dev->name, block, error_text(error));
    else
        shell_hex_dump(offset, buffer, length, 1);
}

void command_blk(const struct shell_call *call)
{
    uint64_t block;
    if (call->count == 0) {
        for (unsigned i = 0; i < KIND_COUNT; i++)
            list_kind(call->shell->climb, &kinds[i]);
        return;
    }
    if (call->count == 1) {
        shell_complain(call, "which block of %s?", call->arguments[0]);
        return;
    }
    if (!shell_number(call, 1, "block", UINT64_MAX, &block))
        return;
    struct block_dev *dev = open_named(call, call->arguments[0]);
    if (dev != NULL)
        show_block(call, dev, block);
}

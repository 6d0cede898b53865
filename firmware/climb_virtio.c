/* SPDX-License-Identifier: MIT */
/* Rung 9: every virtio-blk disk on bus 0, through its ring. */
#include "climb.h"

#include "console.h"
#include "errors.h"
#include "memory.h"
#include "platform.h"
#include "virtio/blk.h"
#include "virtio/pci.h"

#include <stddef.h>

/* All that one disk needs, where the device can reach it. The ring comes first: it is page-aligned. */
struct virtio_disk {
    uint8_t ring[VIRTIO_BLK_MEMORY_BYTES];
    struct virtio_pci pci;
    struct virtio_blk blk;
};

int climb_open_virtio_blk(struct climb *climb, unsigned index, struct virtio_blk **opened)
{
    const struct pci_function *f = climb_virtio_blk_function(climb, index);
    if (!f)
        return ERR_ABSENT;
    struct virtio_disk *disk = memory_alloc(sizeof(*disk), 4096);
    if (!disk)
        return ERR_NO_MEMORY;
    int error = virtio_pci_init(&disk->pci, f);
    if (!error)
        error = virtio_blk_init(&disk->blk, &disk->pci.transport, index, disk->ring);
    *opened = &disk->blk;
    return error;
}

/* What rung 9 does with one disk; stores how much was read and names the step that failed. */
static int exercise(struct climb *climb, struct virtio_blk *blk, uint64_t *length,
                    const char **step)
{
    char id[VIRTIO_BLK_ID_BYTES + 1];
    uint8_t *buffer = climb_buffer(0);
    *step = "buffer";
    if (!buffer)
        return ERR_NO_MEMORY;
    *step = "GET_ID";
    int error = virtio_blk_get_id(blk, id);
    if (error && error != ERR_UNSUPPORTED) /* an optional command */
        return error;
    if (!error)
        platform_log("%s: id %s", blk->name, id);
    *step = "IN";
    *length = blk->block.size < CLIMB_WORK_BYTES ? blk->block.size : CLIMB_WORK_BYTES;
    error = block_read(&blk->block, 0, buffer, *length);
    if (error)
        return error;
    if (climb->command.write && !blk->block.read_only) {
        *step = "OUT";
        error = climb_write_last_block(&blk->block);
        if (error)
            return error;
    }
    *step = "FLUSH"; /* which a read-only disk refuses: it holds nothing to be written */
    return blk->block.read_only ? ERR_OK : block_flush(&blk->block);
}

void rung9_virtio_blk(struct climb *climb)
{
    unsigned index = 0;
    for (; climb_virtio_blk_function(climb, index); index++) {
        struct virtio_blk *blk;
        uint64_t length;
        const char *step = "handshake";
        int error = climb_open_virtio_blk(climb, index, &blk);
        if (!error)
            error = exercise(climb, blk, &length, &step);
        if (error) {
            rung_failed(climb, RUNG_VIRTIO_BLK, "virtio-blk", "disk %u, %s: %s", index, step,
                        error_text(error));
            continue;
        }
        const char *rest = blk->block.read_only   ? "read-only"
                           : climb->command.write ? "last block written, flushed"
                                                  : "flushed";
        rung_say(RUNG_VIRTIO_BLK, "virtio-blk", "%s %lu bytes, %lu read, %s", blk->name,
                 blk->block.size, length, rest);
        rung_passed(climb, RUNG_VIRTIO_BLK);
    }
    if (index == 0)
        rung_absent(climb, RUNG_VIRTIO_BLK, PART_VIRTIO_BLK);
}

/* SPDX-License-Identifier: MIT */
/* Rung 9: every virtio-blk disk, on bus 0 or behind virtio-mmio registers, through its ring. */
#include "climb.h"

#include "console.h"
#include "errors.h"
#include "memory.h"
#include "platform.h"
#include "virtio/blk.h"
#include "virtio/mmio.h"
#include "virtio/pci.h"

#include <stddef.h>

/* All that one disk needs, where the device can reach it. */
struct virtio_disk {
    struct virtio_blk_memory memory; /* page-aligned */
    union {
        struct virtio_transport any; /* what both begin with */
        struct virtio_pci pci;
        struct virtio_mmio mmio;
    } transport;
    struct virtio_blk blk;
};

/* The registers of disk number index; NULL where it is on PCI or there are not so many. */
static const struct virtio_mmio_place *mmio_place(const struct climb *climb, unsigned index)
{
    if (climb->mmio_disk_count == 0)
        return NULL;
    unsigned on_pci = 0;
    while (climb_virtio_blk_function(climb, on_pci))
        on_pci++;
    if (index < on_pci || index - on_pci >= climb->mmio_disk_count)
        return NULL;
    return &climb->mmio_disks[index - on_pci];
}

int climb_open_virtio_blk(struct climb *climb, unsigned index, struct virtio_blk **opened)
{
    const struct pci_function *f = climb_virtio_blk_function(climb, index);
    const struct virtio_mmio_place *place = f ? NULL : mmio_place(climb, index);
    if (!f && !place)
        return ERR_ABSENT;
    const struct virtio_blk_setup setup = {
        .features_on = climb->command.blk_features_on,
        .features_off = climb->command.blk_features_off,
        .queues = climb->command.blk_queues,
        .interrupts = climb->command.irq != IRQ_NONE,
    };
    struct virtio_disk *disk = memory_alloc(sizeof(*disk), 4096);
    if (!disk)
        return ERR_NO_MEMORY;
    int error = f ? virtio_pci_init(&disk->transport.pci, f)
                  : climb_open_virtio_mmio(place, &disk->transport.mmio);
    if (!error)
        error = virtio_blk_init(&disk->blk, &disk->transport.any, &setup, index, &disk->memory);
    *opened = &disk->blk;
    if (!error)
        platform_log("%s: features 0x%lx, queues %u", disk->blk.name, disk->blk.features,
                     disk->blk.queue_count);
    return error == ERR_ABSENT ? ERR_DEVICE : error; /* it was there when it was looked for */
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

static void disk_failed(struct climb *climb, unsigned index, const char *step, int error)
{
    const struct virtio_mmio_place *place = mmio_place(climb, index);
    const char *refusal = place ? climb_virtio_mmio_refusal(place) : NULL;
    if (refusal)
        rung_failed(climb, RUNG_VIRTIO_BLK, "virtio-blk", "disk %u, virtio-mmio 0x%lx: %s", index,
                    place->base, refusal);
    else
        rung_failed(climb, RUNG_VIRTIO_BLK, "virtio-blk", "disk %u, %s: %s", index, step,
                    error_text(error));
}

void rung9_virtio_blk(struct climb *climb)
{
    unsigned index = 0;
    for (;; index++) {
        struct virtio_blk *blk;
        uint64_t length;
        const char *step = "handshake";
        int error = climb_open_virtio_blk(climb, index, &blk);
        if (error == ERR_ABSENT)
            break;
        if (!error)
            error = exercise(climb, blk, &length, &step);
        if (error) {
            disk_failed(climb, index, step, error);
            continue;
        }
        const char *rest = blk->block.read_only   ? "read-only"
                           : climb->command.write ? "last block written, flushed"
                                                  : "flushed";
        rung_say(RUNG_VIRTIO_BLK, "virtio-blk", "%s %lu bytes, %lu read, %s%s", blk->name,
                 blk->block.size, length, rest, mmio_place(climb, index) ? ", virtio-mmio" : "");
        rung_passed(climb, RUNG_VIRTIO_BLK);
    }
    if (index == 0)
        rung_absent(climb, RUNG_VIRTIO_BLK, PART_VIRTIO_BLK);
}

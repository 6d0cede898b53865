/* SPDX-License-Identifier: MIT */
/*
 * virtio devices, over either transport: found by the name of their region, "virtio-blk0". Their registers
 * are in virtio_pci.c and virtio_mmio.c.
 */
#include "virtio_internal.h"

#include <stdio.h>
#include <string.h>

#include "abi/machine.h"

#define NAME_PREFIX "virtio-"
#define DEVICES_KNOWN 16 /* more than the machine has; beyond that the first is forgotten */

struct virtio_state {
    struct virtio_seen devices[DEVICES_KNOWN];
    unsigned next;
};

static struct virtio_seen *find_device(struct virtio_state *state, const char *name)
{
    struct virtio_seen *seen;

    for (unsigned i = 0; i < DEVICES_KNOWN; i++)
        if (strncmp(state->devices[i].name, name, sizeof state->devices[i].name - 1) == 0)
            return &state->devices[i];
    seen = &state->devices[state->next++ % DEVICES_KNOWN];
    *seen = (struct virtio_seen){0};
    snprintf(seen->name, sizeof seen->name, "%s", name);
    return seen;
}

/* No BAR can be where the pages of the other transport are. */
static bool is_mmio(uint64_t address)
{
    return address >= VIRTIO_MMIO_BASE &&
           address < VIRTIO_MMIO_BASE + (uint64_t)VIRTIO_MMIO_SLOTS * VIRTIO_MMIO_STRIDE;
}

static bool virtio_decode(void *context, const struct decode_access *access,
                          struct decoded *decoded)
{
    struct virtio_seen *seen;

    if (access->is_port || access->device == NULL ||
        strncmp(access->device, NAME_PREFIX, strlen(NAME_PREFIX)) != 0)
        return false;
    seen = find_device(context, access->device);
    snprintf(decoded->device, sizeof decoded->device, "%s", seen->name);
    if (is_mmio(access->address))
        virtio_mmio_decode(seen, (access->address - VIRTIO_MMIO_BASE) % VIRTIO_MMIO_STRIDE, access,
                           decoded);
    else
        virtio_pci_decode(seen, access->offset, access, decoded);
    return true;
}

const struct decode_module decode_virtio = {
    .name = "virtio", .state_size = sizeof(struct virtio_state), .decode = virtio_decode};

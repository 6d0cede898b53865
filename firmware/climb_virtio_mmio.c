/* SPDX-License-Identifier: MIT */
/*
 * Where virtio-mmio registers are, which nothing on the machine can be asked: places that the command
 * line names, or else, on a machine without PCI, the windows of QEMU's microvm.
 */
#include "climb.h"

#include "abi/machine.h"
#include "abi/virtio_mmio.h"
#include "errors.h"
#include "ioapic.h"
#include "memory.h"
#include "platform.h"
#include "virtio/mmio.h"

#include <stddef.h>

int climb_open_virtio_mmio(const struct virtio_mmio_place *place, struct virtio_mmio *v)
{
    int error = memory_map(place->base, place->length);
    if (!error)
        error = virtio_mmio_init(v, place->base, place->length);
    v->irq = place->irq;
    return error;
}

const char *climb_virtio_mmio_refusal(const struct virtio_mmio_place *place)
{
    struct virtio_mmio v;
    switch (climb_open_virtio_mmio(place, &v)) {
    case ERR_OK:
        return NULL;
    case ERR_UNSUPPORTED:
        return v.version == VIRTIO_MMIO_VERSION_LEGACY ? "legacy (version 1), only 2 is driven"
                                                       : "unknown version, only 2 is driven";
    case ERR_DEVICE:
        return "no virtio registers there";
    default:
        return "cannot be mapped";
    }
}

/* Notes the place when a disk is there. A place that somebody named and that holds nothing of the
 * kind is noted too, so that its disk fails and does not just disappear. */
static void look(struct climb *climb, const struct virtio_mmio_place *place, bool named)
{
    struct virtio_mmio v;
    int error = climb_open_virtio_mmio(place, &v);
    bool answers = error == ERR_OK || error == ERR_UNSUPPORTED;
    if (answers)
        platform_log("virtio-mmio 0x%lx version %u, device %u", place->base, v.version,
                     v.transport.device_type);
    if (answers ? v.transport.device_type == VIRTIO_DEVICE_BLOCK : named && error != ERR_ABSENT)
        climb->mmio_disks[climb->mmio_disk_count++] = *place;
}

/* From the top down, as QEMU gives its windows out and names them to Linux. With ACPI, which is not asked
 * here, they have the lines of a second IO-APIC; otherwise nobody says which. */
static void look_at_windows(struct climb *climb)
{
    bool lines = climb->command.irq == IRQ_IOAPIC && ioapic_has(IOAPIC_SECOND_LINE);
    for (unsigned slot = VIRTIO_MMIO_SLOTS; slot-- > 0;) {
        const struct virtio_mmio_place window = {.base =
                                                     VIRTIO_MMIO_BASE + slot * VIRTIO_MMIO_STRIDE,
                                                 .length = VIRTIO_MMIO_STRIDE,
                                                 .irq = lines ? IOAPIC_SECOND_LINE + slot : 0};
        look(climb, &window, false);
    }
}

void climb_find_virtio_mmio(struct climb *climb)
{
    const struct command_line *command = &climb->command;
    climb->mmio_disk_count = 0;
    for (unsigned i = 0; i < command->virtio_mmio_count; i++)
        look(climb, &command->virtio_mmio[i], true);
    if (command->virtio_mmio_count == 0 && climb->results[RUNG_PCI] == RUNG_ABSENT)
        look_at_windows(climb);
}

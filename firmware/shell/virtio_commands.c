/* SPDX-License-Identifier: MIT */
/* virtio: what each device and its driver have agreed on so far. Nothing is reset. */
#include "command.h"

#include "abi/virtio_mmio.h"
#include "abi/virtio_pci.h"
#include "console.h"
#include "errors.h"
#include "io.h"
#include "virtio/mmio.h"
#include "virtio/pci.h"

#include <stddef.h>

#define QUEUES_SHOWN 64 /* whatever a device claims to have */

static const struct {
    uint8_t bit;
    const char *name;
} status_names[] = {
    {VIRTIO_STATUS_ACKNOWLEDGE, "ACKNOWLEDGE"}, {VIRTIO_STATUS_DRIVER, "DRIVER"},
    {VIRTIO_STATUS_FEATURES_OK, "FEATURES_OK"}, {VIRTIO_STATUS_DRIVER_OK, "DRIVER_OK"},
    {VIRTIO_STATUS_NEEDS_RESET, "NEEDS_RESET"}, {VIRTIO_STATUS_FAILED, "FAILED"},
};

static void say_status(uint8_t status)
{
    console_printf("  status 0x%02x", status);
    for (unsigned i = 0; i < sizeof(status_names) / sizeof(status_names[0]); i++) {
        if (status & status_names[i].bit)
            console_printf(" %s", status_names[i].name);
    }
    console_printf("\n");
}

static uint64_t driver_features(uint64_t common)
{
    mmio_write32(common + VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 0);
    uint64_t features = mmio_read32(common + VIRTIO_COMMON_DRIVER_FEATURE);
    mmio_write32(common + VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 1);
    return features | (uint64_t)mmio_read32(common + VIRTIO_COMMON_DRIVER_FEATURE) << 32;
}

static void say_feature_bits(uint64_t features)
{
    console_printf("  0x%lx: bits", features);
    for (unsigned bit = 0; bit < 64; bit++) {
        if (virtio_has(features, bit))
            console_printf(" %u", bit);
    }
    console_printf("\n");
}

static void say_queue(uint64_t common, uint16_t queue)
{
    mmio_write16(common + VIRTIO_COMMON_QUEUE_SELECT, queue);
    uint16_t size = mmio_read16(common + VIRTIO_COMMON_QUEUE_SIZE);
    console_printf("  queue %u: %u entries", queue, size);
    if (mmio_read16(common + VIRTIO_COMMON_QUEUE_ENABLE))
        console_printf(", desc 0x%lx, avail 0x%lx, used 0x%lx",
                       mmio_read64(common + VIRTIO_COMMON_QUEUE_DESC),
                       mmio_read64(common + VIRTIO_COMMON_QUEUE_DRIVER),
                       mmio_read64(common + VIRTIO_COMMON_QUEUE_DEVICE));
    console_printf("\n");
}

/* What both transports tell in the same way. */
static void say_negotiation(struct virtio_transport *t)
{
    say_status(t->ops->get_status(t));
    console_printf("  offered ");
    say_feature_bits(t->ops->get_features(t));
}

static void say_on_pci(const struct pci_function *f)
{
    struct virtio_pci v;
    int error = virtio_pci_init(&v, f);
    console_printf("00:%02x.%x virtio device type %u\n", f->device, f->function,
                   v.transport.device_type);
    if (error) {
        console_printf("  %s\n", error_text(error));
        return;
    }
    say_negotiation(&v.transport);
    console_printf("  accepted");
    say_feature_bits(driver_features(v.common));
    uint16_t queues = mmio_read16(v.common + VIRTIO_COMMON_NUM_QUEUES);
    for (uint16_t queue = 0; queue < queues && queue < QUEUES_SHOWN; queue++)
        say_queue(v.common, queue);
}

/* Here the registers for what the driver has accepted and where its queues are cannot be read. */
static void say_on_mmio(const struct virtio_mmio_place *place)
{
    struct virtio_mmio v;
    int error = climb_open_virtio_mmio(place, &v);
    console_printf("virtio-mmio 0x%lx", place->base);
    if (error) {
        console_printf(": %s\n", error_text(error));
        return;
    }
    console_printf(" virtio device type %u\n", v.transport.device_type);
    say_negotiation(&v.transport);
    for (uint16_t queue = 0; queue < QUEUES_SHOWN; queue++) {
        uint16_t size = v.transport.ops->queue_size(&v.transport, queue);
        if (size == 0)
            return;
        console_printf("  queue %u: at most %u entries, %sready\n", queue, size,
                       mmio_read32(v.base + VIRTIO_MMIO_QUEUE_READY) ? "" : "not ");
    }
}

void command_virtio(const struct shell_call *call)
{
    const struct climb *climb = call->shell->climb;
    unsigned found = climb->mmio_disk_count;
    for (unsigned i = 0; i < climb->function_count; i++) {
        if (!virtio_pci_match(&climb->functions[i]))
            continue;
        say_on_pci(&climb->functions[i]);
        found++;
    }
    for (unsigned i = 0; i < climb->mmio_disk_count; i++)
        say_on_mmio(&climb->mmio_disks[i]);
    if (found == 0)
        shell_complain(call, "%s", error_text(ERR_ABSENT));
}

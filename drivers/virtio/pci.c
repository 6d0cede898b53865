/* SPDX-License-Identifier: MIT */
/*
 * The modern PCI transport (VIRTIO 1.2 section 4.1): finds the structures by their capabilities,
 * checks that they lie where they say, and gives them as a struct virtio_transport.
 */
#include "pci.h"

#include "../abi/virtio_pci.h"
#include "../errors.h"
#include "../io.h"
#include "../pci_msi.h"
#include "../platform.h"

#define DEVICE_TYPE_MAX 0x3f /* device ids 0x1040 to 0x107f (section 4.1.2) */
#define NOTIFY_BYTES 2       /* without NOTIFICATION_DATA a doorbell is 16 bits wide */

#define MSIX_ENTRY 0 /* of all queues and of the configuration: the rings say what there is */

#define QUEUE_COUNT(v) (sizeof((v)->notify_off) / sizeof((v)->notify_off[0]))

/* --- the structures --------------------------------------------------------------------------- */

struct region {
    uint64_t address, length;
};

/* What a usable structure of each type must have (sections 4.1.4.3 to 4.1.4.6); 0 = not wanted. */
static const struct {
    uint8_t alignment, minimum, capability_size;
} wanted[] = {
    [VIRTIO_PCI_CAP_COMMON] = {4, VIRTIO_COMMON_SIZE, VIRTIO_PCI_CAP_SIZE},
    [VIRTIO_PCI_CAP_NOTIFY] = {2, NOTIFY_BYTES, VIRTIO_PCI_CAP_NOTIFY_SIZE},
    [VIRTIO_PCI_CAP_ISR] = {1, 1, VIRTIO_PCI_CAP_SIZE},
    [VIRTIO_PCI_CAP_DEVICE] = {4, 1, VIRTIO_PCI_CAP_SIZE},
};
#define TYPE_COUNT (sizeof(wanted) / sizeof(wanted[0]))

bool virtio_pci_match(const struct pci_function *f)
{
    return f->vendor_id == VIRTIO_PCI_VENDOR && f->device_id >= VIRTIO_PCI_DEVICE_MODERN &&
           f->device_id <= VIRTIO_PCI_DEVICE_MODERN + DEVICE_TYPE_MAX;
}

/* Where the capability at position points; false when that is not wholly in a placed memory BAR. */
static bool read_region(const struct pci_function *f, unsigned position, unsigned type,
                        struct region *region)
{
    uint8_t index = pci_read8(f, position + VIRTIO_PCI_CAP_BAR);
    if (index >= PCI_BAR_COUNT)
        return false;
    const struct pci_bar *bar = &f->bars[index];
    if (bar->io || bar->base == 0 || bar->size == 0)
        return false;
    uint32_t offset = pci_read32(f, position + VIRTIO_PCI_CAP_OFFSET);
    uint32_t length = pci_read32(f, position + VIRTIO_PCI_CAP_REGION_LENGTH);
    if (offset % wanted[type].alignment != 0 || length < wanted[type].minimum ||
        (uint64_t)offset + length > bar->size)
        return false;
    *region = (struct region){bar->base + offset, length};
    return true;
}

/* Takes the first usable structure of each type, as section 4.1.4.1 asks. */
static void read_capabilities(struct virtio_pci *v, const struct pci_function *f,
                              struct region regions[TYPE_COUNT])
{
    unsigned position = 0;
    for (unsigned seen = 0; seen < PCI_CAPABILITY_MAX; seen++) {
        position = pci_find_capability(f, PCI_CAPABILITY_ID_VENDOR, position);
        if (position == 0)
            return;
        uint8_t size = pci_read8(f, position + VIRTIO_PCI_CAP_LENGTH);
        uint8_t type = pci_read8(f, position + VIRTIO_PCI_CAP_TYPE);
        if (type >= TYPE_COUNT || wanted[type].minimum == 0 || regions[type].length != 0 ||
            size < wanted[type].capability_size ||
            position + wanted[type].capability_size > PCI_CONFIG_SIZE ||
            !read_region(f, position, type, &regions[type]))
            continue;
        if (type == VIRTIO_PCI_CAP_NOTIFY)
            v->notify_multiplier = pci_read32(f, position + VIRTIO_PCI_CAP_NOTIFY_MULTIPLIER);
    }
}

/* --- the transport's operations --------------------------------------------------------------- */

static struct virtio_pci *of(struct virtio_transport *t)
{
    return (struct virtio_pci *)t; /* its first member */
}

static uint8_t get_status(struct virtio_transport *t)
{
    return mmio_read8(of(t)->common + VIRTIO_COMMON_DEVICE_STATUS);
}

static void set_status(struct virtio_transport *t, uint8_t status)
{
    mmio_write8(of(t)->common + VIRTIO_COMMON_DEVICE_STATUS, status);
}

static uint64_t get_features(struct virtio_transport *t)
{
    uint64_t common = of(t)->common;
    mmio_write32(common + VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 0);
    uint64_t features = mmio_read32(common + VIRTIO_COMMON_DEVICE_FEATURE);
    mmio_write32(common + VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 1);
    return features | (uint64_t)mmio_read32(common + VIRTIO_COMMON_DEVICE_FEATURE) << 32;
}

static void set_features(struct virtio_transport *t, uint64_t features)
{
    uint64_t common = of(t)->common;
    mmio_write32(common + VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 0);
    mmio_write32(common + VIRTIO_COMMON_DRIVER_FEATURE, (uint32_t)features);
    mmio_write32(common + VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 1);
    mmio_write32(common + VIRTIO_COMMON_DRIVER_FEATURE, (uint32_t)(features >> 32));
}

static uint16_t queue_size(struct virtio_transport *t, uint16_t queue)
{
    mmio_write16(of(t)->common + VIRTIO_COMMON_QUEUE_SELECT, queue);
    return mmio_read16(of(t)->common + VIRTIO_COMMON_QUEUE_SIZE);
}

/* Two halves: the specification gives no device a duty to take all 64 bits at once. */
static void write_address(uint64_t reg, uint64_t address)
{
    mmio_write32(reg, (uint32_t)address);
    mmio_write32(reg + 4, (uint32_t)(address >> 32));
}

/* A vector that the device cannot give reads back as none (section 4.1.5.1.2.2). */
static int set_vector(uint64_t reg)
{
    mmio_write16(reg, MSIX_ENTRY);
    return mmio_read16(reg) == MSIX_ENTRY ? ERR_OK : ERR_DEVICE;
}

static int set_interrupt(struct virtio_transport *t, struct interrupt *interrupt)
{
    struct virtio_pci *v = of(t);
    struct interrupt_message message;
    int error = platform_message_interrupt(interrupt, &message);
    if (!error)
        error = pci_msix_enable(v->function, MSIX_ENTRY, &message);
    if (!error)
        error = set_vector(v->common + VIRTIO_COMMON_CONFIG_MSIX_VECTOR);
    t->has_interrupt = !error;
    return error;
}

static int queue_enable(struct virtio_transport *t, uint16_t queue, uint16_t size,
                        const struct virtio_queue_addresses *addresses)
{
    struct virtio_pci *v = of(t);
    uint64_t common = v->common;
    if (queue >= QUEUE_COUNT(v))
        return ERR_UNSUPPORTED;
    mmio_write16(common + VIRTIO_COMMON_QUEUE_SELECT, queue);
    uint16_t notify_off = mmio_read16(common + VIRTIO_COMMON_QUEUE_NOTIFY_OFF);
    if ((uint64_t)notify_off * v->notify_multiplier + NOTIFY_BYTES > v->notify_length)
        return ERR_DEVICE;
    v->notify_off[queue] = notify_off;
    if (t->has_interrupt && set_vector(common + VIRTIO_COMMON_QUEUE_MSIX_VECTOR))
        return ERR_DEVICE;
    mmio_write16(common + VIRTIO_COMMON_QUEUE_SIZE, size);
    write_address(common + VIRTIO_COMMON_QUEUE_DESC, addresses->desc);
    write_address(common + VIRTIO_COMMON_QUEUE_DRIVER, addresses->avail);
    write_address(common + VIRTIO_COMMON_QUEUE_DEVICE, addresses->used);
    mmio_write16(common + VIRTIO_COMMON_QUEUE_ENABLE, 1);
    return mmio_read16(common + VIRTIO_COMMON_QUEUE_ENABLE) == 1 ? ERR_OK : ERR_DEVICE;
}

static void notify(struct virtio_transport *t, uint16_t queue)
{
    struct virtio_pci *v = of(t);
    mmio_write16(v->notify + (uint64_t)v->notify_off[queue] * v->notify_multiplier, queue);
}

static uint32_t config_read(struct virtio_transport *t, unsigned offset, unsigned width)
{
    struct virtio_pci *v = of(t);
    if ((uint64_t)offset + width > v->device_length)
        return UINT32_MAX;
    switch (width) {
    case 1:
        return mmio_read8(v->device + offset);
    case 2:
        return mmio_read16(v->device + offset);
    default:
        return mmio_read32(v->device + offset);
    }
}

static void config_write8(struct virtio_transport *t, unsigned offset, uint8_t value)
{
    if (offset < of(t)->device_length)
        mmio_write8(of(t)->device + offset, value);
}

static uint32_t config_generation(struct virtio_transport *t)
{
    return mmio_read8(of(t)->common + VIRTIO_COMMON_CONFIG_GENERATION);
}

static const struct virtio_transport_ops virtio_pci_ops = {
    .get_status = get_status,
    .set_status = set_status,
    .get_features = get_features,
    .set_features = set_features,
    .queue_size = queue_size,
    .queue_enable = queue_enable,
    .notify = notify,
    .config_read = config_read,
    .config_write8 = config_write8,
    .config_generation = config_generation,
    .set_interrupt = set_interrupt,
};

int virtio_pci_init(struct virtio_pci *v, const struct pci_function *f)
{
    struct region regions[TYPE_COUNT] = {0};
    *v = (struct virtio_pci){
        .function = f,
        .transport = {.ops = &virtio_pci_ops,
                      .device_type = (uint16_t)(f->device_id - VIRTIO_PCI_DEVICE_MODERN)}};
    read_capabilities(v, f, regions);
    if (regions[VIRTIO_PCI_CAP_COMMON].length == 0 || regions[VIRTIO_PCI_CAP_NOTIFY].length == 0 ||
        regions[VIRTIO_PCI_CAP_ISR].length == 0) {
        platform_log("virtio-pci 00:%02x.%u: a structure is missing or outside its BAR", f->device,
                     f->function);
        return ERR_UNSUPPORTED;
    }
    v->common = regions[VIRTIO_PCI_CAP_COMMON].address;
    v->notify = regions[VIRTIO_PCI_CAP_NOTIFY].address;
    v->notify_length = regions[VIRTIO_PCI_CAP_NOTIFY].length;
    v->isr = regions[VIRTIO_PCI_CAP_ISR].address;
    v->device = regions[VIRTIO_PCI_CAP_DEVICE].address;
    v->device_length = regions[VIRTIO_PCI_CAP_DEVICE].length;
    pci_command_set(f, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    return ERR_OK;
}

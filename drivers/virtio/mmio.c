/* SPDX-License-Identifier: MIT */
/*
 * The MMIO transport (VIRTIO 1.2 section 4.2): every operation is an access to one page of registers.
 * The order of operations is virtio.c's, for every transport.
 */
#include "mmio.h"

#include "../abi/virtio_mmio.h"
#include "../errors.h"
#include "../io.h"

static struct virtio_mmio *of(struct virtio_transport *t)
{
    return (struct virtio_mmio *)t; /* its first member */
}

static uint32_t read_reg(struct virtio_transport *t, unsigned reg)
{
    return mmio_read32(of(t)->base + reg);
}

static void write_reg(struct virtio_transport *t, unsigned reg, uint32_t value)
{
    mmio_write32(of(t)->base + reg, value);
}

static uint8_t get_status(struct virtio_transport *t)
{
    return (uint8_t)read_reg(t, VIRTIO_MMIO_STATUS);
}

static void set_status(struct virtio_transport *t, uint8_t status)
{
    write_reg(t, VIRTIO_MMIO_STATUS, status);
}

static uint64_t get_features(struct virtio_transport *t)
{
    write_reg(t, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
    uint64_t features = read_reg(t, VIRTIO_MMIO_DEVICE_FEATURES);
    write_reg(t, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
    return features | (uint64_t)read_reg(t, VIRTIO_MMIO_DEVICE_FEATURES) << 32;
}

static void set_features(struct virtio_transport *t, uint64_t features)
{
    write_reg(t, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
    write_reg(t, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)features);
    write_reg(t, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
    write_reg(t, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32));
}

static uint16_t queue_size(struct virtio_transport *t, uint16_t queue)
{
    write_reg(t, VIRTIO_MMIO_QUEUE_SEL, queue);
    uint32_t size = read_reg(t, VIRTIO_MMIO_QUEUE_NUM_MAX);
    return size < VIRTQ_SIZE_MAX ? (uint16_t)size : VIRTQ_SIZE_MAX;
}

static void write_address(struct virtio_transport *t, unsigned reg_low, uint64_t address)
{
    write_reg(t, reg_low, (uint32_t)address);
    write_reg(t, reg_low + 4, (uint32_t)(address >> 32));
}

static int queue_enable(struct virtio_transport *t, uint16_t queue, uint16_t size,
                        const struct virtio_queue_addresses *addresses)
{
    write_reg(t, VIRTIO_MMIO_QUEUE_SEL, queue);
    if (read_reg(t, VIRTIO_MMIO_QUEUE_READY) != 0)
        return ERR_DEVICE; /* in use, although the device was reset (section 4.2.3.2) */
    write_reg(t, VIRTIO_MMIO_QUEUE_NUM, size);
    write_address(t, VIRTIO_MMIO_QUEUE_DESC_LOW, addresses->desc);
    write_address(t, VIRTIO_MMIO_QUEUE_DRIVER_LOW, addresses->avail);
    write_address(t, VIRTIO_MMIO_QUEUE_DEVICE_LOW, addresses->used);
    write_reg(t, VIRTIO_MMIO_QUEUE_READY, 1);
    return read_reg(t, VIRTIO_MMIO_QUEUE_READY) == 1 ? ERR_OK : ERR_DEVICE;
}

static void notify(struct virtio_transport *t, uint16_t queue)
{
    write_reg(t, VIRTIO_MMIO_QUEUE_NOTIFY, queue);
}

static uint32_t config_read(struct virtio_transport *t, unsigned offset, unsigned width)
{
    const struct virtio_mmio *v = of(t);
    uint64_t address = v->base + VIRTIO_MMIO_CONFIG + offset;
    if (VIRTIO_MMIO_CONFIG + (uint64_t)offset + width > v->length)
        return UINT32_MAX;
    switch (width) {
    case 1:
        return mmio_read8(address);
    case 2:
        return mmio_read16(address);
    default:
        return mmio_read32(address);
    }
}

static void config_write8(struct virtio_transport *t, unsigned offset, uint8_t value)
{
    const struct virtio_mmio *v = of(t);
    if (VIRTIO_MMIO_CONFIG + (uint64_t)offset < v->length)
        mmio_write8(v->base + VIRTIO_MMIO_CONFIG + offset, value);
}

/* The line stays up until the device hears that it was seen; what there is to do, the ring says. */
static void acknowledge(void *context)
{
    struct virtio_transport *t = context;
    uint32_t status = read_reg(t, VIRTIO_MMIO_INTERRUPT_STATUS);
    if (status != 0)
        write_reg(t, VIRTIO_MMIO_INTERRUPT_ACK, status);
}

static int set_interrupt(struct virtio_transport *t, struct interrupt *interrupt)
{
    if (of(t)->irq == 0)
        return ERR_UNSUPPORTED;
    interrupt->handler = acknowledge;
    interrupt->context = t;
    int error = platform_line_interrupt(interrupt, of(t)->irq, true);
    t->has_interrupt = !error;
    return error;
}

static uint32_t config_generation(struct virtio_transport *t)
{
    return read_reg(t, VIRTIO_MMIO_CONFIG_GENERATION);
}

static const struct virtio_transport_ops virtio_mmio_ops = {
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

int virtio_mmio_init(struct virtio_mmio *v, uint64_t base, uint64_t length)
{
    *v = (struct virtio_mmio){
        .transport = {.ops = &virtio_mmio_ops}, .base = base, .length = length};
    if (base % sizeof(uint32_t) != 0 || length < VIRTIO_MMIO_CONFIG ||
        mmio_read32(base + VIRTIO_MMIO_MAGIC_VALUE) != VIRTIO_MMIO_MAGIC)
        return ERR_DEVICE;
    v->version = mmio_read32(base + VIRTIO_MMIO_VERSION);
    uint32_t type = mmio_read32(base + VIRTIO_MMIO_DEVICE_ID);
    if (type == 0)
        return ERR_ABSENT; /* whatever the version: section 4.2.3.1.1 */
    if (type > UINT16_MAX)
        return ERR_DEVICE;
    v->transport.device_type = (uint16_t)type;
    return v->version == VIRTIO_MMIO_VERSION_MODERN ? ERR_OK : ERR_UNSUPPORTED;
}

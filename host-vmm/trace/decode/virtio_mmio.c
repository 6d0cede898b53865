/* SPDX-License-Identifier: MIT */
/* virtio over MMIO: a page of 32-bit registers, then the device's configuration. */
#include "virtio_internal.h"
#include "tables.h"

#include <stdio.h>

#include "abi/virtio.h"
#include "abi/virtio_mmio.h"

#define REGISTER_WIDTH 4
#define NOTIFY_QUEUE_BITS 16 /* what is above them is where the driver has got to in the ring */

static const struct decode_value magics[] = {V(VIRTIO_MMIO_MAGIC, "\"virt\""), {0}};
static const struct decode_value versions[] = {
    V(VIRTIO_MMIO_VERSION_LEGACY, "legacy"), V(VIRTIO_MMIO_VERSION_MODERN, "modern"), {0}};
static const struct decode_value devices[] = {
    V(VIRTIO_DEVICE_BLOCK, "block device"), {NULL, 0, "no device"}, {0}};
static const struct decode_value vendors[] = {V(VIRTIO_MMIO_VENDOR, "virtio"), {0}};
static const struct decode_field interrupts[] = {
    F(VIRTIO_MMIO_INTERRUPT_QUEUE, "QUEUE"),
    F(VIRTIO_MMIO_INTERRUPT_CONFIG, "CONFIG"),
    {0},
};

#define REGISTER(macro, direction, name, form, fields, values)                                     \
    {                                                                                              \
#macro, macro, REGISTER_WIDTH, direction, name, form, fields, values                       \
    }
static const struct decode_register registers[] = {
    REGISTER(VIRTIO_MMIO_MAGIC_VALUE, DECODE_READ, "magic_value", DECODE_VALUE, NULL, magics),
    REGISTER(VIRTIO_MMIO_VERSION, DECODE_READ, "version", DECODE_DECIMAL, NULL, versions),
    REGISTER(VIRTIO_MMIO_DEVICE_ID, DECODE_READ, "device_id", DECODE_DECIMAL, NULL, devices),
    REGISTER(VIRTIO_MMIO_VENDOR_ID, DECODE_READ, "vendor_id", DECODE_HEX, NULL, vendors),
    REGISTER(VIRTIO_MMIO_DEVICE_FEATURES, DECODE_READ, "device_features", DECODE_HEX,
             decode_virtio_features, NULL),
    REGISTER(VIRTIO_MMIO_DEVICE_FEATURES_SEL, DECODE_WRITE, "device_features_sel", DECODE_DECIMAL,
             NULL, NULL),
    REGISTER(VIRTIO_MMIO_DRIVER_FEATURES, DECODE_WRITE, "driver_features", DECODE_HEX,
             decode_virtio_features, NULL),
    REGISTER(VIRTIO_MMIO_DRIVER_FEATURES_SEL, DECODE_WRITE, "driver_features_sel", DECODE_DECIMAL,
             NULL, NULL),
    REGISTER(VIRTIO_MMIO_QUEUE_SEL, DECODE_WRITE, "queue_sel", DECODE_DECIMAL, NULL, NULL),
    REGISTER(VIRTIO_MMIO_QUEUE_NUM_MAX, DECODE_READ, "queue_num_max", DECODE_DECIMAL, NULL, NULL),
    REGISTER(VIRTIO_MMIO_QUEUE_NUM, DECODE_WRITE, "queue_num", DECODE_DECIMAL, NULL, NULL),
    REGISTER(VIRTIO_MMIO_QUEUE_READY, DECODE_BOTH, "queue_ready", DECODE_DECIMAL, NULL, NULL),
    REGISTER(VIRTIO_MMIO_QUEUE_NOTIFY, DECODE_WRITE, "queue_notify", DECODE_DECIMAL, NULL, NULL),
    REGISTER(VIRTIO_MMIO_INTERRUPT_STATUS, DECODE_READ, "interrupt_status", DECODE_FLAGS,
             interrupts, NULL),
    REGISTER(VIRTIO_MMIO_INTERRUPT_ACK, DECODE_WRITE, "interrupt_ack", DECODE_FLAGS, interrupts,
             NULL),
    REGISTER(VIRTIO_MMIO_STATUS, DECODE_BOTH, "device_status", DECODE_FLAGS, decode_virtio_status,
             NULL),
    REGISTER(VIRTIO_MMIO_QUEUE_DESC_LOW, DECODE_WRITE, "queue_desc_low", DECODE_HEX, NULL, NULL),
    REGISTER(VIRTIO_MMIO_QUEUE_DESC_HIGH, DECODE_WRITE, "queue_desc_high", DECODE_HEX, NULL, NULL),
    REGISTER(VIRTIO_MMIO_QUEUE_DRIVER_LOW, DECODE_WRITE, "queue_driver_low", DECODE_HEX, NULL,
             NULL),
    REGISTER(VIRTIO_MMIO_QUEUE_DRIVER_HIGH, DECODE_WRITE, "queue_driver_high", DECODE_HEX, NULL,
             NULL),
    REGISTER(VIRTIO_MMIO_QUEUE_DEVICE_LOW, DECODE_WRITE, "queue_device_low", DECODE_HEX, NULL,
             NULL),
    REGISTER(VIRTIO_MMIO_QUEUE_DEVICE_HIGH, DECODE_WRITE, "queue_device_high", DECODE_HEX, NULL,
             NULL),
    REGISTER(VIRTIO_MMIO_SHM_SEL, DECODE_WRITE, "shm_sel", DECODE_DECIMAL, NULL, NULL),
    REGISTER(VIRTIO_MMIO_SHM_LEN_LOW, DECODE_READ, "shm_len_low", DECODE_HEX, NULL, NULL),
    REGISTER(VIRTIO_MMIO_SHM_LEN_HIGH, DECODE_READ, "shm_len_high", DECODE_HEX, NULL, NULL),
    REGISTER(VIRTIO_MMIO_SHM_BASE_LOW, DECODE_READ, "shm_base_low", DECODE_HEX, NULL, NULL),
    REGISTER(VIRTIO_MMIO_SHM_BASE_HIGH, DECODE_READ, "shm_base_high", DECODE_HEX, NULL, NULL),
    REGISTER(VIRTIO_MMIO_CONFIG_GENERATION, DECODE_READ, "config_generation", DECODE_DECIMAL, NULL,
             NULL),
};
const struct decode_table decode_virtio_mmio = {"virtio_mmio.h", registers,
                                                DECODE_COUNT(registers)};

static enum virtio_role role_of(uint64_t offset)
{
    switch (offset) {
    case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
        return VIRTIO_ROLE_DEVICE_SELECT;
    case VIRTIO_MMIO_DEVICE_FEATURES:
        return VIRTIO_ROLE_DEVICE_FEATURES;
    case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
        return VIRTIO_ROLE_DRIVER_SELECT;
    case VIRTIO_MMIO_DRIVER_FEATURES:
        return VIRTIO_ROLE_DRIVER_FEATURES;
    case VIRTIO_MMIO_STATUS:
        return VIRTIO_ROLE_STATUS;
    case VIRTIO_MMIO_QUEUE_SEL:
        return VIRTIO_ROLE_QUEUE_SELECT;
    case VIRTIO_MMIO_QUEUE_NUM_MAX:
    case VIRTIO_MMIO_QUEUE_NUM:
    case VIRTIO_MMIO_QUEUE_READY:
        return VIRTIO_ROLE_QUEUE;
    default:
        return offset >= VIRTIO_MMIO_QUEUE_DESC_LOW && offset <= VIRTIO_MMIO_QUEUE_DEVICE_HIGH
                   ? VIRTIO_ROLE_QUEUE
                   : VIRTIO_ROLE_PLAIN;
    }
}

/* Whose doorbell it is is in the value. */
static void notify_words(uint64_t value, char *words)
{
    decode_append(words, "queue %llu",
                  (unsigned long long)(value & ((1u << NOTIFY_QUEUE_BITS) - 1)));
    if (value >> NOTIFY_QUEUE_BITS != 0)
        decode_append(words, ", next 0x%llx", (unsigned long long)(value >> NOTIFY_QUEUE_BITS));
}

static bool register_words(void *context, const struct decode_part *part, char *words)
{
    if (part->reg->offset == VIRTIO_MMIO_QUEUE_NOTIFY && part->is_write) {
        notify_words(part->value, words);
        return true;
    }
    return virtio_role_words(context, role_of(part->reg->offset), part, words);
}

void virtio_mmio_decode(struct virtio_seen *seen, uint64_t offset,
                        const struct decode_access *access, struct decoded *decoded)
{
    const struct decode_span span = {
        .table = &decode_virtio_mmio, .words = register_words, .context = seen};
    bool found;

    if (offset >= VIRTIO_MMIO_CONFIG)
        found = virtio_config_decode(offset - VIRTIO_MMIO_CONFIG, access, decoded);
    else
        found = decode_span(&span, offset, access, decoded);
    if (!found)
        decode_nameless(offset, access, decoded);
    else if (access->size == REGISTER_WIDTH)
        virtio_role_learn(seen, role_of(offset), access);
}

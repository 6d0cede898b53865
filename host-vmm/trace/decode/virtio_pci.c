/* SPDX-License-Identifier: MIT */
/* A virtio function's BAR: common configuration, ISR, device configuration, doorbells, MSI-X. */
#include "virtio_internal.h"
#include "tables.h"

#include "pci_internal.h"

#include <stdio.h>

#include "abi/virtio.h"
#include "abi/virtio_pci.h"

#define MSIX_PENDING 0x800 /* from VIRTIO_PCI_MSIX_OFFSET; a driver is told by the capability */

static const struct decode_value no_vector[] = {V(VIRTIO_MSI_NO_VECTOR, "no vector"), {0}};

static const struct decode_register common[] = {
    R(VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 4, DECODE_BOTH, "device_feature_select", DECODE_DECIMAL,
      NULL, NULL),
    R(VIRTIO_COMMON_DEVICE_FEATURE, 4, DECODE_READ, "device_feature", DECODE_HEX,
      decode_virtio_features, NULL),
    R(VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 4, DECODE_BOTH, "driver_feature_select", DECODE_DECIMAL,
      NULL, NULL),
    R(VIRTIO_COMMON_DRIVER_FEATURE, 4, DECODE_BOTH, "driver_feature", DECODE_HEX,
      decode_virtio_features, NULL),
    R(VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 2, DECODE_BOTH, "config_msix_vector", DECODE_VALUE, NULL,
      no_vector),
    R(VIRTIO_COMMON_NUM_QUEUES, 2, DECODE_READ, "num_queues", DECODE_DECIMAL, NULL, NULL),
    R(VIRTIO_COMMON_DEVICE_STATUS, 1, DECODE_BOTH, "device_status", DECODE_FLAGS,
      decode_virtio_status, NULL),
    R(VIRTIO_COMMON_CONFIG_GENERATION, 1, DECODE_READ, "config_generation", DECODE_DECIMAL, NULL,
      NULL),
    R(VIRTIO_COMMON_QUEUE_SELECT, 2, DECODE_BOTH, "queue_select", DECODE_DECIMAL, NULL, NULL),
    R(VIRTIO_COMMON_QUEUE_SIZE, 2, DECODE_BOTH, "queue_size", DECODE_DECIMAL, NULL, NULL),
    R(VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2, DECODE_BOTH, "queue_msix_vector", DECODE_VALUE, NULL,
      no_vector),
    R(VIRTIO_COMMON_QUEUE_ENABLE, 2, DECODE_BOTH, "queue_enable", DECODE_DECIMAL, NULL, NULL),
    R(VIRTIO_COMMON_QUEUE_NOTIFY_OFF, 2, DECODE_READ, "queue_notify_off", DECODE_DECIMAL, NULL,
      NULL),
    R(VIRTIO_COMMON_QUEUE_DESC, 8, DECODE_BOTH, "queue_desc", DECODE_HEX, NULL, NULL),
    R(VIRTIO_COMMON_QUEUE_DRIVER, 8, DECODE_BOTH, "queue_driver", DECODE_HEX, NULL, NULL),
    R(VIRTIO_COMMON_QUEUE_DEVICE, 8, DECODE_BOTH, "queue_device", DECODE_HEX, NULL, NULL),
};
const struct decode_table decode_virtio_common = {"virtio_pci.h", common, DECODE_COUNT(common)};

static const struct decode_field isr_fields[] = {
    F(VIRTIO_ISR_QUEUE, "QUEUE"),
    F(VIRTIO_ISR_CONFIG, "CONFIG"),
    {0},
};
static const struct decode_register isr[] = {
    {"VIRTIO_PCI_ISR_OFFSET", 0, 1, DECODE_READ, "ISR", DECODE_FLAGS, isr_fields, NULL}};
const struct decode_table decode_virtio_isr = {"virtio_pci.h", isr, DECODE_COUNT(isr)};

/* One queue's; the others follow. */
static const struct decode_register notify[] = {{"VIRTIO_PCI_NOTIFY_OFFSET", 0,
                                                 VIRTIO_PCI_NOTIFY_MULTIPLIER, DECODE_WRITE,
                                                 "notify", DECODE_HEX, NULL, NULL}};
const struct decode_table decode_virtio_notify = {"virtio_pci.h", notify, DECODE_COUNT(notify)};

static enum virtio_role role_of(uint64_t offset)
{
    switch (offset) {
    case VIRTIO_COMMON_DEVICE_FEATURE_SELECT:
        return VIRTIO_ROLE_DEVICE_SELECT;
    case VIRTIO_COMMON_DEVICE_FEATURE:
        return VIRTIO_ROLE_DEVICE_FEATURES;
    case VIRTIO_COMMON_DRIVER_FEATURE_SELECT:
        return VIRTIO_ROLE_DRIVER_SELECT;
    case VIRTIO_COMMON_DRIVER_FEATURE:
        return VIRTIO_ROLE_DRIVER_FEATURES;
    case VIRTIO_COMMON_DEVICE_STATUS:
        return VIRTIO_ROLE_STATUS;
    case VIRTIO_COMMON_QUEUE_SELECT:
        return VIRTIO_ROLE_QUEUE_SELECT;
    default:
        return offset > VIRTIO_COMMON_QUEUE_SELECT && offset < VIRTIO_COMMON_SIZE
                   ? VIRTIO_ROLE_QUEUE
                   : VIRTIO_ROLE_PLAIN;
    }
}

static bool common_words(void *context, const struct decode_part *part, char *words)
{
    return virtio_role_words(context, role_of(part->reg->offset), part, words);
}

static bool decode_common(struct virtio_seen *seen, uint64_t inside,
                          const struct decode_access *access, struct decoded *decoded)
{
    const struct decode_span span = {
        .table = &decode_virtio_common, .words = common_words, .context = seen};

    if (!decode_span(&span, inside, access, decoded))
        return false;
    virtio_role_learn(seen, role_of(inside), access);
    return true;
}

/* The place says which queue; what is written should say the same. */
static bool decode_notify(uint64_t inside, const struct decode_access *access,
                          struct decoded *decoded)
{
    static const struct decode_span span = {.table = &decode_virtio_notify};
    uint64_t queue = inside / VIRTIO_PCI_NOTIFY_MULTIPLIER;
    uint64_t value = decode_value_of(access);

    if (!decode_span(&span, inside % VIRTIO_PCI_NOTIFY_MULTIPLIER, access, decoded))
        return false;
    if (!access->is_write || access->count > 1)
        return true;
    decoded->words[0] = '\0';
    decode_append(decoded->words, "queue %llu", (unsigned long long)queue);
    if (value != queue)
        decode_append(decoded->words, ", value 0x%llx", (unsigned long long)value);
    return true;
}

static bool msix_words(void *context, const struct decode_part *part, char *words)
{
    (void)context;
    if (part->reg->offset != PCI_MSIX_ENTRY_DATA || !decode_part_is_whole(part))
        return false;
    decode_append(words, "0x%llx vector 0x%02x", (unsigned long long)part->value,
                  (unsigned)part->value & 0xff);
    return true;
}

static bool decode_msix(uint64_t inside, const struct decode_access *access,
                        struct decoded *decoded)
{
    char entry[DECODED_REGISTER_SIZE];
    const struct decode_span span = {
        .table = &decode_pci_msix_entry, .prefix = entry, .words = msix_words};

    if (inside >= MSIX_PENDING) {
        decode_nameless(inside - MSIX_PENDING, access, decoded);
        snprintf(decoded->reg, sizeof decoded->reg, "MSI-X pending %llu",
                 (unsigned long long)(8 * (inside - MSIX_PENDING)));
        return true;
    }
    snprintf(entry, sizeof entry, "MSI-X entry %llu",
             (unsigned long long)(inside / PCI_MSIX_ENTRY_SIZE));
    return decode_span(&span, inside % PCI_MSIX_ENTRY_SIZE, access, decoded);
}

void virtio_pci_decode(struct virtio_seen *seen, uint64_t offset,
                       const struct decode_access *access, struct decoded *decoded)
{
    static const struct decode_span isr_span = {.table = &decode_virtio_isr};
    uint64_t inside = offset % VIRTIO_PCI_REGION_SIZE;
    bool found = false;

    switch (offset - inside) {
    case VIRTIO_PCI_COMMON_OFFSET:
        found = decode_common(seen, inside, access, decoded);
        break;
    case VIRTIO_PCI_ISR_OFFSET:
        found = decode_span(&isr_span, inside, access, decoded);
        break;
    case VIRTIO_PCI_DEVICE_OFFSET:
        found = virtio_config_decode(inside, access, decoded);
        break;
    case VIRTIO_PCI_NOTIFY_OFFSET:
        found = decode_notify(inside, access, decoded);
        break;
    case VIRTIO_PCI_MSIX_OFFSET:
        found = decode_msix(inside, access, decoded);
        break;
    default:
        break;
    }
    if (!found)
        decode_nameless(offset, access, decoded);
}

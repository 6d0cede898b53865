/* SPDX-License-Identifier: MIT */
/*
 * Capabilities: what is behind the header nobody knows before the list has been read. So the guest's own
 * reads are followed: the pointer says where the first one begins, its id what it is, its link where the
 * next one is.
 */
#include "pci_internal.h"
#include "tables.h"

#include <stdio.h>

#include "abi/virtio_pci.h"

#define LINK 1 /* in every capability: where the next one is */
#define POINTER_MASK 0xfc

/* --- tables; offsets are from a capability's first byte ------------------------------------------------ */

static const struct decode_value capability_ids[] = {
    {NULL, 0x01, "power management"},      V(PCI_CAPABILITY_ID_MSI, "MSI"),
    V(PCI_CAPABILITY_ID_VENDOR, "vendor"), {NULL, 0x10, "PCI Express"},
    V(PCI_CAPABILITY_ID_MSIX, "MSI-X"),    {0},
};
#define CAPABILITY                                                                                 \
    {NULL, 0, 1, DECODE_BOTH, "capability", DECODE_VALUE, NULL, capability_ids},                   \
    {                                                                                              \
        NULL, LINK, 1, DECODE_BOTH, "next", DECODE_HEX, NULL, NULL                                 \
    }
static const struct decode_register any_capability[] = {CAPABILITY};
const struct decode_table decode_pci_capability = {"pci.h", any_capability,
                                                   DECODE_COUNT(any_capability)};

static const struct decode_field msi_control[] = {
    F(PCI_MSI_CONTROL_ENABLE, "ENABLE"),
    FN(PCI_MSI_CONTROL_MULTIPLE_ENABLE, "MULTIPLE_ENABLE"),
    F(PCI_MSI_CONTROL_64BIT, "64BIT"),
    F(PCI_MSI_CONTROL_MASKABLE, "MASKABLE"),
    {0},
};
#define MSI_ADDRESS                                                                                \
    R(PCI_MSI_CONTROL, 2, DECODE_BOTH, "control", DECODE_HEX, msi_control, NULL),                  \
        R(PCI_MSI_ADDRESS, 4, DECODE_BOTH, "address", DECODE_HEX, NULL, NULL)
/* Without the upper half of the address, the data is in its place. */
static const struct decode_register msi32[] = {
    CAPABILITY,
    MSI_ADDRESS,
    {"PCI_MSI_DATA", PCI_MSI_ADDRESS_HIGH, 2, DECODE_BOTH, "data", DECODE_HEX, NULL, NULL},
    {"PCI_MSI_MASK_AFTER_DATA", PCI_MSI_ADDRESS_HIGH + PCI_MSI_MASK_AFTER_DATA, 4, DECODE_BOTH,
     "mask", DECODE_HEX, NULL, NULL},
};
static const struct decode_register msi64[] = {
    CAPABILITY,
    MSI_ADDRESS,
    R(PCI_MSI_ADDRESS_HIGH, 4, DECODE_BOTH, "address_high", DECODE_HEX, NULL, NULL),
    R(PCI_MSI_DATA, 2, DECODE_BOTH, "data", DECODE_HEX, NULL, NULL),
    {"PCI_MSI_MASK_AFTER_DATA", PCI_MSI_DATA + PCI_MSI_MASK_AFTER_DATA, 4, DECODE_BOTH, "mask",
     DECODE_HEX, NULL, NULL},
};
const struct decode_table decode_pci_msi32 = {"pci.h", msi32, DECODE_COUNT(msi32)};
const struct decode_table decode_pci_msi64 = {"pci.h", msi64, DECODE_COUNT(msi64)};

static const struct decode_field msix_control[] = {
    FN(PCI_MSIX_CONTROL_LAST_ENTRY, "LAST_ENTRY"),
    F(PCI_MSIX_CONTROL_FUNCTION_MASK, "FUNCTION_MASK"),
    F(PCI_MSIX_CONTROL_ENABLE, "ENABLE"),
    {0},
};
static const struct decode_field msix_place[] = {FN(PCI_MSIX_BAR_MASK, "BAR"), {0}};
static const struct decode_register msix[] = {
    CAPABILITY,
    R(PCI_MSIX_CONTROL, 2, DECODE_BOTH, "control", DECODE_HEX, msix_control, NULL),
    R(PCI_MSIX_TABLE, 4, DECODE_BOTH, "table", DECODE_HEX, msix_place, NULL),
    R(PCI_MSIX_PENDING, 4, DECODE_BOTH, "pending", DECODE_HEX, msix_place, NULL),
};
const struct decode_table decode_pci_msix = {"pci.h", msix, DECODE_COUNT(msix)};

/* Not in configuration space but in a BAR: whose decoder it is uses this. */
static const struct decode_field msix_entry_control[] = {F(PCI_MSIX_ENTRY_MASKED, "MASKED"), {0}};
static const struct decode_register msix_entry[] = {
    R(PCI_MSIX_ENTRY_ADDRESS, 8, DECODE_BOTH, "address", DECODE_HEX, NULL, NULL),
    R(PCI_MSIX_ENTRY_DATA, 4, DECODE_BOTH, "data", DECODE_HEX, NULL, NULL),
    R(PCI_MSIX_ENTRY_CONTROL, 4, DECODE_BOTH, "control", DECODE_HEX, msix_entry_control, NULL),
};
const struct decode_table decode_pci_msix_entry = {"pci.h", msix_entry, DECODE_COUNT(msix_entry)};

static const struct decode_value virtio_types[] = {
    V(VIRTIO_PCI_CAP_COMMON, "COMMON"),
    V(VIRTIO_PCI_CAP_NOTIFY, "NOTIFY"),
    V(VIRTIO_PCI_CAP_ISR, "ISR"),
    V(VIRTIO_PCI_CAP_DEVICE, "DEVICE"),
    V(VIRTIO_PCI_CAP_PCI, "PCI"),
    V(VIRTIO_PCI_CAP_SHARED_MEMORY, "SHARED_MEMORY"),
    {0},
};
#define VIRTIO                                                                                     \
    R(VIRTIO_PCI_CAP_LENGTH, 1, DECODE_BOTH, "length", DECODE_DECIMAL, NULL, NULL),                \
        R(VIRTIO_PCI_CAP_TYPE, 1, DECODE_BOTH, "type", DECODE_VALUE, NULL, virtio_types),          \
        R(VIRTIO_PCI_CAP_BAR, 1, DECODE_BOTH, "BAR", DECODE_DECIMAL, NULL, NULL),                  \
        R(VIRTIO_PCI_CAP_ID, 1, DECODE_BOTH, "id", DECODE_DECIMAL, NULL, NULL),                    \
        R(VIRTIO_PCI_CAP_OFFSET, 4, DECODE_BOTH, "offset", DECODE_HEX, NULL, NULL),                \
        R(VIRTIO_PCI_CAP_REGION_LENGTH, 4, DECODE_BOTH, "region_length", DECODE_HEX, NULL, NULL)
static const struct decode_register virtio[] = {CAPABILITY, VIRTIO};
static const struct decode_register virtio_notify[] = {
    CAPABILITY,
    VIRTIO,
    R(VIRTIO_PCI_CAP_NOTIFY_MULTIPLIER, 4, DECODE_BOTH, "multiplier", DECODE_DECIMAL, NULL, NULL),
};
static const struct decode_register virtio_window[] = {
    CAPABILITY,
    VIRTIO,
    R(VIRTIO_PCI_CAP_CFG_DATA, 4, DECODE_BOTH, "cfg_data", DECODE_HEX, NULL, NULL),
};
const struct decode_table decode_pci_virtio = {"virtio_pci.h", virtio, DECODE_COUNT(virtio)};
const struct decode_table decode_pci_virtio_notify = {"virtio_pci.h", virtio_notify,
                                                      DECODE_COUNT(virtio_notify)};
const struct decode_table decode_pci_virtio_window = {"virtio_pci.h", virtio_window,
                                                      DECODE_COUNT(virtio_window)};

/* --- following the list -------------------------------------------------------------------------------- */

static struct pci_capability_seen *capability_at(struct pci_function_seen *seen, unsigned offset)
{
    unsigned index = (offset - PCI_HEADER_SIZE) / 4;

    return offset >= PCI_HEADER_SIZE && offset < PCI_CONFIG_SIZE && index < PCI_CAPABILITY_MAX
               ? &seen->capabilities[index]
               : NULL;
}

static void learn_link(struct pci_function_seen *seen, uint8_t link)
{
    struct pci_capability_seen *next = capability_at(seen, link & POINTER_MASK);

    if (next != NULL && link != 0xff)
        next->listed = true;
}

/* One byte of a capability, in the order in which they come. */
static void learn_byte(struct pci_function_seen *seen, unsigned reg, uint8_t byte)
{
    unsigned at = reg % 4;
    struct pci_capability_seen *capability = capability_at(seen, reg - at);

    if (capability == NULL || !capability->listed)
        return;
    if (at == 0 && byte != 0xff)
        capability->id = byte;
    else if (at == LINK)
        learn_link(seen, byte);
    else if (at == PCI_MSI_CONTROL && capability->id == PCI_CAPABILITY_ID_MSI)
        capability->is_64bit = byte & PCI_MSI_CONTROL_64BIT;
    else if (at == VIRTIO_PCI_CAP_TYPE && capability->id == PCI_CAPABILITY_ID_VENDOR)
        capability->type = byte;
}

void pci_capability_learn(struct pci_function_seen *seen, unsigned reg,
                          const struct decode_access *access)
{
    uint64_t value = decode_value_of(access);

    if (access->is_write)
        return;
    for (unsigned i = 0; i < access->size && i < sizeof value; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i));

        if (reg + i == PCI_CAPABILITY_POINTER)
            learn_link(seen, byte);
        else
            learn_byte(seen, reg + i, byte);
    }
}

/* --- words --------------------------------------------------------------------------------------------- */

struct layout {
    const struct decode_table *table;
    const char *name;
};

static struct layout layout_of(const struct pci_function_seen *seen,
                               const struct pci_capability_seen *capability)
{
    if (capability->id == PCI_CAPABILITY_ID_MSI)
        return (struct layout){capability->is_64bit ? &decode_pci_msi64 : &decode_pci_msi32, "MSI"};
    if (capability->id == PCI_CAPABILITY_ID_MSIX)
        return (struct layout){&decode_pci_msix, "MSI-X"};
    if (capability->id != PCI_CAPABILITY_ID_VENDOR || seen->vendor != VIRTIO_PCI_VENDOR)
        return (struct layout){&decode_pci_capability, NULL};
    if (capability->type == VIRTIO_PCI_CAP_NOTIFY)
        return (struct layout){&decode_pci_virtio_notify, "virtio notify"};
    if (capability->type == VIRTIO_PCI_CAP_PCI)
        return (struct layout){&decode_pci_virtio_window, "virtio PCI window"};
    if (capability->type == VIRTIO_PCI_CAP_COMMON)
        return (struct layout){&decode_pci_virtio, "virtio common"};
    if (capability->type == VIRTIO_PCI_CAP_ISR)
        return (struct layout){&decode_pci_virtio, "virtio ISR"};
    if (capability->type == VIRTIO_PCI_CAP_DEVICE)
        return (struct layout){&decode_pci_virtio, "virtio device"};
    return (struct layout){&decode_pci_virtio, "virtio"};
}

static bool capability_words(void *context, const struct decode_part *part, char *words)
{
    const struct decode_table *table = ((const struct decode_span *)context)->table;
    uint32_t value = (uint32_t)part->value;

    if (!decode_part_is_whole(part))
        return false;
    if (part->reg->offset == LINK) {
        decode_append(words, value == 0 ? "none" : "at 0x%02x", value);
        return true;
    }
    if (part->reg->fields == msix_place) {
        decode_append(words, "BAR%u+0x%x", value & PCI_MSIX_BAR_MASK,
                      value & ~(uint32_t)PCI_MSIX_BAR_MASK);
        return true;
    }
    if ((table == &decode_pci_msi32 && part->reg->offset == PCI_MSI_ADDRESS_HIGH) ||
        (table == &decode_pci_msi64 && part->reg->offset == PCI_MSI_DATA)) {
        decode_append(words, "0x%04x vector 0x%02x", value, value & 0xff);
        return true;
    }
    return false;
}

bool pci_capability_decode(const struct pci_target *target, const struct decode_access *access,
                           struct decoded *decoded)
{
    unsigned at = target->reg & ~3u;
    const struct pci_capability_seen *capability = NULL;

    if (target->seen == NULL)
        return false;
    /* The nearest one that begins at or below the access */
    for (; at >= PCI_HEADER_SIZE && at < PCI_CONFIG_SIZE; at -= 4) {
        capability = capability_at(target->seen, at);
        if (capability->listed)
            break;
    }
    if (capability == NULL || !capability->listed)
        return false;

    struct layout layout = layout_of(target->seen, capability);
    struct decode_span span = {
        .table = layout.table, .prefix = layout.name, .words = capability_words, .context = &span};

    return decode_span(&span, target->reg - at, access, decoded);
}

/* SPDX-License-Identifier: MIT */
/* The header that every PCI function's configuration space begins with (PCI 3.0 section 6.1, type 0). */
#include "pci_internal.h"
#include "tables.h"

#include "abi/chunk.h"
#include "abi/i440fx.h"
#include "abi/testdev.h"
#include "abi/virtio.h"
#include "abi/virtio_pci.h"

static const struct decode_value vendors[] = {
    V(PCI_VENDOR_INTEL, "Intel"),
    V(VIRTIO_PCI_VENDOR, "virtio"),
    V(QEMU_SUBSYSTEM_VENDOR, "virtio"),
    V(CHUNK_PCI_VENDOR, "Trapline"),
    V(TESTDEV_PCI_VENDOR, "Trapline"),
    V(PCI_VENDOR_NONE, "nobody"),
    {0},
};

/* An id as the 32 bits that it is read as. The macro is that of the upper half. */
#define ID(vendor, device, word)                                                                   \
    {                                                                                              \
#device, (uint64_t)(device) << 16 | (vendor), word                                         \
    }
static const struct decode_value ids[] = {
    ID(PCI_VENDOR_INTEL, PCI_DEVICE_I440FX, "i440FX host bridge"),
    ID(PCI_VENDOR_INTEL, PCI_DEVICE_Q35, "Q35 host bridge"),
    ID(PCI_VENDOR_INTEL, PCI_DEVICE_PIIX3_ISA, "PIIX3 ISA bridge"),
    ID(PCI_VENDOR_INTEL, PCI_DEVICE_PIIX3_IDE, "PIIX3 IDE"),
    ID(CHUNK_PCI_VENDOR, CHUNK_PCI_DEVICE, "chunk device"),
    ID(TESTDEV_PCI_VENDOR, TESTDEV_PCI_DEVICE, "testdev"),
    {"VIRTIO_PCI_DEVICE_MODERN",
     (uint64_t)(VIRTIO_PCI_DEVICE_MODERN + VIRTIO_DEVICE_BLOCK) << 16 | VIRTIO_PCI_VENDOR,
     "virtio block device"},
    {NULL, UINT32_MAX, "nobody"},
    {0},
};
static const struct decode_value subsystems[] = {
    ID(QEMU_SUBSYSTEM_VENDOR, QEMU_SUBSYSTEM_ID, "QEMU"),
    {NULL, 0, "none"},
    {0},
};

static const struct decode_value base_classes[] = {
    {NULL, 0x01, "mass storage"},
    {NULL, 0x02, "network"},
    {NULL, 0x03, "display"},
    V(PCI_BASE_CLASS_BRIDGE, "bridge"),
    {NULL, PCI_CLASS_UNASSIGNED >> 16, "unassigned"},
    {0},
};
/* The first IDE class is the one without the bit for bus mastering. */
static const struct decode_value classes[] = {
    V(PCI_CLASS_HOST_BRIDGE, "host bridge"),
    V(PCI_CLASS_ISA_BRIDGE, "ISA bridge"),
    V(PCI_CLASS_IDE_LEGACY, "IDE"),
    {"PCI_IDE_BUS_MASTER", PCI_CLASS_IDE_LEGACY | PCI_IDE_BUS_MASTER, "IDE, bus master"},
    V(PCI_CLASS_VIRTIO_BLK, "SCSI storage"),
    V(PCI_CLASS_UNASSIGNED, "unassigned"),
    {0},
};

/* Without the programming interface */
static const struct decode_value short_classes[] = {
    {NULL, PCI_CLASS_HOST_BRIDGE >> 8, "host bridge"},
    {NULL, PCI_CLASS_ISA_BRIDGE >> 8, "ISA bridge"},
    {NULL, PCI_CLASS_IDE_LEGACY >> 8, "IDE"},
    {NULL, PCI_CLASS_VIRTIO_BLK >> 8, "SCSI storage"},
    {NULL, PCI_CLASS_UNASSIGNED >> 8, "unassigned"},
    {0},
};

static const struct decode_field command_fields[] = {
    F(PCI_COMMAND_IO, "IO"),
    F(PCI_COMMAND_MEMORY, "MEMORY"),
    F(PCI_COMMAND_MASTER, "MASTER"),
    {NULL, 0x0008, "SPECIAL_CYCLES", NULL, false},
    {NULL, 0x0010, "INVALIDATE", NULL, false},
    {NULL, 0x0040, "PARITY", NULL, false},
    {NULL, 0x0100, "SERR", NULL, false},
    F(PCI_COMMAND_INTX_DISABLE, "INTX_DISABLE"),
    {0},
};
static const struct decode_field status_fields[] = {
    F(PCI_STATUS_INTERRUPT, "INTERRUPT"),
    F(PCI_STATUS_CAPABILITIES, "CAPABILITIES"),
    {0},
};
static const struct decode_field header_type_fields[] = {
    FN(PCI_HEADER_TYPE_MASK, "type"),
    F(PCI_HEADER_MULTIFUNCTION, "multifunction"),
    {0},
};
static const struct decode_value bar_types[] = {{NULL, 0, ""}, V(PCI_BAR_TYPE_64, "64-bit"), {0}};
static const struct decode_field bar_fields[] = {
    F(PCI_BAR_IO, "I/O"),
    FV(PCI_BAR_TYPE_MASK, "", bar_types),
    F(PCI_BAR_PREFETCHABLE, "prefetchable"),
    {0},
};
static const struct decode_value pins[] = {
    {NULL, 0, "none"}, {NULL, 1, "INTA"}, {NULL, 2, "INTB"},
    {NULL, 3, "INTC"}, {NULL, 4, "INTD"}, {0},
};

#define BAR(n)                                                                                     \
    {                                                                                              \
        "PCI_BAR0", PCI_BAR0 + 4 * (n), 4, DECODE_BOTH, "BAR" #n, DECODE_HEX, bar_fields, NULL     \
    }
static const struct decode_register header[] = {
    R(PCI_VENDOR_ID, 2, DECODE_BOTH, "vendor_id", DECODE_HEX, NULL, vendors),
    R(PCI_DEVICE_ID, 2, DECODE_BOTH, "device_id", DECODE_HEX, NULL, NULL),
    R(PCI_COMMAND, 2, DECODE_BOTH, "command", DECODE_HEX, command_fields, NULL),
    R(PCI_STATUS, 2, DECODE_BOTH, "status", DECODE_HEX, status_fields, NULL),
    R(PCI_REVISION_ID, 1, DECODE_BOTH, "revision_id", DECODE_HEX, NULL, NULL),
    R(PCI_PROG_IF, 1, DECODE_BOTH, "prog_if", DECODE_HEX, NULL, NULL),
    R(PCI_SUBCLASS, 1, DECODE_BOTH, "subclass", DECODE_HEX, NULL, NULL),
    R(PCI_CLASS, 1, DECODE_BOTH, "base_class", DECODE_HEX, NULL, base_classes),
    R(PCI_CACHE_LINE_SIZE, 1, DECODE_BOTH, "cache_line_size", DECODE_DECIMAL, NULL, NULL),
    R(PCI_LATENCY_TIMER, 1, DECODE_BOTH, "latency_timer", DECODE_DECIMAL, NULL, NULL),
    R(PCI_HEADER_TYPE, 1, DECODE_BOTH, "header_type", DECODE_HEX, header_type_fields, NULL),
    BAR(0),
    BAR(1),
    BAR(2),
    BAR(3),
    BAR(4),
    BAR(5),
    R(PCI_SUBSYSTEM_VENDOR_ID, 2, DECODE_BOTH, "subsystem_vendor_id", DECODE_HEX, NULL, vendors),
    R(PCI_SUBSYSTEM_ID, 2, DECODE_BOTH, "subsystem_id", DECODE_HEX, NULL, NULL),
    R(PCI_EXPANSION_ROM, 4, DECODE_BOTH, "expansion_ROM", DECODE_HEX, NULL, NULL),
    R(PCI_CAPABILITY_POINTER, 1, DECODE_BOTH, "capability_pointer", DECODE_HEX, NULL, NULL),
    R(PCI_INTERRUPT_LINE, 1, DECODE_BOTH, "interrupt_line", DECODE_DECIMAL, NULL, NULL),
    R(PCI_INTERRUPT_PIN, 1, DECODE_BOTH, "interrupt_pin", DECODE_VALUE, NULL, pins),
};
const struct decode_table decode_pci_header = {"pci.h", header, DECODE_COUNT(header)};

/* What is read as one thing, though it is several registers */
static const struct decode_register wide[] = {
    R(PCI_VENDOR_ID, 4, DECODE_BOTH, "id", DECODE_HEX, NULL, ids),
    R(PCI_PROG_IF, 3, DECODE_BOTH, "class", DECODE_HEX, NULL, classes),
    R(PCI_SUBSYSTEM_VENDOR_ID, 4, DECODE_BOTH, "subsystem", DECODE_HEX, NULL, subsystems),
};
const struct decode_table decode_pci_wide = {"pci.h", wide, DECODE_COUNT(wide)};
static const struct decode_register short_class[] = {
    R(PCI_SUBCLASS, 2, DECODE_BOTH, "class", DECODE_HEX, NULL, short_classes),
};
const struct decode_table decode_pci_short_class = {"pci.h", short_class,
                                                    DECODE_COUNT(short_class)};

/* --- words --------------------------------------------------------------------------------------------- */

static void append_word(const char *word, char *words)
{
    if (word != NULL)
        decode_append(words, " %s", word);
}

static void id_words(uint32_t value, const struct decode_value *values, char *words)
{
    const char *word = decode_word_of(values, value);

    decode_append(words, "%04x:%04x", value & 0xffff, value >> 16);
    append_word(word != NULL ? word : decode_word_of(vendors, value & 0xffff), words);
}

/* Half of an id: with the other half unknown, the first that fits. */
static void device_id_words(uint16_t vendor, uint16_t device, char *words)
{
    decode_append(words, "%04x", device);
    for (const struct decode_value *id = ids; id->word != NULL; id++) {
        if (id->value >> 16 == device && (vendor == 0 || (id->value & 0xffff) == vendor)) {
            append_word(id->word, words);
            return;
        }
    }
}

static unsigned bar_slot(unsigned offset)
{
    return offset == PCI_EXPANSION_ROM ? PCI_ROM_SLOT : (offset - PCI_BAR0) / 4;
}

static bool is_bar(const struct decode_register *reg)
{
    return reg->offset == PCI_EXPANSION_ROM ||
           (reg->offset >= PCI_BAR0 && reg->offset < PCI_BAR0 + 4 * PCI_BAR_COUNT);
}

static bool is_nobody(const struct decode_part *part)
{
    uint64_t all = (1ull << (8 * part->size)) - 1;

    return !part->is_write && part->value == all && part->reg->offset != PCI_CACHE_LINE_SIZE &&
           part->reg->offset != PCI_LATENCY_TIMER && part->reg->offset != PCI_INTERRUPT_LINE;
}

static bool whole_words(const struct pci_function_seen *seen, const struct decode_part *part,
                        char *words)
{
    uint32_t value = (uint32_t)part->value;

    switch (part->reg->offset) {
    case PCI_VENDOR_ID:
        if (part->size == 4) {
            id_words(value, ids, words);
            return true;
        }
        decode_append(words, "%04x", value);
        append_word(decode_word_of(vendors, value), words);
        return true;
    case PCI_DEVICE_ID:
        device_id_words(seen != NULL ? seen->vendor : 0, (uint16_t)value, words);
        return true;
    case PCI_SUBSYSTEM_VENDOR_ID:
        if (part->size == 4)
            id_words(value, subsystems, words);
        return part->size == 4;
    case PCI_PROG_IF:
    case PCI_SUBCLASS:
        if (part->reg->size == 1)
            return false;
        decode_append(words, "%0*x", 2 * part->reg->size, value);
        append_word(decode_word_of(part->reg->values, value), words);
        return true;
    case PCI_CACHE_LINE_SIZE:
        decode_append_bytes(words, 4ull * value);
        return true;
    case PCI_INTERRUPT_LINE:
        decode_append(words, value == 0xff ? "none" : "IRQ %u", value);
        return true;
    default:
        return false;
    }
}

static bool header_words(void *context, const struct decode_part *part, char *words)
{
    const struct pci_target *target = context;
    const struct pci_function_seen *seen = target->seen;

    if (!decode_part_is_whole(part))
        return false;
    if (is_bar(part->reg)) {
        unsigned slot = bar_slot(part->reg->offset);
        pci_bar_words(seen != NULL ? &seen->bars[slot] : NULL, slot, part->is_write,
                      (uint32_t)part->value, words);
        return true;
    }
    if (whole_words(seen, part, words))
        return true;
    words[0] = '\0';
    if (!is_nobody(part))
        return false;
    decode_append(words, "0x%0*llx nobody", (int)(2 * part->size), (unsigned long long)part->value);
    return true;
}

bool pci_header_decode(const struct pci_target *target, const struct decode_access *access,
                       struct decoded *decoded)
{
    struct pci_target own = *target;
    const struct decode_span span = {.table = &decode_pci_header,
                                     .wide = target->reg == PCI_SUBCLASS ? &decode_pci_short_class
                                                                         : &decode_pci_wide,
                                     .words = header_words,
                                     .context = &own};

    return decode_span(&span, target->reg, access, decoded);
}

void pci_header_learn(struct pci_function_seen *seen, unsigned reg,
                      const struct decode_access *access)
{
    uint64_t value = decode_value_of(access);

    if (!access->is_write && reg == PCI_VENDOR_ID && access->size >= 2)
        seen->vendor = (uint16_t)value;
    if (access->size == 4 && reg % 4 == 0 && reg <= PCI_EXPANSION_ROM &&
        (reg == PCI_EXPANSION_ROM || (reg >= PCI_BAR0 && reg < PCI_BAR0 + 4 * PCI_BAR_COUNT)))
        pci_bar_learn(seen->bars, bar_slot(reg), access->is_write, (uint32_t)value);
}

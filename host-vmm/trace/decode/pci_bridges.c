/* SPDX-License-Identifier: MIT */
/*
 * What the two bridges have behind the header: the host bridge at 00:00.0 the programmable attribute map
 * and PCIEXBAR, the ISA bridge at 00:01.0 the routes of the four PIRQs, its IDE function the timing.
 */
#include "pci_internal.h"
#include "tables.h"

#include "abi/i440fx.h"

#define ISA_BRIDGE_DEVICE 1
#define PIRQ_COUNT 4
#define PIRQ_IRQ_MASK 0x0f
#define BUSES_OF_LENGTH_0 256

/* --- tables -------------------------------------------------------------------------------------------- */

static const struct decode_field pam_fields[] = {
    F(I440FX_PAM_READ, "READ"),
    F(I440FX_PAM_WRITE, "WRITE"),
    {"I440FX_PAM_READ", I440FX_PAM_READ << I440FX_PAM_NIBBLE_SHIFT, "READ_HIGH", NULL, false},
    {"I440FX_PAM_WRITE", I440FX_PAM_WRITE << I440FX_PAM_NIBBLE_SHIFT, "WRITE_HIGH", NULL, false},
    {0},
};
static const struct decode_value lengths[] = {
    {NULL, 0 << PCIEXBAR_LENGTH_SHIFT, "256 buses"},
    {NULL, 1 << PCIEXBAR_LENGTH_SHIFT, "128 buses"},
    {NULL, 2 << PCIEXBAR_LENGTH_SHIFT, "64 buses"},
    {0},
};
static const struct decode_field pciexbar_fields[] = {
    F(PCIEXBAR_ENABLE, "ENABLE"),
    FV(PCIEXBAR_LENGTH_MASK, "LENGTH", lengths),
    {0},
};
#define PAM(n)                                                                                     \
    {                                                                                              \
        "I440FX_PAM", I440FX_PAM + (n), 1, DECODE_BOTH, "PAM" #n, DECODE_HEX, pam_fields, NULL     \
    }
static const struct decode_register i440fx[] = {
    PAM(0),
    PAM(1),
    PAM(2),
    PAM(3),
    PAM(4),
    PAM(5),
    PAM(6),
    R(PCIEXBAR_I440FX, PCIEXBAR_BYTES, DECODE_BOTH, "PCIEXBAR", DECODE_HEX, pciexbar_fields, NULL),
};
const struct decode_table decode_pci_i440fx = {"i440fx.h", i440fx, DECODE_COUNT(i440fx)};

static const struct decode_field pirq_fields[] = {F(PIIX3_PIRQ_DISABLED, "not routed"), {0}};
#define PIRQ(n, letter)                                                                            \
    {                                                                                              \
        "PIIX3_PIRQ_ROUTE", PIIX3_PIRQ_ROUTE + (n), 1, DECODE_BOTH, "PIRQ" letter, DECODE_HEX,     \
            pirq_fields, NULL                                                                      \
    }
static const struct decode_register piix3[] = {PIRQ(0, "A"), PIRQ(1, "B"), PIRQ(2, "C"),
                                               PIRQ(3, "D")};
_Static_assert(DECODE_COUNT(piix3) == PIRQ_COUNT, "a register for each PIRQ");
const struct decode_table decode_pci_piix3 = {"pci.h", piix3, DECODE_COUNT(piix3)};

/* 82371SB, section 2.4: one for each channel */
static const struct decode_field timing_fields[] = {{NULL, 0x8000, "DECODE", NULL, false}, {0}};
static const struct decode_register ide[] = {
    {NULL, 0x40, 2, DECODE_BOTH, "IDETIM primary", DECODE_HEX, timing_fields, NULL},
    {NULL, 0x42, 2, DECODE_BOTH, "IDETIM secondary", DECODE_HEX, timing_fields, NULL},
};
const struct decode_table decode_pci_ide = {"pci.h", ide, DECODE_COUNT(ide)};

/* --- words --------------------------------------------------------------------------------------------- */

static void pam_segment_words(unsigned base, unsigned nibble, char *words)
{
    static const char *const shows[] = {"ROM", "RAM, read-only", "ROM, writes to RAM", "RAM"};

    decode_append(words, ", 0x%x %s", base, shows[nibble & (I440FX_PAM_READ | I440FX_PAM_WRITE)]);
}

static void pam_words(unsigned number, unsigned value, char *words)
{
    decode_append(words, "0x%02x", value);
    if (number == 0) {
        pam_segment_words(I440FX_PAM_TOP_BASE, value >> I440FX_PAM_NIBBLE_SHIFT, words);
        return;
    }
    unsigned base = I440FX_PAM_BASE + (number - 1) * 2 * I440FX_PAM_SEGMENT;
    pam_segment_words(base, value, words);
    pam_segment_words(base + I440FX_PAM_SEGMENT, value >> I440FX_PAM_NIBBLE_SHIFT, words);
}

static void pciexbar_words(uint64_t value, char *words)
{
    unsigned length = (value & PCIEXBAR_LENGTH_MASK) >> PCIEXBAR_LENGTH_SHIFT;

    decode_append(words, "0x%08llx %s", (unsigned long long)value,
                  value & PCIEXBAR_ENABLE ? "on" : "off");
    if (length < DECODE_COUNT(lengths) - 1)
        decode_append(words, ", %u buses at 0x%llx", BUSES_OF_LENGTH_0 >> length,
                      (unsigned long long)(value & PCIEXBAR_ADDRESS_MASK));
}

static bool host_bridge_words(void *context, const struct decode_part *part, char *words)
{
    (void)context;
    if (part->reg->offset == PCIEXBAR_I440FX) {
        /* The lower half has it all, on a machine whose window is below 4 GiB. */
        if (part->at != 0 || part->size < 4)
            return false;
        pciexbar_words(part->value, words);
    } else {
        pam_words(part->reg->offset - I440FX_PAM, (unsigned)part->value, words);
    }
    return true;
}

static bool isa_bridge_words(void *context, const struct decode_part *part, char *words)
{
    (void)context;
    decode_append(words, "0x%02x ", (unsigned)part->value);
    if (part->value & PIIX3_PIRQ_DISABLED)
        decode_append(words, "not routed");
    else
        decode_append(words, "IRQ %u", (unsigned)part->value & PIRQ_IRQ_MASK);
    return true;
}

bool pci_bridge_decode(const struct pci_target *target, const struct decode_access *access,
                       struct decoded *decoded)
{
    static const struct decode_span host_bridge = {.table = &decode_pci_i440fx,
                                                   .words = host_bridge_words};
    static const struct decode_span isa_bridge = {.table = &decode_pci_piix3,
                                                  .words = isa_bridge_words};
    static const struct decode_span ide_function = {.table = &decode_pci_ide};

    if (target->bus != 0 || target->device > ISA_BRIDGE_DEVICE || target->function > 1)
        return false;
    if (target->device == 0 && target->function == 0)
        return decode_span(&host_bridge, target->reg, access, decoded);
    if (target->device == ISA_BRIDGE_DEVICE)
        return decode_span(target->function == 0 ? &isa_bridge : &ide_function, target->reg, access,
                           decoded);
    return false;
}

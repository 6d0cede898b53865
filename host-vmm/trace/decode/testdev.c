/* SPDX-License-Identifier: MIT */
/*
 * testdev: its registers, and the places to measure at, which it lists itself: what they are is learned when
 * the guest reads that list.
 */
#include "span.h"
#include "tables.h"

#include <stdio.h>
#include <string.h>

#include "../../../drivers/abi/testdev.h"

#define TABLE_BYTES (TESTDEV_VARIANTS_MAX * sizeof(struct testdev_variant))

static const struct decode_value ids[] = {V(TESTDEV_ID, "\"TEST\""), {0}};
static const struct decode_value versions[] = {V(TESTDEV_VERSION, ""), {0}};

static const struct decode_value marks[] = {
    V(TESTDEV_MARK_BEGIN, "BEGIN"),
    V(TESTDEV_MARK_END, "END"),
    {0},
};

static const struct decode_register registers[] = {
    R(TESTDEV_REG_ID, 4, DECODE_READ, "id", DECODE_HEX, NULL, ids),
    R(TESTDEV_REG_VERSION, 4, DECODE_READ, "version", DECODE_DECIMAL, NULL, versions),
    R(TESTDEV_REG_VARIANTS, 4, DECODE_READ, "variants", DECODE_DECIMAL, NULL, NULL),
    R(TESTDEV_REG_MARK, 4, DECODE_WRITE, "mark", DECODE_VALUE, NULL, marks),
    R(TESTDEV_REG_RESULT, 8, DECODE_WRITE, "result", DECODE_HEX, NULL, NULL),
    R(TESTDEV_REG_ANSWER, 8, DECODE_BOTH, "answer", DECODE_HEX, NULL, NULL),
    R(TESTDEV_REG_TABLE, 4, DECODE_READ, "table", DECODE_HEX, NULL, NULL),
};
const struct decode_table decode_testdev_registers = {"testdev.h", registers,
                                                      DECODE_COUNT(registers)};

static const struct decode_value kinds[] = {
    V(TESTDEV_TRAPPED, "trapped"),     V(TESTDEV_DOORBELL, "doorbell"),
    V(TESTDEV_DATAMATCH, "datamatch"), V(TESTDEV_ANY_WIDTH, "any_width"),
    V(TESTDEV_COALESCED, "coalesced"), V(TESTDEV_READ_ONLY, "read_only"),
    V(TESTDEV_STRING, "string"),       V(TESTDEV_IRQ, "irq"),
    V(TESTDEV_ANSWER, "answer"),       {0},
};

static const struct decode_field kind_fields[] = {
    FV(TESTDEV_KIND_MASK, "", kinds),
    F(TESTDEV_PORT, "port"),
    {0},
};

/* An entry of the table */
static const struct decode_register variant[] = {
    {NULL, offsetof(struct testdev_variant, kind), 4, DECODE_READ, "kind", DECODE_FLAGS,
     kind_fields, NULL},
    {NULL, offsetof(struct testdev_variant, offset), 4, DECODE_READ, "offset", DECODE_HEX, NULL,
     NULL},
    {NULL, offsetof(struct testdev_variant, width), 4, DECODE_READ, "width", DECODE_DECIMAL, NULL,
     NULL},
    {NULL, offsetof(struct testdev_variant, value), 4, DECODE_READ, "value", DECODE_HEX, NULL,
     NULL},
};
const struct decode_table decode_testdev_variant = {"testdev.h", variant, DECODE_COUNT(variant)};

struct testdev_state {
    /* As far as the guest has read them; a kind of 0 is not known yet */
    struct testdev_variant variants[TESTDEV_VARIANTS_MAX];
};

static void decode_entry(struct testdev_state *state, const struct decode_access *access,
                         struct decoded *decoded)
{
    uint64_t at = access->offset - TESTDEV_REG_TABLE;
    unsigned index = (unsigned)(at / sizeof(struct testdev_variant));
    uint64_t within = at % sizeof(struct testdev_variant);
    char prefix[DECODED_REGISTER_SIZE];
    const struct decode_span span = {.table = &decode_testdev_variant, .prefix = prefix};
    uint32_t value = (uint32_t)decode_value_of(access);

    snprintf(prefix, sizeof prefix, "variant %u", index);
    decode_span(&span, within, access, decoded);
    if (!access->is_write && access->answered && access->size == sizeof value &&
        within % sizeof value == 0)
        memcpy((uint8_t *)&state->variants[index] + within, &value, sizeof value);
}

/* The kind of place that is there, or NULL. */
static const char *find_place(const struct testdev_state *state, uint64_t offset, bool is_port)
{
    for (unsigned i = 0; i < TESTDEV_VARIANTS_MAX; i++) {
        const struct testdev_variant *v = &state->variants[i];
        uint32_t kind = v->kind & TESTDEV_KIND_MASK;
        bool is_page = kind == TESTDEV_READ_ONLY && offset >= TESTDEV_PAGE_SIZE;

        if (kind == 0 || ((v->kind & TESTDEV_PORT) != 0) != is_port)
            continue;
        if (is_page || (offset >= v->offset && offset - v->offset < v->width))
            return decode_word_of(kinds, kind);
    }
    return NULL;
}

static void decode_place(const struct testdev_state *state, const struct decode_access *access,
                         struct decoded *decoded)
{
    const char *kind = find_place(state, access->offset, access->is_port);
    struct decode_register place = {.size = 1, .name = kind, .form = DECODE_HEX};

    if (kind == NULL) {
        decode_nameless(access->offset, access, decoded);
        if (access->is_port)
            snprintf(decoded->reg, sizeof decoded->reg, "port 0x%02llx",
                     (unsigned long long)access->offset);
        return;
    }
    decode_register_words(&place, 0, access->size, decode_value_of(access), decoded);
    snprintf(decoded->reg, sizeof decoded->reg, "%s%s at 0x%02llx", access->is_port ? "port " : "",
             kind, (unsigned long long)access->offset);
    if (access->count > 1) {
        decoded->words[0] = '\0';
        decode_data_words(access, decoded->words);
    }
}

static bool decode(void *self, const struct decode_access *access, struct decoded *decoded)
{
    struct testdev_state *state = self;
    const struct decode_span span = {.table = &decode_testdev_registers};
    bool ports = strcmp(access->device, "testdev-ports") == 0;
    uint64_t offset = access->offset;

    if (!ports && strcmp(access->device, "testdev") != 0)
        return false;
    if (!ports && offset >= TESTDEV_REG_TABLE && offset - TESTDEV_REG_TABLE < TABLE_BYTES)
        decode_entry(state, access, decoded);
    else if (ports || !decode_span(&span, offset, access, decoded))
        decode_place(state, access, decoded);
    snprintf(decoded->device, sizeof decoded->device, "testdev");
    return true;
}

const struct decode_module decode_testdev = {"testdev", sizeof(struct testdev_state), decode};

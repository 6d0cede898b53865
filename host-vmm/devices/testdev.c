/* SPDX-License-Identifier: MIT */
/* testdev's registers. Who rings its doorbells, and what a mark counts, is the machine's. */
#include "testdev.h"

#include <string.h>

/* A register or port has eight bytes to itself, so that no two ioeventfds or zones touch. */
#define PLACE_REGISTERS 0x400
#define PLACE_STEP 8
#define DATAMATCH_VALUE 0x4b434952
#define ANY_VALUE 1

/* What there is in both BARs, and in one only. */
static const struct {
    uint32_t kind, width, value;
} everything[] = {
    {TESTDEV_PORT | TESTDEV_TRAPPED, 4, ANY_VALUE},
    {TESTDEV_TRAPPED, 4, ANY_VALUE},
    {TESTDEV_PORT | TESTDEV_DOORBELL, 4, ANY_VALUE},
    {TESTDEV_PORT | TESTDEV_DATAMATCH, 4, DATAMATCH_VALUE},
    {TESTDEV_PORT | TESTDEV_ANY_WIDTH, 4, ANY_VALUE},
    {TESTDEV_DOORBELL, 4, ANY_VALUE},
    {TESTDEV_DATAMATCH, 4, DATAMATCH_VALUE},
    {TESTDEV_ANY_WIDTH, 4, ANY_VALUE},
    {TESTDEV_PORT | TESTDEV_COALESCED, 4, ANY_VALUE},
    {TESTDEV_COALESCED, 4, ANY_VALUE},
    {TESTDEV_READ_ONLY, 4, ANY_VALUE},
    {TESTDEV_PORT | TESTDEV_STRING, 2, ANY_VALUE},
    {TESTDEV_IRQ, 4, ANY_VALUE},
    {TESTDEV_ANSWER, 4, ANY_VALUE},
};
#define KINDS (sizeof everything / sizeof everything[0])
_Static_assert(KINDS <= TESTDEV_VARIANTS_MAX, "the table of variants");

static void list_variants(struct testdev_model *testdev, unsigned without)
{
    uint32_t port = 0, reg = PLACE_REGISTERS;
    for (unsigned i = 0; i < KINDS; i++) {
        uint32_t kind = everything[i].kind & TESTDEV_KIND_MASK;
        if (without >> kind & 1)
            continue;
        bool is_port = everything[i].kind & TESTDEV_PORT;
        uint32_t *next = is_port ? &port : &reg;
        testdev->variants[testdev->variant_count++] = (struct testdev_variant){
            .kind = everything[i].kind,
            .offset = kind == TESTDEV_READ_ONLY ? TESTDEV_PAGE_SIZE : *next,
            .width = everything[i].width,
            .value = everything[i].value};
        *next += PLACE_STEP;
    }
}

/* --- access ------------------------------------------------------------------------------------- */

static void take_result(struct testdev_model *testdev)
{
    struct testdev_result result;
    bool ok =
        testdev->master &&
        guest_read(testdev->memory, testdev->result_gpa, &result, sizeof result) &&
        memchr(result.name, '\0', sizeof result.name) != NULL &&
        result.sample_count <= TESTDEV_SAMPLES_MAX &&
        (result.sample_count == 0 || guest_read(testdev->memory, result.samples, testdev->samples,
                                                result.sample_count * sizeof testdev->samples[0]));
    if (!ok)
        testdev->bad_results++;
    else if (testdev->events.result != NULL)
        testdev->events.result(testdev->events.context, &result, testdev->samples);
}

/* A half or all of a 64-bit register. */
static uint64_t merge(uint64_t old, unsigned at, unsigned size, uint64_t value)
{
    uint64_t mask = bus_ones(size) << (8 * at);
    return (old & ~mask) | (value << (8 * at) & mask);
}

static bool is_u64_access(uint64_t offset, unsigned size, uint64_t reg)
{
    return (offset == reg && (size == 4 || size == 8)) || (offset == reg + 4 && size == 4);
}

static bool is_variant(const struct testdev_model *testdev, bool port, uint64_t offset)
{
    for (unsigned i = 0; i < testdev->variant_count; i++) {
        const struct testdev_variant *v = &testdev->variants[i];
        bool same_bar = !(v->kind & TESTDEV_PORT) == !port;
        if (same_bar && (v->kind & TESTDEV_KIND_MASK) == TESTDEV_READ_ONLY &&
            offset >= TESTDEV_PAGE_SIZE)
            return true;
        if (same_bar && offset >= v->offset && offset < v->offset + v->width)
            return true;
    }
    return false;
}

static bool read_table(const struct testdev_model *testdev, uint64_t offset, uint64_t *value)
{
    uint32_t word;
    uint64_t at = offset - TESTDEV_REG_TABLE;
    if (at >= testdev->variant_count * sizeof testdev->variants[0] || at % sizeof word != 0)
        return false;
    memcpy(&word, (const uint8_t *)testdev->variants + at, sizeof word);
    *value = word;
    return true;
}

static bool read_register(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct testdev_model *testdev = self;
    if (is_variant(testdev, false, offset)) {
        *value = testdev->scratch;
        return true;
    }
    if (is_u64_access(offset, size, TESTDEV_REG_ANSWER)) {
        *value = __atomic_load_n(&testdev->answer_gpa, __ATOMIC_RELAXED) >>
                 (8 * (offset - TESTDEV_REG_ANSWER));
        return true;
    }
    if (size != 4)
        return false;
    switch (offset) {
    case TESTDEV_REG_ID:
        *value = TESTDEV_ID;
        return true;
    case TESTDEV_REG_VERSION:
        *value = TESTDEV_VERSION;
        return true;
    case TESTDEV_REG_VARIANTS:
        *value = testdev->variant_count;
        return true;
    default:
        return offset >= TESTDEV_REG_TABLE && read_table(testdev, offset, value);
    }
}

static bool write_variant(struct testdev_model *testdev, uint64_t value)
{
    testdev->scratch = (uint32_t)value;
    testdev->writes++;
    return true;
}

static bool write_register(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct testdev_model *testdev = self;
    if (is_variant(testdev, false, offset))
        return write_variant(testdev, value);
    if (is_u64_access(offset, size, TESTDEV_REG_ANSWER)) {
        uint64_t gpa = __atomic_load_n(&testdev->answer_gpa, __ATOMIC_RELAXED);
        gpa = merge(gpa, (unsigned)(offset - TESTDEV_REG_ANSWER), size, value);
        __atomic_store_n(&testdev->answer_gpa, gpa, __ATOMIC_RELAXED);
        return true;
    }
    if (is_u64_access(offset, size, TESTDEV_REG_RESULT)) {
        unsigned at = (unsigned)(offset - TESTDEV_REG_RESULT);
        testdev->result_gpa = merge(testdev->result_gpa, at, size, value);
        if (at + size == sizeof testdev->result_gpa) /* the upper half comes last */
            take_result(testdev);
        return true;
    }
    if (offset != TESTDEV_REG_MARK || size != 4)
        return false;
    if (testdev->events.mark != NULL)
        testdev->events.mark(testdev->events.context, (uint32_t)value);
    return true;
}

static bool read_port(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct testdev_model *testdev = self;
    (void)size;
    *value = testdev->scratch;
    return is_variant(testdev, true, offset);
}

static bool write_port(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct testdev_model *testdev = self;
    (void)size;
    return is_variant(testdev, true, offset) && write_variant(testdev, value);
}

static const struct bus_ops register_ops = {.read = read_register, .write = write_register};
static const struct bus_ops port_ops = {.read = read_port, .write = write_port};

bool testdev_model_answer(struct testdev_model *testdev, uint64_t tsc)
{
    uint64_t gpa = __atomic_load_n(&testdev->answer_gpa, __ATOMIC_RELAXED);
    if (!__atomic_load_n(&testdev->master, __ATOMIC_RELAXED))
        return false;
    struct testdev_answer *answer =
        gpa % sizeof(uint64_t) == 0 ? guest_ptr(testdev->memory, gpa, sizeof *answer) : NULL;
    if (gpa == 0 || answer == NULL)
        return false;
    __atomic_store_n(&answer->tsc, tsc, __ATOMIC_RELAXED);
    /* Release: a guest that sees the number sees the time. */
    __atomic_store_n(&answer->sequence, ++testdev->sequence, __ATOMIC_RELEASE);
    return true;
}

static void update(struct testdev_model *testdev)
{
    __atomic_store_n(&testdev->master, pci_device_is_master(&testdev->pci), __ATOMIC_RELAXED);
    msi_model_update(&testdev->msi);
}

static void config_written(struct pci_device *d, unsigned reg, unsigned size)
{
    (void)reg, (void)size;
    update(d->self);
}

void testdev_model_init(struct testdev_model *testdev, unsigned device,
                        const struct guest_memory *memory, struct msi_sink sink,
                        const struct testdev_events *events, unsigned without)
{
    *testdev = (struct testdev_model){.memory = memory, .events = *events};
    list_variants(testdev, without);
    pci_device_init(&testdev->pci, "testdev", device, 0, TESTDEV_PCI_VENDOR, TESTDEV_PCI_DEVICE,
                    PCI_CLASS_UNASSIGNED, TESTDEV_VERSION);
    testdev->registers =
        (struct bus_region){.name = "testdev", .ops = &register_ops, .self = testdev};
    testdev->ports =
        (struct bus_region){.name = "testdev-ports", .ops = &port_ops, .self = testdev};
    pci_device_bar(&testdev->pci, TESTDEV_BAR_REGISTERS, TESTDEV_REGISTERS_SIZE, false, false,
                   false, &testdev->registers);
    pci_device_bar(&testdev->pci, TESTDEV_BAR_PORTS, TESTDEV_PORTS_SIZE, true, false, false,
                   &testdev->ports);
    testdev->pci.self = testdev;
    testdev->pci.config_written = config_written;
    msi_model_init(&testdev->msi, &testdev->pci, sink);
}

void testdev_model_reset(struct testdev_model *testdev)
{
    __atomic_store_n(&testdev->answer_gpa, 0, __ATOMIC_RELAXED);
    testdev->result_gpa = 0;
    testdev->scratch = 0;
    update(testdev);
}

/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/testdev.c: what it lists, what it tells, and what it makes of nonsense. */
#include "test.h"

#include "fake_memory.h"
#include "host-vmm/devices/testdev.h"

#include <stdbool.h>
#include <string.h>

#define RAM_BASE 0x100000
#define RAM_LENGTH 0x20000
#define RESULT (RAM_BASE + 0x1000)
#define SAMPLES (RAM_BASE + 0x2000)
#define ANSWER (RAM_BASE + 0x100)

struct fixture {
    struct guest_memory memory;
    struct testdev_model testdev;
    unsigned marks, results, messages;
    uint32_t last_mark;
    struct testdev_result last_result;
    uint64_t last_samples[4];
};

static void on_mark(void *context, uint32_t mark)
{
    struct fixture *f = context;
    f->marks++;
    f->last_mark = mark;
}

static void on_result(void *context, const struct testdev_result *result, uint64_t *samples)
{
    struct fixture *f = context;
    f->results++;
    f->last_result = *result;
    for (unsigned i = 0; i < result->sample_count && i < 4; i++)
        f->last_samples[i] = samples[i];
}

static void on_send(void *context, unsigned vector)
{
    struct fixture *f = context;
    assert_int_equal(vector, 0);
    f->messages++;
}

static void on_route(void *context, unsigned vector, bool enabled, uint64_t address, uint32_t data)
{
    (void)context, (void)vector, (void)enabled, (void)address, (void)data;
}

static void begin(struct fixture *f, unsigned without)
{
    const struct testdev_events events = {.mark = on_mark, .result = on_result, .context = f};
    const struct msi_sink sink = {.route = on_route, .send = on_send, .context = f};
    testdev_model_init(&f->testdev, 11, &f->memory, sink, &events, without);
}

static void set_master(struct fixture *f, bool on)
{
    struct pci_device *pci = &f->testdev.pci;
    pci_device_set_config16(pci, PCI_COMMAND, on ? PCI_COMMAND_MASTER : 0);
    pci->config_written(pci, PCI_COMMAND, 2);
}

static int start(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){0};
    fake_memory_create(&fixture.memory, RAM_BASE, RAM_LENGTH);
    begin(&fixture, 0);
    set_master(&fixture, true);
    *state = &fixture;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    fake_memory_destroy(&f->memory);
    return 0;
}

static bool reg_read(struct fixture *f, uint64_t offset, unsigned size, uint64_t *value)
{
    return f->testdev.registers.ops->read(&f->testdev, offset, size, value);
}

static bool reg_write(struct fixture *f, uint64_t offset, unsigned size, uint64_t value)
{
    return f->testdev.registers.ops->write(&f->testdev, offset, size, value);
}

static uint32_t reg32(struct fixture *f, uint64_t offset)
{
    uint64_t value = 0;
    assert_true(reg_read(f, offset, 4, &value));
    return (uint32_t)value;
}

static struct testdev_result *result_at(struct fixture *f, gpa_t gpa)
{
    struct testdev_result *result = guest_ptr(&f->memory, gpa, sizeof *result);
    assert_non_null(result);
    memset(result, 0, sizeof *result);
    return result;
}

/* --- identity and the list ----------------------------------------------------------------------- */

static void identity(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pci_device_config16(&f->testdev.pci, PCI_VENDOR_ID), TESTDEV_PCI_VENDOR);
    assert_int_equal(pci_device_config16(&f->testdev.pci, PCI_DEVICE_ID), TESTDEV_PCI_DEVICE);
    assert_int_equal(f->testdev.pci.config[PCI_CLASS], 0xff);
    assert_int_equal(f->testdev.pci.bars[TESTDEV_BAR_REGISTERS].size, TESTDEV_REGISTERS_SIZE);
    assert_true(f->testdev.pci.bars[TESTDEV_BAR_PORTS].io);
    assert_int_equal(reg32(f, TESTDEV_REG_ID), TESTDEV_ID);
    assert_int_equal(reg32(f, TESTDEV_REG_VERSION), TESTDEV_VERSION);
}

static struct testdev_variant variant(struct fixture *f, unsigned index)
{
    struct testdev_variant v;
    uint32_t words[sizeof v / sizeof(uint32_t)];
    for (unsigned i = 0; i < sizeof v / sizeof(uint32_t); i++)
        words[i] = reg32(f, TESTDEV_REG_TABLE + index * sizeof v + i * sizeof(uint32_t));
    memcpy(&v, words, sizeof v);
    return v;
}

static unsigned count_kind(struct fixture *f, uint32_t kind)
{
    unsigned count = 0;
    for (unsigned i = 0; i < reg32(f, TESTDEV_REG_VARIANTS); i++)
        count += variant(f, i).kind == kind;
    return count;
}

static void lists_every_variant_once(void **state)
{
    struct fixture *f = *state;
    for (uint32_t kind = TESTDEV_TRAPPED; kind <= TESTDEV_COALESCED; kind++) {
        assert_int_equal(count_kind(f, kind), 1);
        assert_int_equal(count_kind(f, TESTDEV_PORT | kind), 1);
    }
    assert_int_equal(count_kind(f, TESTDEV_READ_ONLY), 1);
    assert_int_equal(count_kind(f, TESTDEV_PORT | TESTDEV_STRING), 1);
    assert_int_equal(count_kind(f, TESTDEV_IRQ), 1);
    assert_int_equal(count_kind(f, TESTDEV_ANSWER), 1);
}

static void places_lie_in_their_bar_and_do_not_touch(void **state)
{
    struct fixture *f = *state;
    unsigned count = reg32(f, TESTDEV_REG_VARIANTS);
    for (unsigned i = 0; i < count; i++) {
        struct testdev_variant a = variant(f, i);
        uint32_t end = a.kind & TESTDEV_PORT ? TESTDEV_PORTS_SIZE : TESTDEV_REGISTERS_SIZE;
        assert_true(a.offset + a.width <= end);
        for (unsigned n = i + 1; n < count; n++) {
            struct testdev_variant b = variant(f, n);
            bool same_bar = !((a.kind ^ b.kind) & TESTDEV_PORT);
            assert_false(same_bar && a.offset < b.offset + b.width + 4 &&
                         b.offset < a.offset + a.width + 4);
        }
    }
}

static void what_kvm_cannot_do_is_not_listed(void **state)
{
    struct fixture *f = *state;
    begin(f, 1u << TESTDEV_COALESCED);
    assert_int_equal(count_kind(f, TESTDEV_COALESCED), 0);
    assert_int_equal(count_kind(f, TESTDEV_PORT | TESTDEV_COALESCED), 0);
    assert_int_equal(count_kind(f, TESTDEV_TRAPPED), 1);
}

static void a_variant_takes_writes_and_gives_them_back(void **state)
{
    struct fixture *f = *state;
    const struct bus_ops *ports = f->testdev.ports.ops;
    for (unsigned i = 0; i < f->testdev.variant_count; i++) {
        const struct testdev_variant *v = &f->testdev.variants[i];
        uint64_t value = 0;
        if (v->kind & TESTDEV_PORT) {
            assert_true(ports->write(&f->testdev, v->offset, v->width, 0x40 + i));
            assert_true(ports->read(&f->testdev, v->offset, v->width, &value));
        } else {
            assert_true(reg_write(f, v->offset, v->width, 0x40 + i));
            assert_true(reg_read(f, v->offset, v->width, &value));
        }
        assert_int_equal(value, 0x40 + i);
    }
    assert_int_equal(f->testdev.writes, f->testdev.variant_count);
    /* All of the read-only page: a write there costs an exit and changes nothing that a load sees. */
    assert_true(reg_write(f, TESTDEV_REGISTERS_SIZE - 8, 8, 1));
}

/* --- marks, results, answers ---------------------------------------------------------------------- */

static void marks(void **state)
{
    struct fixture *f = *state;
    assert_true(reg_write(f, TESTDEV_REG_MARK, 4, TESTDEV_MARK_BEGIN));
    assert_int_equal(f->last_mark, TESTDEV_MARK_BEGIN);
    assert_true(reg_write(f, TESTDEV_REG_MARK, 4, TESTDEV_MARK_END));
    assert_int_equal(f->last_mark, TESTDEV_MARK_END);
    assert_false(reg_write(f, TESTDEV_REG_MARK, 2, TESTDEV_MARK_BEGIN));
    assert_int_equal(f->marks, 2);
}

static void result_with_samples(void **state)
{
    struct fixture *f = *state;
    const uint64_t samples[3] = {30, 10, 20};
    struct testdev_result *result = result_at(f, RESULT);
    strcpy(result->name, "port write");
    result->samples = SAMPLES;
    result->sample_count = 3;
    result->operations = 3;
    assert_true(guest_write(&f->memory, SAMPLES, samples, sizeof samples));
    assert_true(reg_write(f, TESTDEV_REG_RESULT, 8, RESULT));
    assert_int_equal(f->results, 1);
    assert_string_equal(f->last_result.name, "port write");
    assert_memory_equal(f->last_samples, samples, sizeof samples);
    /* In two halves: the upper one sends it. */
    assert_true(reg_write(f, TESTDEV_REG_RESULT, 4, RESULT));
    assert_int_equal(f->results, 1);
    assert_true(reg_write(f, TESTDEV_REG_RESULT + 4, 4, 0));
    assert_int_equal(f->results, 2);
}

/* Adverse case 24: addresses outside RAM, straddling its end, wrapping 64 bits. */
static void results_that_are_not_in_ram_are_counted_only(void **state)
{
    struct fixture *f = *state;
    const uint64_t addresses[] = {
        0,         RAM_BASE - 1, RAM_BASE + RAM_LENGTH - 8, RAM_BASE + RAM_LENGTH, UINT64_MAX - 7,
        UINT64_MAX};
    unsigned count = sizeof addresses / sizeof addresses[0];
    for (unsigned i = 0; i < count; i++)
        reg_write(f, TESTDEV_REG_RESULT, 8, addresses[i]);
    for (unsigned i = 0; i < count; i++) {
        struct testdev_result *result = result_at(f, RESULT);
        result->samples = addresses[i];
        result->sample_count = 2;
        reg_write(f, TESTDEV_REG_RESULT, 8, RESULT);
    }
    assert_int_equal(f->testdev.bad_results, 2 * count);
    assert_int_equal(f->results, 0);
}

static void results_that_make_no_sense_are_counted_only(void **state)
{
    struct fixture *f = *state;
    struct testdev_result *result = result_at(f, RESULT);
    memset(result->name, 'x', sizeof result->name); /* no end */
    reg_write(f, TESTDEV_REG_RESULT, 8, RESULT);
    result = result_at(f, RESULT);
    result->samples = SAMPLES;
    result->sample_count = TESTDEV_SAMPLES_MAX + 1;
    reg_write(f, TESTDEV_REG_RESULT, 8, RESULT);
    result->sample_count = UINT32_MAX;
    reg_write(f, TESTDEV_REG_RESULT, 8, RESULT);
    assert_int_equal(f->testdev.bad_results, 3);
    assert_int_equal(f->results, 0);
    result->sample_count = TESTDEV_SAMPLES_MAX; /* 64 KiB of them: still in RAM */
    reg_write(f, TESTDEV_REG_RESULT, 8, RESULT);
    assert_int_equal(f->results, 1);
}

static void answers(void **state)
{
    struct fixture *f = *state;
    struct testdev_answer *answer = guest_ptr(&f->memory, ANSWER, sizeof *answer);
    uint64_t value = 0;
    assert_false(testdev_model_answer(&f->testdev, 1)); /* nowhere */
    assert_true(reg_write(f, TESTDEV_REG_ANSWER, 8, ANSWER));
    assert_true(reg_read(f, TESTDEV_REG_ANSWER, 8, &value));
    assert_int_equal(value, ANSWER);
    assert_true(testdev_model_answer(&f->testdev, 1234));
    assert_int_equal(answer->tsc, 1234);
    uint64_t first = answer->sequence;
    assert_true(testdev_model_answer(&f->testdev, 1235));
    assert_int_equal(answer->sequence, first + 1);
    testdev_model_reset(&f->testdev);
    assert_false(testdev_model_answer(&f->testdev, 1236));
    assert_int_equal(answer->tsc, 1235);
}

/* Adverse case 24 again, for what the device writes. */
static void answers_go_nowhere_but_ram(void **state)
{
    struct fixture *f = *state;
    const uint64_t addresses[] = {RAM_BASE - 8, RAM_BASE + RAM_LENGTH - 8, RAM_BASE + 4,
                                  UINT64_MAX - 7};
    for (unsigned i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        reg_write(f, TESTDEV_REG_ANSWER, 8, addresses[i]);
        assert_false(testdev_model_answer(&f->testdev, 1));
    }
    const uint8_t *ram = guest_ptr(&f->memory, RAM_BASE, RAM_LENGTH);
    for (unsigned i = 0; i < RAM_LENGTH; i++)
        assert_int_equal(ram[i], FAKE_MEMORY_FILL);
}

static void nothing_moves_without_bus_mastering(void **state)
{
    struct fixture *f = *state;
    set_master(f, false);
    result_at(f, RESULT);
    reg_write(f, TESTDEV_REG_ANSWER, 8, ANSWER);
    reg_write(f, TESTDEV_REG_RESULT, 8, RESULT);
    assert_int_equal(f->results, 0);
    assert_false(testdev_model_answer(&f->testdev, 1));
    assert_false(msi_model_send(&f->testdev.msi));
    assert_int_equal(f->messages, 0);
}

/* Adverse case 23 for this device: every offset, width and direction. */
static void every_offset_and_width(void **state)
{
    struct fixture *f = *state;
    const struct bus_ops *ports = f->testdev.ports.ops;
    for (unsigned size = 1; size <= 8; size *= 2) {
        uint64_t value;
        for (uint64_t offset = 0; offset + size <= TESTDEV_REGISTERS_SIZE; offset++) {
            reg_read(f, offset, size, &value);
            reg_write(f, offset, size, bus_ones(size));
        }
        for (uint64_t offset = 0; offset + size <= TESTDEV_PORTS_SIZE; offset++) {
            ports->read(&f->testdev, offset, size, &value);
            ports->write(&f->testdev, offset, size, bus_ones(size));
        }
    }
    assert_int_equal(f->results, 0);
    assert_int_equal(reg32(f, TESTDEV_REG_ID), TESTDEV_ID);
    assert_false(
        reg_read(f, TESTDEV_REG_TABLE + f->testdev.variant_count * sizeof(struct testdev_variant),
                 4, &(uint64_t){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(identity, start, stop),
        cmocka_unit_test_setup_teardown(lists_every_variant_once, start, stop),
        cmocka_unit_test_setup_teardown(places_lie_in_their_bar_and_do_not_touch, start, stop),
        cmocka_unit_test_setup_teardown(what_kvm_cannot_do_is_not_listed, start, stop),
        cmocka_unit_test_setup_teardown(a_variant_takes_writes_and_gives_them_back, start, stop),
        cmocka_unit_test_setup_teardown(marks, start, stop),
        cmocka_unit_test_setup_teardown(result_with_samples, start, stop),
        cmocka_unit_test_setup_teardown(results_that_are_not_in_ram_are_counted_only, start, stop),
        cmocka_unit_test_setup_teardown(results_that_make_no_sense_are_counted_only, start, stop),
        cmocka_unit_test_setup_teardown(answers, start, stop),
        cmocka_unit_test_setup_teardown(answers_go_nowhere_but_ram, start, stop),
        cmocka_unit_test_setup_teardown(nothing_moves_without_bus_mastering, start, stop),
        cmocka_unit_test_setup_teardown(every_offset_and_width, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

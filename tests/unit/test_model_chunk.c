/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/chunk.c and chunk_command.c: registers, commands, errors, a failing host. */
#include "test.h"

#include "chunk_fixture.h"

#include <errno.h>
#include <string.h>

/* --- identity and registers ------------------------------------------------------------------- */

static void identity(void **state)
{
    struct chunk_fixture *f = *state;
    const struct pci_device *pci = &f->chunk.pci;

    assert_int_equal(pci_device_config16(pci, PCI_VENDOR_ID), CHUNK_PCI_VENDOR);
    assert_int_equal(pci_device_config16(pci, PCI_DEVICE_ID), CHUNK_PCI_DEVICE);
    assert_int_equal(pci->config[PCI_CLASS], 0xff);
    assert_int_equal(pci->device, 2);
    assert_int_equal(pci->config[PCI_INTERRUPT_PIN], 0);
    assert_int_equal(pci->bars[0].size, CHUNK_BAR_SIZE);
    assert_false(pci->bars[0].is_64bit);
    assert_int_equal(read_register(f, CHUNK_REG_ID, 4), 0x4b4e4843);
    assert_int_equal(read_register(f, CHUNK_REG_VERSION, 4), 1);
    assert_int_equal(read_register(f, CHUNK_REG_FEATURES, 4), 0);
    assert_int_equal(chunk_status(f), CHUNK_STATUS_IDLE);
}

struct register_rule {
    unsigned offset, width;
    bool readable, writable;
};

static const struct register_rule rules[] = {
    {CHUNK_REG_COMMAND, 4, true, true},    {CHUNK_REG_STATUS, 4, true, false},
    {CHUNK_REG_DATA_GPA, 8, true, true},   {CHUNK_REG_DATA_LENGTH, 8, true, true},
    {CHUNK_REG_RESULT_GPA, 8, true, true}, {CHUNK_REG_RESULT_LENGTH, 8, true, true},
    {CHUNK_REG_DOORBELL, 4, false, true},  {CHUNK_REG_ERROR, 4, true, false},
    {CHUNK_REG_OFFSET, 8, true, true},     {CHUNK_REG_TRANSFERRED, 8, true, false},
    {CHUNK_REG_ID, 4, true, false},        {CHUNK_REG_VERSION, 4, true, false},
    {CHUNK_REG_FEATURES, 4, true, false},  {CHUNK_REG_TAG, 4, true, true},
    {CHUNK_REG_DONE_TAG, 4, true, false},  {CHUNK_REG_CONTROL, 4, true, true},
    {CHUNK_REG_RING_GPA, 8, true, true},   {CHUNK_REG_RING_ENTRIES, 4, true, true},
};

/* Where the ring is not offered its registers, the last two, are not there. */
static unsigned rule_count(const struct chunk_fixture *f)
{
    unsigned all = sizeof rules / sizeof rules[0];

    return f->chunk.ring.requests != NULL ? all : all - 2;
}

static const struct register_rule *rule_for(const struct chunk_fixture *f, unsigned offset,
                                            unsigned size)
{
    for (unsigned i = 0; i < rule_count(f); i++) {
        const struct register_rule *rule = &rules[i];

        if (size == rule->width && offset == rule->offset)
            return rule;
        if (size == 4 && rule->width == 8 && (offset == rule->offset || offset == rule->offset + 4))
            return rule;
    }
    return NULL;
}

static uint64_t sum_of_registers(struct chunk_fixture *f)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < rule_count(f); i++)
        if (rules[i].readable)
            sum = sum * 31 + read_register(f, rules[i].offset, rules[i].width);
    return sum;
}

static void try_every_access(struct chunk_fixture *f)
{
    for (unsigned size = 1; size <= 8; size *= 2) {
        for (unsigned offset = 0; offset + size <= CHUNK_BAR_SIZE; offset++) {
            const struct register_rule *rule = rule_for(f, offset, size);
            uint64_t value = 0, before = sum_of_registers(f);

            assert_int_equal(f->chunk.region.ops->read(&f->chunk, offset, size, &value),
                             rule != NULL && rule->readable);
            assert_int_equal(f->chunk.region.ops->write(&f->chunk, offset, size, bus_ones(size)),
                             rule != NULL && rule->writable);
            if (rule == NULL || !rule->writable)
                assert_true(sum_of_registers(f) == before);
        }
    }
}

/* Adverse case 23: every register at every offset, width and direction. */
static void case_23_every_offset_width_and_direction(void **state)
{
    struct chunk_fixture *f = *state;

    try_every_access(f);
    assert_true(ram_is_untouched(f));
}

/* Adverse case 23, with the ring, while it is on: its registers do not change, and control, written with
 * all ones, resets. */
static void case_23_with_the_ring_on(void **state)
{
    struct chunk_fixture *f = *state;

    write_register(f, CHUNK_REG_RING_GPA, 8, RAM_BASE);
    write_register(f, CHUNK_REG_RING_ENTRIES, 4, 64);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RING);
    assert_int_equal(read_register(f, CHUNK_REG_CONTROL, 4), CHUNK_CONTROL_RING);
    write_register(f, CHUNK_REG_RING_GPA, 8, RAM_BASE + 64);
    write_register(f, CHUNK_REG_RING_GPA + 4, 4, 1);
    write_register(f, CHUNK_REG_RING_ENTRIES, 4, 2);
    assert_int_equal(read_register(f, CHUNK_REG_RING_GPA, 8), RAM_BASE);
    assert_int_equal(read_register(f, CHUNK_REG_RING_ENTRIES, 4), 64);
    try_every_access(f);
    assert_int_equal(read_register(f, CHUNK_REG_CONTROL, 4), 0);
    assert_true(ram_is_untouched(f));
}

/* What a guest reads off the page where the host shows it: the same, and ones where nothing is defined. */
static void check_page(struct chunk_fixture *f)
{
    for (unsigned offset = 0; offset < CHUNK_BAR_SIZE; offset += 4) {
        uint64_t value;

        if (!f->chunk.region.ops->read(&f->chunk, offset, 4, &value))
            value = UINT32_MAX;
        assert_int_equal(f->chunk.page.words[offset / 4], value);
    }
}

/* Adverse case 23 for a guest that sees the page itself. */
static void case_23_the_page_shows_the_registers(void **state)
{
    struct chunk_fixture *f = *state;

    assert_int_equal((uintptr_t)&f->chunk.page % 4096, 0);
    assert_int_equal(sizeof f->chunk.page, 4096);
    check_page(f);
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 100, 77);
    check_page(f);
    assert_int_equal(f->chunk.page.words[CHUNK_REG_STATUS / 4], CHUNK_STATUS_COMPLETE);
    assert_int_equal(f->chunk.page.doubles[CHUNK_REG_TRANSFERRED / 8], 100);
    assert_int_equal(f->chunk.page.words[CHUNK_REG_DONE_TAG / 4], 1);
    issue(f, 99, UINT64_MAX, UINT64_MAX, UINT64_MAX);
    check_page(f);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RESET);
    check_page(f);
}

static void wide_registers_take_halves(void **state)
{
    struct chunk_fixture *f = *state;

    write_register(f, CHUNK_REG_OFFSET, 8, 0x1122334455667788);
    assert_int_equal(read_register(f, CHUNK_REG_OFFSET, 4), 0x55667788);
    assert_int_equal(read_register(f, CHUNK_REG_OFFSET + 4, 4), 0x11223344);
    write_register(f, CHUNK_REG_OFFSET + 4, 4, 0xaabbccdd);
    assert_true(read_register(f, CHUNK_REG_OFFSET, 8) == 0xaabbccdd55667788);
    write_register(f, CHUNK_REG_OFFSET, 4, 0x99);
    assert_true(read_register(f, CHUNK_REG_OFFSET, 8) == 0xaabbccdd00000099);
}

static void the_ring_is_not_there_unless_offered(void **state)
{
    struct chunk_fixture *f = *state;
    uint64_t value;

    write_register(f, CHUNK_REG_CONTROL, 4, ~(uint32_t)CHUNK_CONTROL_RESET);
    assert_int_equal(read_register(f, CHUNK_REG_CONTROL, 4), CHUNK_CONTROL_MSI);
    assert_false(f->chunk.region.ops->read(&f->chunk, CHUNK_REG_RING_GPA, 8, &value));
    assert_false(f->chunk.region.ops->read(&f->chunk, CHUNK_REG_RING_ENTRIES, 4, &value));
}

/* --- commands --------------------------------------------------------------------------------- */

static void read_chunk(void **state)
{
    struct chunk_fixture *f = *state;
    const uint8_t *buffer = chunk_ram(f, BUFFER, 1001);

    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 1000, 77);
    expect_complete(f, 1000);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(buffer[i], fake_backend_byte(77 + i));
    assert_int_equal(buffer[1000], FAKE_MEMORY_FILL);
}

static void read_past_the_end_is_short(void **state)
{
    struct chunk_fixture *f = *state;

    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 1000, INPUT_LENGTH - 10);
    expect_complete(f, 10);
    assert_int_equal(*chunk_ram(f, BUFFER + 10, 1), FAKE_MEMORY_FILL);
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 1000, INPUT_LENGTH);
    expect_complete(f, 0);
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 1000, INT64_MAX - 1000);
    expect_complete(f, 0);
}

static void write_extends_the_output(void **state)
{
    struct chunk_fixture *f = *state;

    memset(chunk_ram(f, BUFFER, 100), 0x5a, 100);
    issue(f, CHUNK_CMD_WRITE_CHUNK, BUFFER, 100, 1000);
    expect_complete(f, 100);
    assert_int_equal(f->output.length, 1100);
    assert_int_equal(f->output.bytes[999], 0);
    assert_int_equal(f->output.bytes[1000], 0x5a);
    assert_int_equal(f->output.bytes[1099], 0x5a);
    assert_true(fake_backend_untouched(&f->input, 0, INPUT_LENGTH));
}

static void one_buffer_copies_a_file(void **state)
{
    struct chunk_fixture *f = *state;

    for (uint64_t at = 0; at < INPUT_LENGTH; at += 4096) {
        issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 4096, at);
        issue(f, CHUNK_CMD_WRITE_CHUNK, BUFFER, chunk_transferred(f), at);
    }
    issue(f, CHUNK_CMD_FLUSH, 0, 0, 0);
    expect_complete(f, 0);
    assert_int_equal(f->output.flushes, 1);
    assert_int_equal(f->output.length, INPUT_LENGTH);
    assert_memory_equal(f->output.bytes, f->input.bytes, INPUT_LENGTH);
}

static void get_size(void **state)
{
    struct chunk_fixture *f = *state;
    uint64_t size;

    issue(f, CHUNK_CMD_GET_SIZE, BUFFER + 1, 8, 0); /* need not be aligned */
    expect_complete(f, 8);
    memcpy(&size, chunk_ram(f, BUFFER + 1, 8), sizeof size);
    assert_int_equal(size, INPUT_LENGTH);
    assert_int_equal(*chunk_ram(f, BUFFER, 1), FAKE_MEMORY_FILL);
    assert_int_equal(*chunk_ram(f, BUFFER + 9, 1), FAKE_MEMORY_FILL);
    issue(f, CHUNK_CMD_GET_SIZE, BUFFER, 7, 0);
    expect_error(f, CHUNK_ERROR_BAD_LENGTH, 0);
    issue(f, CHUNK_CMD_GET_SIZE, BUFFER, 0, 0);
    expect_error(f, CHUNK_ERROR_BAD_LENGTH, 0);
}

static void length_0_does_not_look_at_the_address(void **state)
{
    struct chunk_fixture *f = *state;

    issue(f, CHUNK_CMD_READ_CHUNK, UINT64_MAX, 0, 0);
    expect_complete(f, 0);
    issue(f, CHUNK_CMD_WRITE_CHUNK, UINT64_MAX, 0, 0);
    expect_complete(f, 0);
    assert_int_equal(f->input.reads + f->output.writes, 0);
}

static void the_map_says_which_buffer(void **state)
{
    struct chunk_fixture *f = *state;

    set_parameters(f, CHUNK_CMD_READ_CHUNK, UINT64_MAX, 100, 0);
    write_register(f, CHUNK_REG_RESULT_GPA, 8, BUFFER);
    ring_doorbell(f);
    expect_complete(f, 100);
    set_parameters(f, CHUNK_CMD_WRITE_CHUNK, UINT64_MAX, 100, 0);
    write_register(f, CHUNK_REG_DATA_GPA, 8, BUFFER);
    ring_doorbell(f);
    expect_complete(f, 100);
}

/* --- refusals --------------------------------------------------------------------------------- */

/* Adverse case 24: addresses outside RAM, straddling its end, wrapping, on the device's own BAR. */
static void case_24_bad_addresses(void **state)
{
    static const struct {
        uint64_t gpa, length;
    } bad[] = {
        {0, 512},
        {RAM_BASE - 1, 512},
        {RAM_END, 512},
        {RAM_END - 511, 512},
        {RAM_BASE, RAM_LENGTH + 1},
        {UINT64_MAX, 512},
        {UINT64_MAX - 511, 512},
        {UINT64_MAX - 7, 16},
        {0xfe000000, 512},
        {(uint64_t)1 << 63, 512},
    };
    static const uint32_t commands[] = {CHUNK_CMD_READ_CHUNK, CHUNK_CMD_WRITE_CHUNK,
                                        CHUNK_CMD_GET_SIZE};
    struct chunk_fixture *f = *state;

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        for (unsigned j = 0; j < 3; j++) {
            uint64_t gpa = bad[i].gpa;

            /* GET_SIZE stores eight bytes, however long the buffer says it is. */
            if (commands[j] == CHUNK_CMD_GET_SIZE && guest_ptr(&f->memory, gpa, 8) != NULL)
                gpa = RAM_END - 7;
            issue(f, commands[j], gpa, bad[i].length, 0);
            expect_error(f, CHUNK_ERROR_BAD_ADDRESS, 0);
        }
    }
    assert_int_equal(f->input.reads + f->output.writes, 0);
    assert_true(ram_is_untouched(f));
    issue(f, CHUNK_CMD_READ_CHUNK, RAM_END - 512, 512, 0); /* the very end is RAM */
    expect_complete(f, 512);
}

/* Adverse case 26: offset + length past 2^63-1. */
static void case_26_offset_past_2_to_63(void **state)
{
    struct chunk_fixture *f = *state;
    const uint64_t top = INT64_MAX;

    for (uint32_t command = CHUNK_CMD_READ_CHUNK; command <= CHUNK_CMD_WRITE_CHUNK; command++) {
        issue(f, command, BUFFER, 512, top - 511);
        expect_error(f, CHUNK_ERROR_BAD_LENGTH, 0);
        issue(f, command, BUFFER, 512, top + 1);
        expect_error(f, CHUNK_ERROR_BAD_LENGTH, 0);
        issue(f, command, BUFFER, 512, UINT64_MAX);
        expect_error(f, CHUNK_ERROR_BAD_LENGTH, 0);
        issue(f, command, BUFFER, 512, UINT64_MAX - 511);
        expect_error(f, CHUNK_ERROR_BAD_LENGTH, 0);
    }
    assert_int_equal(f->input.reads + f->output.writes, 0);
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 512, top - 512);
    expect_complete(f, 0);
}

/* Adverse case 26: a missing or read-only output. */
static void case_26_no_such_file(void **state)
{
    struct chunk_fixture *f = *state;

    f->output.backend.read_only = true;
    issue(f, CHUNK_CMD_WRITE_CHUNK, BUFFER, 512, 0);
    expect_error(f, CHUNK_ERROR_NO_FILE, 0);
    issue(f, CHUNK_CMD_WRITE_CHUNK, UINT64_MAX, 512, 0);
    expect_error(f, CHUNK_ERROR_NO_FILE, 0); /* the file is looked at before the address */
    issue(f, CHUNK_CMD_FLUSH, 0, 0, 0);
    expect_error(f, CHUNK_ERROR_NO_FILE, 0);
    f->chunk.output = NULL;
    issue(f, CHUNK_CMD_WRITE_CHUNK, BUFFER, 512, 0);
    expect_error(f, CHUNK_ERROR_NO_FILE, 0);
    issue(f, CHUNK_CMD_FLUSH, 0, 0, 0);
    expect_error(f, CHUNK_ERROR_NO_FILE, 0);
    f->chunk.input = NULL;
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 512, 0);
    expect_error(f, CHUNK_ERROR_NO_FILE, 0);
    issue(f, CHUNK_CMD_GET_SIZE, BUFFER, 8, 0);
    expect_error(f, CHUNK_ERROR_NO_FILE, 0);
    assert_int_equal(f->output.writes + f->output.flushes, 0);
    assert_true(ram_is_untouched(f));
}

static void more_than_64_mib_is_refused(void **state)
{
    struct chunk_fixture *f = *state;

    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, CHUNK_MAX_LENGTH + 1, 0);
    expect_error(f, CHUNK_ERROR_BAD_LENGTH, 0);
    issue(f, CHUNK_CMD_WRITE_CHUNK, BUFFER, UINT64_MAX, 0);
    expect_error(f, CHUNK_ERROR_BAD_LENGTH, 0);
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, CHUNK_MAX_LENGTH, 0);
    expect_error(f, CHUNK_ERROR_BAD_ADDRESS, 0); /* allowed, but there is not so much RAM */
}

static void unknown_commands(void **state)
{
    static const uint32_t commands[] = {0, 5, 0x80000001, UINT32_MAX};
    struct chunk_fixture *f = *state;

    for (unsigned i = 0; i < 4; i++) {
        issue(f, commands[i], BUFFER, 8, 0);
        expect_error(f, CHUNK_ERROR_UNKNOWN_COMMAND, 0);
    }
}

static void bus_mastering_off(void **state)
{
    struct chunk_fixture *f = *state;

    f->chunk.pci.config[PCI_COMMAND] = PCI_COMMAND_MEMORY;
    for (uint32_t command = 0; command <= 5; command++) {
        issue(f, command, BUFFER, 8, 0);
        expect_error(f, CHUNK_ERROR_NOT_MASTER, 0);
    }
    assert_true(ram_is_untouched(f));
    f->chunk.pci.config[PCI_COMMAND] |= PCI_COMMAND_MASTER;
    issue(f, CHUNK_CMD_GET_SIZE, BUFFER, 8, 0);
    expect_complete(f, 8);
}

static void checks_come_in_the_documented_order(void **state)
{
    struct chunk_fixture *f = *state;

    issue(f, CHUNK_CMD_READ_CHUNK, UINT64_MAX, UINT64_MAX, UINT64_MAX);
    expect_error(f, CHUNK_ERROR_BAD_LENGTH, 0);
    f->chunk.input = NULL;
    issue(f, CHUNK_CMD_READ_CHUNK, UINT64_MAX, UINT64_MAX, UINT64_MAX);
    expect_error(f, CHUNK_ERROR_NO_FILE, 0);
    issue(f, 99, UINT64_MAX, UINT64_MAX, UINT64_MAX);
    expect_error(f, CHUNK_ERROR_UNKNOWN_COMMAND, 0);
}

/* --- a failing host --------------------------------------------------------------------------- */

/* Adverse case 33: errors, short transfers, EINTR. */
static void case_33_backend_errors(void **state)
{
    static const struct {
        int host;
        uint32_t guest;
    } writes[] = {
        {EIO, CHUNK_ERROR_IO},          {ENOSPC, CHUNK_ERROR_NO_SPACE},
        {EDQUOT, CHUNK_ERROR_NO_SPACE}, {EFBIG, CHUNK_ERROR_NO_SPACE},
        {EROFS, CHUNK_ERROR_NO_FILE},   {EBADF, CHUNK_ERROR_NO_FILE},
        {EINVAL, CHUNK_ERROR_IO},
    };
    struct chunk_fixture *f = *state;

    for (unsigned i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        f->output.write_error = writes[i].host;
        f->output.error_at = 100;
        issue(f, CHUNK_CMD_WRITE_CHUNK, BUFFER, 512, 0);
        expect_error(f, writes[i].guest, 100);
    }
    f->input.read_error = EIO;
    f->input.error_at = 300;
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 512, 0);
    expect_error(f, CHUNK_ERROR_IO, 300); /* what was read is said, and is there */
    assert_int_equal(*chunk_ram(f, BUFFER + 299, 1), fake_backend_byte(299));
    assert_int_equal(*chunk_ram(f, BUFFER + 300, 1), FAKE_MEMORY_FILL);
}

static void case_33_short_transfers_and_eintr(void **state)
{
    struct chunk_fixture *f = *state;

    f->input.most = f->output.most = 7;
    f->input.interruptions = f->output.interruptions = 3;
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 500, 0);
    expect_complete(f, 500);
    issue(f, CHUNK_CMD_WRITE_CHUNK, BUFFER, 500, 0);
    expect_complete(f, 500);
    assert_memory_equal(f->output.bytes, f->input.bytes, 500);
}

/* Adverse case 34: the file is shorter than it was. */
static void case_34_truncated_input(void **state)
{
    struct chunk_fixture *f = *state;

    f->input.length = 100;
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 512, 0);
    expect_complete(f, 100); /* the count says so: nothing passes for data that is none */
    assert_int_equal(*chunk_ram(f, BUFFER + 100, 1), FAKE_MEMORY_FILL);
}

/* Adverse case 35: a flush fails once; then every write and flush fails, reset or not. */
static void case_35_failed_flush_is_remembered(void **state)
{
    struct chunk_fixture *f = *state;

    f->output.flush_error = EIO;
    issue(f, CHUNK_CMD_FLUSH, 0, 0, 0);
    expect_error(f, CHUNK_ERROR_IO, 0);
    f->output.flush_error = 0;
    issue(f, CHUNK_CMD_WRITE_CHUNK, BUFFER, 512, 0);
    expect_error(f, CHUNK_ERROR_IO, 0);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RESET);
    issue(f, CHUNK_CMD_FLUSH, 0, 0, 0);
    expect_error(f, CHUNK_ERROR_IO, 0);
    assert_int_equal(f->output.writes, 0);
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 512, 0);
    expect_complete(f, 512);
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, chunk_fixture_start, chunk_fixture_stop)

#define TEST_WITH_RING(function)                                                                   \
    cmocka_unit_test_setup_teardown(function, chunk_fixture_start_with_ring, chunk_fixture_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(identity),
        TEST(case_23_every_offset_width_and_direction),
        TEST(case_23_the_page_shows_the_registers),
        TEST_WITH_RING(case_23_every_offset_width_and_direction),
        TEST_WITH_RING(case_23_with_the_ring_on),
        TEST_WITH_RING(case_23_the_page_shows_the_registers),
        TEST(wide_registers_take_halves),
        TEST(the_ring_is_not_there_unless_offered),
        TEST(read_chunk),
        TEST(read_past_the_end_is_short),
        TEST(write_extends_the_output),
        TEST(one_buffer_copies_a_file),
        TEST(get_size),
        TEST(length_0_does_not_look_at_the_address),
        TEST(the_map_says_which_buffer),
        TEST(case_24_bad_addresses),
        TEST(case_26_offset_past_2_to_63),
        TEST(case_26_no_such_file),
        TEST(more_than_64_mib_is_refused),
        TEST(unknown_commands),
        TEST(bus_mastering_off),
        TEST(checks_come_in_the_documented_order),
        TEST(case_33_backend_errors),
        TEST(case_33_short_transfers_and_eintr),
        TEST(case_34_truncated_input),
        TEST(case_35_failed_flush_is_remembered),
    };

    return cmocka_run_group_tests_name("chunk device model", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/chunk.c: registers, commands, errors, doorbells and reset. */
#include "test.h"

#include "fake_backend.h"
#include "fake_memory.h"
#include "host-vmm/devices/chunk.h"

#include <errno.h>
#include <string.h>

#define RAM_BASE 0x100000
#define RAM_LENGTH 0x20000
#define RAM_END (RAM_BASE + RAM_LENGTH)
#define BUFFER (RAM_BASE + 0x1000)
#define INPUT_LENGTH 5000
#define OUTPUT_ROOM 0x10000

struct fixture {
    struct guest_memory memory;
    struct fake_backend input, output;
    struct chunk_model chunk;
};

static int start(void **state)
{
    static struct fixture f;

    fake_memory_create(&f.memory, RAM_BASE, RAM_LENGTH);
    fake_backend_create(&f.input, INPUT_LENGTH, INPUT_LENGTH);
    fake_backend_create(&f.output, 0, OUTPUT_ROOM);
    f.output.backend.grows = true;
    chunk_model_init(&f.chunk, &f.memory, &f.input.backend, &f.output.backend);
    f.chunk.pci.config[PCI_COMMAND] |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
    *state = &f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;

    fake_memory_destroy(&f->memory);
    fake_backend_destroy(&f->input);
    fake_backend_destroy(&f->output);
    return 0;
}

/* --- a driver in a few lines ------------------------------------------------------------------ */

static uint64_t read_register(struct fixture *f, uint64_t offset, unsigned size)
{
    uint64_t value = 0;

    assert_true(f->chunk.region.ops->read(&f->chunk, offset, size, &value));
    return value;
}

static void write_register(struct fixture *f, uint64_t offset, unsigned size, uint64_t value)
{
    assert_true(f->chunk.region.ops->write(&f->chunk, offset, size, value));
}

static uint32_t status(struct fixture *f)
{
    return (uint32_t)read_register(f, CHUNK_REG_STATUS, 4);
}

static uint64_t transferred(struct fixture *f)
{
    return read_register(f, CHUNK_REG_TRANSFERRED, 8);
}

static void ring(struct fixture *f)
{
    write_register(f, CHUNK_REG_DOORBELL, 4, 1);
}

/* Both buffers at gpa, both lengths the same. */
static void set_parameters(struct fixture *f, uint32_t command, uint64_t gpa, uint64_t length,
                           uint64_t offset)
{
    write_register(f, CHUNK_REG_COMMAND, 4, command);
    write_register(f, CHUNK_REG_DATA_GPA, 8, gpa);
    write_register(f, CHUNK_REG_DATA_LENGTH, 8, length);
    write_register(f, CHUNK_REG_RESULT_GPA, 8, gpa);
    write_register(f, CHUNK_REG_RESULT_LENGTH, 8, length);
    write_register(f, CHUNK_REG_OFFSET, 8, offset);
}

static void issue(struct fixture *f, uint32_t command, uint64_t gpa, uint64_t length,
                  uint64_t offset)
{
    uint32_t tag = (uint32_t)read_register(f, CHUNK_REG_TAG, 4) + 1;

    set_parameters(f, command, gpa, length, offset);
    write_register(f, CHUNK_REG_TAG, 4, tag);
    ring(f);
    assert_int_equal(read_register(f, CHUNK_REG_DONE_TAG, 4), tag);
}

static void expect_complete(struct fixture *f, uint64_t bytes)
{
    assert_int_equal(status(f), CHUNK_STATUS_COMPLETE);
    assert_int_equal(read_register(f, CHUNK_REG_ERROR, 4), CHUNK_ERROR_NONE);
    assert_int_equal(transferred(f), bytes);
}

static void expect_error(struct fixture *f, uint32_t error, uint64_t bytes)
{
    assert_int_equal(status(f), CHUNK_STATUS_ERROR);
    assert_int_equal(read_register(f, CHUNK_REG_ERROR, 4), error);
    assert_int_equal(transferred(f), bytes);
}

static uint8_t *ram(struct fixture *f, gpa_t gpa, uint64_t length)
{
    uint8_t *bytes = guest_ptr(&f->memory, gpa, length);

    assert_non_null(bytes);
    return bytes;
}

static bool ram_is_untouched(struct fixture *f)
{
    const uint8_t *bytes = ram(f, RAM_BASE, RAM_LENGTH);

    for (unsigned i = 0; i < RAM_LENGTH; i++)
        if (bytes[i] != FAKE_MEMORY_FILL)
            return false;
    return true;
}

/* --- identity and registers ------------------------------------------------------------------- */

static void identity(void **state)
{
    struct fixture *f = *state;
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
    assert_int_equal(status(f), CHUNK_STATUS_IDLE);
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
};

static const struct register_rule *rule_for(unsigned offset, unsigned size)
{
    for (unsigned i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct register_rule *rule = &rules[i];

        if (size == rule->width && offset == rule->offset)
            return rule;
        if (size == 4 && rule->width == 8 && (offset == rule->offset || offset == rule->offset + 4))
            return rule;
    }
    return NULL;
}

static uint64_t sum_of_registers(struct fixture *f)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].readable)
            sum = sum * 31 + read_register(f, rules[i].offset, rules[i].width);
    return sum;
}

/* Adverse case 23: every register at every offset, width and direction. */
static void case_23_every_offset_width_and_direction(void **state)
{
    struct fixture *f = *state;

    for (unsigned size = 1; size <= 8; size *= 2) {
        for (unsigned offset = 0; offset + size <= CHUNK_BAR_SIZE; offset++) {
            const struct register_rule *rule = rule_for(offset, size);
            uint64_t value = 0, before = sum_of_registers(f);

            assert_int_equal(f->chunk.region.ops->read(&f->chunk, offset, size, &value),
                             rule != NULL && rule->readable);
            assert_int_equal(f->chunk.region.ops->write(&f->chunk, offset, size, bus_ones(size)),
                             rule != NULL && rule->writable);
            if (rule == NULL || !rule->writable)
                assert_true(sum_of_registers(f) == before);
        }
    }
    assert_true(ram_is_untouched(f));
}

static void wide_registers_take_halves(void **state)
{
    struct fixture *f = *state;

    write_register(f, CHUNK_REG_OFFSET, 8, 0x1122334455667788);
    assert_int_equal(read_register(f, CHUNK_REG_OFFSET, 4), 0x55667788);
    assert_int_equal(read_register(f, CHUNK_REG_OFFSET + 4, 4), 0x11223344);
    write_register(f, CHUNK_REG_OFFSET + 4, 4, 0xaabbccdd);
    assert_true(read_register(f, CHUNK_REG_OFFSET, 8) == 0xaabbccdd55667788);
    write_register(f, CHUNK_REG_OFFSET, 4, 0x99);
    assert_true(read_register(f, CHUNK_REG_OFFSET, 8) == 0xaabbccdd00000099);
}

static void ring_and_msi_are_not_there(void **state)
{
    struct fixture *f = *state;
    uint64_t value;

    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RING | CHUNK_CONTROL_MSI);
    assert_int_equal(read_register(f, CHUNK_REG_CONTROL, 4), 0);
    assert_false(f->chunk.region.ops->read(&f->chunk, CHUNK_REG_RING_GPA, 8, &value));
    assert_false(f->chunk.region.ops->read(&f->chunk, CHUNK_REG_RING_ENTRIES, 4, &value));
}

/* --- commands --------------------------------------------------------------------------------- */

static void read_chunk(void **state)
{
    struct fixture *f = *state;
    const uint8_t *buffer = ram(f, BUFFER, 1001);

    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 1000, 77);
    expect_complete(f, 1000);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(buffer[i], fake_backend_byte(77 + i));
    assert_int_equal(buffer[1000], FAKE_MEMORY_FILL);
}

static void read_past_the_end_is_short(void **state)
{
    struct fixture *f = *state;

    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 1000, INPUT_LENGTH - 10);
    expect_complete(f, 10);
    assert_int_equal(*ram(f, BUFFER + 10, 1), FAKE_MEMORY_FILL);
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 1000, INPUT_LENGTH);
    expect_complete(f, 0);
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 1000, INT64_MAX - 1000);
    expect_complete(f, 0);
}

static void write_extends_the_output(void **state)
{
    struct fixture *f = *state;

    memset(ram(f, BUFFER, 100), 0x5a, 100);
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
    struct fixture *f = *state;

    for (uint64_t at = 0; at < INPUT_LENGTH; at += 4096) {
        issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 4096, at);
        issue(f, CHUNK_CMD_WRITE_CHUNK, BUFFER, transferred(f), at);
    }
    issue(f, CHUNK_CMD_FLUSH, 0, 0, 0);
    expect_complete(f, 0);
    assert_int_equal(f->output.flushes, 1);
    assert_int_equal(f->output.length, INPUT_LENGTH);
    assert_memory_equal(f->output.bytes, f->input.bytes, INPUT_LENGTH);
}

static void get_size(void **state)
{
    struct fixture *f = *state;
    uint64_t size;

    issue(f, CHUNK_CMD_GET_SIZE, BUFFER + 1, 8, 0); /* need not be aligned */
    expect_complete(f, 8);
    memcpy(&size, ram(f, BUFFER + 1, 8), sizeof size);
    assert_int_equal(size, INPUT_LENGTH);
    assert_int_equal(*ram(f, BUFFER, 1), FAKE_MEMORY_FILL);
    assert_int_equal(*ram(f, BUFFER + 9, 1), FAKE_MEMORY_FILL);
    issue(f, CHUNK_CMD_GET_SIZE, BUFFER, 7, 0);
    expect_error(f, CHUNK_ERROR_BAD_LENGTH, 0);
    issue(f, CHUNK_CMD_GET_SIZE, BUFFER, 0, 0);
    expect_error(f, CHUNK_ERROR_BAD_LENGTH, 0);
}

static void length_0_does_not_look_at_the_address(void **state)
{
    struct fixture *f = *state;

    issue(f, CHUNK_CMD_READ_CHUNK, UINT64_MAX, 0, 0);
    expect_complete(f, 0);
    issue(f, CHUNK_CMD_WRITE_CHUNK, UINT64_MAX, 0, 0);
    expect_complete(f, 0);
    assert_int_equal(f->input.reads + f->output.writes, 0);
}

static void the_map_says_which_buffer(void **state)
{
    struct fixture *f = *state;

    set_parameters(f, CHUNK_CMD_READ_CHUNK, UINT64_MAX, 100, 0);
    write_register(f, CHUNK_REG_RESULT_GPA, 8, BUFFER);
    ring(f);
    expect_complete(f, 100);
    set_parameters(f, CHUNK_CMD_WRITE_CHUNK, UINT64_MAX, 100, 0);
    write_register(f, CHUNK_REG_DATA_GPA, 8, BUFFER);
    ring(f);
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
    struct fixture *f = *state;

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
    struct fixture *f = *state;
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
    struct fixture *f = *state;

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
    struct fixture *f = *state;

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
    struct fixture *f = *state;

    for (unsigned i = 0; i < 4; i++) {
        issue(f, commands[i], BUFFER, 8, 0);
        expect_error(f, CHUNK_ERROR_UNKNOWN_COMMAND, 0);
    }
}

static void bus_mastering_off(void **state)
{
    struct fixture *f = *state;

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
    struct fixture *f = *state;

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
    struct fixture *f = *state;

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
    assert_int_equal(*ram(f, BUFFER + 299, 1), fake_backend_byte(299));
    assert_int_equal(*ram(f, BUFFER + 300, 1), FAKE_MEMORY_FILL);
}

static void case_33_short_transfers_and_eintr(void **state)
{
    struct fixture *f = *state;

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
    struct fixture *f = *state;

    f->input.length = 100;
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 512, 0);
    expect_complete(f, 100); /* the count says so: nothing passes for data that is none */
    assert_int_equal(*ram(f, BUFFER + 100, 1), FAKE_MEMORY_FILL);
}

/* Adverse case 35: a flush fails once; then every write and flush fails, reset or not. */
static void case_35_failed_flush_is_remembered(void **state)
{
    struct fixture *f = *state;

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

/* --- doorbells and reset, with the command held in the middle --------------------------------- */

static void hold(struct chunk_model *chunk)
{
    (void)chunk;
}

/* Adverse case 25: the same tag again, and doorbell storms. */
static void case_25_repeated_tags(void **state)
{
    struct fixture *f = *state;

    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0);
    for (unsigned i = 0; i < 1000; i++)
        ring(f);
    assert_int_equal(f->input.reads, 1);
    assert_int_equal(f->chunk.ignored_doorbells, 1000);
    expect_complete(f, 16);

    write_register(f, CHUNK_REG_TAG, 4, 0); /* 0 is no tag: each one is a command */
    ring(f);
    ring(f);
    assert_int_equal(f->input.reads, 3);
    assert_int_equal(f->chunk.ignored_doorbells, 1000);
    assert_int_equal(read_register(f, CHUNK_REG_DONE_TAG, 4), 0);
}

/* Adverse case 25: a doorbell before done_tag, and parameters rewritten after the doorbell. */
static void case_25_one_command_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct io_request *request;

    f->chunk.run = hold;
    set_parameters(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0);
    write_register(f, CHUNK_REG_TAG, 4, 7);
    ring(f);
    assert_int_equal(status(f), CHUNK_STATUS_BUSY);
    request = chunk_submit(&f->chunk);
    assert_non_null(request);

    set_parameters(f, CHUNK_CMD_WRITE_CHUNK, RAM_END, 32, 8);
    write_register(f, CHUNK_REG_TAG, 4, 8);
    ring(f);
    assert_int_equal(f->chunk.ignored_doorbells, 1);
    assert_null(chunk_submit(&f->chunk));

    backend_run(request);
    assert_int_equal(read_register(f, CHUNK_REG_DONE_TAG, 4), 0);
    chunk_complete(&f->chunk, request);
    expect_complete(f, 16);
    assert_int_equal(read_register(f, CHUNK_REG_DONE_TAG, 4), 7);
    assert_int_equal(*ram(f, BUFFER, 1), fake_backend_byte(0));
    assert_int_equal(f->output.writes, 0);
    assert_null(chunk_submit(&f->chunk)); /* the ignored one is not kept for later */
    ring(f);
    assert_non_null(chunk_submit(&f->chunk));
}

static void expect_reset_state(struct fixture *f)
{
    for (unsigned i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        bool constant = rules[i].offset == CHUNK_REG_ID || rules[i].offset == CHUNK_REG_VERSION;

        if (rules[i].readable && !constant)
            assert_int_equal(read_register(f, rules[i].offset, rules[i].width), 0);
    }
}

static void reset_clears_the_registers(void **state)
{
    struct fixture *f = *state;

    issue(f, CHUNK_CMD_READ_CHUNK, UINT64_MAX, 16, 5);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RESET);
    expect_reset_state(f);
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0); /* tag 1 again: done_tag is 0 */
    expect_complete(f, 16);
}

static void reset_before_the_command_is_taken(void **state)
{
    struct fixture *f = *state;

    f->chunk.run = hold;
    set_parameters(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0);
    ring(f);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RESET);
    expect_reset_state(f);
    assert_null(chunk_submit(&f->chunk));
}

/* BUSY until the worker has let go of guest memory, then IDLE and zeros. */
static void reset_while_in_flight(void **state)
{
    struct fixture *f = *state;
    struct io_request *request;

    f->chunk.run = hold;
    set_parameters(f, CHUNK_CMD_GET_SIZE, BUFFER, 16, 0);
    write_register(f, CHUNK_REG_TAG, 4, 7);
    ring(f);
    request = chunk_submit(&f->chunk);
    assert_non_null(request);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RESET);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RESET);
    assert_int_equal(status(f), CHUNK_STATUS_BUSY);
    write_register(f, CHUNK_REG_TAG, 4, 9);
    ring(f);
    assert_null(chunk_submit(&f->chunk));
    assert_int_equal(f->chunk.ignored_doorbells, 1);

    backend_run(request);
    chunk_complete(&f->chunk, request);
    expect_reset_state(f);
    assert_true(ram_is_untouched(f)); /* GET_SIZE would have stored here */
    assert_null(chunk_submit(&f->chunk));

    f->chunk.run = chunk_run_inline;
    issue(f, CHUNK_CMD_GET_SIZE, BUFFER, 16, 0);
    expect_complete(f, 8);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(identity),
        TEST(case_23_every_offset_width_and_direction),
        TEST(wide_registers_take_halves),
        TEST(ring_and_msi_are_not_there),
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
        TEST(case_25_repeated_tags),
        TEST(case_25_one_command_at_a_time),
        TEST(reset_clears_the_registers),
        TEST(reset_before_the_command_is_taken),
        TEST(reset_while_in_flight),
    };

    return cmocka_run_group_tests_name("chunk device model", tests, NULL, NULL);
}

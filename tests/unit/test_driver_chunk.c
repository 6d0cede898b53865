/* SPDX-License-Identifier: MIT */
/* drivers/chunk.c against a fake chunk device: the protocol, its cost, and a device that lies. */
#include "test.h"

#include <string.h>

#include "drivers/chunk.h"
#include "drivers/errors.h"
#include "drivers/pci.h"
#include "drivers/poll.h"
#include "fake_io.h"
#include "fake_pci.h"
#include "fake_platform.h"

#define BAR 0xfe000000u
#define FILE_BYTES 10000
#define SECONDS 1000000000ull
#define MSI_AT 0x40 /* in configuration space */
#define TIMEOUT_NS (POLL_TIMEOUT_MS * 1000000ull)

/* The 32-bit and 64-bit registers by offset; how the device is slow, broken or lies. */
static struct {
    uint32_t reg32[CHUNK_REG_RING_ENTRIES + 4];
    uint64_t reg64[CHUNK_REG_RING_ENTRIES + 8];
    uint8_t input[FILE_BYTES], output[FILE_BYTES];
    uint64_t input_bytes;
    bool no_input;

    bool busy;
    unsigned delay, delay_left; /* pauses before a command is done */
    bool never_ends, reset_never_ends;
    uint32_t error;      /* every READ, WRITE and FLUSH fails so */
    int64_t lie;         /* added to what transferred says */
    bool lie_about_size; /* GET_SIZE stores nothing */
    uint32_t status_lie; /* shown instead of COMPLETE */
    unsigned misuses, doorbells, resets, flushes;
    struct fake_pci pci;
    bool loses_messages;
} fake;

static struct chunk_dev chunk;
static uint8_t buffer[FILE_BYTES];

static bool is_64_bit(unsigned reg)
{
    switch (reg) {
    case CHUNK_REG_DATA_GPA:
    case CHUNK_REG_DATA_LENGTH:
    case CHUNK_REG_RESULT_GPA:
    case CHUNK_REG_RESULT_LENGTH:
    case CHUNK_REG_OFFSET:
    case CHUNK_REG_TRANSFERRED:
    case CHUNK_REG_RING_GPA:
        return true;
    default:
        return false;
    }
}

static uint64_t execute(uint32_t command)
{
    uint64_t offset = fake.reg64[CHUNK_REG_OFFSET];
    uint64_t length = fake.reg64[CHUNK_REG_RESULT_LENGTH];
    uint8_t *result = (uint8_t *)(uintptr_t)fake.reg64[CHUNK_REG_RESULT_GPA];
    switch (command) {
    case CHUNK_CMD_GET_SIZE:
        if (!fake.lie_about_size)
            memcpy(result, &fake.input_bytes, sizeof(fake.input_bytes));
        return CHUNK_SIZE_BYTES;
    case CHUNK_CMD_READ_CHUNK:
        if (offset >= fake.input_bytes)
            return 0;
        if (length > fake.input_bytes - offset)
            length = fake.input_bytes - offset;
        memcpy(result, fake.input + offset, length);
        return length;
    case CHUNK_CMD_WRITE_CHUNK:
        length = fake.reg64[CHUNK_REG_DATA_LENGTH];
        memcpy(fake.output + offset, (uint8_t *)(uintptr_t)fake.reg64[CHUNK_REG_DATA_GPA], length);
        return length;
    default:
        fake.flushes++;
        return 0;
    }
}

static void finish(void)
{
    uint32_t command = fake.reg32[CHUNK_REG_COMMAND];
    uint32_t error = fake.error;
    if (command == CHUNK_CMD_GET_SIZE)
        error = fake.no_input ? CHUNK_ERROR_NO_FILE : CHUNK_ERROR_NONE;
    fake.busy = false;
    fake.reg32[CHUNK_REG_STATUS] = error             ? CHUNK_STATUS_ERROR
                                   : fake.status_lie ? fake.status_lie
                                                     : CHUNK_STATUS_COMPLETE;
    fake.reg32[CHUNK_REG_ERROR] = error;
    fake.reg64[CHUNK_REG_TRANSFERRED] = error ? 0 : execute(command) + (uint64_t)fake.lie;
    fake.reg32[CHUNK_REG_DONE_TAG] = fake.reg32[CHUNK_REG_TAG];
    if (fake.reg32[CHUNK_REG_CONTROL] & CHUNK_CONTROL_MSI && !fake.loses_messages)
        fake_platform_raise(fake_pci_get16(&fake.pci.functions[0], MSI_AT + PCI_MSI_DATA));
}

static void reset_device(void)
{
    fake.resets++;
    fake.busy = false;
    for (unsigned reg = 0; reg <= CHUNK_REG_RING_ENTRIES; reg += 4)
        if (reg != CHUNK_REG_ID && reg != CHUNK_REG_VERSION)
            fake.reg32[reg] = 0;
    memset(fake.reg64, 0, sizeof(fake.reg64));
    fake.reg32[CHUNK_REG_STATUS] = fake.reset_never_ends ? CHUNK_STATUS_BUSY : CHUNK_STATUS_IDLE;
}

static uint64_t chunk_read(void *context, uint64_t address, unsigned size)
{
    unsigned reg = (unsigned)(address - BAR);
    (void)context;
    assert_true(reg <= CHUNK_REG_RING_ENTRIES);
    assert_int_equal(size, is_64_bit(reg) ? 8 : 4);
    return size == 8 ? fake.reg64[reg] : fake.reg32[reg];
}

static void chunk_write(void *context, uint64_t address, unsigned size, uint64_t value)
{
    unsigned reg = (unsigned)(address - BAR);
    (void)context;
    assert_true(reg <= CHUNK_REG_RING_ENTRIES);
    assert_int_equal(size, is_64_bit(reg) ? 8 : 4);
    if (reg == CHUNK_REG_CONTROL) {
        if (value & CHUNK_CONTROL_RESET)
            reset_device();
        else
            fake.reg32[reg] = (uint32_t)value;
        return;
    }
    if (fake.busy)
        fake.misuses++;
    if (reg != CHUNK_REG_DOORBELL) {
        if (size == 8)
            fake.reg64[reg] = value;
        else
            fake.reg32[reg] = (uint32_t)value;
        return;
    }
    fake.doorbells++;
    if (fake.reg32[CHUNK_REG_TAG] == fake.reg32[CHUNK_REG_DONE_TAG])
        return; /* ignored, as the device may */
    fake.busy = true;
    fake.delay_left = fake.delay;
    if (fake.delay == 0 && !fake.never_ends)
        finish();
}

static void chunk_pause(void *context)
{
    (void)context;
    if (fake.busy && !fake.never_ends && fake.delay_left-- == 0)
        finish();
}

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    for (unsigned i = 0; i < FILE_BYTES; i++)
        fake.input[i] = (uint8_t)(i * 3 + i / 256);
    fake.input_bytes = FILE_BYTES;
    fake.reg32[CHUNK_REG_ID] = CHUNK_ID;
    fake.reg32[CHUNK_REG_VERSION] = CHUNK_VERSION;
    fake.reg32[CHUNK_REG_TAG] = fake.reg32[CHUNK_REG_DONE_TAG] = 1; /* an earlier user's */
    fake.reg64[CHUNK_REG_OFFSET] = 77;
    fake_io_set(&(struct fake_io){
        .mmio_read = chunk_read, .mmio_write = chunk_write, .pause = chunk_pause});
    fake_platform_reset();
    memset(buffer, 0, sizeof(buffer));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return fake.misuses == 0 ? 0 : -1;
}

static int setup_initialized(void **state)
{
    setup(state);
    return chunk_init(&chunk, BAR);
}

static void init_resets_and_asks_for_the_size(void **state)
{
    (void)state;
    assert_int_equal(chunk_init(&chunk, BAR), ERR_OK);
    assert_int_equal(fake.resets, 1);
    assert_int_equal(chunk.block.size, FILE_BYTES);
    assert_int_equal(chunk.block.block_size, 1);
    assert_int_equal(chunk.block.max_transfer, CHUNK_MAX_LENGTH);
    assert_int_equal(chunk.block.write_end, INT64_MAX);
    assert_int_equal(chunk.block.depth, 1);
    assert_null(chunk.block.ops->submit);
    assert_false(chunk.block.read_only);
    assert_string_equal(chunk.block.name, "chunk");
}

static void init_without_an_input_can_still_write(void **state)
{
    (void)state;
    uint64_t size;
    fake.no_input = true;
    assert_int_equal(chunk_init(&chunk, BAR), ERR_OK);
    assert_int_equal(chunk.block.size, 0);
    assert_int_equal(chunk_get_size(&chunk, &size), ERR_ABSENT);
    assert_int_equal(block_write(&chunk.block, 0, "abc", 3), ERR_OK);
    assert_memory_equal(fake.output, "abc", 3);
}

static void init_knows_its_device(void **state)
{
    (void)state;
    fake.reg32[CHUNK_REG_VERSION] = CHUNK_VERSION + 1;
    assert_int_equal(chunk_init(&chunk, BAR), ERR_UNSUPPORTED);
    fake.reg32[CHUNK_REG_ID] = 0;
    assert_int_equal(chunk_init(&chunk, BAR), ERR_ABSENT);
    fake_io_set(NULL);
    assert_int_equal(chunk_init(&chunk, BAR), ERR_ABSENT);
    assert_int_equal(fake.resets + fake.doorbells, 0);
}

static void reads_and_writes_move_the_bytes(void **state)
{
    (void)state;
    assert_int_equal(block_read(&chunk.block, 123, buffer, 4567), ERR_OK);
    assert_memory_equal(buffer, fake.input + 123, 4567);
    assert_int_equal(block_write(&chunk.block, 1001, buffer, 4567), ERR_OK);
    assert_memory_equal(fake.output + 1001, fake.input + 123, 4567);
    assert_int_equal(fake.output[1000], 0);
    assert_int_equal(fake.output[1001 + 4567], 0);
    assert_int_equal(block_flush(&chunk.block), ERR_OK);
    assert_int_equal(fake.flushes, 1);
}

static void a_slow_device_is_waited_for(void **state)
{
    (void)state;
    fake.delay = 3; /* the status of the command before still stands meanwhile */
    assert_int_equal(block_read(&chunk.block, 1, buffer, 100), ERR_OK);
    assert_memory_equal(buffer, fake.input + 1, 100);
    fake.delay = 100;
    assert_int_equal(block_read(&chunk.block, 2, buffer, 100), ERR_OK);
    assert_memory_equal(buffer, fake.input + 2, 100);
}

static void what_the_registers_hold_is_not_written_again(void **state)
{
    (void)state;
    assert_int_equal(block_read(&chunk.block, 0, buffer, 1000), ERR_OK);
    assert_int_equal(block_write(&chunk.block, 0, buffer, 1000), ERR_OK);
    fake_io_counts = (struct fake_io_counts){0};
    /* one step of a copy: the buffer and its length stay */
    assert_int_equal(block_read(&chunk.block, 1000, buffer, 1000), ERR_OK);
    assert_int_equal(fake_io_counts.mmio_writes, 4); /* offset, command, tag, doorbell */
    assert_int_equal(fake_io_counts.mmio_reads, 3);  /* done_tag, status, transferred */
    assert_int_equal(block_write(&chunk.block, 1000, buffer, 1000), ERR_OK);
    assert_int_equal(fake_io_counts.mmio_writes, 4 + 3);
    assert_int_equal(fake_io_counts.mmio_reads, 3 + 3);
    assert_memory_equal(fake.output, fake.input, 2000);
}

static void tags_are_never_0_and_never_the_last_one(void **state)
{
    (void)state;
    chunk.tag = fake.reg32[CHUNK_REG_DONE_TAG] = UINT32_MAX - 1;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(block_read(&chunk.block, 0, buffer, 10), ERR_OK);
        assert_int_equal(chunk.tag, 1 + i);
    }
}

static void the_devices_errors_have_their_words(void **state)
{
    (void)state;
    const struct {
        uint32_t error;
        int read, write, flush;
    } errors[] = {
        {CHUNK_ERROR_NO_FILE, ERR_ABSENT, ERR_READ_ONLY, ERR_READ_ONLY},
        {CHUNK_ERROR_IO, ERR_IO, ERR_IO, ERR_IO},
        {CHUNK_ERROR_NO_SPACE, ERR_NO_SPACE, ERR_NO_SPACE, ERR_NO_SPACE},
        {CHUNK_ERROR_BAD_ADDRESS, ERR_DEVICE, ERR_DEVICE, ERR_DEVICE},
        {CHUNK_ERROR_NOT_MASTER, ERR_DEVICE, ERR_DEVICE, ERR_DEVICE},
        {99, ERR_DEVICE, ERR_DEVICE, ERR_DEVICE},
    };
    for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        fake.error = errors[i].error;
        assert_int_equal(block_read(&chunk.block, 0, buffer, 10), errors[i].read);
        assert_int_equal(chunk.error, errors[i].error);
        assert_int_equal(block_write(&chunk.block, 0, buffer, 10), errors[i].write);
        assert_int_equal(block_flush(&chunk.block), errors[i].flush);
    }
    fake.error = CHUNK_ERROR_NONE;
    assert_int_equal(block_read(&chunk.block, 0, buffer, 10), ERR_OK);
}

static void an_input_that_has_shrunk_is_an_io_error(void **state)
{
    (void)state;
    fake.input_bytes = 50;
    assert_int_equal(block_read(&chunk.block, 0, buffer, 100), ERR_IO);
    assert_int_equal(block_read(&chunk.block, 0, buffer, 50), ERR_OK);
}

static void transferred_is_checked(void **state)
{
    (void)state;
    fake.lie = 1;
    assert_int_equal(block_read(&chunk.block, 0, buffer, 100), ERR_DEVICE);
    assert_int_equal(block_write(&chunk.block, 0, buffer, 100), ERR_DEVICE);
    fake.lie = -1;
    assert_int_equal(block_write(&chunk.block, 0, buffer, 100), ERR_DEVICE);
}

/* Adverse case 40: what was poisoned stays so. */
static void case_40_an_answer_never_written_is_an_error(void **state)
{
    (void)state;
    fake.lie_about_size = true;
    assert_int_equal(chunk_init(&chunk, BAR), ERR_DEVICE);
    fake.lie_about_size = false;
    fake.input_bytes = 1ull << 63;
    assert_int_equal(chunk_init(&chunk, BAR), ERR_DEVICE);
    fake.input_bytes = FILE_BYTES;
    assert_int_equal(chunk_init(&chunk, BAR), ERR_OK);
    fake.status_lie = CHUNK_STATUS_BUSY; /* done_tag is there, the status is not */
    assert_int_equal(block_read(&chunk.block, 0, buffer, 10), ERR_DEVICE);
}

/* Adverse case 37. */
static void case_37_a_command_that_never_ends_times_out_and_resets(void **state)
{
    (void)state;
    assert_int_equal(block_read(&chunk.block, 500, buffer, 100), ERR_OK);
    fake.never_ends = true;
    fake_platform_reset();
    assert_int_equal(block_read(&chunk.block, 600, buffer, 100), ERR_TIMEOUT);
    assert_in_range(fake_platform_time, TIMEOUT_NS, 2 * SECONDS);
    assert_int_equal(fake.resets, 2);
    assert_string_not_equal(fake_platform_log, "");
    /* the reset has emptied the registers, and the driver knows */
    fake.never_ends = false;
    assert_int_equal(block_read(&chunk.block, 600, buffer, 100), ERR_OK);
    assert_memory_equal(buffer, fake.input + 600, 100);
}

/* Adverse case 37: not even the reset ends. */
static void case_37_a_reset_that_never_ends_times_out(void **state)
{
    (void)state;
    fake.reset_never_ends = true;
    assert_int_equal(chunk_init(&chunk, BAR), ERR_TIMEOUT);
    assert_in_range(fake_platform_time, POLL_RESET_TIMEOUT_MS * 1000000ull, SECONDS);
}

/* Adverse case 37: neither the command nor the reset ends; two seconds in all, and no third try. */
static void case_37_a_device_that_cannot_be_reset_fails_at_once(void **state)
{
    (void)state;
    fake.never_ends = true;
    fake.reset_never_ends = true;
    fake_platform_reset();
    assert_int_equal(block_read(&chunk.block, 600, buffer, 100), ERR_TIMEOUT);
    assert_in_range(fake_platform_time, TIMEOUT_NS, 2 * SECONDS);
    fake_platform_reset();
    assert_int_equal(block_read(&chunk.block, 600, buffer, 100), ERR_DEVICE);
    assert_in_range(fake_platform_time, 0, POLL_RESET_TIMEOUT_MS * 1000000ull);
}

/* --- interrupts --------------------------------------------------------------------------------- */

/* From here on the device is a function that has MSI, and the firmware takes interrupts. */
static int use_interrupt(void)
{
    static const struct pci_function function = {.device = 2};
    fake_pci_add(&fake.pci, 2, 0, CHUNK_PCI_VENDOR, CHUNK_PCI_DEVICE, 0xff0000);
    fake_pci_set16(&fake.pci.functions[0], PCI_STATUS, PCI_STATUS_CAPABILITIES);
    fake_pci_set8(&fake.pci.functions[0], PCI_CAPABILITY_POINTER, MSI_AT);
    fake_pci_set8(&fake.pci.functions[0], MSI_AT, PCI_CAPABILITY_ID_MSI);
    fake_pci_set16(&fake.pci.functions[0], MSI_AT + PCI_MSI_CONTROL, PCI_MSI_CONTROL_64BIT);
    fake_io.in = fake_pci_in;
    fake_io.out = fake_pci_out;
    fake_io.context = &fake.pci;
    fake_platform_interrupts = true;
    return chunk_use_interrupt(&chunk, &function);
}

static void it_sleeps_until_the_message_comes(void **state)
{
    (void)state;
    assert_int_equal(use_interrupt(), ERR_OK);
    assert_int_equal(fake.reg32[CHUNK_REG_CONTROL], CHUNK_CONTROL_MSI);
    fake.delay = 3;
    assert_int_equal(block_read(&chunk.block, 0, buffer, 100), ERR_OK);
    assert_memory_equal(buffer, fake.input, 100);
    assert_int_equal(fake_platform_sleeps, 4);
    assert_int_equal(chunk.interrupt.count, 1);
}

/* Adverse case 47: messages that nobody waits for, and none where one is waited for. */
static void case_47_spurious_and_lost_messages(void **state)
{
    (void)state;
    assert_int_equal(use_interrupt(), ERR_OK);
    for (unsigned i = 0; i < 5; i++)
        assert_true(fake_platform_raise(FAKE_PLATFORM_FIRST_VECTOR));
    fake.delay = 3;
    assert_int_equal(block_read(&chunk.block, 0, buffer, 100), ERR_OK);
    fake.loses_messages = true;
    assert_int_equal(block_read(&chunk.block, 100, buffer, 100), ERR_OK);
    assert_memory_equal(buffer, fake.input + 100, 100);
}

/* Adverse case 37, asleep; the reset takes the message away, and the driver asks for it again. */
static void case_37_a_command_that_never_ends_asleep(void **state)
{
    (void)state;
    assert_int_equal(use_interrupt(), ERR_OK);
    fake.never_ends = true;
    fake_platform_time = 0;
    assert_int_equal(block_read(&chunk.block, 600, buffer, 100), ERR_TIMEOUT);
    assert_in_range(fake_platform_time, TIMEOUT_NS, 2 * SECONDS);
    fake.never_ends = false;
    fake.delay = 1;
    assert_int_equal(fake.reg32[CHUNK_REG_CONTROL], CHUNK_CONTROL_MSI);
    assert_int_equal(block_read(&chunk.block, 600, buffer, 100), ERR_OK);
    assert_int_equal(chunk.interrupt.count, 1);
}

static void without_interrupts_it_polls_on(void **state)
{
    static const struct pci_function function = {.device = 2};
    (void)state;
    assert_int_equal(chunk_use_interrupt(&chunk, &function), ERR_UNSUPPORTED);
    fake_platform_interrupts = true; /* but the function has no MSI */
    assert_int_equal(chunk_use_interrupt(&chunk, &function), ERR_UNSUPPORTED);
    assert_int_equal(block_read(&chunk.block, 0, buffer, 100), ERR_OK);
    assert_int_equal(fake_platform_sleeps, 0);
    assert_int_equal(fake.reg32[CHUNK_REG_CONTROL], 0);
}

static void a_device_that_has_gone_is_a_timeout(void **state)
{
    (void)state;
    chunk.tag = UINT32_MAX - 1;
    fake_io_set(NULL);
    assert_int_equal(block_read(&chunk.block, 0, buffer, 10), ERR_TIMEOUT);
}

#define TEST(function, prepare) cmocka_unit_test_setup_teardown(function, prepare, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(init_resets_and_asks_for_the_size, setup),
        TEST(init_without_an_input_can_still_write, setup),
        TEST(init_knows_its_device, setup),
        TEST(reads_and_writes_move_the_bytes, setup_initialized),
        TEST(a_slow_device_is_waited_for, setup_initialized),
        TEST(what_the_registers_hold_is_not_written_again, setup_initialized),
        TEST(tags_are_never_0_and_never_the_last_one, setup_initialized),
        TEST(the_devices_errors_have_their_words, setup_initialized),
        TEST(an_input_that_has_shrunk_is_an_io_error, setup_initialized),
        TEST(transferred_is_checked, setup_initialized),
        TEST(case_40_an_answer_never_written_is_an_error, setup),
        TEST(case_37_a_command_that_never_ends_times_out_and_resets, setup_initialized),
        TEST(case_37_a_reset_that_never_ends_times_out, setup),
        TEST(case_37_a_device_that_cannot_be_reset_fails_at_once, setup_initialized),
        TEST(it_sleeps_until_the_message_comes, setup_initialized),
        TEST(case_47_spurious_and_lost_messages, setup_initialized),
        TEST(case_37_a_command_that_never_ends_asleep, setup_initialized),
        TEST(without_interrupts_it_polls_on, setup_initialized),
        TEST(a_device_that_has_gone_is_a_timeout, setup_initialized),
    };
    return cmocka_run_group_tests_name("drivers/chunk", tests, NULL, NULL);
}

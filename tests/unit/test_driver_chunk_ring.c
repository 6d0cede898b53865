/* SPDX-License-Identifier: MIT */
/* drivers/chunk_ring.c against a fake ring: what it costs, what it moves, and a device that lies. */
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
#define PIECE 100
#define SECONDS 1000000000ull
#define TIMEOUT_NS (POLL_TIMEOUT_MS * 1000000ull)

/* The device takes entries when it is told to, and completes one at every pause or sleep. */
static struct {
    uint8_t input[FILE_BYTES], output[FILE_BYTES];
    uint64_t input_bytes;
    uint32_t tag, done_tag, status, command, entries, control;
    uint64_t result_gpa, ring_gpa;
    unsigned next;                    /* entry to take */
    unsigned taken[CHUNK_DEPTH];      /* not completed, in the order they came */
    unsigned taken_count, most_taken; /* the most at a time */
    unsigned doorbells, resets, flushes;
    bool refuses_the_ring;
    bool newest_first; /* completes in the opposite order */
    bool never_ends;
    unsigned stuck;        /* so many of the oldest never end */
    uint32_t state;        /* stored instead of COMPLETE; 0: none */
    uint32_t error;        /* every entry fails so */
    bool stores_nothing;   /* but the state */
    int64_t lie;           /* added to transferred */
    bool scribbles;        /* over what the driver wrote in the entry */
    void (*message)(void); /* sent for an entry that asks for it */
} fake;

static struct chunk_dev chunk;
static uint8_t buffer[FILE_BYTES];
static struct block_request requests[CHUNK_DEPTH + 1];

static struct chunk_ring_entry *entry_at(unsigned index)
{
    return (struct chunk_ring_entry *)(uintptr_t)fake.ring_gpa + index;
}

static uint64_t execute(uint32_t command, uint64_t gpa, uint64_t length, uint64_t offset)
{
    uint8_t *memory = (uint8_t *)(uintptr_t)gpa;
    switch (command) {
    case CHUNK_CMD_GET_SIZE:
        memcpy(memory, &fake.input_bytes, sizeof(fake.input_bytes));
        return CHUNK_SIZE_BYTES;
    case CHUNK_CMD_READ_CHUNK:
        if (offset >= fake.input_bytes)
            return 0;
        if (length > fake.input_bytes - offset)
            length = fake.input_bytes - offset;
        memcpy(memory, fake.input + offset, length);
        return length;
    case CHUNK_CMD_WRITE_CHUNK:
        memcpy(fake.output + offset, memory, length);
        return length;
    default:
        fake.flushes++;
        return 0;
    }
}

static void complete(struct chunk_ring_entry *entry)
{
    bool asks = entry->flags & CHUNK_ENTRY_INTERRUPT;
    if (!fake.stores_nothing) {
        uint64_t moved = 0;
        if (!fake.error)
            moved = execute(entry->command, entry->gpa, entry->length, entry->offset);
        entry->transferred = moved + (uint64_t)fake.lie;
        entry->error = fake.error;
    }
    if (fake.scribbles) {
        entry->command = entry->flags = UINT32_MAX;
        entry->gpa = entry->length = entry->offset = entry->cookie = UINT64_MAX;
    }
    entry->state = fake.error ? CHUNK_ENTRY_ERROR : fake.state ? fake.state : CHUNK_ENTRY_COMPLETE;
    if (asks && fake.message)
        fake.message();
}

static void take(void)
{
    while (entry_at(fake.next)->state == CHUNK_ENTRY_SUBMITTED && fake.taken_count < CHUNK_DEPTH) {
        fake.taken[fake.taken_count++] = fake.next;
        fake.next = (fake.next + 1) % fake.entries;
        if (fake.taken_count > fake.most_taken)
            fake.most_taken = fake.taken_count;
    }
}

static void work(void *context)
{
    (void)context;
    if (fake.never_ends || fake.taken_count <= fake.stuck)
        return;
    unsigned which = fake.newest_first ? fake.taken_count - 1 : fake.stuck;
    complete(entry_at(fake.taken[which]));
    fake.taken_count--;
    memmove(&fake.taken[which], &fake.taken[which + 1],
            (fake.taken_count - which) * sizeof(fake.taken[0]));
}

static uint64_t chunk_read(void *context, uint64_t address, unsigned size)
{
    (void)context, (void)size;
    switch (address - BAR) {
    case CHUNK_REG_ID:
        return CHUNK_ID;
    case CHUNK_REG_VERSION:
        return CHUNK_VERSION;
    case CHUNK_REG_FEATURES:
        return CHUNK_FEATURE_RING;
    case CHUNK_REG_STATUS:
        return fake.status;
    case CHUNK_REG_DONE_TAG:
        return fake.done_tag;
    case CHUNK_REG_CONTROL:
        return fake.control;
    default:
        fail_msg("read of register 0x%x", (unsigned)(address - BAR));
        return 0;
    }
}

static void write_control(uint32_t value)
{
    if (value & CHUNK_CONTROL_RESET) {
        fake.resets++;
        fake.control = fake.taken_count = fake.next = fake.tag = fake.done_tag = 0;
        fake.status = CHUNK_STATUS_IDLE;
        return;
    }
    fake.control = value & ~(fake.refuses_the_ring ? CHUNK_CONTROL_RING : 0u);
}

static void doorbell(void)
{
    fake.doorbells++;
    if (fake.control & CHUNK_CONTROL_RING) {
        take();
        return;
    }
    assert_int_equal(fake.command, CHUNK_CMD_GET_SIZE); /* all that is done without the ring */
    execute(fake.command, fake.result_gpa, 0, 0);
    fake.status = CHUNK_STATUS_COMPLETE;
    fake.done_tag = fake.tag;
}

static void chunk_write(void *context, uint64_t address, unsigned size, uint64_t value)
{
    (void)context, (void)size;
    switch (address - BAR) {
    case CHUNK_REG_CONTROL:
        write_control((uint32_t)value);
        break;
    case CHUNK_REG_DOORBELL:
        doorbell();
        break;
    case CHUNK_REG_COMMAND:
        fake.command = (uint32_t)value;
        break;
    case CHUNK_REG_TAG:
        fake.tag = (uint32_t)value;
        break;
    case CHUNK_REG_RESULT_GPA:
        fake.result_gpa = value;
        break;
    case CHUNK_REG_RING_GPA:
        fake.ring_gpa = value;
        break;
    case CHUNK_REG_RING_ENTRIES:
        fake.entries = (uint32_t)value;
        break;
    default:
        assert_int_equal(address - BAR, CHUNK_REG_RESULT_LENGTH);
    }
}

static int setup_device(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    for (unsigned i = 0; i < FILE_BYTES; i++)
        fake.input[i] = (uint8_t)(i * 3 + i / 256);
    fake.input_bytes = FILE_BYTES;
    fake_io_set(
        &(struct fake_io){.mmio_read = chunk_read, .mmio_write = chunk_write, .pause = work});
    fake_platform_reset();
    memset(buffer, 0, sizeof(buffer));
    memset(requests, 0, sizeof(requests));
    memset(&chunk, 0xa5, sizeof(chunk)); /* memory as it was */
    return 0;
}

static int setup(void **state)
{
    setup_device(state);
    int error = chunk_init(&chunk, BAR);
    fake.doorbells = 0;
    fake_platform_time = 0;
    return error;
}

/* Request i, for piece i of the file and of buffer. */
static struct block_request *request(unsigned i, enum block_op op)
{
    requests[i] = (struct block_request){
        .op = op, .length = PIECE, .offset = i * PIECE, .buffer = buffer + i * PIECE};
    return &requests[i];
}

static unsigned reap_all(unsigned count)
{
    unsigned done = 0;
    while (done < count) {
        int finished = block_reap(&chunk.block, POLL_TIMEOUT_MS);
        if (finished == 0)
            break;
        done += (unsigned)finished;
    }
    return done;
}

static void expect_all(unsigned count, int result)
{
    for (unsigned i = 0; i < count; i++) {
        assert_true(requests[i].done);
        assert_int_equal(requests[i].result, result);
    }
}

/* --- what works --------------------------------------------------------------------------------- */

static void init_turns_it_on(void **state)
{
    (void)state;
    assert_int_equal(fake.control, CHUNK_CONTROL_RING);
    assert_int_equal(fake.entries, CHUNK_DEPTH);
    assert_int_equal(fake.ring_gpa % sizeof(struct chunk_ring_entry), 0);
    assert_int_equal(chunk.block.size, FILE_BYTES);
    assert_int_equal(chunk.block.depth, CHUNK_DEPTH);
}

/* The bit that does not stick: one at a time is what is left. */
static void a_ring_that_is_refused(void **state)
{
    (void)state;
    fake.refuses_the_ring = true;
    assert_int_equal(chunk_init(&chunk, BAR), ERR_OK);
    assert_int_equal(chunk.block.depth, 1);
    assert_null(chunk.block.ops->submit);
}

static void one_at_a_time_goes_through_the_ring_too(void **state)
{
    (void)state;
    uint64_t size;
    assert_int_equal(block_read(&chunk.block, 123, buffer, 4567), ERR_OK);
    assert_memory_equal(buffer, fake.input + 123, 4567);
    assert_int_equal(block_write(&chunk.block, 1001, buffer, 4567), ERR_OK);
    assert_memory_equal(fake.output + 1001, fake.input + 123, 4567);
    assert_int_equal(block_flush(&chunk.block), ERR_OK);
    assert_int_equal(fake.flushes, 1);
    assert_int_equal(chunk_get_size(&chunk, &size), ERR_OK);
    assert_int_equal(size, FILE_BYTES);
}

/* One write of the doorbell, and no read of a register. */
static void what_a_request_costs(void **state)
{
    (void)state;
    fake_io_counts = (struct fake_io_counts){0};
    for (unsigned i = 0; i < 3 * CHUNK_DEPTH; i++)
        assert_int_equal(block_read(&chunk.block, i, buffer, 10), ERR_OK);
    assert_int_equal(fake_io_counts.mmio_writes, 3 * CHUNK_DEPTH);
    assert_int_equal(fake_io_counts.mmio_reads, 0);
}

static void many_in_flight_for_one_doorbell(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        fake.newest_first = round == 1;
        fake.most_taken = fake.doorbells = 0;
        memset(buffer, 0, sizeof(buffer));
        for (unsigned i = 0; i < CHUNK_DEPTH; i++)
            assert_int_equal(block_submit(&chunk.block, request(i, BLOCK_READ)), ERR_OK);
        assert_int_equal(block_submit(&chunk.block, request(CHUNK_DEPTH, BLOCK_READ)),
                         ERR_NO_SPACE);
        assert_int_equal(fake.doorbells, 0);
        block_kick(&chunk.block);
        block_kick(&chunk.block); /* there is nothing to tell any more */
        assert_int_equal(fake.doorbells, 1);
        assert_int_equal(fake.most_taken, CHUNK_DEPTH);
        assert_int_equal(reap_all(CHUNK_DEPTH), CHUNK_DEPTH);
        assert_int_equal(block_reap(&chunk.block, POLL_TIMEOUT_MS), 0);
        expect_all(CHUNK_DEPTH, ERR_OK);
        assert_memory_equal(buffer, fake.input, CHUNK_DEPTH * PIECE);
    }
}

/* Submitted, reaped and submitted again, with a window that goes round and round. */
static void a_sliding_window(void **state)
{
    (void)state;
    unsigned submitted = 0, done = 0;
    while (done < FILE_BYTES / PIECE) {
        while (submitted < FILE_BYTES / PIECE && submitted - done < 5) {
            struct block_request *r = &requests[submitted % 8];
            *r = (struct block_request){.op = submitted % 2 ? BLOCK_READ : BLOCK_WRITE,
                                        .length = PIECE,
                                        .offset = submitted * PIECE,
                                        .buffer = buffer + submitted * PIECE};
            if (r->op == BLOCK_WRITE)
                memcpy(r->buffer, fake.input + r->offset, PIECE);
            assert_int_equal(block_submit(&chunk.block, r), ERR_OK);
            submitted++;
        }
        block_kick(&chunk.block);
        int finished = block_reap(&chunk.block, POLL_TIMEOUT_MS);
        assert_in_range(finished, 1, 5);
        done += (unsigned)finished;
    }
    assert_memory_equal(buffer, fake.input, FILE_BYTES);
    for (unsigned i = 0; i < FILE_BYTES; i += 2 * PIECE)
        assert_memory_equal(fake.output + i, fake.input + i, PIECE);
}

/* The entry that is next in order is still in flight although others are done: there is no room, and
 * submit says so at once. */
static void behind_the_oldest(void **state)
{
    (void)state;
    fake.newest_first = true;
    for (unsigned i = 0; i < CHUNK_DEPTH; i++)
        assert_int_equal(block_submit(&chunk.block, request(i, BLOCK_READ)), ERR_OK);
    block_kick(&chunk.block);
    assert_int_equal(block_reap(&chunk.block, POLL_TIMEOUT_MS), 1);
    assert_true(requests[CHUNK_DEPTH - 1].done);
    assert_int_equal(block_submit(&chunk.block, request(CHUNK_DEPTH, BLOCK_READ)), ERR_NO_SPACE);
    assert_false(requests[0].done);
    assert_int_equal(chunk.in_flight, CHUNK_DEPTH - 1);
    assert_int_equal(reap_all(CHUNK_DEPTH - 1), CHUNK_DEPTH - 1);
    assert_int_equal(block_submit(&chunk.block, request(CHUNK_DEPTH, BLOCK_READ)), ERR_OK);
    block_kick(&chunk.block);
    assert_int_equal(reap_all(1), 1);
    expect_all(CHUNK_DEPTH + 1, ERR_OK);
    assert_memory_equal(buffer, fake.input, (CHUNK_DEPTH + 1) * PIECE);
}

/* A read by itself ends others too: block_reap() reports them, and not that read. */
static void one_at_a_time_beside_others(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(block_submit(&chunk.block, request(i, BLOCK_WRITE)), ERR_OK);
    assert_int_equal(block_read(&chunk.block, 5000, buffer + 5000, 10), ERR_OK);
    assert_memory_equal(buffer + 5000, fake.input + 5000, 10);
    assert_int_equal(block_reap(&chunk.block, POLL_TIMEOUT_MS), 3);
    assert_int_equal(block_reap(&chunk.block, POLL_TIMEOUT_MS), 0);
}

/* With every entry in flight, told of or not, the three that run to their end wait for room; what ends
 * meanwhile is block_reap()'s. */
static void one_at_a_time_with_the_ring_full(void **state)
{
    for (unsigned round = 0; round < 4; round++) {
        uint64_t size;
        setup(state);
        fake.newest_first = round % 2;
        for (unsigned i = 0; i < CHUNK_DEPTH; i++)
            assert_int_equal(block_submit(&chunk.block, request(i, BLOCK_READ)), ERR_OK);
        if (round / 2)
            block_kick(&chunk.block);
        assert_int_equal(block_read(&chunk.block, 7000, buffer + 7000, 10), ERR_OK);
        assert_memory_equal(buffer + 7000, fake.input + 7000, 10);
        for (unsigned i = 0; i < CHUNK_DEPTH; i++)
            if (requests[i].done)
                assert_int_equal(block_submit(&chunk.block, request(i, BLOCK_READ)), ERR_OK);
        assert_int_equal(block_write(&chunk.block, 1001, fake.input, 10), ERR_OK);
        assert_memory_equal(fake.output + 1001, fake.input, 10);
        assert_int_equal(block_flush(&chunk.block), ERR_OK);
        assert_int_equal(fake.flushes, 1);
        assert_int_equal(chunk_get_size(&chunk, &size), ERR_OK);
        assert_in_range(reap_all(2 * CHUNK_DEPTH), CHUNK_DEPTH + 1, 2 * CHUNK_DEPTH);
        assert_int_equal(chunk.in_flight, 0);
        expect_all(CHUNK_DEPTH, ERR_OK);
        assert_memory_equal(buffer, fake.input, CHUNK_DEPTH * PIECE);
    }
}

/* --- interrupts --------------------------------------------------------------------------------- */

static struct fake_pci pci;

static void send_message(void)
{
    fake_platform_raise(fake_pci_get16(&pci.functions[0], 0x40 + PCI_MSI_DATA));
}

static void every_entry_asks_for_a_message(void **state)
{
    static const struct pci_function function = {.device = 2};
    (void)state;
    pci = (struct fake_pci){0};
    fake_pci_add(&pci, 2, 0, CHUNK_PCI_VENDOR, CHUNK_PCI_DEVICE, 0xff0000);
    fake_pci_set16(&pci.functions[0], PCI_STATUS, PCI_STATUS_CAPABILITIES);
    fake_pci_set8(&pci.functions[0], PCI_CAPABILITY_POINTER, 0x40);
    fake_pci_set8(&pci.functions[0], 0x40, PCI_CAPABILITY_ID_MSI);
    fake_pci_set16(&pci.functions[0], 0x40 + PCI_MSI_CONTROL, PCI_MSI_CONTROL_64BIT);
    fake_io.in = fake_pci_in;
    fake_io.out = fake_pci_out;
    fake_io.context = &pci;
    fake_platform_interrupts = true;
    fake.message = send_message;
    assert_int_equal(chunk_use_interrupt(&chunk, &function), ERR_OK);
    assert_int_equal(fake.control, CHUNK_CONTROL_RING | CHUNK_CONTROL_MSI);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(block_submit(&chunk.block, request(i, BLOCK_READ)), ERR_OK);
    block_kick(&chunk.block);
    assert_int_equal(reap_all(10), 10);
    assert_int_equal(chunk.interrupt.count, 10);
    assert_int_equal(fake_platform_sleeps, 10);
    assert_memory_equal(buffer, fake.input, 10 * PIECE);
}

/* --- a device that fails or lies ---------------------------------------------------------------- */

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

/* Adverse case 39: transferred is never trusted. */
static void case_39_transferred_is_checked(void **state)
{
    (void)state;
    fake.lie = 1;
    assert_int_equal(block_read(&chunk.block, 0, buffer, 100), ERR_DEVICE);
    assert_int_equal(block_flush(&chunk.block), ERR_DEVICE);
    fake.lie = UINT32_MAX;
    assert_int_equal(block_read(&chunk.block, 0, buffer, 100), ERR_DEVICE);
    fake.lie = -1;
    assert_int_equal(block_write(&chunk.block, 0, buffer, 100), ERR_DEVICE);
}

/* Adverse case 40: a state without an answer is an error. */
static void case_40_an_answer_never_written(void **state)
{
    (void)state;
    uint64_t size;
    fake.stores_nothing = true;
    assert_int_equal(block_read(&chunk.block, 0, buffer, 100), ERR_DEVICE);
    assert_int_equal(block_flush(&chunk.block), ERR_DEVICE);
    assert_int_equal(chunk_get_size(&chunk, &size), ERR_DEVICE);
}

/* Adverse case 38: a state that there is not. The device is reset, and not used any more. */
static void case_38_a_state_that_is_none(void **state)
{
    static const uint32_t states[] = {4, 0x80000002, UINT32_MAX};
    for (unsigned i = 0; i < 3; i++) {
        setup(state);
        for (unsigned j = 0; j < 5; j++)
            assert_int_equal(block_submit(&chunk.block, request(j, BLOCK_READ)), ERR_OK);
        block_kick(&chunk.block);
        fake.state = states[i];
        assert_int_equal(reap_all(5), 5);
        expect_all(5, ERR_DEVICE);
        assert_int_equal(fake.resets, 2);
        assert_int_equal(fake.control, 0);
        fake.state = 0;
        assert_int_equal(block_read(&chunk.block, 0, buffer, 100), ERR_DEVICE);
        assert_int_equal(block_submit(&chunk.block, request(0, BLOCK_READ)), ERR_DEVICE);
        assert_int_equal(block_reap(&chunk.block, POLL_TIMEOUT_MS), 0);
    }
}

/* Adverse case 41: what the driver wrote is rewritten; the request counts, not the entry. */
static void case_41_the_device_rewrites_entries(void **state)
{
    (void)state;
    fake.scribbles = true;
    for (unsigned i = 0; i < CHUNK_DEPTH; i++)
        assert_int_equal(block_submit(&chunk.block, request(i, BLOCK_READ)), ERR_OK);
    block_kick(&chunk.block);
    assert_int_equal(reap_all(CHUNK_DEPTH), CHUNK_DEPTH);
    expect_all(CHUNK_DEPTH, ERR_OK);
    assert_memory_equal(buffer, fake.input, CHUNK_DEPTH * PIECE);
    assert_int_equal(block_write(&chunk.block, 0, buffer, 100), ERR_OK);
}

/* Adverse case 37: an entry that is never completed: timeout, reset, and the same error for all. */
static void case_37_entries_that_never_end(void **state)
{
    (void)state;
    fake.stuck = 2;
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(block_submit(&chunk.block, request(i, BLOCK_READ)), ERR_OK);
    block_kick(&chunk.block);
    assert_int_equal(reap_all(3), 3);
    fake_platform_time = 0;
    assert_int_equal(block_reap(&chunk.block, POLL_TIMEOUT_MS), 2);
    assert_in_range(fake_platform_time, TIMEOUT_NS, 2 * SECONDS);
    assert_int_equal(requests[0].result, ERR_TIMEOUT);
    assert_int_equal(requests[1].result, ERR_TIMEOUT);
    assert_int_equal(requests[2].result, ERR_OK);
    assert_int_equal(fake.resets, 2);
    assert_string_not_equal(fake_platform_log, "");
    assert_int_equal(block_submit(&chunk.block, request(0, BLOCK_READ)), ERR_TIMEOUT);
    assert_int_equal(block_read(&chunk.block, 0, buffer, 10), ERR_TIMEOUT);
}

static void case_37_one_at_a_time(void **state)
{
    (void)state;
    assert_int_equal(block_submit(&chunk.block, request(0, BLOCK_READ)), ERR_OK);
    fake.never_ends = true;
    assert_int_equal(block_read(&chunk.block, 600, buffer, 100), ERR_TIMEOUT);
    assert_in_range(fake_platform_time, TIMEOUT_NS, 2 * SECONDS);
    assert_int_equal(fake.resets, 2);
    assert_int_equal(block_reap(&chunk.block, POLL_TIMEOUT_MS), 1); /* the other one */
    assert_int_equal(requests[0].result, ERR_TIMEOUT);
}

/* Adverse case 37: the oldest never ends, and its place is wanted. */
static void case_37_the_oldest_never_ends(void **state)
{
    (void)state;
    fake.stuck = 1;
    for (unsigned i = 0; i < CHUNK_DEPTH; i++)
        assert_int_equal(block_submit(&chunk.block, request(i, BLOCK_READ)), ERR_OK);
    block_kick(&chunk.block);
    assert_int_equal(reap_all(CHUNK_DEPTH - 1), CHUNK_DEPTH - 1);
    fake_platform_time = 0;
    assert_int_equal(block_submit(&chunk.block, request(CHUNK_DEPTH, BLOCK_READ)), ERR_NO_SPACE);
    assert_int_equal(fake_platform_time, 0);
    assert_int_equal(block_read(&chunk.block, 0, buffer, 10), ERR_TIMEOUT);
    assert_in_range(fake_platform_time, TIMEOUT_NS, 2 * SECONDS);
    assert_int_equal(block_reap(&chunk.block, POLL_TIMEOUT_MS), 1);
    assert_int_equal(requests[0].result, ERR_TIMEOUT);
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(init_turns_it_on),
        cmocka_unit_test_setup(a_ring_that_is_refused, setup_device),
        TEST(one_at_a_time_goes_through_the_ring_too),
        TEST(what_a_request_costs),
        TEST(many_in_flight_for_one_doorbell),
        TEST(a_sliding_window),
        TEST(behind_the_oldest),
        TEST(one_at_a_time_beside_others),
        TEST(one_at_a_time_with_the_ring_full),
        TEST(every_entry_asks_for_a_message),
        TEST(the_devices_errors_have_their_words),
        TEST(an_input_that_has_shrunk_is_an_io_error),
        TEST(case_39_transferred_is_checked),
        TEST(case_40_an_answer_never_written),
        TEST(case_38_a_state_that_is_none),
        TEST(case_41_the_device_rewrites_entries),
        TEST(case_37_entries_that_never_end),
        TEST(case_37_one_at_a_time),
        TEST(case_37_the_oldest_never_ends),
    };
    return cmocka_run_group_tests_name("drivers/chunk ring", tests, NULL, NULL);
}

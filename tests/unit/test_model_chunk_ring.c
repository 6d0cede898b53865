/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/chunk_ring.c: many commands in flight, in a ring that the guest may spoil at any time. */
#include "test.h"

#include "chunk_fixture.h"

#include <errno.h>
#include <string.h>

#define RING RAM_BASE
#define ENTRIES 8
#define DATA (BUFFER + 0x1000) /* entry i's buffer is at DATA + i * PIECE */
#define PIECE 64
#define COOKIE 0x1122334455667788

static struct chunk_ring_entry *entry_at(struct chunk_fixture *f, unsigned index)
{
    return guest_ptr(&f->memory, RING + index * sizeof(struct chunk_ring_entry),
                     sizeof(struct chunk_ring_entry));
}

/* True when it is on afterwards. */
static bool turn_on(struct chunk_fixture *f, gpa_t gpa, uint32_t entries)
{
    write_register(f, CHUNK_REG_RING_GPA, 8, gpa);
    write_register(f, CHUNK_REG_RING_ENTRIES, 4, entries);
    write_register(f, CHUNK_REG_CONTROL, 4,
                   read_register(f, CHUNK_REG_CONTROL, 4) | CHUNK_CONTROL_RING);
    return read_register(f, CHUNK_REG_CONTROL, 4) & CHUNK_CONTROL_RING;
}

static int start(void **state)
{
    struct chunk_fixture *f;

    if (chunk_fixture_start_with_ring(state) != 0)
        return -1;
    f = *state;
    memset(chunk_ram(f, RING, 64 * ENTRIES), 0, 64 * ENTRIES);
    chunk_fixture_hold(f);
    return turn_on(f, RING, ENTRIES) ? 0 : -1;
}

/* Entry index, piece index of the file unless the caller changes it afterwards. */
static struct chunk_ring_entry *put(struct chunk_fixture *f, unsigned index, uint32_t command)
{
    struct chunk_ring_entry *entry = entry_at(f, index);

    *entry = (struct chunk_ring_entry){.command = command,
                                       .gpa = DATA + index * PIECE,
                                       .length = PIECE,
                                       .offset = index * PIECE,
                                       .cookie = COOKIE,
                                       .transferred = UINT64_MAX,
                                       .error = UINT32_MAX,
                                       .reserved = {0x55aa55aa, 0xaa55aa55},
                                       .state = CHUNK_ENTRY_SUBMITTED};
    return entry;
}

static void run(struct chunk_fixture *f, struct io_request *request)
{
    assert_non_null(request);
    backend_run(request);
    chunk_complete(&f->chunk, request);
}

static unsigned run_all(struct chunk_fixture *f)
{
    struct io_request *request;
    unsigned count = 0;

    while ((request = chunk_submit(&f->chunk)) != NULL) {
        run(f, request);
        count++;
    }
    return count;
}

static void expect_entry(const struct chunk_ring_entry *entry, uint32_t error, uint64_t transferred)
{
    assert_int_equal(entry->state,
                     error == CHUNK_ERROR_NONE ? CHUNK_ENTRY_COMPLETE : CHUNK_ENTRY_ERROR);
    assert_int_equal(entry->error, error);
    assert_int_equal(entry->transferred, transferred);
    /* the driver's own */
    assert_int_equal(entry->cookie, COOKIE);
    assert_int_equal(entry->reserved[0], 0x55aa55aa);
    assert_int_equal(entry->reserved[1], 0xaa55aa55);
}

/* --- turning it on and off ---------------------------------------------------------------------- */

/* Adverse case 25: sizes and places that are no ring; the bit does not stick. */
static void case_25_rings_that_are_none(void **state)
{
    static const struct {
        gpa_t gpa;
        uint32_t entries;
    } bad[] = {
        {RING, 0},          {RING, 1},
        {RING, 3},          {RING, 1023},
        {RING, 2048},       {RING, UINT32_MAX},
        {RING, 0x80000000}, {RING + 1, 8},
        {RING + 32, 8},     {0, 8},
        {RAM_END, 8},       {RAM_END - 64 * 8 + 64, 8},
        {RAM_BASE - 64, 8}, {UINT64_MAX - 63, 2},
        {0xfe000000, 8},
    };
    struct chunk_fixture *f = *state;

    assert_int_equal(read_register(f, CHUNK_REG_FEATURES, 4), CHUNK_FEATURE_RING);
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(turn_on(f, bad[i].gpa, bad[i].entries));
    assert_true(turn_on(f, RAM_END - 64 * 8, 8));
    write_register(f, CHUNK_REG_CONTROL, 4, 0);
    assert_int_equal(read_register(f, CHUNK_REG_CONTROL, 4), 0);
    assert_true(turn_on(f, RING, CHUNK_RING_ENTRIES_MAX));
    write_register(f, CHUNK_REG_CONTROL, 4, 0);
    assert_true(turn_on(f, RING, CHUNK_RING_ENTRIES_MIN));
    assert_true(ram_is_untouched(f));
}

static void not_while_a_command_is_under_way(void **state)
{
    struct chunk_fixture *f = *state;
    struct io_request *request;

    chunk_fixture_hold(f);
    set_parameters(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0);
    ring_doorbell(f);
    assert_false(turn_on(f, RING, ENTRIES));
    request = chunk_submit(&f->chunk);
    assert_false(turn_on(f, RING, ENTRIES));
    run(f, request);
    expect_complete(f, 16);
    assert_true(turn_on(f, RING, ENTRIES));
}

/* Off, the bit stays until the device has let go of what it took; that is completed. */
static void off_with_entries_in_flight(void **state)
{
    struct chunk_fixture *f = *state;
    struct io_request *request;

    put(f, 0, CHUNK_CMD_READ_CHUNK);
    put(f, 1, CHUNK_CMD_READ_CHUNK);
    request = chunk_submit(&f->chunk);
    write_register(f, CHUNK_REG_CONTROL, 4, 0);
    assert_int_equal(read_register(f, CHUNK_REG_CONTROL, 4), CHUNK_CONTROL_RING);
    assert_null(chunk_submit(&f->chunk));
    assert_true(turn_on(f, RING + 64, ENTRIES)); /* so it reads, but it is going off */
    assert_null(chunk_submit(&f->chunk));
    run(f, request);
    expect_entry(entry_at(f, 0), CHUNK_ERROR_NONE, PIECE);
    assert_int_equal(entry_at(f, 1)->state, CHUNK_ENTRY_SUBMITTED);
    assert_int_equal(read_register(f, CHUNK_REG_CONTROL, 4), 0);
    f->chunk.rung = chunk_run_inline;
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0); /* one at a time again */
    expect_complete(f, 16);
}

/* A ring's last doorbell, taken late, starts no command by registers. */
static void off_with_a_doorbell_on_its_way(void **state)
{
    struct chunk_fixture *f = *state;

    chunk_fixture_defer(f);
    ring_doorbell(f);
    write_register(f, CHUNK_REG_CONTROL, 4, 0);
    assert_int_equal(read_register(f, CHUNK_REG_CONTROL, 4), CHUNK_CONTROL_RING);
    chunk_run_inline(&f->chunk);
    assert_int_equal(read_register(f, CHUNK_REG_CONTROL, 4), CHUNK_CONTROL_RING);
    chunk_run_inline(&f->chunk);
    assert_int_equal(read_register(f, CHUNK_REG_CONTROL, 4), 0);
    assert_int_equal(chunk_status(f), CHUNK_STATUS_IDLE);
}

/* Adverse case 13: nothing of what was in flight lands in the ring or in a buffer after the reset. */
static void case_13_reset_with_entries_in_flight(void **state)
{
    struct chunk_fixture *f = *state;
    struct io_request *requests[3];
    struct chunk_ring_entry before[3];

    put(f, 0, CHUNK_CMD_GET_SIZE);
    put(f, 1, CHUNK_CMD_FLUSH);
    put(f, 2, CHUNK_CMD_GET_SIZE);
    for (unsigned i = 0; i < 3; i++)
        requests[i] = chunk_submit(&f->chunk);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RESET);
    memcpy(before, entry_at(f, 0), sizeof before);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(chunk_status(f), CHUNK_STATUS_BUSY);
        assert_false(turn_on(f, RING, ENTRIES));
        run(f, requests[2 - i]);
    }
    assert_memory_equal(entry_at(f, 0), before, sizeof before);
    assert_int_equal(*chunk_ram(f, DATA, 1), FAKE_MEMORY_FILL);
    expect_reset_state(f);
    assert_true(turn_on(f, RING, ENTRIES)); /* from entry 0 again */
    assert_int_equal(run_all(f), 3);
}

/* --- entries ------------------------------------------------------------------------------------ */

static void all_four_commands(void **state)
{
    struct chunk_fixture *f = *state;
    uint64_t size;

    put(f, 0, CHUNK_CMD_READ_CHUNK);
    put(f, 1, CHUNK_CMD_WRITE_CHUNK)->gpa = DATA; /* what entry 0 has read */
    put(f, 2, CHUNK_CMD_GET_SIZE);
    put(f, 3, CHUNK_CMD_FLUSH);
    put(f, 4, CHUNK_CMD_READ_CHUNK)->offset = INPUT_LENGTH - 10;
    put(f, 5, CHUNK_CMD_READ_CHUNK)->length = 0;
    ring_doorbell(f);
    assert_int_equal(run_all(f), 6);
    expect_entry(entry_at(f, 0), CHUNK_ERROR_NONE, PIECE);
    expect_entry(entry_at(f, 1), CHUNK_ERROR_NONE, PIECE);
    expect_entry(entry_at(f, 2), CHUNK_ERROR_NONE, 8);
    expect_entry(entry_at(f, 3), CHUNK_ERROR_NONE, 0);
    expect_entry(entry_at(f, 4), CHUNK_ERROR_NONE, 10); /* past the end is short, and COMPLETE */
    expect_entry(entry_at(f, 5), CHUNK_ERROR_NONE, 0);
    memcpy(&size, chunk_ram(f, DATA + 2 * PIECE, 8), sizeof size);
    assert_int_equal(size, INPUT_LENGTH);
    assert_memory_equal(f->output.bytes + PIECE, f->input.bytes, PIECE);
    assert_int_equal(f->output.flushes, 1);
    /* none of it by the registers */
    assert_int_equal(chunk_status(f), CHUNK_STATUS_IDLE);
    assert_int_equal(read_register(f, CHUNK_REG_DONE_TAG, 4), 0);
}

static void taken_in_order_up_to_the_first_that_is_not_submitted(void **state)
{
    struct chunk_fixture *f = *state;

    put(f, 0, CHUNK_CMD_READ_CHUNK);
    put(f, 1, CHUNK_CMD_READ_CHUNK)->state = CHUNK_ENTRY_FREE;
    put(f, 2, CHUNK_CMD_READ_CHUNK);
    assert_int_equal(run_all(f), 1);
    for (uint32_t other = CHUNK_ENTRY_COMPLETE; other < 5; other++) {
        entry_at(f, 1)->state = other;
        assert_int_equal(run_all(f), 0);
    }
    entry_at(f, 1)->state = CHUNK_ENTRY_SUBMITTED;
    assert_int_equal(run_all(f), 2);
}

/* Any number in flight, completed in any order, round after round. */
static void completed_in_any_order(void **state)
{
    static const unsigned order[ENTRIES] = {3, 0, 7, 6, 1, 5, 2, 4};
    struct chunk_fixture *f = *state;
    struct io_request *requests[ENTRIES];

    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 0; i < ENTRIES; i++)
            put(f, i, CHUNK_CMD_READ_CHUNK)->offset = (round * ENTRIES + i) * PIECE;
        for (unsigned i = 0; i < ENTRIES; i++)
            requests[i] = chunk_submit(&f->chunk);
        /* All the way round they still say SUBMITTED: none is taken twice. */
        assert_null(chunk_submit(&f->chunk));
        for (unsigned i = 0; i < ENTRIES; i++) {
            assert_int_equal(entry_at(f, order[i])->state, CHUNK_ENTRY_SUBMITTED);
            run(f, requests[order[i]]);
            expect_entry(entry_at(f, order[i]), CHUNK_ERROR_NONE, PIECE);
        }
        for (unsigned i = 0; i < ENTRIES * PIECE; i++)
            assert_int_equal(*chunk_ram(f, DATA + i, 1),
                             fake_backend_byte(round * ENTRIES * PIECE + i));
    }
}

/* An entry that is done and submitted again waits for its turn behind one that is still in flight. */
static void nothing_overtakes_an_entry_in_flight(void **state)
{
    struct chunk_fixture *f = *state;
    struct io_request *first;

    for (unsigned i = 0; i < ENTRIES; i++)
        put(f, i, CHUNK_CMD_READ_CHUNK);
    first = chunk_submit(&f->chunk);
    assert_int_equal(run_all(f), ENTRIES - 1);
    put(f, 1, CHUNK_CMD_WRITE_CHUNK);
    assert_null(chunk_submit(&f->chunk));
    run(f, first);
    assert_null(chunk_submit(&f->chunk)); /* entry 0 is next, and complete */
    put(f, 0, CHUNK_CMD_WRITE_CHUNK);
    assert_int_equal(run_all(f), 2);
}

/* Adverse cases 12 and 25: an entry rewritten while it is in flight; the snapshot counts. */
static void case_25_entries_rewritten_in_flight(void **state)
{
    struct chunk_fixture *f = *state;
    struct chunk_ring_entry *entry = put(f, 0, CHUNK_CMD_READ_CHUNK);
    struct io_request *request = chunk_submit(&f->chunk);

    memset(entry, 0xff, sizeof *entry);
    entry->state = CHUNK_ENTRY_SUBMITTED;
    assert_null(chunk_submit(&f->chunk));
    run(f, request);
    assert_int_equal(entry->state, CHUNK_ENTRY_COMPLETE);
    assert_int_equal(entry->transferred, PIECE);
    assert_int_equal(*chunk_ram(f, DATA, 1), fake_backend_byte(0));
    assert_int_equal(*chunk_ram(f, DATA + PIECE, 1), FAKE_MEMORY_FILL);
}

/* Adverse cases 24, 25, 26: each fails its own entry, and the others go on. */
static void case_24_to_26_bad_entries(void **state)
{
    struct chunk_fixture *f = *state;

    put(f, 0, 0);
    put(f, 1, UINT32_MAX);
    put(f, 2, CHUNK_CMD_READ_CHUNK)->gpa = RAM_END - PIECE + 1;
    put(f, 3, CHUNK_CMD_WRITE_CHUNK)->gpa = UINT64_MAX;
    put(f, 4, CHUNK_CMD_GET_SIZE)->length = 7;
    put(f, 5, CHUNK_CMD_READ_CHUNK)->length = CHUNK_MAX_LENGTH + 1;
    put(f, 6, CHUNK_CMD_WRITE_CHUNK)->offset = INT64_MAX;
    put(f, 7, CHUNK_CMD_READ_CHUNK);
    assert_int_equal(run_all(f), 8);
    expect_entry(entry_at(f, 0), CHUNK_ERROR_UNKNOWN_COMMAND, 0);
    expect_entry(entry_at(f, 1), CHUNK_ERROR_UNKNOWN_COMMAND, 0);
    expect_entry(entry_at(f, 2), CHUNK_ERROR_BAD_ADDRESS, 0);
    expect_entry(entry_at(f, 3), CHUNK_ERROR_BAD_ADDRESS, 0);
    expect_entry(entry_at(f, 4), CHUNK_ERROR_BAD_LENGTH, 0);
    expect_entry(entry_at(f, 5), CHUNK_ERROR_BAD_LENGTH, 0);
    expect_entry(entry_at(f, 6), CHUNK_ERROR_BAD_LENGTH, 0);
    expect_entry(entry_at(f, 7), CHUNK_ERROR_NONE, PIECE);
    f->chunk.output = NULL;
    put(f, 0, CHUNK_CMD_WRITE_CHUNK);
    put(f, 1, CHUNK_CMD_FLUSH);
    assert_int_equal(run_all(f), 2);
    expect_entry(entry_at(f, 0), CHUNK_ERROR_NO_FILE, 0);
    expect_entry(entry_at(f, 1), CHUNK_ERROR_NO_FILE, 0);
    assert_int_equal(f->output.writes + f->output.flushes, 0);
}

/* Adverse case 25: a ring of rubbish, and a doorbell storm; as many commands as there are entries. */
static void case_25_a_ring_of_rubbish(void **state)
{
    struct chunk_fixture *f = *state;

    f->chunk.rung = chunk_run_inline;
    for (unsigned i = 0; i < ENTRIES; i++) {
        memset(entry_at(f, i), 0x11 * (int)i, sizeof(struct chunk_ring_entry));
        entry_at(f, i)->state = CHUNK_ENTRY_SUBMITTED;
    }
    for (unsigned i = 0; i < 1000; i++)
        ring_doorbell(f);
    for (unsigned i = 0; i < ENTRIES; i++)
        assert_int_equal(entry_at(f, i)->state, CHUNK_ENTRY_ERROR);
    assert_int_equal(f->input.reads + f->output.writes + f->output.flushes, 0);
    put(f, 0, CHUNK_CMD_READ_CHUNK);
    ring_doorbell(f);
    expect_entry(entry_at(f, 0), CHUNK_ERROR_NONE, PIECE);
}

/* Adverse cases 33 and 35: the file's errors, and the flush that failed once. */
static void case_35_a_failing_file(void **state)
{
    struct chunk_fixture *f = *state;

    f->output.write_error = ENOSPC;
    f->output.error_at = 100;
    put(f, 0, CHUNK_CMD_WRITE_CHUNK)->offset = 90;
    assert_int_equal(run_all(f), 1);
    expect_entry(entry_at(f, 0), CHUNK_ERROR_NO_SPACE, 10);
    f->output.write_error = 0;
    f->output.flush_error = EIO;
    put(f, 1, CHUNK_CMD_FLUSH);
    assert_int_equal(run_all(f), 1);
    f->output.flush_error = 0;
    put(f, 2, CHUNK_CMD_WRITE_CHUNK);
    put(f, 3, CHUNK_CMD_FLUSH);
    assert_int_equal(run_all(f), 2);
    for (unsigned i = 1; i < 4; i++)
        expect_entry(entry_at(f, i), CHUNK_ERROR_IO, 0);
}

/* Without bus mastering the ring is not even read. */
static void bus_mastering_off(void **state)
{
    struct chunk_fixture *f = *state;
    struct chunk_ring_entry *entry = put(f, 0, CHUNK_CMD_READ_CHUNK);

    f->chunk.pci.config[PCI_COMMAND] = PCI_COMMAND_MEMORY;
    assert_int_equal(run_all(f), 0);
    assert_int_equal(entry->state, CHUNK_ENTRY_SUBMITTED);
    f->chunk.pci.config[PCI_COMMAND] |= PCI_COMMAND_MASTER;
    assert_int_equal(run_all(f), 1);
    expect_entry(entry, CHUNK_ERROR_NONE, PIECE);
}

static void count_ring(void *context)
{
    ++*(unsigned *)context;
}

/* Doorbells went unheard while it was off. */
static void bus_mastering_comes_back(void **state)
{
    struct chunk_fixture *f = *state;
    struct pci_device *pci = &f->chunk.pci;
    unsigned rings = 0;

    f->chunk.rung = count_ring;
    f->chunk.rung_context = &rings;
    pci->config[PCI_COMMAND] = PCI_COMMAND_MEMORY;
    pci->config_written(pci, PCI_COMMAND, 2);
    assert_int_equal(rings, 0);
    pci->config[PCI_COMMAND] |= PCI_COMMAND_MASTER;
    pci->config_written(pci, PCI_COMMAND, 2);
    assert_int_equal(rings, 1);
    pci->config_written(pci, PCI_COMMAND, 2);
    assert_int_equal(rings, 1);
}

static void one_message_for_each_entry_that_asks(void **state)
{
    struct chunk_fixture *f = *state;

    put(f, 0, CHUNK_CMD_READ_CHUNK)->flags = CHUNK_ENTRY_INTERRUPT;
    assert_int_equal(run_all(f), 1);
    assert_int_equal(f->messages, 0);
    write_register(f, CHUNK_REG_CONTROL, 4, 0);
    chunk_fixture_messages(f);
    assert_true(turn_on(f, RING, ENTRIES));
    assert_int_equal(read_register(f, CHUNK_REG_CONTROL, 4),
                     CHUNK_CONTROL_RING | CHUNK_CONTROL_MSI);
    put(f, 0, CHUNK_CMD_READ_CHUNK)->flags = CHUNK_ENTRY_INTERRUPT;
    put(f, 1, CHUNK_CMD_READ_CHUNK)->flags = ~(uint32_t)CHUNK_ENTRY_INTERRUPT;
    put(f, 2, CHUNK_CMD_READ_CHUNK)->flags = UINT32_MAX;
    put(f, 3, 99)->flags = CHUNK_ENTRY_INTERRUPT;
    assert_int_equal(run_all(f), 4);
    assert_int_equal(f->messages, 3);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, chunk_fixture_stop)
#define TEST_OFF(function)                                                                         \
    cmocka_unit_test_setup_teardown(function, chunk_fixture_start_with_ring, chunk_fixture_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_OFF(case_25_rings_that_are_none),
        TEST_OFF(not_while_a_command_is_under_way),
        TEST(off_with_entries_in_flight),
        TEST(off_with_a_doorbell_on_its_way),
        TEST(case_13_reset_with_entries_in_flight),
        TEST(all_four_commands),
        TEST(taken_in_order_up_to_the_first_that_is_not_submitted),
        TEST(completed_in_any_order),
        TEST(nothing_overtakes_an_entry_in_flight),
        TEST(case_25_entries_rewritten_in_flight),
        TEST(case_24_to_26_bad_entries),
        TEST(case_25_a_ring_of_rubbish),
        TEST(case_35_a_failing_file),
        TEST(bus_mastering_off),
        TEST(bus_mastering_comes_back),
        TEST(one_message_for_each_entry_that_asks),
    };

    return cmocka_run_group_tests_name("chunk device model: ring", tests, NULL, NULL);
}

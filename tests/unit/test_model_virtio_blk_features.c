/* SPDX-License-Identifier: MIT */
/* host-vmm/virtio/blk*.c over both kinds of ring: what is offered, what each feature does, many
 * requests in flight and several queues. */
#include "test.h"

#include "virtio_blk_fixture.h"

#include <errno.h>
#include <string.h>

#define IN VIRTIO_BLK_T_IN
#define OUT VIRTIO_BLK_T_OUT
#define DISCARD VIRTIO_BLK_T_DISCARD
#define WRITE_ZEROES VIRTIO_BLK_T_WRITE_ZEROES
#define OK VIRTIO_BLK_S_OK
#define IOERR VIRTIO_BLK_S_IOERR
#define UNSUPP VIRTIO_BLK_S_UNSUPP

#define BIT(bit) (1ull << (bit))
#define FLUSH BIT(VIRTIO_BLK_F_FLUSH)
#define CONFIG_WCE BIT(VIRTIO_BLK_F_CONFIG_WCE)

#define BY_ITSELF                                                                                  \
    (BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_BLK_SIZE) | FLUSH | CONFIG_WCE |                 \
     BIT(VIRTIO_BLK_F_DISCARD) | BIT(VIRTIO_BLK_F_WRITE_ZEROES) | BIT(VIRTIO_F_INDIRECT_DESC) |    \
     BIT(VIRTIO_F_EVENT_IDX) | BIT(VIRTIO_F_VERSION_1))

static const struct virtio_blk_options plain = {0};

/* --- what is offered -------------------------------------------------------------------------- */

static uint64_t offered(struct blk_fixture *f, uint64_t on, uint64_t off, unsigned queues)
{
    blk_make_disk(f, false, &(struct virtio_blk_options){on, off, queues});
    return f->blk.device.offered;
}

static void features(void **state)
{
    struct blk_fixture *f = *state;
    const uint64_t packed = BIT(VIRTIO_F_RING_PACKED), mq = BIT(VIRTIO_BLK_F_MQ);
    const uint64_t size_max = BIT(VIRTIO_BLK_F_SIZE_MAX);

    assert_true(offered(f, 0, 0, 0) == BY_ITSELF);
    assert_true(offered(f, 0, 0, 1) == BY_ITSELF);
    assert_true(offered(f, packed | size_max, 0, 1) == (BY_ITSELF | packed | size_max));
    assert_true(offered(f, 0, 0, 2) == (BY_ITSELF | mq));
    assert_int_equal(f->blk.device.queue_count, 2);
    assert_true(offered(f, 0, mq, 2) == BY_ITSELF);
    assert_int_equal(f->blk.device.queue_count, 1);
    assert_true(offered(f, 0, 0, 1000) == (BY_ITSELF | mq));
    assert_int_equal(f->blk.device.queue_count, VIRTIO_MAX_QUEUES);
    /* Nothing that the model does not have; VERSION_1 always. */
    assert_true(offered(f, UINT64_MAX, 0, 1) == (BY_ITSELF | packed | size_max | mq));
    assert_true(offered(f, 0, UINT64_MAX, 1) == BIT(VIRTIO_F_VERSION_1));
    /* CONFIG_WCE must not be offered without FLUSH. */
    assert_true(offered(f, CONFIG_WCE, FLUSH, 1) == (BY_ITSELF & ~(FLUSH | CONFIG_WCE)));
    blk_make_disk(f, true, &plain);
    assert_true(f->blk.device.offered ==
                ((BY_ITSELF & ~BIT(VIRTIO_BLK_F_DISCARD) & ~BIT(VIRTIO_BLK_F_WRITE_ZEROES)) |
                 BIT(VIRTIO_BLK_F_RO)));
}

static uint64_t config(struct blk_fixture *f, unsigned offset, unsigned size)
{
    uint64_t value;

    assert_true(virtio_device_read_config(&f->blk.device, offset, size, &value));
    return value;
}

static void configuration(void **state)
{
    struct blk_fixture *f = *state;

    assert_int_equal(f->blk.device.type, VIRTIO_DEVICE_BLOCK);
    assert_string_equal(f->blk.device.name, "virtio-blk3");
    assert_int_equal(config(f, VIRTIO_BLK_CFG_CAPACITY, 8), BLK_SECTORS);
    assert_int_equal(config(f, VIRTIO_BLK_CFG_SIZE_MAX, 4), 0);
    assert_int_equal(config(f, VIRTIO_BLK_CFG_SEG_MAX, 4), 254);
    assert_int_equal(config(f, VIRTIO_BLK_CFG_BLK_SIZE, 4), 512);
    assert_int_equal(config(f, VIRTIO_BLK_CFG_NUM_QUEUES, 2), 0);
    assert_int_not_equal(config(f, VIRTIO_BLK_CFG_MAX_DISCARD_SECTORS, 4), 0);
    assert_int_equal(config(f, VIRTIO_BLK_CFG_MAX_DISCARD_SEG, 4), VIRTIO_BLK_RANGES);
    assert_int_equal(config(f, VIRTIO_BLK_CFG_MAX_WRITE_ZEROES_SEG, 4), VIRTIO_BLK_RANGES);
    assert_int_equal(config(f, VIRTIO_BLK_CFG_WRITE_ZEROES_MAY_UNMAP, 1), 1);
    offered(f, BIT(VIRTIO_BLK_F_SIZE_MAX), BIT(VIRTIO_BLK_F_DISCARD), 3);
    assert_int_not_equal(config(f, VIRTIO_BLK_CFG_SIZE_MAX, 4), 0);
    assert_int_equal(config(f, VIRTIO_BLK_CFG_NUM_QUEUES, 2), 3);
    assert_int_equal(config(f, VIRTIO_BLK_CFG_MAX_DISCARD_SECTORS, 4), 0);
    assert_int_equal(config(f, VIRTIO_BLK_CFG_DISCARD_SECTOR_ALIGNMENT, 4), 0);
}

/* --- durability (section 5.2.6.2) ------------------------------------------------------------- */

/* Submits a request and tells whether it must be durable. */
static bool is_durable(struct blk_fixture *f, uint32_t type, uint32_t length)
{
    struct io_request *io;
    bool durable;

    f->blk.run = blk_hold;
    memset(blk_ram(f, BLK_DATA), 0, 16);
    *blk_ram(f, BLK_DATA + 8) = 1;
    blk_offer(f, type, 0, length);
    io = virtio_blk_submit(&f->blk);
    assert_non_null(io);
    durable = io->durable;
    io->transferred = io->length;
    virtio_blk_complete(&f->blk, io);
    blk_expect_done(f, OK, type == IN ? length + 1 : 1);
    return durable;
}

static void expect_durable(struct blk_fixture *f, bool durable)
{
    assert_int_equal(is_durable(f, OUT, 512), durable);
    assert_int_equal(is_durable(f, DISCARD, 16), durable);
    assert_int_equal(is_durable(f, WRITE_ZEROES, 16), durable);
    assert_false(is_durable(f, IN, 512));
}

static void write_back_by_flush(void **state)
{
    struct blk_fixture *f = *state;

    blk_bring_up(f, CONFIG_WCE);
    expect_durable(f, false);
}

static void write_through_without_either(void **state)
{
    struct blk_fixture *f = *state;

    blk_bring_up(f, CONFIG_WCE | FLUSH);
    expect_durable(f, true);
    offered(f, 0, FLUSH, 1); /* nor was it offered */
    expect_durable(f, true);
}

static bool set_writeback(struct blk_fixture *f, uint64_t value)
{
    return virtio_device_write_config(&f->blk.device, VIRTIO_BLK_CFG_WRITEBACK, 1, value);
}

static void writeback_decides(void **state)
{
    struct blk_fixture *f = *state;

    blk_bring_up(f, 0);
    assert_int_equal(config(f, VIRTIO_BLK_CFG_WRITEBACK, 1), 1);
    expect_durable(f, false);
    assert_true(set_writeback(f, 0));
    assert_int_equal(config(f, VIRTIO_BLK_CFG_WRITEBACK, 1), 0);
    expect_durable(f, true);
    assert_true(set_writeback(f, 2)); /* neither */
    assert_int_equal(config(f, VIRTIO_BLK_CFG_WRITEBACK, 1), 0);
    assert_true(set_writeback(f, 1));
    expect_durable(f, false);
    blk_bring_up(f, 0); /* and a reset takes it back */
    assert_int_equal(config(f, VIRTIO_BLK_CFG_WRITEBACK, 1), 1);
}

static void writeback_starts_off_without_flush(void **state)
{
    struct blk_fixture *f = *state;

    blk_bring_up(f, FLUSH);
    assert_int_equal(config(f, VIRTIO_BLK_CFG_WRITEBACK, 1), 0);
    expect_durable(f, true);
    assert_true(set_writeback(f, 1));
    expect_durable(f, false);
}

static void nothing_else_can_be_written(void **state)
{
    struct blk_fixture *f = *state;
    struct virtio_device *d = &f->blk.device;
    uint8_t before[VIRTIO_BLK_CFG_SIZE];

    memcpy(before, f->blk.config, sizeof before);
    for (unsigned size = 1; size <= 8; size *= 2)
        for (unsigned offset = 0; offset < VIRTIO_BLK_CFG_SIZE + 8; offset++)
            if (size != 1 || offset != VIRTIO_BLK_CFG_WRITEBACK)
                assert_false(virtio_device_write_config(d, offset, size, 0));
    blk_bring_up(f, CONFIG_WCE);
    before[VIRTIO_BLK_CFG_WRITEBACK] = f->blk.config[VIRTIO_BLK_CFG_WRITEBACK];
    assert_false(set_writeback(f, 1)); /* not agreed on */
    assert_memory_equal(before, f->blk.config, sizeof before);
}

/* --- DISCARD and WRITE_ZEROES ----------------------------------------------------------------- */

static void put_range(struct blk_fixture *f, unsigned index, uint64_t sector, uint32_t sectors,
                      uint32_t flags)
{
    struct virtio_blk_range range = {sector, sectors, flags};

    memcpy(blk_ram(f, BLK_DATA + index * sizeof range), &range, sizeof range);
}

static void ranges_are_steps_of_one_request(void **state)
{
    struct blk_fixture *f = *state;
    struct io_request *io, *other;

    f->blk.run = blk_hold;
    put_range(f, 0, 3, 2, 0);
    put_range(f, 1, 9, 0, VIRTIO_BLK_RANGE_UNMAP); /* nothing to do */
    put_range(f, 2, 40, 24, VIRTIO_BLK_RANGE_UNMAP);
    put_range(f, 3, 64, 0, 0);
    blk_offer(f, WRITE_ZEROES, 0, 64);
    io = virtio_blk_submit(&f->blk);
    memset(blk_ram(f, BLK_DATA), 0xff, 64); /* adverse case 12: they are copied */
    assert_int_equal(io->op, IO_WRITE_ZEROES);
    assert_int_equal(io->offset, 3 * 512);
    assert_int_equal(io->length, 2 * 512);
    assert_int_equal(io->segment_count, 0);
    assert_false(io->unmap);
    assert_null(virtio_blk_submit(&f->blk));
    virtio_blk_complete(&f->blk, io);
    blk_expect_nothing(f);
    other = virtio_blk_submit(&f->blk);
    assert_ptr_equal(other, io);
    assert_int_equal(io->offset, 40 * 512);
    assert_int_equal(io->length, 24 * 512);
    assert_true(io->unmap);
    virtio_blk_complete(&f->blk, io);
    assert_null(virtio_blk_submit(&f->blk));
    blk_expect_done(f, OK, 1);
}

static void a_failed_range_ends_its_request(void **state)
{
    struct blk_fixture *f = *state;
    struct io_request *io;

    f->blk.run = blk_hold;
    put_range(f, 0, 0, 1, 0);
    put_range(f, 1, 1, 1, 0);
    blk_offer(f, DISCARD, 0, 32);
    io = virtio_blk_submit(&f->blk);
    assert_int_equal(io->op, IO_DISCARD);
    io->error = EIO;
    virtio_blk_complete(&f->blk, io);
    assert_null(virtio_blk_submit(&f->blk));
    blk_expect_done(f, IOERR, 1);
}

/* Adverse case 13: reset between two ranges, while nobody runs the request. */
static void case_13_reset_between_ranges(void **state)
{
    struct blk_fixture *f = *state;
    struct io_request *io;

    f->blk.run = blk_hold;
    put_range(f, 0, 0, 1, 0);
    put_range(f, 1, 1, 1, 0);
    blk_offer(f, DISCARD, 0, 32);
    io = virtio_blk_submit(&f->blk);
    virtio_blk_complete(&f->blk, io);
    virtio_device_set_status(&f->blk.device, 0);
    assert_int_equal(virtio_device_status(&f->blk.device), 0);
    assert_null(virtio_blk_submit(&f->blk));
    blk_expect_nothing(f);
    /* and while it runs */
    blk_bring_up(f, 0);
    put_range(f, 0, 0, 1, 0);
    put_range(f, 1, 1, 1, 0);
    blk_offer(f, DISCARD, 0, 32);
    io = virtio_blk_submit(&f->blk);
    virtio_device_set_status(&f->blk.device, 0);
    assert_int_not_equal(virtio_device_status(&f->blk.device), 0);
    virtio_blk_complete(&f->blk, io);
    assert_int_equal(virtio_device_status(&f->blk.device), 0);
    assert_null(virtio_blk_submit(&f->blk));
}

/* Adverse case 15, of these two: nothing is done to any range when one of them is wrong. */
static void case_15_bad_ranges(void **state)
{
    static const struct {
        uint64_t sector;
        uint32_t sectors, flags;
        uint8_t discard, zeroes;
    } bad[] = {
        {BLK_SECTORS, 1, 0, IOERR, IOERR},
        {BLK_SECTORS - 1, 2, 0, IOERR, IOERR},
        {BLK_SECTORS + 1, 0, 0, IOERR, IOERR},
        {UINT64_MAX, 1, 0, IOERR, IOERR},
        {UINT64_MAX, UINT32_MAX, 0, IOERR, IOERR},
        {1ull << 55, 1, 0, IOERR, IOERR},
        {0, UINT32_MAX, 0, IOERR, IOERR},
        {0, 1, VIRTIO_BLK_RANGE_UNMAP, UNSUPP, OK},
        {0, 1, 2, UNSUPP, UNSUPP},
        {0, 1, 1u << 31, UNSUPP, UNSUPP},
        {0, 0, 2, UNSUPP, UNSUPP},
    };
    struct blk_fixture *f = *state;

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        put_range(f, 0, 5, 1, 0);
        put_range(f, 1, bad[i].sector, bad[i].sectors, bad[i].flags);
        if (bad[i].discard != OK)
            blk_request(f, DISCARD, 0, 32, bad[i].discard, 1);
        if (bad[i].zeroes != OK)
            blk_request(f, WRITE_ZEROES, 0, 32, bad[i].zeroes, 1);
    }
    assert_true(blk_disk_is_untouched(f));
}

static void bad_range_lengths(void **state)
{
    static const uint32_t lengths[] = {0, 1, 15, 17, 31, 16 * VIRTIO_BLK_RANGES + 16};
    struct blk_fixture *f = *state;

    memset(blk_ram(f, BLK_DATA), 0, 16 * VIRTIO_BLK_RANGES + 16);
    for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        blk_request(f, DISCARD, 0, lengths[i], IOERR, 1);
        blk_request(f, WRITE_ZEROES, 0, lengths[i], IOERR, 1);
    }
    blk_request(f, DISCARD, 0, 16 * VIRTIO_BLK_RANGES, OK, 1); /* all of them empty */
    assert_true(blk_disk_is_untouched(f));
}

static void not_agreed_on(void **state)
{
    struct blk_fixture *f = *state;

    blk_bring_up(f, BIT(VIRTIO_BLK_F_DISCARD) | BIT(VIRTIO_BLK_F_WRITE_ZEROES));
    put_range(f, 0, 0, 1, 0);
    blk_request(f, DISCARD, 0, 16, UNSUPP, 1);
    blk_request(f, WRITE_ZEROES, 0, 16, UNSUPP, 1);
    assert_true(blk_disk_is_untouched(f));
}

/* --- indirect --------------------------------------------------------------------------------- */

static const struct blk_buffer in_buffers[] = {
    {BLK_HEADER, 16, false}, {BLK_DATA, 512, true}, {BLK_STATUS, 1, true}};

static void a_request_in_a_table(void **state)
{
    struct blk_fixture *f = *state;

    blk_put_header(f, IN, 7);
    blk_offer_table(f, 0, in_buffers, 3);
    blk_kick(f);
    blk_expect_done(f, OK, 513);
    assert_memory_equal(blk_ram(f, BLK_DATA), &f->disk.bytes[7 * 512], 512);
}

/* Adverse case 5, at the device. */
static void case_5_table_not_agreed_on(void **state)
{
    struct blk_fixture *f = *state;

    blk_bring_up(f, BIT(VIRTIO_F_INDIRECT_DESC));
    blk_put_header(f, IN, 7);
    blk_offer_table(f, 0, in_buffers, 3);
    blk_kick(f);
    assert_int_equal(f->disk.reads, 0);
    blk_expect_broken(f);
}

/* --- many in flight --------------------------------------------------------------------------- */

/* One sector each, its own header, data and status. */
static uint16_t offer_small(struct blk_fixture *f, unsigned queue, unsigned index)
{
    struct virtio_blk_req_header header = {.type = IN, .sector = index};
    const struct blk_buffer buffers[] = {{BLK_HEADER + 16 * index, 16, false},
                                         {BLK_DATA + 512 * index, 512, true},
                                         {BLK_STATUS + index, 1, true}};

    memcpy(blk_ram(f, BLK_HEADER + 16 * index), &header, sizeof header);
    *blk_ram(f, BLK_STATUS + index) = BLK_POISON;
    return blk_offer_chain(f, queue, buffers, 3);
}

/* Adverse case 17: each completes exactly once, in the order in which they end. */
static void case_17_completion_in_any_order(void **state)
{
    static const unsigned order[] = {3, 0, 4, 1, 2};
    struct blk_fixture *f = *state;
    struct io_request *io[5];
    uint16_t ids[5], id;
    uint32_t written;

    f->blk.run = blk_hold;
    for (unsigned lap = 0; lap < 20; lap++) {
        for (unsigned i = 0; i < 5; i++)
            ids[i] = offer_small(f, 0, i);
        for (unsigned i = 0; i < 5; i++)
            io[i] = virtio_blk_submit(&f->blk);
        assert_null(virtio_blk_submit(&f->blk));
        for (unsigned i = 0; i < 5; i++) {
            blk_finish(f, io[order[i]]);
            assert_true(blk_take_used(f, 0, &id, &written));
            assert_int_equal(id, ids[order[i]]);
            assert_int_equal(written, 513);
            assert_int_equal(*blk_ram(f, BLK_STATUS + order[i]), OK);
            assert_memory_equal(blk_ram(f, BLK_DATA + 512 * order[i]),
                                &f->disk.bytes[512 * order[i]], 512);
            blk_expect_nothing(f);
        }
    }
    assert_int_equal(f->interrupts[0], 100);
}

/* More than there are slots for: what is left comes when there is room. */
static void the_pool_is_bounded(void **state)
{
    struct blk_fixture *f = *state;
    struct virtio_queue *q;
    struct io_request *io[VIRTIO_BLK_DEPTH];
    static struct virtq_desc table[2] = {{BLK_HEADER, 16, VIRTQ_DESC_F_NEXT, 1},
                                         {BLK_STATUS, 1, VIRTQ_DESC_F_WRITE, 0}};
    struct guest_ring *ring = &f->rings[0].split;

    blk_bring_up(f, BIT(VIRTIO_F_EVENT_IDX));
    f->blk.run = blk_hold;
    blk_put_header(f, VIRTIO_BLK_T_FLUSH, 0);
    memcpy(blk_ram(f, BLK_TABLE), table, sizeof table);
    /* A queue as large as it can be, each entry an indirect one. */
    q = &f->blk.device.queues[0];
    virtio_queue_reset(q);
    guest_ring_init(ring, &f->memory, BLK_RAM_BASE + 0x20000, VIRTIO_QUEUE_SIZE_MAX);
    q->desc_gpa = ring->desc_gpa;
    q->avail_gpa = ring->avail_gpa;
    q->used_gpa = ring->used_gpa;
    assert_true(virtio_queue_enable(q, &f->memory, BIT(VIRTIO_F_INDIRECT_DESC)));
    for (uint16_t i = 0; i < VIRTIO_QUEUE_SIZE_MAX; i++) {
        guest_ring_set(ring, i, BLK_TABLE, sizeof table, VIRTQ_DESC_F_INDIRECT, 0);
        guest_ring_offer(ring, i);
    }
    for (unsigned i = 0; i < VIRTIO_BLK_DEPTH; i++) {
        io[i] = virtio_blk_submit(&f->blk);
        assert_non_null(io[i]);
    }
    assert_null(virtio_blk_submit(&f->blk));
    for (unsigned i = VIRTIO_BLK_DEPTH; i < VIRTIO_QUEUE_SIZE_MAX; i++) {
        blk_finish(f, io[i % VIRTIO_BLK_DEPTH]);
        io[i % VIRTIO_BLK_DEPTH] = virtio_blk_submit(&f->blk);
        assert_non_null(io[i % VIRTIO_BLK_DEPTH]);
        assert_null(virtio_blk_submit(&f->blk));
    }
    for (unsigned i = 0; i < VIRTIO_BLK_DEPTH; i++)
        blk_finish(f, io[i]);
    assert_null(virtio_blk_submit(&f->blk));
    assert_int_equal(ring->used->idx, VIRTIO_QUEUE_SIZE_MAX);
    assert_int_equal(f->disk.flushes, VIRTIO_QUEUE_SIZE_MAX);
}

static void queues_take_turns(void **state)
{
    static const unsigned expected[] = {0, 1, 2, 0, 1, 2, 0, 2, 2};
    struct blk_fixture *f = *state;
    unsigned count[3] = {3, 2, 4}, index = 0;
    uint16_t id;
    uint32_t written;

    offered(f, 0, 0, 3);
    f->blk.run = blk_hold;
    for (unsigned q = 0; q < 3; q++)
        for (unsigned i = 0; i < count[q]; i++)
            offer_small(f, q, index++);
    for (unsigned i = 0; i < 9; i++) {
        struct io_request *io = virtio_blk_submit(&f->blk);

        assert_non_null(io);
        blk_finish(f, io);
        assert_true(blk_take_used(f, expected[i], &id, &written));
    }
    assert_null(virtio_blk_submit(&f->blk));
    blk_expect_nothing(f);
    for (unsigned q = 0; q < 3; q++)
        assert_int_equal(f->interrupts[q], count[q]);
}

/* The driver did not set the other queues up: MQ is an offer. */
static void one_queue_of_many(void **state)
{
    struct blk_fixture *f = *state;

    offered(f, 0, 0, 4);
    blk_bring_up(f, BIT(VIRTIO_BLK_F_MQ));
    for (unsigned q = 1; q < 4; q++)
        virtio_queue_reset(&f->blk.device.queues[q]);
    blk_offer(f, IN, 0, 512);
    blk_kick(f);
    blk_expect_done(f, OK, 513);
}

/* --- notifications ---------------------------------------------------------------------------- */

static bool driver_must_notify(struct blk_fixture *f)
{
    if (f->packed)
        return f->rings[0].packed.device_event->flags != VRING_PACKED_EVENT_DISABLE;
    return f->rings[0].split.used->flags == 0;
}

static void no_notification_while_the_device_works(void **state)
{
    struct blk_fixture *f = *state;
    struct io_request *first, *second;

    f->blk.run = blk_hold;
    assert_true(driver_must_notify(f));
    offer_small(f, 0, 0);
    first = virtio_blk_submit(&f->blk);
    assert_false(driver_must_notify(f));
    offer_small(f, 0, 1);
    second = virtio_blk_submit(&f->blk);
    assert_non_null(second);
    assert_null(virtio_blk_submit(&f->blk)); /* nothing more: then it must */
    assert_true(driver_must_notify(f));
    blk_finish(f, first);
    blk_finish(f, second);
    assert_true(driver_must_notify(f));
}

#define SPLIT(function) cmocka_unit_test_setup_teardown(function, blk_start_split, blk_stop)
#define PACKED(function)                                                                           \
    {                                                                                              \
        .name = #function " (packed)", .test_func = function, .setup_func = blk_start_packed,      \
        .teardown_func = blk_stop                                                                  \
    }
#define BOTH(function) SPLIT(function), PACKED(function)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPLIT(features),
        SPLIT(configuration),
        BOTH(write_back_by_flush),
        BOTH(write_through_without_either),
        BOTH(writeback_decides),
        BOTH(writeback_starts_off_without_flush),
        BOTH(nothing_else_can_be_written),
        BOTH(ranges_are_steps_of_one_request),
        BOTH(a_failed_range_ends_its_request),
        BOTH(case_13_reset_between_ranges),
        BOTH(case_15_bad_ranges),
        BOTH(bad_range_lengths),
        BOTH(not_agreed_on),
        BOTH(a_request_in_a_table),
        BOTH(case_5_table_not_agreed_on),
        BOTH(case_17_completion_in_any_order),
        SPLIT(the_pool_is_bounded),
        BOTH(queues_take_turns),
        BOTH(one_queue_of_many),
        BOTH(no_notification_while_the_device_works),
    };

    return cmocka_run_group_tests_name("virtio-blk features", tests, NULL, NULL);
}

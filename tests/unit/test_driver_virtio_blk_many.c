/* SPDX-License-Identifier: MIT */
/*
 * drivers/virtio/blk*.c: many requests in flight, several queues, interrupts, and what a disk can do beside
 * reading and writing. The fake device holds requests until a test lets them go. One at a time, and a device
 * that lies about one: test_driver_virtio_blk.c.
 */
#include "test.h"

#include <string.h>

#include "drivers/errors.h"
#include "drivers/poll.h"
#include "drivers/virtio/blk.h"
#include "fake_io.h"
#include "fake_platform.h"
#include "fake_virtio.h"

#define SECONDS 1000000000ull
#define TIMEOUT_NS (POLL_TIMEOUT_MS * 1000000ull)
#define SECTORS 8192
#define BIT(feature) (1ull << (feature))
#define DEPTH VIRTIO_BLK_DEPTH_MAX

static uint64_t ring_features; /* of the kind of ring under test */
static struct fake_virtio device;
static struct virtio_blk blk;
static struct virtio_blk_memory memory;
static struct virtio_blk_setup wishes;
static struct block_request requests[DEPTH + 1];
static uint8_t sectors[DEPTH + 1][512];

/* What the device has taken and not yet given back. */
static struct {
    struct fake_chain chain;
    uint16_t queue;
} held[DEPTH + 1];
static unsigned held_count;
static unsigned by_type[16]; /* requests that were given back */
static struct virtio_blk_range ranges[16];
static unsigned range_count;
static bool lazy;             /* nothing is given back at a pause */
static bool quiet;            /* no interrupt is raised */
static uint8_t answer_status; /* VIRTIO_BLK_S_* */

static void hold(struct fake_virtio *self, uint16_t queue)
{
    struct fake_ring *ring = &self->rings[queue];
    while (fake_ring_pop(ring, &held[held_count].chain))
        held[held_count++].queue = queue;
    if (ring->event_idx)
        fake_ring_want_notification(ring, true);
}

/* Does what the held request says, and gives it back. */
static void let_go(unsigned which)
{
    const struct fake_chain *chain = &held[which].chain;
    struct fake_ring *ring = &device.rings[held[which].queue];
    struct virtio_blk_req_header header;
    memcpy(&header, chain->segments[0].data, sizeof(header));
    by_type[header.type]++;
    for (unsigned i = 1; i + 1 < chain->count; i++) {
        const struct fake_segment *data = &chain->segments[i];
        if (header.type == VIRTIO_BLK_T_IN)
            memset(data->data, (int)header.sector, data->length);
        else if (header.type == VIRTIO_BLK_T_DISCARD || header.type == VIRTIO_BLK_T_WRITE_ZEROES)
            memcpy(&ranges[range_count++], data->data, sizeof(ranges[0]));
    }
    *chain->segments[chain->count - 1].data = answer_status;
    fake_ring_push(ring, chain->id, 1);
    bool wanted = fake_ring_wants_interrupt(ring);
    held[which] = held[--held_count];
    if (wanted && !quiet)
        fake_virtio_interrupt(&device);
}

static void let_all_go(void *context)
{
    (void)context;
    while (held_count > 0 && !lazy)
        let_go(held_count - 1); /* the last first */
}

static int setup(void **state)
{
    (void)state;
    fake_virtio_init(&device, BIT(VIRTIO_BLK_F_FLUSH) | ring_features, 256);
    device.serve = hold;
    fake_virtio_config64(&device, VIRTIO_BLK_CFG_CAPACITY, SECTORS);
    memset(by_type, 0, sizeof(by_type));
    memset(requests, 0, sizeof(requests));
    memset(sectors, 0xee, sizeof(sectors));
    held_count = range_count = 0;
    lazy = quiet = false;
    answer_status = VIRTIO_BLK_S_OK;
    wishes = (struct virtio_blk_setup){.features_on = ring_features};
    fake_io_set(&(struct fake_io){.pause = let_all_go});
    fake_platform_reset();
    fake_platform_sleep = let_all_go;
    return 0;
}

static int init(void)
{
    return virtio_blk_init(&blk, &device.transport, &wishes, 0, &memory);
}

static int setup_initialized(void **state)
{
    setup(state);
    return init();
}

static int submit_read(unsigned number)
{
    requests[number] = (struct block_request){
        .op = BLOCK_READ, .length = 512, .offset = number * 512ull, .buffer = sectors[number]};
    return block_submit(&blk.block, &requests[number]);
}

static void submit_reads(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(submit_read(i), ERR_OK);
    block_kick(&blk.block);
}

static void check_read(unsigned number)
{
    assert_true(requests[number].done);
    assert_int_equal(requests[number].result, ERR_OK);
    for (unsigned i = 0; i < 512; i++)
        assert_int_equal(sectors[number][i], (uint8_t)number);
}

static unsigned reap_all(void)
{
    unsigned all = 0;
    int reaped;
    while ((reaped = block_reap(&blk.block, POLL_TIMEOUT_MS)) > 0)
        all += (unsigned)reaped;
    assert_int_equal(reaped, 0);
    return all;
}

static void depth_is_what_the_ring_has_room_for(void **state)
{
    (void)state;
    bool indirect = virtio_has(ring_features, VIRTIO_F_INDIRECT_DESC);
    static const uint16_t sizes[] = {4, 16, 128, 256, 1024};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        setup(state);
        device.offered_size[0] = sizes[i];
        assert_int_equal(init(), ERR_OK);
        unsigned size = sizes[i] < VRING_MAX_SIZE ? sizes[i] : VRING_MAX_SIZE;
        unsigned room = indirect ? size : size / 3;
        unsigned depth = room < DEPTH ? room : DEPTH;
        assert_int_equal(blk.block.depth, depth);
        submit_reads(depth);
        assert_int_equal(submit_read(depth), ERR_NO_SPACE);
        assert_int_equal(reap_all(), depth);
    }
}

static void a_batch_is_one_notification_and_comes_back_in_any_order(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        memset(sectors, 0xee, sizeof(sectors));
        device.notifies = 0;
        submit_reads(DEPTH);
        assert_int_equal(device.notifies, 1);
        assert_int_equal(held_count, DEPTH);
        let_go(DEPTH / 2);
        assert_int_equal(block_reap(&blk.block, POLL_TIMEOUT_MS), 1);
        check_read(DEPTH / 2);
        assert_false(requests[0].done);
        assert_int_equal(reap_all(), DEPTH - 1);
        for (unsigned i = 0; i < DEPTH; i++)
            check_read(i);
    }
    assert_int_equal(block_reap(&blk.block, POLL_TIMEOUT_MS), 0);
}

static void one_call_at_a_time_works_beside_many_in_flight(void **state)
{
    (void)state;
    uint8_t one[512];
    submit_reads(5);
    assert_int_equal(block_read(&blk.block, 77 * 512, one, sizeof(one)), ERR_OK);
    assert_int_equal(one[511], 77);
    assert_int_equal(reap_all(), 5); /* finished meanwhile, and still to be told */
    submit_reads(DEPTH);             /* no slot left: it waits for one */
    assert_int_equal(block_read(&blk.block, 78 * 512, one, sizeof(one)), ERR_OK);
    assert_int_equal(one[0], 78);
    assert_int_equal(reap_all(), DEPTH);
}

static void flush_and_nothing_at_all(void **state)
{
    (void)state;
    struct block_request flush = {.op = BLOCK_FLUSH};
    struct block_request empty = {.op = BLOCK_WRITE, .buffer = sectors[0]};
    assert_int_equal(block_submit(&blk.block, &flush), ERR_OK);
    assert_false(flush.done);
    assert_int_equal(block_submit(&blk.block, &empty), ERR_OK);
    assert_true(empty.done); /* no request for no bytes */
    assert_int_equal(reap_all(), 2);
    assert_true(flush.done);
    assert_int_equal(by_type[VIRTIO_BLK_T_FLUSH], 1);
    assert_int_equal(by_type[VIRTIO_BLK_T_OUT], 0);

    wishes.features_off = BIT(VIRTIO_BLK_F_FLUSH);
    assert_int_equal(init(), ERR_OK);
    assert_int_equal(block_submit(&blk.block, &flush), ERR_OK);
    assert_int_equal(reap_all(), 1);
    assert_int_equal(flush.result, ERR_OK);
    assert_int_equal(by_type[VIRTIO_BLK_T_FLUSH], 1);
}

static void an_error_is_its_own_requests_only(void **state)
{
    (void)state;
    submit_reads(3);
    answer_status = VIRTIO_BLK_S_IOERR;
    let_go(1);
    answer_status = VIRTIO_BLK_S_OK;
    assert_int_equal(reap_all(), 3);
    assert_int_equal(requests[1].result, ERR_IO);
    check_read(0);
    check_read(2);
}

/* Adverse case 37, with many in flight: all of them end, and the device is reset once. */
static void case_37_what_never_completes_ends_all_in_flight(void **state)
{
    (void)state;
    lazy = true;
    unsigned resets = device.resets;
    submit_reads(DEPTH);
    assert_int_equal(block_reap(&blk.block, POLL_TIMEOUT_MS), DEPTH);
    assert_in_range(fake_platform_time, TIMEOUT_NS, 2 * SECONDS);
    for (unsigned i = 0; i < DEPTH; i++) {
        assert_true(requests[i].done);
        assert_int_equal(requests[i].result, ERR_TIMEOUT);
    }
    assert_int_equal(device.resets, resets + 1);
    assert_int_equal(submit_read(0), ERR_DEVICE);
    assert_int_equal(block_reap(&blk.block, POLL_TIMEOUT_MS), 0);
}

/* Adverse case 38, with many in flight. */
static void case_38_a_lie_ends_all_in_flight(void **state)
{
    (void)state;
    submit_reads(4);
    fake_ring_push(&device.rings[0], 255, 0);
    assert_int_equal(block_reap(&blk.block, POLL_TIMEOUT_MS), 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(requests[i].result, ERR_DEVICE);
    assert_int_equal(submit_read(0), ERR_DEVICE);
}

/* --- several queues ------------------------------------------------------------------------------- */

static void offer_queues(unsigned count)
{
    device.offered |= BIT(VIRTIO_BLK_F_MQ);
    device.config[VIRTIO_BLK_CFG_NUM_QUEUES] = (uint8_t)count;
    for (unsigned i = 0; i < FAKE_VIRTIO_QUEUES; i++)
        device.offered_size[i] = i < count ? 256 : 0;
}

static void requests_are_spread_over_the_queues(void **state)
{
    (void)state;
    offer_queues(4);
    wishes.queues = 4;
    assert_int_equal(init(), ERR_OK);
    assert_int_equal(blk.queue_count, 4);
    assert_int_equal(blk.block.depth, DEPTH);
    for (unsigned round = 1; round <= 10; round++) {
        submit_reads(DEPTH);
        assert_int_equal(submit_read(DEPTH), ERR_NO_SPACE);
        unsigned in_queue[4] = {0};
        for (unsigned i = 0; i < held_count; i++)
            in_queue[held[i].queue]++;
        for (unsigned i = 0; i < 4; i++) {
            assert_int_equal(in_queue[i], DEPTH / 4);
            assert_int_equal(device.notified[i], round);
        }
        assert_int_equal(reap_all(), DEPTH);
        for (unsigned i = 0; i < DEPTH; i++)
            check_read(i);
    }
}

static void as_many_queues_as_both_sides_have(void **state)
{
    static const struct {
        unsigned offered, wanted, used;
    } cases[] = {{4, 0, 1}, {4, 1, 1}, {4, 3, 3}, {2, 4, 2}, {8, 100, 8}};
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setup(state);
        offer_queues(cases[i].offered);
        wishes.queues = cases[i].wanted;
        assert_int_equal(init(), ERR_OK);
        assert_int_equal(blk.queue_count, cases[i].used);
        assert_int_equal(virtio_has(device.accepted, VIRTIO_BLK_F_MQ), cases[i].wanted > 1);
        submit_reads(blk.block.depth);
        assert_int_equal(reap_all(), blk.block.depth);
    }
    setup(state);
    offer_queues(4);
    device.offered_size[2] = 64; /* smaller than the first */
    wishes.queues = 4;
    assert_int_equal(init(), ERR_OK);
    assert_int_equal(blk.queue_count, 2);
    setup(state); /* one that does not know the feature */
    wishes.queues = 4;
    assert_int_equal(init(), ERR_OK);
    assert_int_equal(blk.queue_count, 1);
}

/* Adverse case 42. */
static void case_42_no_queues_at_all_are_refused(void **state)
{
    (void)state;
    offer_queues(4);
    device.config[VIRTIO_BLK_CFG_NUM_QUEUES] = 0;
    wishes.queues = 2;
    assert_int_equal(init(), ERR_UNSUPPORTED);
    assert_non_null(strstr(fake_platform_log, "num_queues"));
}

/* --- interrupts ----------------------------------------------------------------------------------- */

static int init_with_interrupts(void)
{
    device.interrupt_error = ERR_OK;
    wishes.interrupts = true;
    return init();
}

static void a_sleeping_driver_is_woken(void **state)
{
    (void)state;
    assert_int_equal(init_with_interrupts(), ERR_OK);
    for (unsigned round = 1; round <= 10; round++) {
        assert_int_equal(block_read(&blk.block, 512, sectors[0], 512), ERR_OK);
        assert_int_equal(sectors[0][0], 1);
        assert_int_equal(blk.interrupt.count, round); /* one each: none lost, none spurious */
        assert_int_equal(fake_platform_sleeps, round);
    }
    let_all_go(NULL);
    submit_reads(3);
    while (held_count > 0)
        let_go(0); /* before anybody sleeps: nobody wants to be woken */
    assert_int_equal(reap_all(), 3);
    assert_int_equal(blk.interrupt.count, 10);
    assert_int_equal(fake_platform_sleeps, 10);
}

/* Interrupts may get lost; the platform's tick ends the sleep. */
static void a_lost_interrupt_costs_a_tick(void **state)
{
    (void)state;
    assert_int_equal(init_with_interrupts(), ERR_OK);
    quiet = true;
    assert_int_equal(block_read(&blk.block, 512, sectors[0], 512), ERR_OK);
    assert_int_equal(blk.interrupt.count, 0);
}

/* Adverse case 37, asleep. */
static void case_37_a_sleep_ends_too(void **state)
{
    (void)state;
    assert_int_equal(init_with_interrupts(), ERR_OK);
    lazy = true;
    assert_int_equal(block_read(&blk.block, 512, sectors[0], 512), ERR_TIMEOUT);
    assert_in_range(fake_platform_time, TIMEOUT_NS, 2 * SECONDS);
}

static void storm(void *context)
{
    for (unsigned i = 0; i < 100; i++)
        fake_virtio_interrupt(&device);
    let_all_go(context);
}

/* Adverse case 47. */
static void case_47_spurious_interrupts_are_harmless(void **state)
{
    (void)state;
    assert_int_equal(init_with_interrupts(), ERR_OK);
    fake_platform_sleep = storm;
    submit_reads(DEPTH);
    storm(NULL);
    assert_int_equal(reap_all(), DEPTH);
    assert_int_equal(block_read(&blk.block, 512, sectors[0], 512), ERR_OK);
    storm(NULL);
    assert_int_equal(block_reap(&blk.block, POLL_TIMEOUT_MS), 0);
}

static void without_an_interrupt_it_polls_and_says_so(void **state)
{
    (void)state;
    wishes.interrupts = true;
    assert_int_equal(init(), ERR_OK);
    assert_non_null(strstr(fake_platform_log, "polled"));
    assert_int_equal(block_read(&blk.block, 512, sectors[0], 512), ERR_OK);
    assert_int_equal(fake_platform_sleeps, 0);
}

/* --- features, ranges, the write cache ------------------------------------------------------------ */

static void features_are_asked_for_as_told(void **state)
{
    (void)state;
    device.offered = UINT64_MAX;
    device.config[VIRTIO_BLK_CFG_SEG_MAX] = 10;
    device.config[VIRTIO_BLK_CFG_NUM_QUEUES] = 1;
    fake_virtio_config32(&device, VIRTIO_BLK_CFG_SIZE_MAX, 65536);
    fake_virtio_config32(&device, VIRTIO_BLK_CFG_BLK_SIZE, 512);
    wishes.features_on = UINT64_MAX; /* what the driver does not know it never takes */
    wishes.features_off = UINT64_MAX;
    assert_int_equal(init(), ERR_OK);
#define ONE(name, bit) | BIT(bit)
    assert_int_equal(device.accepted, (BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_BLK_F_RO))
                                          VIRTIO_BLK_FEATURE_NAMES(ONE));
#undef ONE
    wishes.features_on = 0;
    assert_int_equal(init(), ERR_OK);
    assert_int_equal(device.accepted, BIT(VIRTIO_F_VERSION_1));
}

static void ranges_are_cut_to_the_devices_limits(void **state)
{
    (void)state;
    assert_int_equal(virtio_blk_discard(&blk, 0, 512), ERR_UNSUPPORTED);
    assert_int_equal(virtio_blk_write_zeroes(&blk, 0, 512, true), ERR_UNSUPPORTED);
    const uint64_t both = BIT(VIRTIO_BLK_F_DISCARD) | BIT(VIRTIO_BLK_F_WRITE_ZEROES);
    device.offered |= both | BIT(VIRTIO_BLK_F_BLK_SIZE);
    wishes.features_on |= both;
    fake_virtio_config32(&device, VIRTIO_BLK_CFG_BLK_SIZE, 4096);
    fake_virtio_config32(&device, VIRTIO_BLK_CFG_MAX_DISCARD_SECTORS, 19);
    fake_virtio_config32(&device, VIRTIO_BLK_CFG_MAX_WRITE_ZEROES_SECTORS, UINT32_MAX);
    assert_int_equal(init(), ERR_OK);
    assert_int_equal(virtio_blk_discard(&blk, 8192, 5 * 4096), ERR_OK);
    assert_int_equal(range_count, 3); /* of 16, 16 and 8 sectors: whole blocks */
    assert_int_equal(ranges[0].sector, 16);
    assert_int_equal(ranges[0].sectors, 16);
    assert_int_equal(ranges[2].sector, 48);
    assert_int_equal(ranges[2].sectors, 8);
    assert_int_equal(ranges[2].flags, 0);
    assert_int_equal(virtio_blk_write_zeroes(&blk, 0, SECTORS * 512, true), ERR_OK);
    assert_int_equal(range_count, 4);
    assert_int_equal(ranges[3].sectors, SECTORS);
    assert_int_equal(ranges[3].flags, VIRTIO_BLK_RANGE_UNMAP);
    assert_int_equal(virtio_blk_write_zeroes(&blk, 0, 0, false), ERR_OK);
    assert_int_equal(virtio_blk_write_zeroes(&blk, 512, 4096, false), ERR_RANGE);
    assert_int_equal(virtio_blk_discard(&blk, SECTORS * 512, 4096), ERR_RANGE);
    assert_int_equal(range_count, 4);
    fake_virtio_config32(&device, VIRTIO_BLK_CFG_MAX_DISCARD_SECTORS, 7); /* not even a block */
    assert_int_equal(virtio_blk_discard(&blk, 0, 4096), ERR_UNSUPPORTED);
    answer_status = VIRTIO_BLK_S_UNSUPP;
    assert_int_equal(virtio_blk_write_zeroes(&blk, 0, 4096, false), ERR_UNSUPPORTED);
    blk.block.read_only = true;
    assert_int_equal(virtio_blk_discard(&blk, 0, 4096), ERR_READ_ONLY);
}

static void the_write_cache_is_switched(void **state)
{
    (void)state;
    uint8_t *writeback = &device.config[VIRTIO_BLK_CFG_WRITEBACK];
    assert_int_equal(virtio_blk_set_writeback(&blk, false), ERR_UNSUPPORTED);
    device.offered |= BIT(VIRTIO_BLK_F_CONFIG_WCE);
    wishes.features_on |= BIT(VIRTIO_BLK_F_CONFIG_WCE);
    *writeback = 1;
    assert_int_equal(init(), ERR_OK);
    assert_int_equal(*writeback, 1); /* as the device has it */
    assert_int_equal(virtio_blk_set_writeback(&blk, false), ERR_OK);
    assert_int_equal(*writeback, 0);
    assert_int_equal(virtio_blk_set_writeback(&blk, true), ERR_OK);
    assert_int_equal(*writeback, 1);
    device.config_does_not_stick = true;
    assert_int_equal(virtio_blk_set_writeback(&blk, false), ERR_DEVICE);
    device.config_does_not_stick = false;
    wishes.features_off = BIT(VIRTIO_BLK_F_FLUSH); /* without a flush only write-through is safe */
    assert_int_equal(init(), ERR_OK);
    assert_int_equal(*writeback, 0);
    assert_int_equal(virtio_blk_set_writeback(&blk, true), ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(depth_is_what_the_ring_has_room_for, setup),
        cmocka_unit_test_setup(a_batch_is_one_notification_and_comes_back_in_any_order,
                               setup_initialized),
        cmocka_unit_test_setup(one_call_at_a_time_works_beside_many_in_flight, setup_initialized),
        cmocka_unit_test_setup(flush_and_nothing_at_all, setup_initialized),
        cmocka_unit_test_setup(an_error_is_its_own_requests_only, setup_initialized),
        cmocka_unit_test_setup(case_37_what_never_completes_ends_all_in_flight, setup_initialized),
        cmocka_unit_test_setup(case_38_a_lie_ends_all_in_flight, setup_initialized),
        cmocka_unit_test_setup(requests_are_spread_over_the_queues, setup),
        cmocka_unit_test_setup(as_many_queues_as_both_sides_have, setup),
        cmocka_unit_test_setup(case_42_no_queues_at_all_are_refused, setup),
        cmocka_unit_test_setup(a_sleeping_driver_is_woken, setup),
        cmocka_unit_test_setup(a_lost_interrupt_costs_a_tick, setup),
        cmocka_unit_test_setup(case_37_a_sleep_ends_too, setup),
        cmocka_unit_test_setup(case_47_spurious_interrupts_are_harmless, setup),
        cmocka_unit_test_setup(without_an_interrupt_it_polls_and_says_so, setup),
        cmocka_unit_test_setup(features_are_asked_for_as_told, setup),
        cmocka_unit_test_setup(ranges_are_cut_to_the_devices_limits, setup_initialized),
        cmocka_unit_test_setup(the_write_cache_is_switched, setup_initialized),
    };
    static const struct {
        const char *name;
        uint64_t features;
    } kinds[] = {
        {"virtio-blk, many: split", 0},
        {"virtio-blk, many: split, event_idx", BIT(VIRTIO_F_EVENT_IDX)},
        {"virtio-blk, many: split, indirect, event_idx",
         BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX)},
        {"virtio-blk, many: packed", BIT(VIRTIO_F_RING_PACKED)},
        {"virtio-blk, many: packed, event_idx",
         BIT(VIRTIO_F_RING_PACKED) | BIT(VIRTIO_F_EVENT_IDX)},
        {"virtio-blk, many: packed, indirect, event_idx",
         BIT(VIRTIO_F_RING_PACKED) | BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX)},
    };
    int failed = 0;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        ring_features = kinds[i].features;
        failed += cmocka_run_group_tests_name(kinds[i].name, tests, NULL, NULL);
    }
    return failed;
}

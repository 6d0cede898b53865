/* SPDX-License-Identifier: MIT */
/*
 * drivers/virtio/blk*.c against a fake device: requests, limits, and a device that lies; every test with
 * every kind of ring. Many in flight, several queues, interrupts: test_driver_virtio_blk_many.c.
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
#define DISK_BYTES (3 * 1024 * 1024)
#define SECTORS (DISK_BYTES / VIRTIO_BLK_SECTOR_SIZE)
#define BIT(feature) (1ull << (feature))

static struct fake_virtio device;
static struct virtio_blk blk;
static struct virtio_blk_memory memory;
static uint64_t ring_features; /* of the kind of ring under test */
static uint8_t disk[DISK_BYTES], buffer[DISK_BYTES];

/* How the device serves, and what it saw. */
static struct {
    bool late; /* served at the next pause */
    bool waiting;
    bool never;     /* not at all */
    bool no_status; /* the status byte is left alone */
    uint8_t status;
    uint32_t used_len;
    int32_t used_id;     /* in place of the head, if not -1 */
    unsigned index_jump; /* used.idx moves on by so much more */
    bool rewrites;       /* scribbles over descriptors and available ring */
    unsigned requests, flushes, most_segments, interrupts;
    uint32_t longest_segment;
} serving;

static void move_data(const struct virtio_blk_req_header *header,
                      const struct fake_segment *segments, unsigned count)
{
    uint64_t at = header->sector * VIRTIO_BLK_SECTOR_SIZE;
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(segments[i].device_writes, header->type == VIRTIO_BLK_T_IN);
        assert_true(at + segments[i].length <= DISK_BYTES);
        if (segments[i].length > serving.longest_segment)
            serving.longest_segment = segments[i].length;
        if (header->type == VIRTIO_BLK_T_IN)
            memcpy(segments[i].data, disk + at, segments[i].length);
        else
            memcpy(disk + at, segments[i].data, segments[i].length);
        at += segments[i].length;
    }
}

static void serve_one(void)
{
    struct fake_ring *ring = &device.rings[0];
    struct fake_chain chain;
    struct virtio_blk_req_header header;
    assert_true(fake_ring_pop(ring, &chain));
    const struct fake_segment *segments = chain.segments;
    unsigned count = chain.count;
    assert_true(count >= 2);
    assert_int_equal(segments[0].length, sizeof(header));
    assert_false(segments[0].device_writes);
    memcpy(&header, segments[0].data, sizeof(header));
    assert_int_equal(header.reserved, 0);
    const struct fake_segment *last = &segments[count - 1];
    assert_int_equal(last->length, 1);
    assert_true(last->device_writes);
    assert_int_not_equal(*last->data, VIRTIO_BLK_S_OK); /* poisoned */
    serving.requests++;
    if (count > serving.most_segments)
        serving.most_segments = count;
    if (header.type == VIRTIO_BLK_T_GET_ID)
        memcpy(segments[1].data, "disk-0123456789abcdefghi", segments[1].length);
    else if (header.type == VIRTIO_BLK_T_FLUSH)
        serving.flushes++;
    else
        move_data(&header, segments + 1, count - 2);
    if (!serving.no_status)
        *last->data = serving.status;
    if (serving.rewrites) {
        memset(memory.slots[0].table, 0xff, sizeof(memory.slots[0].table));
        fake_ring_scribble(ring);
    }
    if (!ring->packed)
        ring->next_used += (uint16_t)serving.index_jump;
    fake_ring_push(ring, serving.used_id < 0 ? chain.id : (uint32_t)serving.used_id,
                   serving.used_len);
    if (!serving.rewrites)
        serving.interrupts += fake_ring_wants_interrupt(ring);
    if (ring->event_idx)
        fake_ring_want_notification(ring, true);
    if (serving.rewrites && ring->packed) /* the lap that is still to come is not available */
        for (unsigned i = ring->next_used; i < ring->size; i++)
            blk.queues[0].ring.packed.desc[i].flags = ring->used_wrap ? 0 : VIRTQ_DESC_F_AVAIL;
}

static void serve(struct fake_virtio *self, uint16_t queue)
{
    assert_ptr_equal(self, &device);
    assert_int_equal(queue, 0);
    serving.waiting = serving.late;
    if (!serving.late && !serving.never)
        serve_one();
}

static void serve_at_pause(void *context)
{
    (void)context;
    if (serving.waiting)
        serve_one();
    serving.waiting = false;
}

static int setup(void **state)
{
    (void)state;
    fake_virtio_init(&device, BIT(VIRTIO_BLK_F_FLUSH) | ring_features, 128);
    device.serve = serve;
    fake_virtio_config64(&device, VIRTIO_BLK_CFG_CAPACITY, SECTORS);
    memset(&serving, 0, sizeof(serving));
    serving.used_id = -1;
    for (unsigned i = 0; i < DISK_BYTES; i++)
        disk[i] = (uint8_t)(i * 11 + i / 512);
    memset(buffer, 0, sizeof(buffer));
    fake_io_set(&(struct fake_io){.pause = serve_at_pause});
    fake_platform_reset();
    return 0;
}

static int init_as(unsigned index)
{
    const struct virtio_blk_setup wishes = {.features_on = ring_features};
    return virtio_blk_init(&blk, &device.transport, &wishes, index, &memory);
}

static int init(void)
{
    return init_as(0);
}

static int setup_initialized(void **state)
{
    setup(state);
    return init();
}

static void init_reads_what_the_device_is(void **state)
{
    (void)state;
    device.offered |= BIT(VIRTIO_BLK_F_RO) | BIT(VIRTIO_BLK_F_BLK_SIZE) |
                      BIT(VIRTIO_BLK_F_CONFIG_WCE) | BIT(VIRTIO_F_EVENT_IDX) |
                      BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_RING_PACKED);
    fake_virtio_config32(&device, VIRTIO_BLK_CFG_BLK_SIZE, 4096);
    assert_int_equal(init_as(12), ERR_OK);
    assert_string_equal(blk.block.name, "virtio-blk12");
    assert_int_equal(blk.block.size, DISK_BYTES);
    assert_int_equal(blk.block.block_size, 4096);
    assert_true(blk.block.max_transfer >= 1024 * 1024);
    assert_int_equal(blk.block.max_transfer % 4096, 0);
    assert_true(blk.block.read_only);
    assert_int_equal(device.accepted, BIT(VIRTIO_BLK_F_RO) | BIT(VIRTIO_BLK_F_BLK_SIZE) |
                                          BIT(VIRTIO_BLK_F_FLUSH) | BIT(VIRTIO_F_VERSION_1) |
                                          ring_features);
    assert_true(device.status & VIRTIO_STATUS_DRIVER_OK);
    assert_int_equal(block_write(&blk.block, 0, buffer, 4096), ERR_READ_ONLY);
    assert_int_equal(serving.requests, 0);
}

static void requests_move_the_bytes(void **state)
{
    (void)state;
    assert_int_equal(blk.block.block_size, 512);
    assert_int_equal(block_read(&blk.block, 512, buffer, 1024 * 1024), ERR_OK);
    assert_memory_equal(buffer, disk + 512, 1024 * 1024);
    assert_int_equal(serving.requests, 1); /* 1 MiB in one chain */
    assert_int_equal(serving.most_segments, 3);
    assert_int_equal(device.notifies, 1);
    memset(buffer, 0x5a, 1024);
    assert_int_equal(block_write(&blk.block, 2048, buffer, 1024), ERR_OK);
    assert_memory_equal(disk + 2048, buffer, 1024);
    assert_int_equal(disk[2047], (uint8_t)(2047 * 11 + 2047 / 512));
    assert_int_equal(block_flush(&blk.block), ERR_OK);
    assert_int_equal(serving.flushes, 1);
}

static void a_late_device_is_waited_for(void **state)
{
    (void)state;
    serving.late = true;
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(block_read(&blk.block, i * 512, buffer, 512), ERR_OK);
        assert_memory_equal(buffer, disk + i * 512, 512);
    }
}

static void the_id_ends_in_nul(void **state)
{
    (void)state;
    char id[VIRTIO_BLK_ID_BYTES + 1];
    memset(id, 'x', sizeof(id));
    assert_int_equal(virtio_blk_get_id(&blk, id), ERR_OK);
    assert_string_equal(id, "disk-0123456789abcde");
}

static void flush_is_sent_only_where_it_was_negotiated(void **state)
{
    (void)state;
    device.offered &= ~BIT(VIRTIO_BLK_F_FLUSH);
    assert_int_equal(init(), ERR_OK);
    assert_int_equal(block_flush(&blk.block), ERR_OK);
    assert_int_equal(serving.requests, 0);
    serving.never = true;
    assert_int_equal(block_read(&blk.block, 0, buffer, 512), ERR_TIMEOUT);
    assert_int_equal(block_flush(&blk.block), ERR_DEVICE); /* nothing is stable on a dead device */
}

static void segments_keep_within_size_max_and_seg_max(void **state)
{
    (void)state;
    device.offered |= BIT(VIRTIO_BLK_F_SIZE_MAX) | BIT(VIRTIO_BLK_F_SEG_MAX);
    fake_virtio_config32(&device, VIRTIO_BLK_CFG_SIZE_MAX, 65536 + 100);
    fake_virtio_config32(&device, VIRTIO_BLK_CFG_SEG_MAX, 5);
    assert_int_equal(init(), ERR_OK);
    assert_int_equal(blk.block.max_transfer, 5 * 65536);
    assert_int_equal(block_read(&blk.block, 512, buffer, 1024 * 1024), ERR_OK);
    assert_memory_equal(buffer, disk + 512, 1024 * 1024);
    assert_int_equal(serving.requests, 4);
    assert_int_equal(serving.most_segments, 5 + 2);
    assert_int_equal(serving.longest_segment, 65536);
    /* room for 1 MiB in one chain wherever the device allows it */
    fake_virtio_config32(&device, VIRTIO_BLK_CFG_SIZE_MAX, 32768);
    fake_virtio_config32(&device, VIRTIO_BLK_CFG_SEG_MAX, 126);
    assert_int_equal(init(), ERR_OK);
    assert_true(blk.block.max_transfer >= 1024 * 1024);
    assert_int_equal(block_write(&blk.block, 0, buffer, 1024 * 1024), ERR_OK);
    assert_memory_equal(disk, buffer, 1024 * 1024);
    assert_int_equal(serving.longest_segment, 65536);
}

static void limits_of_a_small_queue(void **state)
{
    (void)state;
    device.offered |= BIT(VIRTIO_BLK_F_SIZE_MAX);
    fake_virtio_config32(&device, VIRTIO_BLK_CFG_SIZE_MAX, 4096);
    device.offered_size[0] = 4;
    assert_int_equal(init(), ERR_OK);
    assert_int_equal(blk.block.max_transfer, 2 * 4096);
    assert_int_equal(block_read(&blk.block, 0, buffer, 65536), ERR_OK);
    assert_memory_equal(buffer, disk, 65536);
}

/* Adverse case 42: a configuration that makes no sense is refused in words. */
static void case_42_configuration_is_refused_in_words(void **state)
{
    (void)state;
    const struct {
        unsigned feature, offset;
        uint64_t value;
        const char *word;
    } bad[] = {
        {0, VIRTIO_BLK_CFG_CAPACITY, 0, "capacity"},
        {0, VIRTIO_BLK_CFG_CAPACITY, UINT64_MAX, "capacity"},
        {0, VIRTIO_BLK_CFG_CAPACITY, UINT64_MAX / 512, "capacity"},
        {VIRTIO_BLK_F_SIZE_MAX, VIRTIO_BLK_CFG_SIZE_MAX, 0, "size_max"},
        {VIRTIO_BLK_F_SIZE_MAX, VIRTIO_BLK_CFG_SIZE_MAX, 1, "size_max"},
        {VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_CFG_SEG_MAX, 0, "seg_max"},
        {VIRTIO_BLK_F_BLK_SIZE, VIRTIO_BLK_CFG_BLK_SIZE, 0, "blk_size"},
        {VIRTIO_BLK_F_BLK_SIZE, VIRTIO_BLK_CFG_BLK_SIZE, 3, "blk_size"},
        {VIRTIO_BLK_F_BLK_SIZE, VIRTIO_BLK_CFG_BLK_SIZE, 256, "blk_size"},
        {VIRTIO_BLK_F_BLK_SIZE, VIRTIO_BLK_CFG_BLK_SIZE, 1536, "blk_size"},
        {VIRTIO_BLK_F_BLK_SIZE, VIRTIO_BLK_CFG_BLK_SIZE, 0x80000000, "blk_size"},
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        setup(state);
        device.offered |= bad[i].feature ? BIT(bad[i].feature) : 0;
        if (bad[i].offset == VIRTIO_BLK_CFG_CAPACITY)
            fake_virtio_config64(&device, bad[i].offset, bad[i].value);
        else
            fake_virtio_config32(&device, bad[i].offset, (uint32_t)bad[i].value);
        assert_int_equal(init(), ERR_UNSUPPORTED);
        assert_non_null(strstr(fake_platform_log, bad[i].word));
        assert_true(device.status & VIRTIO_STATUS_FAILED);
        assert_false(device.status & VIRTIO_STATUS_DRIVER_OK);
        assert_int_equal(block_flush(&blk.block), ERR_DEVICE);
    }
    setup(state);
    device.generation_moves = true;
    assert_int_equal(init(), ERR_DEVICE);
}

static void a_queue_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const uint16_t sizes[] = {0, 1, 2, 3, 100};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        bool any_size = virtio_has(ring_features, VIRTIO_F_RING_PACKED) && sizes[i] > 2;
        device.offered_size[0] = sizes[i];
        assert_int_equal(init(), any_size ? ERR_OK : ERR_UNSUPPORTED);
    }
    device.offered_size[0] = 128;
    device.queue_does_not_stick = true;
    assert_int_equal(init(), ERR_DEVICE);
    device.queue_does_not_stick = false;
    device.needs_reset_at_driver_ok = true;
    assert_int_equal(init(), ERR_DEVICE);
    assert_true(device.status & VIRTIO_STATUS_FAILED);
}

/* Adverse case 43. */
static void case_43_a_handshake_that_fails_is_passed_on(void **state)
{
    (void)state;
    device.features_do_not_stick = true;
    assert_int_equal(init(), ERR_UNSUPPORTED);
    device.features_do_not_stick = false;
    device.offered = BIT(VIRTIO_BLK_F_FLUSH) | ring_features;
    assert_int_equal(init(), ERR_UNSUPPORTED);
    assert_int_equal(device.rings[0].size, 0);
}

/* Adverse case 37. */
static void case_37_a_request_that_never_completes(void **state)
{
    (void)state;
    unsigned resets = device.resets;
    serving.never = true;
    assert_int_equal(block_read(&blk.block, 0, buffer, 512), ERR_TIMEOUT);
    assert_in_range(fake_platform_time, TIMEOUT_NS, 2 * SECONDS);
    assert_int_equal(device.resets, resets + 1); /* it may not write into the buffer later on */
    assert_int_equal(device.status, 0);
    assert_string_not_equal(fake_platform_log, "");
    serving.never = false;
    fake_platform_reset();
    assert_int_equal(block_read(&blk.block, 0, buffer, 512), ERR_DEVICE);
    assert_int_equal(fake_platform_time, 0);
    assert_int_equal(init(), ERR_OK); /* a new start brings it back */
    assert_int_equal(block_read(&blk.block, 0, buffer, 512), ERR_OK);
}

/* Adverse case 38. */
static void case_38_a_used_ring_that_lies_fails_the_device(void **state)
{
    (void)state;
    const struct {
        int32_t id;
        unsigned jump;
    } lies[] = {{1, 0}, {127, 0}, {INT32_MAX, 0}, {-1, 1}, {-1, 0x7fff}};
    for (unsigned i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        setup_initialized(state);
        if (lies[i].jump && device.rings[0].packed)
            continue; /* it has no such index */
        unsigned resets = device.resets;
        serving.used_id = lies[i].id;
        serving.index_jump = lies[i].jump;
        assert_int_equal(block_read(&blk.block, 0, buffer, 512), ERR_DEVICE);
        assert_true(blk.failed);
        assert_int_equal(device.resets, resets + 1);
    }
}

/* Adverse case 39. */
static void case_39_the_used_length_is_not_trusted(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {0, 1, UINT32_MAX};
    for (unsigned i = 0; i < 3; i++) {
        serving.used_len = lengths[i];
        assert_int_equal(block_read(&blk.block, 0, buffer, 1024), ERR_OK);
        assert_memory_equal(buffer, disk, 1024);
    }
}

/* Adverse case 40. */
static void case_40_a_status_never_written_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(block_read(&blk.block, 0, buffer, 512), ERR_OK);
    serving.no_status = true;
    assert_int_equal(block_read(&blk.block, 0, buffer, 512), ERR_DEVICE);
    assert_int_equal(block_write(&blk.block, 0, buffer, 512), ERR_DEVICE);
    assert_int_equal(block_flush(&blk.block), ERR_DEVICE);
}

static void the_devices_status_has_its_word(void **state)
{
    (void)state;
    char id[VIRTIO_BLK_ID_BYTES + 1];
    serving.status = VIRTIO_BLK_S_IOERR;
    assert_int_equal(block_read(&blk.block, 0, buffer, 512), ERR_IO);
    assert_int_equal(block_flush(&blk.block), ERR_IO);
    serving.status = VIRTIO_BLK_S_UNSUPP;
    assert_int_equal(virtio_blk_get_id(&blk, id), ERR_UNSUPPORTED);
    serving.status = 77;
    assert_int_equal(block_write(&blk.block, 0, buffer, 512), ERR_DEVICE);
    serving.status = VIRTIO_BLK_S_OK;
    assert_int_equal(block_read(&blk.block, 0, buffer, 512), ERR_OK);
}

/* Adverse case 41. */
static void case_41_what_the_device_rewrites_has_no_effect(void **state)
{
    (void)state;
    serving.rewrites = true;
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(block_read(&blk.block, i * 512, buffer, 1024), ERR_OK);
        assert_memory_equal(buffer, disk + i * 512, 1024);
    }
}

/* Adverse case 47: polled, so the device is told that nobody listens. */
static void case_47_no_interrupts_are_asked_for(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(block_read(&blk.block, 0, buffer, 512), ERR_OK);
        assert_int_equal(serving.interrupts, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(init_reads_what_the_device_is, setup),
        cmocka_unit_test_setup(requests_move_the_bytes, setup_initialized),
        cmocka_unit_test_setup(a_late_device_is_waited_for, setup_initialized),
        cmocka_unit_test_setup(the_id_ends_in_nul, setup_initialized),
        cmocka_unit_test_setup(flush_is_sent_only_where_it_was_negotiated, setup),
        cmocka_unit_test_setup(segments_keep_within_size_max_and_seg_max, setup),
        cmocka_unit_test_setup(limits_of_a_small_queue, setup),
        cmocka_unit_test_setup(case_42_configuration_is_refused_in_words, setup),
        cmocka_unit_test_setup(a_queue_that_makes_no_sense_is_refused, setup),
        cmocka_unit_test_setup(case_43_a_handshake_that_fails_is_passed_on, setup),
        cmocka_unit_test_setup(case_37_a_request_that_never_completes, setup_initialized),
        cmocka_unit_test_setup(case_38_a_used_ring_that_lies_fails_the_device, setup),
        cmocka_unit_test_setup(case_39_the_used_length_is_not_trusted, setup_initialized),
        cmocka_unit_test_setup(case_40_a_status_never_written_is_an_error, setup_initialized),
        cmocka_unit_test_setup(the_devices_status_has_its_word, setup_initialized),
        cmocka_unit_test_setup(case_41_what_the_device_rewrites_has_no_effect, setup_initialized),
        cmocka_unit_test_setup(case_47_no_interrupts_are_asked_for, setup_initialized),
    };
    static const struct {
        const char *name;
        uint64_t features;
    } kinds[] = {
        {"virtio-blk: split", 0},
        {"virtio-blk: split, event_idx", BIT(VIRTIO_F_EVENT_IDX)},
        {"virtio-blk: split, indirect, event_idx",
         BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX)},
        {"virtio-blk: packed", BIT(VIRTIO_F_RING_PACKED)},
        {"virtio-blk: packed, indirect, event_idx",
         BIT(VIRTIO_F_RING_PACKED) | BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX)},
    };
    int failed = 0;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        ring_features = kinds[i].features;
        failed += cmocka_run_group_tests_name(kinds[i].name, tests, NULL, NULL);
    }
    return failed;
}

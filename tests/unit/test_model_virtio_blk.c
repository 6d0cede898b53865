/* SPDX-License-Identifier: MIT */
/* host-vmm/virtio/blk*.c over both kinds of ring: requests, status and lengths, and a hostile or
 * failing other side. Features are in test_model_virtio_blk_features.c. */
#include "test.h"

#include "virtio_blk_fixture.h"

#include <errno.h>
#include <string.h>

#define IN VIRTIO_BLK_T_IN
#define OUT VIRTIO_BLK_T_OUT
#define OK VIRTIO_BLK_S_OK
#define IOERR VIRTIO_BLK_S_IOERR

static const struct blk_buffer header = {BLK_HEADER, 16, false};
static const struct blk_buffer status_byte = {BLK_STATUS, 1, true};

/* --- the good cases --------------------------------------------------------------------------- */

static void in_reads(void **state)
{
    struct blk_fixture *f = *state;

    blk_request(f, IN, 3, 1024, OK, 1025);
    assert_memory_equal(blk_ram(f, BLK_DATA), &f->disk.bytes[3 * 512], 1024);
    assert_int_equal(*blk_ram(f, BLK_DATA + 1024), FAKE_MEMORY_FILL);
    assert_int_equal(f->interrupts[0], 1);
    if (f->packed)
        f->rings[0].packed.driver_event->flags = VRING_PACKED_EVENT_DISABLE;
    else
        f->rings[0].split.avail->flags = VIRTQ_AVAIL_F_NO_INTERRUPT;
    blk_request(f, IN, BLK_SECTORS - 1, 512, OK, 513);
    assert_int_equal(f->interrupts[0], 1);
}

static void out_writes(void **state)
{
    struct blk_fixture *f = *state;

    memset(blk_ram(f, BLK_DATA), 0x5a, 1024);
    blk_request(f, OUT, 5, 1024, OK, 1);
    for (unsigned i = 0; i < 1024; i++)
        assert_int_equal(f->disk.bytes[5 * 512 + i], 0x5a);
    assert_true(fake_backend_untouched(&f->disk, 0, 5 * 512));
    assert_true(fake_backend_untouched(&f->disk, 7 * 512, BLK_DISK_LENGTH - 7 * 512));
}

static void flush(void **state)
{
    struct blk_fixture *f = *state;

    blk_request(f, VIRTIO_BLK_T_FLUSH, 0, 0, OK, 1);
    assert_int_equal(f->disk.flushes, 1);
}

static void a_request_without_data_moves_nothing(void **state)
{
    struct blk_fixture *f = *state;

    blk_request(f, IN, 0, 0, OK, 1);
    blk_request(f, OUT, 0, 0, OK, 1);
    assert_int_equal(f->disk.reads + f->disk.writes, 0);
}

/* The header in pieces and together with data; the status byte together with data. */
static void framing_means_nothing(void **state)
{
    const struct blk_buffer out[] = {{BLK_HEADER, 3, false},
                                     {BLK_HEADER + 3, 6, false},
                                     {BLK_HEADER + 9, 7 + 100, false},
                                     {BLK_HEADER + 16 + 100, 412, false},
                                     status_byte};
    const struct blk_buffer in[] = {header, {BLK_DATA, 100, true}, {BLK_DATA + 100, 413, true}};
    struct blk_fixture *f = *state;
    uint16_t id;
    uint32_t written;

    blk_put_header(f, OUT, 2);
    memset(blk_ram(f, BLK_HEADER + 16), 0x77, 512);
    blk_offer_chain(f, 0, out, 5);
    blk_kick(f);
    blk_expect_done(f, OK, 1);
    for (unsigned i = 0; i < 512; i++)
        assert_int_equal(f->disk.bytes[2 * 512 + i], 0x77);

    blk_put_header(f, IN, 4);
    blk_offer_chain(f, 0, in, 3);
    blk_kick(f);
    assert_true(blk_take_used(f, 0, &id, &written));
    assert_int_equal(written, 513);
    assert_memory_equal(blk_ram(f, BLK_DATA), &f->disk.bytes[4 * 512], 512);
    assert_int_equal(*blk_ram(f, BLK_DATA + 512), OK);
    assert_int_equal(*blk_ram(f, BLK_DATA + 513), FAKE_MEMORY_FILL);
}

static void one_kick_serves_the_whole_queue(void **state)
{
    struct blk_fixture *f = *state;
    uint16_t ids[5], id;
    uint32_t written;

    for (unsigned i = 0; i < 5; i++)
        ids[i] = blk_offer(f, IN, 0, 512);
    virtio_device_notify(&f->blk.device, 0);
    for (unsigned i = 0; i < 5; i++) {
        assert_true(blk_take_used(f, 0, &id, &written));
        assert_int_equal(id, ids[i]);
        assert_int_equal(written, 513);
    }
    blk_expect_nothing(f);
}

/* --- adverse cases: blocks -------------------------------------------------------------------- */

/* Adverse case 15: sector * 512 wraps, the end crossed by one, a length of no whole sectors. */
static void case_15_ranges(void **state)
{
    static const struct {
        uint64_t sector;
        uint32_t length;
    } bad[] = {
        {BLK_SECTORS, 512},
        {BLK_SECTORS - 1, 1024},
        {0, BLK_DISK_LENGTH + 512},
        {UINT64_MAX, 512},
        {1ull << 55, 512},
        {(1ull << 55) - 1, 1024},
        {UINT64_MAX - 1, 1024},
        {1ull << 63, 512},
        {0, 1},
        {0, 511},
        {0, 513},
        {BLK_SECTORS + 1, 512},
    };
    struct blk_fixture *f = *state;

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        blk_request(f, IN, bad[i].sector, bad[i].length, IOERR, 0);
        blk_request(f, OUT, bad[i].sector, bad[i].length, IOERR, 1);
    }
    assert_int_equal(f->disk.reads, 0);
    assert_true(blk_disk_is_untouched(f));
    assert_int_equal(*blk_ram(f, BLK_DATA), FAKE_MEMORY_FILL);
    blk_request(f, IN, 0, BLK_DISK_LENGTH, OK, BLK_DISK_LENGTH + 1);
}

/* Adverse case 16: a read-only image, an unknown type, GET_ID into a short buffer. */
static void case_16_read_only(void **state)
{
    struct blk_fixture *f = *state;
    const struct virtio_blk_options insists = {.features_on = 1u << VIRTIO_BLK_F_DISCARD |
                                                              1u << VIRTIO_BLK_F_WRITE_ZEROES};

    blk_make_disk(f, true, &insists);
    memset(blk_ram(f, BLK_DATA), 0, 16);
    *blk_ram(f, BLK_DATA + 8) = 1;
    blk_request(f, OUT, 0, 512, IOERR, 1);
    blk_request(f, VIRTIO_BLK_T_FLUSH, 0, 0, IOERR, 1);
    blk_request(f, VIRTIO_BLK_T_DISCARD, 0, 16, IOERR, 1);
    blk_request(f, VIRTIO_BLK_T_WRITE_ZEROES, 0, 16, IOERR, 1);
    assert_int_equal(f->disk.flushes, 0);
    assert_true(blk_disk_is_untouched(f));
    blk_request(f, IN, 0, 512, OK, 513);
}

static void case_16_unknown_types(void **state)
{
    static const uint32_t types[] = {2, 3, 5, 10, 12, 14, 15, 26, 0x80000000, UINT32_MAX};
    struct blk_fixture *f = *state;

    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++)
        blk_request(f, types[i], 0, 0, VIRTIO_BLK_S_UNSUPP, 1);
    assert_true(blk_disk_is_untouched(f));
}

static void case_16_get_id(void **state)
{
    struct blk_fixture *f = *state;

    blk_request(f, VIRTIO_BLK_T_GET_ID, 0, VIRTIO_BLK_ID_BYTES, OK, 21);
    assert_memory_equal(blk_ram(f, BLK_DATA), "disk-id\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    memset(blk_ram(f, BLK_DATA), FAKE_MEMORY_FILL, 32);
    blk_request(f, VIRTIO_BLK_T_GET_ID, 0, 5, OK, 6);
    assert_memory_equal(blk_ram(f, BLK_DATA), "disk-", 5);
    assert_int_equal(*blk_ram(f, BLK_DATA + 5), FAKE_MEMORY_FILL);
    blk_request(f, VIRTIO_BLK_T_GET_ID, 0, 0, OK, 1);
    blk_request(f, VIRTIO_BLK_T_GET_ID, 0, 512, OK, 20); /* then a gap before the status */
    assert_int_equal(*blk_ram(f, BLK_DATA + 20), FAKE_MEMORY_FILL);
}

/* Adverse case 6: no status byte; a readable one; a writable or short header. */
static void case_6_no_status_byte(void **state)
{
    const struct blk_buffer readable[] = {header, {BLK_DATA, 512, false}, {BLK_STATUS, 1, false}};
    struct blk_fixture *f = *state;

    blk_put_header(f, OUT, 0);
    blk_offer_chain(f, 0, readable, 3);
    blk_kick(f);
    assert_int_equal(blk_status(f), BLK_POISON);
    assert_true(blk_disk_is_untouched(f));
    blk_expect_broken(f);
}

static void case_6_bad_headers(void **state)
{
    const struct blk_buffer is_short[] = {{BLK_HEADER, 15, false}, status_byte};
    const struct blk_buffer writable[] = {{BLK_HEADER, 16, true}, status_byte};
    struct blk_fixture *f = *state;

    blk_put_header(f, IN, 0);
    blk_offer_chain(f, 0, is_short, 2);
    blk_kick(f);
    blk_expect_done(f, IOERR, 1);
    blk_put_header(f, IN, 0);
    blk_offer_chain(f, 0, writable, 2);
    blk_kick(f);
    blk_expect_done(f, IOERR, 0);
    assert_int_equal(*blk_ram(f, BLK_HEADER), IN);
    assert_int_equal(f->disk.reads, 0);
}

static void case_6_empty_data(void **state)
{
    const struct blk_buffer buffers[] = {header, {BLK_DATA, 0, true}, status_byte};
    struct blk_fixture *f = *state;

    blk_put_header(f, IN, 0);
    blk_offer_chain(f, 0, buffers, 3);
    blk_kick(f);
    blk_expect_broken(f);
}

/* --- adverse cases: queue, reset -------------------------------------------------------------- */

/* Adverse case 1: what the queue finds wrong breaks this device until reset. */
static void case_1_loop_breaks_the_device(void **state)
{
    struct blk_buffer buffers[BLK_RING_SIZE];
    struct blk_fixture *f = *state;

    for (unsigned i = 0; i < BLK_RING_SIZE; i++)
        buffers[i] = header;
    blk_offer_chain(f, 0, buffers, BLK_RING_SIZE);
    if (f->packed)
        f->rings[0].packed.desc[BLK_RING_SIZE - 1].flags |= VIRTQ_DESC_F_NEXT;
    else
        f->rings[0].split.desc[0].next = 0;
    f->rings[0].split.desc[BLK_RING_SIZE - 1].flags |= VIRTQ_DESC_F_NEXT;
    blk_kick(f);
    blk_expect_broken(f);
}

/* Adverse case 4: the same head or buffer id twice, the backend slow. What was in flight still
 * comes back once, and the device takes nothing more. */
static void case_4_id_twice_in_flight(void **state)
{
    const struct blk_buffer buffers[] = {header, {BLK_DATA, 512, true}, status_byte};
    struct blk_fixture *f = *state;
    struct io_request *io;
    uint16_t id, again;
    uint32_t written;

    f->blk.run = blk_hold;
    id = blk_offer(f, IN, 0, 512);
    io = virtio_blk_submit(&f->blk);
    assert_non_null(io);
    if (f->packed) {
        for (unsigned i = 0; i < 3; i++)
            guest_packed_add(&f->rings[0].packed, buffers[i].gpa, buffers[i].length,
                             (buffers[i].writable ? VIRTQ_DESC_F_WRITE : 0) |
                                 (i < 2 ? VIRTQ_DESC_F_NEXT : 0),
                             id);
        guest_packed_offer(&f->rings[0].packed);
    } else {
        guest_ring_offer(&f->rings[0].split, id);
    }
    assert_null(virtio_blk_submit(&f->blk));
    assert_true(virtio_device_status(&f->blk.device) & VIRTIO_STATUS_NEEDS_RESET);
    blk_finish(f, io);
    assert_true(blk_take_used(f, 0, &again, &written));
    assert_int_equal(again, id);
    blk_expect_broken(f);
}

/* Adverse case 12: header and descriptors rewritten after submit. */
static void case_12_rewritten_while_in_flight(void **state)
{
    struct blk_fixture *f = *state;
    struct io_request *io;

    f->blk.run = blk_hold;
    blk_offer(f, IN, 1, 512);
    io = virtio_blk_submit(&f->blk);
    assert_non_null(io);
    blk_put_header(f, OUT, UINT64_MAX);
    memset(blk_ram(f, BLK_RINGS), 0xff, 3 * sizeof(struct virtq_desc));
    blk_finish(f, io);
    blk_expect_done(f, OK, 513);
    assert_memory_equal(blk_ram(f, BLK_DATA), &f->disk.bytes[512], 512);
}

/* Adverse case 13: reset with a request in flight. */
static void case_13_reset_in_flight(void **state)
{
    struct blk_fixture *f = *state;
    struct virtio_device *d = &f->blk.device;
    struct io_request *io[2];

    f->blk.run = blk_hold;
    blk_offer(f, VIRTIO_BLK_T_GET_ID, 0, 20);
    blk_offer(f, VIRTIO_BLK_T_FLUSH, 0, 0);
    for (unsigned i = 0; i < 2; i++) {
        io[i] = virtio_blk_submit(&f->blk);
        assert_non_null(io[i]);
    }
    virtio_device_set_status(d, 0);
    assert_int_not_equal(virtio_device_status(d), 0); /* not over while memory is in use */
    virtio_device_set_status(d, 1);
    assert_null(virtio_blk_submit(&f->blk));
    blk_finish(f, io[1]);
    assert_int_not_equal(virtio_device_status(d), 0); /* one is left */
    blk_finish(f, io[0]);
    assert_int_equal(virtio_device_status(d), 0);
    blk_expect_nothing(f);
    assert_int_equal(blk_status(f), BLK_POISON);
    assert_int_equal(*blk_ram(f, BLK_DATA), FAKE_MEMORY_FILL);
    assert_int_equal(f->interrupts[0] + f->config_interrupts, 0);

    f->blk.run = virtio_blk_run_inline;
    blk_bring_up(f, 1ull << VIRTIO_F_EVENT_IDX);
    blk_request(f, IN, 0, 512, OK, 513);
}

static void case_13_write_lands_at_its_own_place(void **state)
{
    struct blk_fixture *f = *state;
    struct io_request *io;

    f->blk.run = blk_hold;
    memset(blk_ram(f, BLK_DATA), 0x11, 512);
    blk_offer(f, OUT, 9, 512);
    io = virtio_blk_submit(&f->blk);
    virtio_device_set_status(&f->blk.device, 0);
    blk_finish(f, io);
    assert_int_equal(f->disk.bytes[9 * 512], 0x11);
    assert_true(fake_backend_untouched(&f->disk, 0, 9 * 512));
    assert_true(fake_backend_untouched(&f->disk, 10 * 512, BLK_DISK_LENGTH - 10 * 512));
}

/* Adverse case 14: kicks without end cost nothing when there is nothing to do. */
static void case_14_kick_storm(void **state)
{
    struct blk_fixture *f = *state;

    for (unsigned i = 0; i < 100000; i++)
        blk_kick(f);
    assert_int_equal(f->disk.reads + f->disk.writes + f->disk.flushes, 0);
    assert_int_equal(f->interrupts[0], 0);
    blk_request(f, IN, 0, 512, OK, 513);
}

/* Each sector holds the next avail.idx and the header of a request for the next sector, and is read
 * right onto them: one kick still ends after as many requests as the queue can hold. */
static void a_ring_that_feeds_itself_ends(void **state)
{
    struct blk_fixture *f = *state;
    struct guest_ring *ring = &f->rings[0].split;
    const struct blk_buffer buffers[] = {
        header, {ring->avail_gpa, 4, true}, {BLK_HEADER, 16, true}, {BLK_DATA, 512 - 20 + 1, true}};

    for (unsigned i = 0; i < BLK_SECTORS; i++) {
        struct virtio_blk_req_header next = {.type = IN, .sector = i + 1};
        uint16_t avail[2] = {0, (uint16_t)(i + 2)};

        memcpy(&f->disk.bytes[512 * i], avail, sizeof avail);
        memcpy(&f->disk.bytes[512 * i + sizeof avail], &next, sizeof next);
    }
    blk_put_header(f, IN, 0);
    blk_offer_chain(f, 0, buffers, 4);
    blk_kick(f);
    assert_int_equal(f->disk.reads, BLK_RING_SIZE);
    assert_int_equal(ring->used->flags, 0); /* and the driver is to notify again */
}

static void nothing_before_driver_ok(void **state)
{
    struct blk_fixture *f = *state;
    struct virtio_device *d = &f->blk.device;

    d->status &= (uint8_t)~VIRTIO_STATUS_DRIVER_OK;
    blk_offer(f, IN, 0, 512);
    blk_kick(f);
    assert_int_equal(f->disk.reads, 0);
    virtio_device_set_status(d, 0xf);
    blk_kick(f);
    blk_expect_done(f, OK, 513);
}

static void nothing_after_failed(void **state)
{
    struct blk_fixture *f = *state;

    virtio_device_set_status(&f->blk.device, 0x8f);
    blk_offer(f, IN, 0, 512);
    blk_kick(f);
    assert_int_equal(f->disk.reads, 0);
}

static void nothing_without_bus_mastering(void **state)
{
    struct blk_fixture *f = *state;

    f->no_dma = true;
    blk_offer(f, IN, 0, 512);
    blk_kick(f);
    assert_int_equal(f->disk.reads, 0);
    blk_expect_nothing(f);
    f->no_dma = false;
    blk_kick(f);
    blk_expect_done(f, OK, 513);
}

/* --- adverse cases: a failing host ------------------------------------------------------------ */

/* Adverse case 33: errors are IOERR, with what was moved in the used length. */
static void case_33_backend_errors(void **state)
{
    struct blk_fixture *f = *state;

    f->disk.read_error = EIO;
    blk_request(f, IN, 0, 1024, IOERR, 0);
    f->disk.error_at = 700;
    blk_request(f, IN, 0, 1024, IOERR, 700);
    f->disk.write_error = ENOSPC;
    blk_request(f, OUT, 0, 1024, IOERR, 1);
    f->disk.read_error = f->disk.write_error = 0;
    blk_request(f, IN, 0, 1024, OK, 1025);
}

static void case_33_short_transfers_and_eintr(void **state)
{
    struct blk_fixture *f = *state;

    f->disk.most = 100;
    f->disk.interruptions = 4;
    blk_request(f, IN, 0, 1024, OK, 1025);
    assert_memory_equal(blk_ram(f, BLK_DATA), f->disk.bytes, 1024);
}

/* Adverse case 34: the image got shorter. */
static void case_34_truncated_image(void **state)
{
    struct blk_fixture *f = *state;

    f->disk.length = 700;
    blk_request(f, IN, 0, 1024, IOERR, 700);
    blk_request(f, IN, 2, 512, IOERR, 0);
    assert_int_equal(*blk_ram(f, BLK_DATA + 700), FAKE_MEMORY_FILL);
    blk_request(f, IN, 0, 512, OK, 513);
}

/* Adverse case 35: after a failed flush no write and no flush succeeds, reset or not. */
static void case_35_failed_flush(void **state)
{
    struct blk_fixture *f = *state;

    f->disk.flush_error = EIO;
    blk_request(f, VIRTIO_BLK_T_FLUSH, 0, 0, IOERR, 1);
    f->disk.flush_error = 0;
    blk_request(f, OUT, 0, 512, IOERR, 1);
    blk_bring_up(f, 0);
    blk_request(f, VIRTIO_BLK_T_FLUSH, 0, 0, IOERR, 1);
    assert_true(blk_disk_is_untouched(f));
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
        BOTH(in_reads),
        BOTH(out_writes),
        BOTH(flush),
        BOTH(a_request_without_data_moves_nothing),
        BOTH(framing_means_nothing),
        BOTH(one_kick_serves_the_whole_queue),
        BOTH(case_15_ranges),
        BOTH(case_16_read_only),
        BOTH(case_16_unknown_types),
        BOTH(case_16_get_id),
        BOTH(case_6_no_status_byte),
        BOTH(case_6_bad_headers),
        BOTH(case_6_empty_data),
        BOTH(case_1_loop_breaks_the_device),
        BOTH(case_4_id_twice_in_flight),
        BOTH(case_12_rewritten_while_in_flight),
        BOTH(case_13_reset_in_flight),
        BOTH(case_13_write_lands_at_its_own_place),
        BOTH(case_14_kick_storm),
        SPLIT(a_ring_that_feeds_itself_ends),
        BOTH(nothing_before_driver_ok),
        BOTH(nothing_after_failed),
        BOTH(nothing_without_bus_mastering),
        BOTH(case_33_backend_errors),
        BOTH(case_33_short_transfers_and_eintr),
        BOTH(case_34_truncated_image),
        BOTH(case_35_failed_flush),
    };

    return cmocka_run_group_tests_name("virtio-blk model", tests, NULL, NULL);
}

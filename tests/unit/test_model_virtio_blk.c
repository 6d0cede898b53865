/* SPDX-License-Identifier: MIT */
/* host-vmm/virtio/blk.c: requests, status and lengths, and a hostile or failing other side. */
#include "test.h"

#include "fake_backend.h"
#include "fake_memory.h"
#include "guest_ring.h"
#include "host-vmm/virtio/blk.h"

#include <errno.h>
#include <string.h>

#define RAM_BASE 0x100000
#define RAM_LENGTH 0x40000
#define HEADER (RAM_BASE + 0x8000)
#define STATUS (RAM_BASE + 0x8100)
#define DATA (RAM_BASE + 0x10000)
#define SIZE 16
#define SECTORS 64
#define DISK_LENGTH (SECTORS * VIRTIO_BLK_SECTOR_SIZE)
#define POISON 0xee

#define NEXT VIRTQ_DESC_F_NEXT
#define WRITE VIRTQ_DESC_F_WRITE

struct fixture {
    struct guest_memory memory;
    struct fake_backend disk;
    struct guest_ring ring;
    struct virtio_blk_model blk;
    unsigned interrupts, config_interrupts;
    bool no_dma;
    uint16_t seen; /* used elements looked at */
};

static void count_interrupt(void *transport, bool config_change)
{
    struct fixture *f = transport;

    if (config_change)
        f->config_interrupts++;
    else
        f->interrupts++;
}

static bool may_dma(void *transport)
{
    struct fixture *f = transport;

    return !f->no_dma;
}

/* What a driver does from reset to DRIVER_OK. */
static void bring_up(struct fixture *f)
{
    struct virtio_device *d = &f->blk.device;
    struct virtio_queue *q = &d->queues[0];

    guest_ring_init(&f->ring, &f->memory, RAM_BASE, SIZE);
    f->seen = 0;
    virtio_device_set_status(d, 0);
    virtio_device_set_status(d, 1);
    virtio_device_set_status(d, 3);
    virtio_device_set_features(d, 0, virtio_device_features(d, 0));
    virtio_device_set_features(d, 1, virtio_device_features(d, 1));
    virtio_device_set_status(d, 0xb);
    q->size = SIZE;
    q->desc_gpa = f->ring.desc_gpa;
    q->avail_gpa = f->ring.avail_gpa;
    q->used_gpa = f->ring.used_gpa;
    assert_true(virtio_queue_enable(q, &f->memory));
    virtio_device_set_status(d, 0xf);
    assert_int_equal(virtio_device_status(d), 0xf);
}

static void make_disk(struct fixture *f, bool read_only)
{
    f->disk.backend.read_only = read_only;
    virtio_blk_model_init(&f->blk, 3, "disk-id", &f->memory, &f->disk.backend);
    f->blk.device.transport = f;
    f->blk.device.interrupt = count_interrupt;
    f->blk.device.can_dma = may_dma;
    bring_up(f);
}

static int start(void **state)
{
    static struct fixture f;

    f = (struct fixture){0};
    fake_memory_create(&f.memory, RAM_BASE, RAM_LENGTH);
    fake_backend_create(&f.disk, DISK_LENGTH, DISK_LENGTH);
    make_disk(&f, false);
    *state = &f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;

    fake_memory_destroy(&f->memory);
    fake_backend_destroy(&f->disk);
    return 0;
}

/* --- a driver in a few lines ------------------------------------------------------------------ */

static uint8_t *ram(struct fixture *f, gpa_t gpa)
{
    uint8_t *bytes = guest_ptr(&f->memory, gpa, 1);

    assert_non_null(bytes);
    return bytes;
}

static void put_header(struct fixture *f, uint32_t type, uint64_t sector)
{
    struct virtio_blk_req_header header = {.type = type, .sector = sector};

    memcpy(ram(f, HEADER), &header, sizeof header);
    *ram(f, STATUS) = POISON;
}

static void kick(struct fixture *f)
{
    virtio_device_notify(&f->blk.device, 0);
}

/* Fills descriptors 0 to 2 with a request as most drivers frame it, and offers it. */
static void offer(struct fixture *f, uint32_t type, uint64_t sector, uint32_t length)
{
    put_header(f, type, sector);
    guest_ring_set(&f->ring, 0, HEADER, 16, NEXT, length > 0 ? 1 : 2);
    guest_ring_set(&f->ring, 1, DATA, length, NEXT | (type == VIRTIO_BLK_T_OUT ? 0 : WRITE), 2);
    guest_ring_set(&f->ring, 2, STATUS, 1, WRITE, 0);
    guest_ring_offer(&f->ring, 0);
}

/* Adverse case 17: exactly one completion, with this status and used length. */
static void expect_done(struct fixture *f, uint8_t status, uint32_t written)
{
    assert_int_equal((uint16_t)(f->ring.used->idx - f->seen), 1);
    assert_int_equal(guest_ring_used(&f->ring, f->seen).len, written);
    f->seen++;
    assert_int_equal(*ram(f, STATUS), status);
    assert_int_equal(virtio_device_status(&f->blk.device), 0xf);
}

static void request(struct fixture *f, uint32_t type, uint64_t sector, uint32_t length,
                    uint8_t status, uint32_t written)
{
    offer(f, type, sector, length);
    kick(f);
    expect_done(f, status, written);
}

static void expect_broken(struct fixture *f)
{
    assert_true(virtio_device_status(&f->blk.device) & VIRTIO_STATUS_NEEDS_RESET);
    assert_int_equal(f->config_interrupts, 1);
    assert_int_equal(f->ring.used->idx, f->seen);
    kick(f);
    assert_int_equal(f->ring.used->idx, f->seen);
    bring_up(f); /* and a reset mends it */
    request(f, VIRTIO_BLK_T_IN, 0, 512, VIRTIO_BLK_S_OK, 513);
}

static bool disk_is_untouched(struct fixture *f)
{
    return f->disk.writes == 0 && fake_backend_untouched(&f->disk, 0, DISK_LENGTH);
}

/* --- the good cases --------------------------------------------------------------------------- */

static void configuration(void **state)
{
    struct fixture *f = *state;
    const struct virtio_device *d = &f->blk.device;

    assert_int_equal(d->type, VIRTIO_DEVICE_BLOCK);
    assert_string_equal(d->name, "virtio-blk3");
    assert_int_equal(d->config[VIRTIO_BLK_CFG_CAPACITY], SECTORS);
    assert_int_equal(d->config[VIRTIO_BLK_CFG_SEG_MAX], 254);
    assert_int_equal(d->config[VIRTIO_BLK_CFG_BLK_SIZE + 1], 2);
    assert_int_equal(virtio_device_features(d, 0), 1 << VIRTIO_BLK_F_SEG_MAX |
                                                       1 << VIRTIO_BLK_F_BLK_SIZE |
                                                       1 << VIRTIO_BLK_F_FLUSH);
    assert_int_equal(virtio_device_features(d, 1), 1);
    make_disk(f, true);
    assert_true(virtio_device_features(d, 0) & 1 << VIRTIO_BLK_F_RO);
}

static void in_reads(void **state)
{
    struct fixture *f = *state;

    request(f, VIRTIO_BLK_T_IN, 3, 1024, VIRTIO_BLK_S_OK, 1025);
    assert_memory_equal(ram(f, DATA), &f->disk.bytes[3 * 512], 1024);
    assert_int_equal(*ram(f, DATA + 1024), FAKE_MEMORY_FILL);
    assert_int_equal(f->interrupts, 1);
    f->ring.avail->flags = VIRTQ_AVAIL_F_NO_INTERRUPT;
    request(f, VIRTIO_BLK_T_IN, SECTORS - 1, 512, VIRTIO_BLK_S_OK, 513);
    assert_int_equal(f->interrupts, 1);
}

static void out_writes(void **state)
{
    struct fixture *f = *state;

    memset(ram(f, DATA), 0x5a, 1024);
    request(f, VIRTIO_BLK_T_OUT, 5, 1024, VIRTIO_BLK_S_OK, 1);
    for (unsigned i = 0; i < 1024; i++)
        assert_int_equal(f->disk.bytes[5 * 512 + i], 0x5a);
    assert_true(fake_backend_untouched(&f->disk, 0, 5 * 512));
    assert_true(fake_backend_untouched(&f->disk, 7 * 512, DISK_LENGTH - 7 * 512));
}

static void flush(void **state)
{
    struct fixture *f = *state;

    request(f, VIRTIO_BLK_T_FLUSH, 0, 0, VIRTIO_BLK_S_OK, 1);
    assert_int_equal(f->disk.flushes, 1);
}

static void a_request_without_data_moves_nothing(void **state)
{
    struct fixture *f = *state;

    request(f, VIRTIO_BLK_T_IN, 0, 0, VIRTIO_BLK_S_OK, 1);
    request(f, VIRTIO_BLK_T_OUT, 0, 0, VIRTIO_BLK_S_OK, 1);
    assert_int_equal(f->disk.reads + f->disk.writes, 0);
}

/* The header in pieces and together with data; the status byte together with data. */
static void framing_means_nothing(void **state)
{
    struct fixture *f = *state;

    put_header(f, VIRTIO_BLK_T_OUT, 2);
    memset(ram(f, HEADER + 16), 0x77, 512);
    guest_ring_set(&f->ring, 0, HEADER, 3, NEXT, 4);
    guest_ring_set(&f->ring, 4, HEADER + 3, 6, NEXT, 1);
    guest_ring_set(&f->ring, 1, HEADER + 9, 7 + 100, NEXT, 2);
    guest_ring_set(&f->ring, 2, HEADER + 16 + 100, 412, NEXT, 3);
    guest_ring_set(&f->ring, 3, STATUS + 0x1000, 1, WRITE, 0);
    guest_ring_offer(&f->ring, 0);
    kick(f);
    assert_int_equal(*ram(f, STATUS + 0x1000), VIRTIO_BLK_S_OK);
    f->seen++;
    for (unsigned i = 0; i < 512; i++)
        assert_int_equal(f->disk.bytes[2 * 512 + i], 0x77);

    put_header(f, VIRTIO_BLK_T_IN, 4);
    guest_ring_set(&f->ring, 0, HEADER, 16, NEXT, 1);
    guest_ring_set(&f->ring, 1, DATA, 100, NEXT | WRITE, 2);
    guest_ring_set(&f->ring, 2, DATA + 100, 413, WRITE, 0);
    guest_ring_offer(&f->ring, 0);
    kick(f);
    assert_memory_equal(ram(f, DATA), &f->disk.bytes[4 * 512], 512);
    assert_int_equal(*ram(f, DATA + 512), VIRTIO_BLK_S_OK);
    assert_int_equal(*ram(f, DATA + 513), FAKE_MEMORY_FILL);
    assert_int_equal(guest_ring_used(&f->ring, f->seen).len, 513);
}

static void one_kick_serves_the_whole_queue(void **state)
{
    struct fixture *f = *state;

    for (uint16_t i = 0; i < 5; i++) {
        put_header(f, VIRTIO_BLK_T_IN, 0);
        guest_ring_set(&f->ring, 3 * i, HEADER, 16, NEXT, 3 * i + 1);
        guest_ring_set(&f->ring, 3 * i + 1, DATA + 512 * i, 512, NEXT | WRITE, 3 * i + 2);
        guest_ring_set(&f->ring, 3 * i + 2, STATUS + i, 1, WRITE, 0);
        guest_ring_offer(&f->ring, 3 * i);
    }
    kick(f);
    assert_int_equal(f->ring.used->idx, 5);
    for (uint16_t i = 0; i < 5; i++)
        assert_int_equal(guest_ring_used(&f->ring, i).id, 3 * i);
}

/* --- adverse cases: blocks -------------------------------------------------------------------- */

/* Adverse case 15: sector * 512 wraps, the end crossed by one, a length of no whole sectors. */
static void case_15_ranges(void **state)
{
    static const struct {
        uint64_t sector;
        uint32_t length;
    } bad[] = {
        {SECTORS, 512},
        {SECTORS - 1, 1024},
        {0, DISK_LENGTH + 512},
        {UINT64_MAX, 512},
        {1ull << 55, 512},
        {(1ull << 55) - 1, 1024},
        {UINT64_MAX - 1, 1024},
        {1ull << 63, 512},
        {0, 1},
        {0, 511},
        {0, 513},
        {SECTORS + 1, 512},
    };
    struct fixture *f = *state;

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        request(f, VIRTIO_BLK_T_IN, bad[i].sector, bad[i].length, VIRTIO_BLK_S_IOERR, 0);
        request(f, VIRTIO_BLK_T_OUT, bad[i].sector, bad[i].length, VIRTIO_BLK_S_IOERR, 1);
    }
    assert_int_equal(f->disk.reads, 0);
    assert_true(disk_is_untouched(f));
    assert_int_equal(*ram(f, DATA), FAKE_MEMORY_FILL);
    request(f, VIRTIO_BLK_T_IN, 0, DISK_LENGTH, VIRTIO_BLK_S_OK, DISK_LENGTH + 1);
}

/* Adverse case 16: a read-only image, an unknown type, GET_ID into a short buffer. */
static void case_16_read_only(void **state)
{
    struct fixture *f = *state;

    make_disk(f, true);
    request(f, VIRTIO_BLK_T_OUT, 0, 512, VIRTIO_BLK_S_IOERR, 1);
    request(f, VIRTIO_BLK_T_FLUSH, 0, 0, VIRTIO_BLK_S_IOERR, 1);
    assert_int_equal(f->disk.flushes, 0);
    assert_true(disk_is_untouched(f));
    request(f, VIRTIO_BLK_T_IN, 0, 512, VIRTIO_BLK_S_OK, 513);
}

static void case_16_unknown_types(void **state)
{
    static const uint32_t types[] = {
        2, 3, 5, 10, VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_WRITE_ZEROES, 0x80000000, UINT32_MAX};
    struct fixture *f = *state;

    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++)
        request(f, types[i], 0, 0, VIRTIO_BLK_S_UNSUPP, 1);
    assert_true(disk_is_untouched(f));
}

static void case_16_get_id(void **state)
{
    struct fixture *f = *state;

    request(f, VIRTIO_BLK_T_GET_ID, 0, VIRTIO_BLK_ID_BYTES, VIRTIO_BLK_S_OK, 21);
    assert_memory_equal(ram(f, DATA), "disk-id\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    memset(ram(f, DATA), FAKE_MEMORY_FILL, 32);
    request(f, VIRTIO_BLK_T_GET_ID, 0, 5, VIRTIO_BLK_S_OK, 6);
    assert_memory_equal(ram(f, DATA), "disk-", 5);
    assert_int_equal(*ram(f, DATA + 5), FAKE_MEMORY_FILL);
    request(f, VIRTIO_BLK_T_GET_ID, 0, 0, VIRTIO_BLK_S_OK, 1);
    request(f, VIRTIO_BLK_T_GET_ID, 0, 512, VIRTIO_BLK_S_OK, 20); /* then a gap before the status */
    assert_int_equal(*ram(f, DATA + 20), FAKE_MEMORY_FILL);
}

/* Adverse case 6: no status byte; a readable one; a writable or short header. */
static void case_6_no_status_byte(void **state)
{
    struct fixture *f = *state;

    put_header(f, VIRTIO_BLK_T_OUT, 0);
    guest_ring_set(&f->ring, 0, HEADER, 16, NEXT, 1);
    guest_ring_set(&f->ring, 1, DATA, 512, NEXT, 2);
    guest_ring_set(&f->ring, 2, STATUS, 1, 0, 0); /* readable */
    guest_ring_offer(&f->ring, 0);
    kick(f);
    assert_int_equal(*ram(f, STATUS), POISON);
    assert_true(disk_is_untouched(f));
    expect_broken(f);
}

static void case_6_bad_headers(void **state)
{
    struct fixture *f = *state;

    put_header(f, VIRTIO_BLK_T_IN, 0);
    guest_ring_set(&f->ring, 0, HEADER, 15, NEXT, 2); /* short */
    guest_ring_set(&f->ring, 2, STATUS, 1, WRITE, 0);
    guest_ring_offer(&f->ring, 0);
    kick(f);
    expect_done(f, VIRTIO_BLK_S_IOERR, 1);
    put_header(f, VIRTIO_BLK_T_IN, 0);
    guest_ring_set(&f->ring, 0, HEADER, 16, NEXT | WRITE, 2); /* writable: there is none */
    guest_ring_offer(&f->ring, 0);
    kick(f);
    expect_done(f, VIRTIO_BLK_S_IOERR, 0);
    assert_int_equal(f->disk.reads, 0);
}

/* --- adverse cases: queue, reset -------------------------------------------------------------- */

/* Adverse case 1: what the queue finds wrong breaks this device until reset. */
static void case_1_loop_breaks_the_device(void **state)
{
    struct fixture *f = *state;

    guest_ring_set(&f->ring, 0, HEADER, 16, NEXT, 0);
    guest_ring_offer(&f->ring, 0);
    kick(f);
    expect_broken(f);
}

static void hold(struct virtio_blk_model *blk)
{
    (void)blk;
}

/* Adverse case 4: the same head twice, the backend slow. */
static void case_4_head_twice_in_flight(void **state)
{
    struct fixture *f = *state;
    struct io_request *r;

    f->blk.run = hold;
    offer(f, VIRTIO_BLK_T_IN, 0, 512);
    offer(f, VIRTIO_BLK_T_IN, 0, 512);
    r = virtio_blk_submit(&f->blk);
    assert_non_null(r);
    assert_null(virtio_blk_submit(&f->blk)); /* one at a time: the second waits */
    backend_run(r);
    virtio_blk_complete(&f->blk, r);
    expect_done(f, VIRTIO_BLK_S_OK, 513);
    r = virtio_blk_submit(&f->blk);
    assert_non_null(r); /* it came back before: no fault any more */
    backend_run(r);
    virtio_blk_complete(&f->blk, r);
}

/* Adverse case 12: header and descriptors rewritten after submit. */
static void case_12_rewritten_while_in_flight(void **state)
{
    struct fixture *f = *state;
    struct io_request *r;

    f->blk.run = hold;
    offer(f, VIRTIO_BLK_T_IN, 1, 512);
    r = virtio_blk_submit(&f->blk);
    assert_non_null(r);
    put_header(f, VIRTIO_BLK_T_OUT, UINT64_MAX);
    memset(f->ring.desc, 0xff, SIZE * sizeof(struct virtq_desc));
    backend_run(r);
    virtio_blk_complete(&f->blk, r);
    expect_done(f, VIRTIO_BLK_S_OK, 513);
    assert_memory_equal(ram(f, DATA), &f->disk.bytes[512], 512);
}

/* Adverse case 13: reset with a request in flight. */
static void case_13_reset_in_flight(void **state)
{
    struct fixture *f = *state;
    struct virtio_device *d = &f->blk.device;
    struct io_request *r;

    f->blk.run = hold;
    offer(f, VIRTIO_BLK_T_GET_ID, 0, 20);
    r = virtio_blk_submit(&f->blk);
    assert_non_null(r);
    virtio_device_set_status(d, 0);
    assert_int_not_equal(virtio_device_status(d), 0); /* not over while memory is in use */
    virtio_device_set_status(d, 1);
    assert_null(virtio_blk_submit(&f->blk));
    backend_run(r);
    virtio_blk_complete(&f->blk, r);
    assert_int_equal(virtio_device_status(d), 0);
    assert_int_equal(f->ring.used->idx, 0);
    assert_int_equal(*ram(f, STATUS), POISON);
    assert_int_equal(*ram(f, DATA), FAKE_MEMORY_FILL);
    assert_int_equal(f->interrupts + f->config_interrupts, 0);

    f->blk.run = virtio_blk_run_inline;
    bring_up(f);
    request(f, VIRTIO_BLK_T_IN, 0, 512, VIRTIO_BLK_S_OK, 513);
}

static void case_13_write_lands_at_its_own_place(void **state)
{
    struct fixture *f = *state;
    struct io_request *r;

    f->blk.run = hold;
    memset(ram(f, DATA), 0x11, 512);
    offer(f, VIRTIO_BLK_T_OUT, 9, 512);
    r = virtio_blk_submit(&f->blk);
    assert_non_null(r);
    virtio_device_set_status(&f->blk.device, 0);
    backend_run(r);
    virtio_blk_complete(&f->blk, r);
    assert_int_equal(f->disk.bytes[9 * 512], 0x11);
    assert_true(fake_backend_untouched(&f->disk, 0, 9 * 512));
    assert_true(fake_backend_untouched(&f->disk, 10 * 512, DISK_LENGTH - 10 * 512));
}

/* Adverse case 14: kicks without end cost nothing when there is nothing to do. */
static void case_14_kick_storm(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 100000; i++)
        kick(f);
    assert_int_equal(f->disk.reads + f->disk.writes + f->disk.flushes, 0);
    assert_int_equal(f->interrupts, 0);
    request(f, VIRTIO_BLK_T_IN, 0, 512, VIRTIO_BLK_S_OK, 513);
}

/* Each sector holds the next avail.idx and the header of a request for the next sector, and is read
 * right onto them: one kick still ends after as many requests as the queue can hold. */
static void a_ring_that_feeds_itself_ends(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < SECTORS; i++) {
        struct virtio_blk_req_header header = {.type = VIRTIO_BLK_T_IN, .sector = i + 1};
        uint16_t avail[2] = {0, (uint16_t)(i + 2)};

        memcpy(&f->disk.bytes[512 * i], avail, sizeof avail);
        memcpy(&f->disk.bytes[512 * i + sizeof avail], &header, sizeof header);
    }
    put_header(f, VIRTIO_BLK_T_IN, 0);
    guest_ring_set(&f->ring, 0, HEADER, 16, NEXT, 1);
    guest_ring_set(&f->ring, 1, f->ring.avail_gpa, 4, NEXT | WRITE, 2);
    guest_ring_set(&f->ring, 2, HEADER, 16, NEXT | WRITE, 3);
    guest_ring_set(&f->ring, 3, DATA, 512 - 20 + 1, WRITE, 0);
    guest_ring_offer(&f->ring, 0);
    kick(f);
    assert_int_equal(f->disk.reads, SIZE);
}

static void nothing_before_driver_ok(void **state)
{
    struct fixture *f = *state;
    struct virtio_device *d = &f->blk.device;

    d->status &= (uint8_t)~VIRTIO_STATUS_DRIVER_OK;
    offer(f, VIRTIO_BLK_T_IN, 0, 512);
    kick(f);
    assert_int_equal(f->disk.reads, 0);
    virtio_device_set_status(d, 0xf);
    kick(f);
    expect_done(f, VIRTIO_BLK_S_OK, 513);
}

static void nothing_after_failed(void **state)
{
    struct fixture *f = *state;

    virtio_device_set_status(&f->blk.device, 0x8f);
    offer(f, VIRTIO_BLK_T_IN, 0, 512);
    kick(f);
    assert_int_equal(f->disk.reads, 0);
}

static void nothing_without_bus_mastering(void **state)
{
    struct fixture *f = *state;

    f->no_dma = true;
    offer(f, VIRTIO_BLK_T_IN, 0, 512);
    kick(f);
    assert_int_equal(f->disk.reads, 0);
    assert_int_equal(f->ring.used->idx, 0);
    f->no_dma = false;
    kick(f);
    expect_done(f, VIRTIO_BLK_S_OK, 513);
}

/* --- adverse cases: a failing host ------------------------------------------------------------ */

/* Adverse case 33: errors are IOERR, with what was moved in the used length. */
static void case_33_backend_errors(void **state)
{
    struct fixture *f = *state;

    f->disk.read_error = EIO;
    request(f, VIRTIO_BLK_T_IN, 0, 1024, VIRTIO_BLK_S_IOERR, 0);
    f->disk.error_at = 700;
    request(f, VIRTIO_BLK_T_IN, 0, 1024, VIRTIO_BLK_S_IOERR, 700);
    f->disk.write_error = ENOSPC;
    request(f, VIRTIO_BLK_T_OUT, 0, 1024, VIRTIO_BLK_S_IOERR, 1);
    f->disk.read_error = f->disk.write_error = 0;
    request(f, VIRTIO_BLK_T_IN, 0, 1024, VIRTIO_BLK_S_OK, 1025);
}

static void case_33_short_transfers_and_eintr(void **state)
{
    struct fixture *f = *state;

    f->disk.most = 100;
    f->disk.interruptions = 4;
    request(f, VIRTIO_BLK_T_IN, 0, 1024, VIRTIO_BLK_S_OK, 1025);
    assert_memory_equal(ram(f, DATA), f->disk.bytes, 1024);
}

/* Adverse case 34: the image got shorter. */
static void case_34_truncated_image(void **state)
{
    struct fixture *f = *state;

    f->disk.length = 700;
    request(f, VIRTIO_BLK_T_IN, 0, 1024, VIRTIO_BLK_S_IOERR, 700);
    request(f, VIRTIO_BLK_T_IN, 2, 512, VIRTIO_BLK_S_IOERR, 0);
    assert_int_equal(*ram(f, DATA + 700), FAKE_MEMORY_FILL);
    request(f, VIRTIO_BLK_T_IN, 0, 512, VIRTIO_BLK_S_OK, 513);
}

/* Adverse case 35: after a failed flush no write and no flush succeeds, reset or not. */
static void case_35_failed_flush(void **state)
{
    struct fixture *f = *state;

    f->disk.flush_error = EIO;
    request(f, VIRTIO_BLK_T_FLUSH, 0, 0, VIRTIO_BLK_S_IOERR, 1);
    f->disk.flush_error = 0;
    request(f, VIRTIO_BLK_T_OUT, 0, 512, VIRTIO_BLK_S_IOERR, 1);
    bring_up(f);
    request(f, VIRTIO_BLK_T_FLUSH, 0, 0, VIRTIO_BLK_S_IOERR, 1);
    assert_true(disk_is_untouched(f));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(configuration),
        TEST(in_reads),
        TEST(out_writes),
        TEST(flush),
        TEST(a_request_without_data_moves_nothing),
        TEST(framing_means_nothing),
        TEST(one_kick_serves_the_whole_queue),
        TEST(case_15_ranges),
        TEST(case_16_read_only),
        TEST(case_16_unknown_types),
        TEST(case_16_get_id),
        TEST(case_6_no_status_byte),
        TEST(case_6_bad_headers),
        TEST(case_1_loop_breaks_the_device),
        TEST(case_4_head_twice_in_flight),
        TEST(case_12_rewritten_while_in_flight),
        TEST(case_13_reset_in_flight),
        TEST(case_13_write_lands_at_its_own_place),
        TEST(case_14_kick_storm),
        TEST(a_ring_that_feeds_itself_ends),
        TEST(nothing_before_driver_ok),
        TEST(nothing_after_failed),
        TEST(nothing_without_bus_mastering),
        TEST(case_33_backend_errors),
        TEST(case_33_short_transfers_and_eintr),
        TEST(case_34_truncated_image),
        TEST(case_35_failed_flush),
    };

    return cmocka_run_group_tests_name("virtio-blk model", tests, NULL, NULL);
}

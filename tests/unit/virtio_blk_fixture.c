/* SPDX-License-Identifier: MIT */
/* A disk, its memory and a driver that does as it is told. */
#include "test.h"

#include "virtio_blk_fixture.h"

#include <string.h>

static void count_interrupt(void *transport, int queue)
{
    struct blk_fixture *f = transport;

    if (queue < 0)
        f->config_interrupts++;
    else
        f->interrupts[queue]++;
}

static bool may_dma(void *transport)
{
    struct blk_fixture *f = transport;

    return !f->no_dma;
}

/* --- life ------------------------------------------------------------------------------------- */

static void place_queue(struct blk_fixture *f, unsigned index)
{
    struct virtio_device *d = &f->blk.device;
    struct blk_ring *ring = &f->rings[index];
    struct virtio_queue *q = &d->queues[index];
    gpa_t gpa = BLK_RINGS + 0x1000 * index;

    memset(ring, 0, sizeof *ring);
    guest_ring_init(&ring->split, &f->memory, gpa, BLK_RING_SIZE);
    q->size = BLK_RING_SIZE;
    q->desc_gpa = ring->split.desc_gpa;
    q->avail_gpa = ring->split.avail_gpa;
    q->used_gpa = ring->split.used_gpa;
    if (f->packed) {
        guest_packed_init(&ring->packed, &f->memory, gpa, BLK_RING_SIZE);
        q->avail_gpa = ring->packed.driver_gpa;
        q->used_gpa = ring->packed.device_gpa;
    }
    pthread_mutex_lock(&d->lock);
    assert_true(virtio_device_enable_queue(d, q));
    pthread_mutex_unlock(&d->lock);
}

void blk_bring_up(struct blk_fixture *f, uint64_t refused)
{
    struct virtio_device *d = &f->blk.device;
    uint64_t features = d->offered & ~refused;

    virtio_device_set_status(d, 0);
    assert_int_equal(virtio_device_status(d), 0);
    virtio_device_set_status(d, 1);
    virtio_device_set_status(d, 3);
    virtio_device_set_features(d, 0, (uint32_t)features);
    virtio_device_set_features(d, 1, (uint32_t)(features >> 32));
    virtio_device_set_status(d, 0xb);
    assert_int_equal(virtio_device_status(d), 0xb);
    for (unsigned i = 0; i < d->queue_count; i++)
        place_queue(f, i);
    virtio_device_set_status(d, 0xf);
    assert_int_equal(virtio_device_status(d), 0xf);
}

void blk_make_disk(struct blk_fixture *f, bool read_only, const struct virtio_blk_options *options)
{
    struct virtio_blk_options all = *options;

    if (f->packed)
        all.features_on |= 1ull << VIRTIO_F_RING_PACKED;
    f->disk.backend.read_only = read_only;
    virtio_blk_model_init(&f->blk, 3, "disk-id", &f->memory, &f->disk.backend, &all);
    f->blk.device.transport = f;
    f->blk.device.interrupt = count_interrupt;
    f->blk.device.can_dma = may_dma;
    /* Every used buffer is an interrupt, unless a test wants it otherwise. */
    blk_bring_up(f, 1ull << VIRTIO_F_EVENT_IDX);
}

static int start(void **state, bool packed)
{
    static struct blk_fixture f;

    memset(&f, 0, sizeof f);
    f.packed = packed;
    fake_memory_create(&f.memory, BLK_RAM_BASE, BLK_RAM_LENGTH);
    fake_backend_create(&f.disk, BLK_DISK_LENGTH, BLK_DISK_LENGTH);
    blk_make_disk(&f, false, &(struct virtio_blk_options){0});
    *state = &f;
    return 0;
}

int blk_start_split(void **state)
{
    return start(state, false);
}

int blk_start_packed(void **state)
{
    return start(state, true);
}

int blk_stop(void **state)
{
    struct blk_fixture *f = *state;

    fake_memory_destroy(&f->memory);
    fake_backend_destroy(&f->disk);
    return 0;
}

/* --- the driver ------------------------------------------------------------------------------- */

uint8_t *blk_ram(struct blk_fixture *f, gpa_t gpa)
{
    uint8_t *bytes = guest_ptr(&f->memory, gpa, 1);

    assert_non_null(bytes);
    return bytes;
}

uint8_t blk_status(struct blk_fixture *f)
{
    return *blk_ram(f, BLK_STATUS);
}

static uint16_t flags_of(const struct blk_buffer *buffer, bool is_last)
{
    return (uint16_t)((buffer->writable ? VIRTQ_DESC_F_WRITE : 0) |
                      (is_last ? 0 : VIRTQ_DESC_F_NEXT));
}

uint16_t blk_offer_chain(struct blk_fixture *f, unsigned queue, const struct blk_buffer *buffers,
                         unsigned count)
{
    struct blk_ring *ring = &f->rings[queue];
    uint16_t head = f->packed ? ring->packed.next : ring->next_desc;

    for (unsigned i = 0; i < count; i++) {
        const struct blk_buffer *b = &buffers[i];
        uint16_t flags = flags_of(b, i + 1 == count);
        uint16_t next = (uint16_t)((ring->next_desc + 1) % BLK_RING_SIZE);

        if (f->packed)
            guest_packed_add(&ring->packed, b->gpa, b->length, flags, head);
        else
            guest_ring_set(&ring->split, ring->next_desc, b->gpa, b->length, flags, next);
        ring->next_desc = next;
    }
    ring->entries[head] = (uint16_t)count;
    if (f->packed)
        guest_packed_offer(&ring->packed);
    else
        guest_ring_offer(&ring->split, head);
    return head;
}

static void put_table(struct blk_fixture *f, const struct blk_buffer *buffers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct blk_buffer *b = &buffers[i];
        struct virtq_desc split = {b->gpa, b->length, flags_of(b, i + 1 == count),
                                   (uint16_t)(i + 1)};
        struct vring_packed_desc packed = {b->gpa, b->length, 0,
                                           b->writable ? VIRTQ_DESC_F_WRITE : 0};
        void *to = blk_ram(f, BLK_TABLE + 16 * i);

        if (f->packed)
            memcpy(to, &packed, sizeof packed);
        else
            memcpy(to, &split, sizeof split);
    }
}

uint16_t blk_offer_table(struct blk_fixture *f, unsigned queue, const struct blk_buffer *buffers,
                         unsigned count)
{
    struct blk_ring *ring = &f->rings[queue];
    uint16_t head = f->packed ? ring->packed.next : ring->next_desc;

    put_table(f, buffers, count);
    ring->next_desc = (uint16_t)((ring->next_desc + 1) % BLK_RING_SIZE);
    ring->entries[head] = 1;
    if (f->packed) {
        guest_packed_add(&ring->packed, BLK_TABLE, 16 * count, VIRTQ_DESC_F_INDIRECT, head);
        guest_packed_offer(&ring->packed);
    } else {
        guest_ring_set(&ring->split, head, BLK_TABLE, 16 * count, VIRTQ_DESC_F_INDIRECT, 0);
        guest_ring_offer(&ring->split, head);
    }
    return head;
}

void blk_put_header(struct blk_fixture *f, uint32_t type, uint64_t sector)
{
    struct virtio_blk_req_header header = {.type = type, .sector = sector};

    memcpy(blk_ram(f, BLK_HEADER), &header, sizeof header);
    *blk_ram(f, BLK_STATUS) = BLK_POISON;
}

uint16_t blk_offer(struct blk_fixture *f, uint32_t type, uint64_t sector, uint32_t length)
{
    bool device_reads = type == VIRTIO_BLK_T_OUT || type == VIRTIO_BLK_T_DISCARD ||
                        type == VIRTIO_BLK_T_WRITE_ZEROES;
    const struct blk_buffer buffers[] = {
        {BLK_HEADER, 16, false}, {BLK_DATA, length, !device_reads}, {BLK_STATUS, 1, true}};
    const struct blk_buffer without_data[] = {buffers[0], buffers[2]};

    blk_put_header(f, type, sector);
    return length > 0 ? blk_offer_chain(f, 0, buffers, 3) : blk_offer_chain(f, 0, without_data, 2);
}

bool blk_take_used(struct blk_fixture *f, unsigned queue, uint16_t *id, uint32_t *written)
{
    struct blk_ring *ring = &f->rings[queue];
    struct vring_packed_desc used;

    if (!f->packed) {
        struct virtq_used_elem element = guest_ring_used(&ring->split, ring->seen);

        if (ring->split.used->idx == ring->seen)
            return false;
        ring->seen++;
        *id = (uint16_t)element.id;
        *written = element.len;
        return true;
    }
    if (!guest_packed_used(&ring->packed, &used))
        return false;
    assert_true(used.id < BLK_RING_SIZE);
    assert_int_equal((used.flags & VIRTQ_DESC_F_WRITE) != 0, used.len > 0);
    guest_packed_skip(&ring->packed, ring->entries[used.id]);
    *id = used.id;
    *written = used.len;
    return true;
}

/* --- what tests are made of ------------------------------------------------------------------- */

void blk_kick(struct blk_fixture *f)
{
    for (unsigned i = 0; i < f->blk.device.queue_count; i++)
        virtio_device_notify(&f->blk.device, i);
}

void blk_expect_nothing(struct blk_fixture *f)
{
    uint16_t id;
    uint32_t written;

    for (unsigned i = 0; i < f->blk.device.queue_count; i++)
        assert_false(blk_take_used(f, i, &id, &written));
}

void blk_expect_done(struct blk_fixture *f, uint8_t status, uint32_t written)
{
    uint16_t id;
    uint32_t length;

    assert_true(blk_take_used(f, 0, &id, &length));
    assert_int_equal(length, written);
    assert_int_equal(blk_status(f), status);
    assert_int_equal(virtio_device_status(&f->blk.device), 0xf);
    blk_expect_nothing(f);
}

void blk_request(struct blk_fixture *f, uint32_t type, uint64_t sector, uint32_t length,
                 uint8_t status, uint32_t written)
{
    blk_offer(f, type, sector, length);
    blk_kick(f);
    blk_expect_done(f, status, written);
}

void blk_expect_broken(struct blk_fixture *f)
{
    assert_true(virtio_device_status(&f->blk.device) & VIRTIO_STATUS_NEEDS_RESET);
    assert_int_equal(f->config_interrupts, 1);
    blk_expect_nothing(f);
    blk_kick(f);
    blk_expect_nothing(f);
    blk_bring_up(f, 1ull << VIRTIO_F_EVENT_IDX);
    f->blk.run = virtio_blk_run_inline;
    blk_request(f, VIRTIO_BLK_T_IN, 0, 512, VIRTIO_BLK_S_OK, 513);
    f->config_interrupts = 0;
}

void blk_hold(struct virtio_blk_model *blk)
{
    (void)blk;
}

void blk_finish(struct blk_fixture *f, struct io_request *io)
{
    assert_non_null(io);
    backend_run(io);
    virtio_blk_complete(&f->blk, io);
}

bool blk_disk_is_untouched(struct blk_fixture *f)
{
    return f->disk.writes == 0 && fake_backend_untouched(&f->disk, 0, BLK_DISK_LENGTH);
}

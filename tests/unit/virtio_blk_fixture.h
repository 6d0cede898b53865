/* SPDX-License-Identifier: MIT */
/*
 * A virtio-blk model with a driver of a few lines in front of it, over a split or a packed ring:
 * the same test runs over both.
 */
#ifndef TESTS_UNIT_VIRTIO_BLK_FIXTURE_H
#define TESTS_UNIT_VIRTIO_BLK_FIXTURE_H

#include "fake_backend.h"
#include "fake_memory.h"
#include "guest_packed_ring.h"
#include "guest_ring.h"
#include "host-vmm/virtio/blk.h"

#define BLK_RAM_BASE 0x100000
#define BLK_RAM_LENGTH 0x40000
#define BLK_RINGS BLK_RAM_BASE
#define BLK_HEADER (BLK_RAM_BASE + 0x8000)
#define BLK_STATUS (BLK_RAM_BASE + 0x9000)
#define BLK_TABLE (BLK_RAM_BASE + 0xa000)
#define BLK_DATA (BLK_RAM_BASE + 0x10000)
#define BLK_RING_SIZE 16
#define BLK_SECTORS 64
#define BLK_DISK_LENGTH (BLK_SECTORS * VIRTIO_BLK_SECTOR_SIZE)
#define BLK_POISON 0xee

struct blk_ring {
    struct guest_ring split;
    struct guest_packed_ring packed;
    uint16_t next_desc;              /* split: the next one to fill */
    uint16_t seen;                   /* split: used elements taken */
    uint16_t entries[BLK_RING_SIZE]; /* packed: by id */
};

struct blk_fixture {
    bool packed;
    struct guest_memory memory;
    struct fake_backend disk;
    struct virtio_blk_model blk;
    struct blk_ring rings[VIRTIO_MAX_QUEUES];
    unsigned interrupts[VIRTIO_MAX_QUEUES], config_interrupts;
    bool no_dma;
};

/* One buffer of a chain */
struct blk_buffer {
    gpa_t gpa;
    uint32_t length;
    bool writable;
};

/* For cmocka: a fixture whose disk offers what it does by itself, up to DRIVER_OK. */
int blk_start_split(void **state);
int blk_start_packed(void **state);
int blk_stop(void **state);

/* A new disk, and a driver that takes all it offers. */
void blk_make_disk(struct blk_fixture *f, bool read_only, const struct virtio_blk_options *options);

/* From reset to DRIVER_OK, without the features of refused. */
void blk_bring_up(struct blk_fixture *f, uint64_t refused);

uint8_t *blk_ram(struct blk_fixture *f, gpa_t gpa);
uint8_t blk_status(struct blk_fixture *f);

/* Makes a chain of count buffers available. Returns its id. */
uint16_t blk_offer_chain(struct blk_fixture *f, unsigned queue, const struct blk_buffer *buffers,
                         unsigned count);
/* The same by one indirect descriptor, the table at BLK_TABLE. */
uint16_t blk_offer_table(struct blk_fixture *f, unsigned queue, const struct blk_buffer *buffers,
                         unsigned count);

void blk_put_header(struct blk_fixture *f, uint32_t type, uint64_t sector);

/* A request as most drivers frame it: header at BLK_HEADER, length bytes at BLK_DATA, status at
 * BLK_STATUS. */
uint16_t blk_offer(struct blk_fixture *f, uint32_t type, uint64_t sector, uint32_t length);

/* A used buffer of a queue: false when there is none. */
bool blk_take_used(struct blk_fixture *f, unsigned queue, uint16_t *id, uint32_t *written);

void blk_kick(struct blk_fixture *f);

/* Adverse case 17: exactly one completion, with this status and used length. */
void blk_expect_done(struct blk_fixture *f, uint8_t status, uint32_t written);
void blk_expect_nothing(struct blk_fixture *f);

/* Offers, kicks, and expects it to be done. */
void blk_request(struct blk_fixture *f, uint32_t type, uint64_t sector, uint32_t length,
                 uint8_t status, uint32_t written);

/* NEEDS_RESET, told once; nothing is processed; and a reset mends it. */
void blk_expect_broken(struct blk_fixture *f);

/* For blk.run: what is available stays there. */
void blk_hold(struct virtio_blk_model *blk);

/* backend_run and complete */
void blk_finish(struct blk_fixture *f, struct io_request *io);

bool blk_disk_is_untouched(struct blk_fixture *f);

#endif

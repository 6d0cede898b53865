/* SPDX-License-Identifier: MIT */
/* virtio-blk's configuration, which either transport shows in a place of its own. */
#include "virtio_internal.h"
#include "tables.h"

#include "abi/virtio_blk.h"

static const struct decode_value caches[] = {
    {NULL, 0, "write-through"}, {NULL, 1, "write-back"}, {0}};

/* Those without a macro this host's disks do not fill in (VIRTIO 1.2 section 5.2.4); firmware looks at them. */
static const struct decode_register config[] = {
    R(VIRTIO_BLK_CFG_CAPACITY, 8, DECODE_READ, "capacity", DECODE_DECIMAL, NULL, NULL),
    R(VIRTIO_BLK_CFG_SIZE_MAX, 4, DECODE_READ, "size_max", DECODE_DECIMAL, NULL, NULL),
    R(VIRTIO_BLK_CFG_SEG_MAX, 4, DECODE_READ, "seg_max", DECODE_DECIMAL, NULL, NULL),
    {NULL, 0x10, 2, DECODE_READ, "geometry.cylinders", DECODE_DECIMAL, NULL, NULL},
    {NULL, 0x12, 1, DECODE_READ, "geometry.heads", DECODE_DECIMAL, NULL, NULL},
    {NULL, 0x13, 1, DECODE_READ, "geometry.sectors", DECODE_DECIMAL, NULL, NULL},
    R(VIRTIO_BLK_CFG_BLK_SIZE, 4, DECODE_READ, "blk_size", DECODE_DECIMAL, NULL, NULL),
    {NULL, 0x18, 1, DECODE_READ, "topology.physical_block_exp", DECODE_DECIMAL, NULL, NULL},
    {NULL, 0x19, 1, DECODE_READ, "topology.alignment_offset", DECODE_DECIMAL, NULL, NULL},
    {NULL, 0x1a, 2, DECODE_READ, "topology.min_io_size", DECODE_DECIMAL, NULL, NULL},
    {NULL, 0x1c, 4, DECODE_READ, "topology.opt_io_size", DECODE_DECIMAL, NULL, NULL},
    R(VIRTIO_BLK_CFG_WRITEBACK, 1, DECODE_BOTH, "writeback", DECODE_HEX, NULL, caches),
    R(VIRTIO_BLK_CFG_NUM_QUEUES, 2, DECODE_READ, "num_queues", DECODE_DECIMAL, NULL, NULL),
    R(VIRTIO_BLK_CFG_MAX_DISCARD_SECTORS, 4, DECODE_READ, "max_discard_sectors", DECODE_DECIMAL,
      NULL, NULL),
    R(VIRTIO_BLK_CFG_MAX_DISCARD_SEG, 4, DECODE_READ, "max_discard_seg", DECODE_DECIMAL, NULL,
      NULL),
    R(VIRTIO_BLK_CFG_DISCARD_SECTOR_ALIGNMENT, 4, DECODE_READ, "discard_sector_alignment",
      DECODE_DECIMAL, NULL, NULL),
    R(VIRTIO_BLK_CFG_MAX_WRITE_ZEROES_SECTORS, 4, DECODE_READ, "max_write_zeroes_sectors",
      DECODE_DECIMAL, NULL, NULL),
    R(VIRTIO_BLK_CFG_MAX_WRITE_ZEROES_SEG, 4, DECODE_READ, "max_write_zeroes_seg", DECODE_DECIMAL,
      NULL, NULL),
    R(VIRTIO_BLK_CFG_WRITE_ZEROES_MAY_UNMAP, 1, DECODE_READ, "write_zeroes_may_unmap",
      DECODE_DECIMAL, NULL, NULL),
};
const struct decode_table decode_virtio_blk_config = {"virtio_blk.h", config, DECODE_COUNT(config)};

static bool config_words(void *context, const struct decode_part *part, char *words)
{
    (void)context;
    if (part->reg->offset != VIRTIO_BLK_CFG_CAPACITY || !decode_part_is_whole(part))
        return false;
    decode_append(words, "%llu sectors", (unsigned long long)part->value);
    return true;
}

bool virtio_config_decode(uint64_t offset, const struct decode_access *access,
                          struct decoded *decoded)
{
    static const struct decode_span span = {.table = &decode_virtio_blk_config,
                                            .words = config_words};

    return decode_span(&span, offset, access, decoded);
}

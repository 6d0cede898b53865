/* SPDX-License-Identifier: MIT */
/* Words that both transports share: features by their halves, the device's status, the selected queue. */
#include "virtio_internal.h"

#include <stdio.h>

#include "abi/virtio.h"
#include "abi/virtio_blk.h"

#define FEATURE(macro, word)                                                                       \
    {                                                                                              \
#macro, 1ull << (macro), word, NULL, false                                                 \
    }
const struct decode_field decode_virtio_features[] = {
    FEATURE(VIRTIO_BLK_F_SIZE_MAX, "SIZE_MAX"),
    FEATURE(VIRTIO_BLK_F_SEG_MAX, "SEG_MAX"),
    FEATURE(VIRTIO_BLK_F_GEOMETRY, "GEOMETRY"),
    FEATURE(VIRTIO_BLK_F_RO, "RO"),
    FEATURE(VIRTIO_BLK_F_BLK_SIZE, "BLK_SIZE"),
    FEATURE(VIRTIO_BLK_F_FLUSH, "FLUSH"),
    FEATURE(VIRTIO_BLK_F_TOPOLOGY, "TOPOLOGY"),
    FEATURE(VIRTIO_BLK_F_CONFIG_WCE, "CONFIG_WCE"),
    FEATURE(VIRTIO_BLK_F_MQ, "MQ"),
    FEATURE(VIRTIO_BLK_F_DISCARD, "DISCARD"),
    FEATURE(VIRTIO_BLK_F_WRITE_ZEROES, "WRITE_ZEROES"),
    FEATURE(VIRTIO_F_INDIRECT_DESC, "INDIRECT_DESC"),
    FEATURE(VIRTIO_F_EVENT_IDX, "EVENT_IDX"),
    FEATURE(VIRTIO_F_VERSION_1, "VERSION_1"),
    FEATURE(VIRTIO_F_ACCESS_PLATFORM, "ACCESS_PLATFORM"),
    FEATURE(VIRTIO_F_RING_PACKED, "RING_PACKED"),
    FEATURE(VIRTIO_F_NOTIFICATION_DATA, "NOTIFICATION_DATA"),
    FEATURE(VIRTIO_F_RING_RESET, "RING_RESET"),
    {0},
};
static const struct decode_register all_features = {
    NULL, 0, 8, DECODE_READ | DECODE_WRITE, "features", DECODE_HEX, decode_virtio_features, NULL};

/* In the order in which a driver sets them */
const struct decode_field decode_virtio_status[] = {
    F(VIRTIO_STATUS_ACKNOWLEDGE, "ACKNOWLEDGE"),
    F(VIRTIO_STATUS_DRIVER, "DRIVER"),
    F(VIRTIO_STATUS_FEATURES_OK, "FEATURES_OK"),
    F(VIRTIO_STATUS_DRIVER_OK, "DRIVER_OK"),
    F(VIRTIO_STATUS_NEEDS_RESET, "NEEDS_RESET"),
    F(VIRTIO_STATUS_FAILED, "FAILED"),
    {0},
};

static bool feature_words(uint32_t select, const struct decode_part *part, char *words)
{
    struct decoded half = {0};

    if (select > 1) {
        decode_append(words, "0x%llx of word %u", (unsigned long long)part->value, select);
        return true;
    }
    decode_register_words(&all_features, 4 * select, 4, part->value, &half);
    decode_append(words, "%s", half.words);
    return true;
}

static bool select_words(const struct decode_part *part, char *words)
{
    unsigned long long word = part->value;

    if (word <= 1)
        decode_append(words, "%llu (bits %llu-%llu)", word, 32 * word, 32 * word + 31);
    else
        decode_append(words, "%llu", word);
    return true;
}

/* The table's words, and whose they are. */
static bool queue_words(const struct virtio_seen *seen, const struct decode_part *part, char *words)
{
    struct decoded own = {0};

    decode_register_words(part->reg, part->at, part->size, part->value, &own);
    decode_append(words, "%s (queue %u)", own.words, seen->queue_select);
    return true;
}

bool virtio_role_words(const struct virtio_seen *seen, enum virtio_role role,
                       const struct decode_part *part, char *words)
{
    if (role == VIRTIO_ROLE_QUEUE)
        return queue_words(seen, part, words);
    if (!decode_part_is_whole(part))
        return false;
    switch (role) {
    case VIRTIO_ROLE_DEVICE_SELECT:
    case VIRTIO_ROLE_DRIVER_SELECT:
        return select_words(part, words);
    case VIRTIO_ROLE_DEVICE_FEATURES:
        return feature_words(seen->device_feature_select, part, words);
    case VIRTIO_ROLE_DRIVER_FEATURES:
        return feature_words(seen->driver_feature_select, part, words);
    case VIRTIO_ROLE_STATUS:
        if (part->value == 0)
            decode_append(words, part->is_write ? "reset" : "none");
        return part->value == 0;
    default:
        return false;
    }
}

void virtio_role_learn(struct virtio_seen *seen, enum virtio_role role,
                       const struct decode_access *access)
{
    uint32_t value = (uint32_t)decode_value_of(access);

    if (!access->is_write || !access->answered)
        return;
    switch (role) {
    case VIRTIO_ROLE_DEVICE_SELECT:
        seen->device_feature_select = value;
        break;
    case VIRTIO_ROLE_DRIVER_SELECT:
        seen->driver_feature_select = value;
        break;
    case VIRTIO_ROLE_QUEUE_SELECT:
        seen->queue_select = value;
        break;
    case VIRTIO_ROLE_STATUS:
        if (value == 0)
            seen->device_feature_select = seen->driver_feature_select = seen->queue_select = 0;
        break;
    default:
        break;
    }
}

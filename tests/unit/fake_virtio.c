/* SPDX-License-Identifier: MIT */
/* A virtio device for driver tests; fake_virtio.h says what it does. */
#include "fake_virtio.h"

#include "drivers/errors.h"
#include "test.h"

#include <string.h>

static struct fake_virtio *of(struct virtio_transport *t)
{
    return (struct fake_virtio *)t;
}

static uint8_t get_status(struct virtio_transport *t)
{
    return of(t)->status;
}

static void set_status(struct virtio_transport *t, uint8_t status)
{
    struct fake_virtio *device = of(t);
    if (device->status_count < sizeof(device->statuses))
        device->statuses[device->status_count++] = status;
    if (status == 0) {
        device->resets++;
        device->enabled = false;
        device->avail_seen = device->used_idx = 0;
        if (device->reset_sticks)
            return;
    }
    if (device->features_do_not_stick)
        status &= (uint8_t)~VIRTIO_STATUS_FEATURES_OK;
    if (status & VIRTIO_STATUS_DRIVER_OK && device->needs_reset_at_driver_ok)
        status |= VIRTIO_STATUS_NEEDS_RESET;
    device->status = status;
}

static uint64_t get_features(struct virtio_transport *t)
{
    return of(t)->offered;
}

static void set_features(struct virtio_transport *t, uint64_t features)
{
    assert_true((features & ~of(t)->offered) == 0);
    of(t)->accepted = features;
}

static uint16_t queue_size(struct virtio_transport *t, uint16_t queue)
{
    return queue == 0 ? of(t)->offered_size : 0;
}

static int queue_enable(struct virtio_transport *t, uint16_t queue, uint16_t size,
                        const struct virtio_queue_addresses *addresses)
{
    struct fake_virtio *device = of(t);
    assert_int_equal(queue, 0);
    assert_true(size <= device->offered_size && size != 0 && (size & (size - 1)) == 0);
    assert_false(device->status & VIRTIO_STATUS_DRIVER_OK);
    assert_true(device->status & VIRTIO_STATUS_FEATURES_OK);
    assert_int_equal(addresses->desc % VIRTQ_DESC_ALIGN, 0);
    assert_int_equal(addresses->avail % VIRTQ_AVAIL_ALIGN, 0);
    assert_int_equal(addresses->used % VIRTQ_USED_ALIGN, 0);
    if (device->queue_does_not_stick)
        return ERR_DEVICE;
    device->size = size;
    device->queue = *addresses;
    device->enabled = true;
    return ERR_OK;
}

static void notify(struct virtio_transport *t, uint16_t queue)
{
    struct fake_virtio *device = of(t);
    assert_int_equal(queue, 0);
    assert_true(device->enabled && device->status & VIRTIO_STATUS_DRIVER_OK);
    device->notifies++;
    if (device->serve)
        device->serve(device);
}

static uint32_t config_read(struct virtio_transport *t, unsigned offset, unsigned width)
{
    uint32_t value = UINT32_MAX;
    if (offset + width <= FAKE_VIRTIO_CONFIG) {
        value = 0;
        memcpy(&value, of(t)->config + offset, width);
    }
    return value;
}

static uint32_t config_generation(struct virtio_transport *t)
{
    struct fake_virtio *device = of(t);
    device->generation_looks++;
    if (device->generation_moves)
        device->generation++;
    if (device->generation_looks == device->generation_moves_once_at) {
        device->generation++;
        device->config[0]++;
    }
    return device->generation;
}

static const struct virtio_transport_ops fake_ops = {
    .get_status = get_status,
    .set_status = set_status,
    .get_features = get_features,
    .set_features = set_features,
    .queue_size = queue_size,
    .queue_enable = queue_enable,
    .notify = notify,
    .config_read = config_read,
    .config_generation = config_generation,
};

void fake_virtio_init(struct fake_virtio *device, uint64_t offered, uint16_t size)
{
    *device = (struct fake_virtio){
        .transport = {.ops = &fake_ops, .device_type = VIRTIO_DEVICE_BLOCK},
        .offered = offered | 1ull << VIRTIO_F_VERSION_1,
        .offered_size = size,
        .status = VIRTIO_STATUS_DRIVER_OK, /* as an earlier driver has left it */
    };
}

void fake_virtio_config32(struct fake_virtio *device, unsigned offset, uint32_t value)
{
    memcpy(device->config + offset, &value, sizeof(value));
}

void fake_virtio_config64(struct fake_virtio *device, unsigned offset, uint64_t value)
{
    memcpy(device->config + offset, &value, sizeof(value));
}

unsigned fake_virtio_pop(struct fake_virtio *device, uint16_t *head,
                         struct fake_virtio_segment segments[FAKE_VIRTIO_CHAIN])
{
    const volatile struct virtq_avail *avail = (void *)(uintptr_t)device->queue.avail;
    const volatile struct virtq_desc *desc = (void *)(uintptr_t)device->queue.desc;
    if (avail->idx == device->avail_seen)
        return 0;
    *head = avail->ring[device->avail_seen++ & (device->size - 1)];
    uint16_t index = *head;
    for (unsigned count = 0; count < FAKE_VIRTIO_CHAIN; count++) {
        assert_true(index < device->size);
        segments[count].data = (uint8_t *)(uintptr_t)desc[index].addr;
        segments[count].length = desc[index].len;
        segments[count].device_writes = desc[index].flags & VIRTQ_DESC_F_WRITE;
        if (count > 0)
            assert_true(segments[count].device_writes >= segments[count - 1].device_writes);
        if (!(desc[index].flags & VIRTQ_DESC_F_NEXT))
            return count + 1;
        index = desc[index].next;
    }
    fail_msg("a chain that does not end");
    return 0;
}

void fake_virtio_push(struct fake_virtio *device, uint32_t id, uint32_t length)
{
    volatile struct virtq_used *used = (void *)(uintptr_t)device->queue.used;
    volatile struct virtq_used_elem *element = &used->ring[device->used_idx & (device->size - 1)];
    element->id = id;
    element->len = length;
    used->idx = ++device->used_idx;
}

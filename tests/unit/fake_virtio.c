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
        device->interrupt = NULL;
        for (unsigned i = 0; i < FAKE_VIRTIO_QUEUES; i++)
            device->rings[i].size = 0;
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
    assert_true(queue < FAKE_VIRTIO_QUEUES);
    return of(t)->offered_size[queue];
}

static int queue_enable(struct virtio_transport *t, uint16_t queue, uint16_t size,
                        const struct virtio_queue_addresses *addresses)
{
    struct fake_virtio *device = of(t);
    assert_true(queue < FAKE_VIRTIO_QUEUES);
    assert_true(size <= device->offered_size[queue] && size != 0);
    assert_true((size & (size - 1)) == 0 || virtio_has(device->accepted, VIRTIO_F_RING_PACKED));
    assert_false(device->status & VIRTIO_STATUS_DRIVER_OK);
    assert_true(device->status & VIRTIO_STATUS_FEATURES_OK);
    if (device->queue_does_not_stick)
        return ERR_DEVICE;
    fake_ring_init(&device->rings[queue], size, device->accepted, addresses);
    return ERR_OK;
}

static void notify(struct virtio_transport *t, uint16_t queue)
{
    struct fake_virtio *device = of(t);
    assert_true(queue < FAKE_VIRTIO_QUEUES && device->rings[queue].size > 0);
    assert_true(device->status & VIRTIO_STATUS_DRIVER_OK);
    device->notifies++;
    device->notified[queue]++;
    if (device->serve)
        device->serve(device, queue);
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

static void config_write8(struct virtio_transport *t, unsigned offset, uint8_t value)
{
    assert_true(offset < FAKE_VIRTIO_CONFIG);
    assert_true(of(t)->status & VIRTIO_STATUS_FEATURES_OK);
    if (!of(t)->config_does_not_stick)
        of(t)->config[offset] = value;
}

static int set_interrupt(struct virtio_transport *t, struct interrupt *interrupt)
{
    struct fake_virtio *device = of(t);
    for (unsigned i = 0; i < FAKE_VIRTIO_QUEUES; i++)
        assert_int_equal(device->rings[i].size, 0);
    if (device->interrupt_error == 0)
        device->interrupt = interrupt;
    return device->interrupt_error;
}

void fake_virtio_interrupt(struct fake_virtio *device)
{
    if (!device->interrupt)
        return;
    device->interrupts++;
    device->interrupt->count++;
    if (device->interrupt->handler)
        device->interrupt->handler(device->interrupt->context);
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
    .config_write8 = config_write8,
    .set_interrupt = set_interrupt,
    .config_generation = config_generation,
};

void fake_virtio_init(struct fake_virtio *device, uint64_t offered, uint16_t size)
{
    *device = (struct fake_virtio){
        .transport = {.ops = &fake_ops, .device_type = VIRTIO_DEVICE_BLOCK},
        .offered = offered | 1ull << VIRTIO_F_VERSION_1,
        .offered_size = {size},
        .interrupt_error = ERR_UNSUPPORTED,
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

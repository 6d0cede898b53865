/* SPDX-License-Identifier: MIT */
/*
 * The handshake of every virtio device (VIRTIO 1.2 section 3.1.1), over whatever transport. What
 * the features mean is the device driver's business.
 */
#include "virtio.h"

#include "../errors.h"
#include "../poll.h"

#define CONFIG_TRIES_MAX 16

#define STATUS_FOUND (VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER)
#define STATUS_AGREED (STATUS_FOUND | VIRTIO_STATUS_FEATURES_OK)

int virtio_reset(struct virtio_transport *t)
{
    t->has_interrupt = false;
    t->ops->set_status(t, 0);
    return poll_until(t->ops->get_status(t) == 0, POLL_RESET_TIMEOUT_MS) ? ERR_OK : ERR_TIMEOUT;
}

void virtio_fail(struct virtio_transport *t)
{
    t->ops->set_status(t, t->ops->get_status(t) | VIRTIO_STATUS_FAILED);
}

int virtio_negotiate(struct virtio_transport *t, uint64_t wanted, uint64_t *agreed)
{
    int error = virtio_reset(t);
    if (error)
        return error;
    t->ops->set_status(t, VIRTIO_STATUS_ACKNOWLEDGE);
    t->ops->set_status(t, STATUS_FOUND);

    uint64_t offered = t->ops->get_features(t);
    uint64_t accepted = offered & (wanted | 1ull << VIRTIO_F_VERSION_1);
    if (!virtio_has(offered, VIRTIO_F_VERSION_1)) {
        virtio_fail(t);
        return ERR_UNSUPPORTED;
    }
    t->ops->set_features(t, accepted);
    t->ops->set_status(t, STATUS_AGREED);
    if (t->ops->get_status(t) != STATUS_AGREED) { /* refused, or in need of a reset already */
        virtio_fail(t);
        return ERR_UNSUPPORTED;
    }
    *agreed = accepted;
    return ERR_OK;
}

int virtio_driver_ok(struct virtio_transport *t)
{
    t->ops->set_status(t, STATUS_AGREED | VIRTIO_STATUS_DRIVER_OK);
    return t->ops->get_status(t) & VIRTIO_STATUS_NEEDS_RESET ? ERR_DEVICE : ERR_OK;
}

int virtio_config_read64(struct virtio_transport *t, unsigned offset, uint64_t *value)
{
    for (unsigned tries = 0; tries < CONFIG_TRIES_MAX; tries++) {
        uint32_t generation = t->ops->config_generation(t);
        uint32_t low = t->ops->config_read(t, offset, 4);
        uint32_t high = t->ops->config_read(t, offset + 4, 4);
        if (t->ops->config_generation(t) == generation) {
            *value = (uint64_t)high << 32 | low;
            return ERR_OK;
        }
    }
    return ERR_DEVICE;
}

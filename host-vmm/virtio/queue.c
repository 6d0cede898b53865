/* SPDX-License-Identifier: MIT */
/*
 * Split virtqueue, the device's side (VIRTIO 1.2 section 2.7): taking chains apart and giving them
 * back. What a chain means is the device's business.
 */
#include "queue.h"

#include <string.h>

void virtio_queue_init(struct virtio_queue *q, uint16_t size_max)
{
    *q = (struct virtio_queue){.size_max = size_max, .size = size_max};
}

void virtio_queue_reset(struct virtio_queue *q)
{
    virtio_queue_init(q, q->size_max);
}

bool virtio_queue_enable(struct virtio_queue *q, const struct guest_memory *memory)
{
    uint16_t size = q->size;

    if (size == 0 || size > q->size_max || (size & (size - 1)) != 0)
        return false;
    if (q->desc_gpa % VIRTQ_DESC_ALIGN != 0 || q->avail_gpa % VIRTQ_AVAIL_ALIGN != 0 ||
        q->used_gpa % VIRTQ_USED_ALIGN != 0)
        return false;
    /* RAM never moves, so these hold until the queue is reset. */
    q->desc = guest_ptr(memory, q->desc_gpa, VIRTQ_DESC_BYTES(size));
    q->avail = guest_ptr(memory, q->avail_gpa, VIRTQ_AVAIL_BYTES(size));
    q->used = guest_ptr(memory, q->used_gpa, VIRTQ_USED_BYTES(size));
    if (q->desc == NULL || q->avail == NULL || q->used == NULL)
        return false;
    q->next_avail = 0;
    q->next_used = 0;
    memset(q->in_flight, 0, sizeof q->in_flight);
    q->enabled = true;
    return true;
}

void virtio_queue_disable(struct virtio_queue *q)
{
    q->enabled = false;
}

bool virtio_queue_is_busy(const struct virtio_queue *q)
{
    return q->enabled || memchr(q->in_flight, 1, sizeof q->in_flight) != NULL;
}

/* --- taking a chain --------------------------------------------------------------------------- */

/* Adds one descriptor's buffer to the chain. False when it breaks the rules. */
static bool add_segment(struct virtio_chain *chain, const struct guest_memory *memory,
                        const struct virtq_desc *desc)
{
    void *buffer = guest_ptr(memory, desc->addr, desc->len); /* refuses a length of 0, too */
    struct iovec segment = {.iov_base = buffer, .iov_len = desc->len};

    if (buffer == NULL)
        return false;
    if (desc->flags & VIRTQ_DESC_F_WRITE) {
        chain->writable[chain->writable_count++] = segment;
        chain->writable_length += desc->len;
    } else {
        if (chain->writable_count > 0)
            return false; /* section 2.7.4.2: readable ones come first */
        chain->readable[chain->readable_count++] = segment;
        chain->readable_length += desc->len;
    }
    return chain->readable_length + chain->writable_length <= UINT32_MAX;
}

/* Walks the chain from head; at most size descriptors, so a loop ends. Each descriptor is read
 * once: the guest may rewrite it meanwhile. */
static bool copy_chain(const struct virtio_queue *q, const struct guest_memory *memory,
                       struct virtio_chain *chain)
{
    uint16_t index = chain->head;

    chain->readable_count = chain->writable_count = 0;
    chain->readable_length = chain->writable_length = 0;
    for (unsigned i = 0; i < q->size; i++) {
        const volatile struct virtq_desc *shared = &q->desc[index];
        struct virtq_desc desc = {shared->addr, shared->len, shared->flags, shared->next};

        if ((desc.flags & VIRTQ_DESC_F_INDIRECT) || !add_segment(chain, memory, &desc))
            return false;
        if (!(desc.flags & VIRTQ_DESC_F_NEXT))
            return true;
        if (desc.next >= q->size)
            return false;
        index = desc.next;
    }
    return false;
}

int virtio_queue_pop(struct virtio_queue *q, const struct guest_memory *memory,
                     struct virtio_chain *chain)
{
    uint16_t available, head;

    if (!q->enabled)
        return 0;
    /* Acquire: pairs with the driver's write barrier between filling descriptors and ring entry and
     * storing avail.idx. */
    available = (uint16_t)(__atomic_load_n(&q->avail->idx, __ATOMIC_ACQUIRE) - q->next_avail);
    if (available == 0)
        return 0;
    if (available > q->size)
        return -1;
    head = q->avail->ring[q->next_avail & (q->size - 1)];
    if (head >= q->size || q->in_flight[head])
        return -1;
    chain->head = head;
    if (!copy_chain(q, memory, chain))
        return -1;
    q->next_avail++;
    q->in_flight[head] = true;
    return 1;
}

/* --- giving it back --------------------------------------------------------------------------- */

void virtio_queue_push(struct virtio_queue *q, uint16_t head, uint32_t written)
{
    volatile struct virtq_used_elem *element;

    q->in_flight[head] = false;
    if (!q->enabled)
        return;
    element = &q->used->ring[q->next_used & (q->size - 1)];
    element->id = head;
    element->len = written;
    q->next_used++;
    /* Release: the buffers and the element are there before the index says so. Pairs with the
     * driver's read barrier between used.idx and the element. */
    __atomic_store_n(&q->used->idx, q->next_used, __ATOMIC_RELEASE);
}

bool virtio_queue_wants_interrupt(const struct virtio_queue *q)
{
    /* Full barrier between storing used.idx and reading the flags: pairs with the driver's between
     * clearing NO_INTERRUPT and looking at used.idx again. One sees the other's store. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return (q->avail->flags & VIRTQ_AVAIL_F_NO_INTERRUPT) == 0;
}

/* --- segments --------------------------------------------------------------------------------- */

unsigned virtio_slice_chain(const struct iovec *segments, unsigned count, uint64_t skip,
                            uint64_t length, struct iovec *out)
{
    unsigned used = 0;

    for (unsigned i = 0; i < count && length > 0; i++) {
        uint64_t here = segments[i].iov_len;

        if (skip >= here) {
            skip -= here;
            continue;
        }
        here -= skip;
        if (here > length)
            here = length;
        out[used].iov_base = (uint8_t *)segments[i].iov_base + skip;
        out[used].iov_len = here;
        used++;
        length -= here;
        skip = 0;
    }
    return used;
}

uint64_t virtio_copy_from_chain(const struct iovec *segments, unsigned count, uint64_t skip,
                                void *to, uint64_t length)
{
    struct iovec slice[VIRTIO_QUEUE_SIZE_MAX];
    unsigned used = virtio_slice_chain(segments, count, skip, length, slice);
    uint64_t done = 0;

    for (unsigned i = 0; i < used; i++) {
        memcpy((uint8_t *)to + done, slice[i].iov_base, slice[i].iov_len);
        done += slice[i].iov_len;
    }
    return done;
}

uint64_t virtio_copy_to_chain(const struct iovec *segments, unsigned count, uint64_t skip,
                              const void *from, uint64_t length)
{
    struct iovec slice[VIRTIO_QUEUE_SIZE_MAX];
    unsigned used = virtio_slice_chain(segments, count, skip, length, slice);
    uint64_t done = 0;

    for (unsigned i = 0; i < used; i++) {
        memcpy(slice[i].iov_base, (const uint8_t *)from + done, slice[i].iov_len);
        done += slice[i].iov_len;
    }
    return done;
}

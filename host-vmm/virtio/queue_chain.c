/* SPDX-License-Identifier: MIT */
/* Chains: the rules that descriptors of both kinds of ring obey, and copying out of and into
 * them. */
#include "queue_internal.h"

#include <string.h>

void virtio_chain_clear(struct virtio_chain *chain)
{
    chain->readable_count = chain->writable_count = 0;
    chain->readable_length = chain->writable_length = 0;
}

bool virtio_chain_add(struct virtio_chain *chain, const struct virtio_queue *q,
                      const struct guest_memory *memory, uint64_t addr, uint32_t len,
                      uint16_t flags)
{
    unsigned count = chain->readable_count + chain->writable_count;
    void *buffer = guest_ptr(memory, addr, len); /* refuses a length of 0, too */

    if (buffer == NULL || count >= q->size)
        return false;
    chain->segments[count] = (struct iovec){.iov_base = buffer, .iov_len = len};
    if (flags & VIRTQ_DESC_F_WRITE) {
        chain->writable_count++;
        chain->writable_length += len;
    } else {
        if (chain->writable_count > 0)
            return false; /* sections 2.7.4.2 and 2.8.17: readable ones come first */
        chain->readable_count++;
        chain->readable_length += len;
    }
    return chain->readable_length + chain->writable_length <= UINT32_MAX;
}

const uint8_t *virtio_chain_table(const struct virtio_queue *q, const struct guest_memory *memory,
                                  uint64_t addr, uint32_t len, uint16_t flags, unsigned *count)
{
    /* WRITE means nothing here (section 2.7.5.3.2). A table ends its chain. */
    if (!q->indirect || (flags & VIRTQ_DESC_F_NEXT) || len % sizeof(struct virtq_desc) != 0 ||
        len / sizeof(struct virtq_desc) > q->size)
        return NULL;
    *count = (unsigned)(len / sizeof(struct virtq_desc));
    return guest_ptr(memory, addr, len); /* NULL for a length of 0, too */
}

void virtio_read_once(void *to, const uint8_t *from, size_t size)
{
    memcpy(to, from, size);
    /* The compiler must not come back to the original for a second look. */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
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
        virtio_read_once((uint8_t *)to + done, slice[i].iov_base, slice[i].iov_len);
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

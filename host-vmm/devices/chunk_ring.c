/* SPDX-License-Identifier: MIT */
/*
 * Chunk device: the ring of entries in guest RAM. Taken in order, one snapshot each; completed in any
 * order, state last. An entry is the device's from SUBMITTED until its state is stored: whatever the guest
 * writes there meanwhile is not looked at.
 */
#include "chunk_internal.h"

/* A ring of none of the right size, in the wrong place, or not wholly in RAM is no ring. */
static struct chunk_ring_entry *ring_memory(const struct chunk_model *chunk, unsigned count)
{
    gpa_t gpa = chunk_load64(chunk, CHUNK_REG_RING_GPA);

    if (count < CHUNK_RING_ENTRIES_MIN || count > CHUNK_RING_ENTRIES_MAX ||
        (count & (count - 1)) != 0 || gpa % sizeof(struct chunk_ring_entry) != 0)
        return NULL;
    return guest_ptr(chunk->memory, gpa, count * sizeof(struct chunk_ring_entry));
}

bool chunk_start_ring(struct chunk_model *chunk)
{
    struct chunk_ring *ring = &chunk->ring;
    unsigned count = chunk_load32(chunk, CHUNK_REG_RING_ENTRIES);

    if (ring->requests == NULL || chunk->goal != CHUNK_GOAL_NONE || chunk->pending ||
        chunk->in_flight > 0)
        return false;
    struct chunk_ring_entry *entries = ring_memory(chunk, count);
    if (entries == NULL)
        return false;
    ring->entries = entries;
    ring->count = count;
    ring->next = 0;
    ring->on = true;
    return true;
}

/* Acquire: pairs with the driver's release of state, behind everything else in the entry. */
static bool is_submitted(const struct chunk_ring_entry *entry)
{
    return __atomic_load_n(&entry->state, __ATOMIC_ACQUIRE) == CHUNK_ENTRY_SUBMITTED;
}

struct chunk_request *chunk_take_entry(struct chunk_model *chunk)
{
    struct chunk_ring *ring = &chunk->ring;
    struct chunk_request *request = &ring->requests[ring->next];
    struct chunk_ring_entry *entry = &ring->entries[ring->next];

    /* Without bus mastering not even an entry can be read. All the way round, the scan meets what is
     * still in flight, which says SUBMITTED too. */
    if (!pci_device_is_master(&chunk->pci) || request->taken)
        return NULL;
    if (!is_submitted(entry)) {
        /* Once more before the caller sleeps, and behind all that it has completed. What is submitted
         * later than this look rings later, too. */
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (!is_submitted(entry))
            return NULL;
    }
    struct chunk_ring_entry copy = *entry;
    /* From here on copy is all that counts: the compiler may not read the entry again instead. */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    const struct chunk_parameters parameters = {
        .command = copy.command, .gpa = copy.gpa, .length = copy.length, .offset = copy.offset};
    chunk_prepare(chunk, &parameters, request);
    request->entry = entry;
    request->interrupt = copy.flags & CHUNK_ENTRY_INTERRUPT;
    ring->next = (ring->next + 1) & (ring->count - 1);
    return request;
}

void chunk_complete_entry(struct chunk_model *chunk, struct chunk_request *request)
{
    struct chunk_ring_entry *entry = request->entry;
    uint64_t transferred;
    uint32_t error = chunk_outcome(request, &transferred);

    entry->transferred = transferred;
    entry->error = error;
    /* Release: pairs with the driver's acquire, before it reads anything else of the entry or of the
     * buffer. */
    __atomic_store_n(&entry->state,
                     error == CHUNK_ERROR_NONE ? CHUNK_ENTRY_COMPLETE : CHUNK_ENTRY_ERROR,
                     __ATOMIC_RELEASE);
    if (request->interrupt && (chunk_load32(chunk, CHUNK_REG_CONTROL) & CHUNK_CONTROL_MSI))
        msi_model_send(&chunk->msi);
}

/* SPDX-License-Identifier: MIT */
/*
 * Guest RAM, and the only way from a guest-physical address to a host pointer. A gpa_t comes from the
 * guest and may be anything; guest_ptr() is what checks it.
 */
#ifndef HOST_GUEST_MEMORY_H
#define HOST_GUEST_MEMORY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t gpa_t;

struct guest_ram_range {
    gpa_t base;
    uint64_t length;
    uint8_t *host;
};

#define GUEST_RAM_RANGES 12 /* three, and every second segment of shadowed RAM below 1 MiB */

struct guest_memory {
    struct guest_ram_range ranges[GUEST_RAM_RANGES];
    unsigned count;
    unsigned fixed; /* the first so many ranges are always there; then comes shadowed RAM */
    uint64_t size;  /* all of RAM without the shadowed, bytes */
    /* Shadowed RAM comes and goes while workers look up addresses; NULL where nothing ever does (a test). */
    pthread_rwlock_t *lock;
    /* the mapping behind it; -1 and NULL in a test that brings its own */
    int memfd;
    void *mapping;
    uint64_t mapping_length;
};

/* Maps size bytes of RAM (a memfd, MAP_NORESERVE) and lays them out as ranges: below the VGA hole,
 * from 1 MiB to at most LOW_RAM_LIMIT, the rest from 4 GiB. The RAM behind the hole is in the mapping
 * (at its own address) and in no range until it is shadowed. 0 or -errno. */
int guest_memory_create(struct guest_memory *memory, uint64_t size);
void guest_memory_destroy(struct guest_memory *memory);

/* Shadowed RAM: segments of what is behind the hole become RAM, in ascending order, neighbours one range.
 * Between begin and end, by the vCPU's thread inside an exit. A pointer that a device got before stays
 * good: the memory behind the hole is always mapped. */
void guest_memory_begin_shadow(struct guest_memory *memory);
void guest_memory_add_shadow(struct guest_memory *memory, gpa_t base, uint64_t length);
void guest_memory_end_shadow(struct guest_memory *memory);

/* Host pointer to length bytes of RAM at gpa, or NULL unless all of them are RAM, in one range. A
 * length of 0 is never RAM. */
void *guest_ptr(const struct guest_memory *memory, gpa_t gpa, uint64_t length);

/* Copies out of or into RAM; false, and nothing copied, unless it is all RAM. */
bool guest_read(const struct guest_memory *memory, gpa_t gpa, void *to, size_t length);
bool guest_write(const struct guest_memory *memory, gpa_t gpa, const void *from, size_t length);

/* True when any byte of [gpa, gpa+length) is RAM. */
bool guest_memory_overlaps(const struct guest_memory *memory, gpa_t gpa, uint64_t length);

#endif

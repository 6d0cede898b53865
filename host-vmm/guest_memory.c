/* SPDX-License-Identifier: MIT */
/* Guest RAM: the mapping behind it, its layout, and checked access to it. */
#include "guest_memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "abi/machine.h"

static void add_range(struct guest_memory *memory, gpa_t base, uint64_t length, uint64_t offset)
{
    memory->ranges[memory->count++] = (struct guest_ram_range){
        .base = base, .length = length, .host = (uint8_t *)memory->mapping + offset};
    memory->size += length;
}

int guest_memory_create(struct guest_memory *memory, uint64_t size)
{
    *memory = (struct guest_memory){.memfd = -1};
    memory->lock = malloc(sizeof *memory->lock);
    if (memory->lock == NULL)
        return -ENOMEM;
    pthread_rwlock_init(memory->lock, NULL);
    int fd = memfd_create("guest-ram", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (ftruncate(fd, (off_t)size) < 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    void *mapping = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (mapping == MAP_FAILED) {
        int error = -errno;
        close(fd);
        return error;
    }
    memory->memfd = fd;
    memory->mapping = mapping;
    memory->mapping_length = size;

    /* Offset in the mapping = address, up to where RAM has to make room for PCI below 4 GiB. */
    uint64_t low_end = size < LOW_RAM_LIMIT ? size : LOW_RAM_LIMIT;
    add_range(memory, 0, VGA_HOLE_BASE, 0);
    add_range(memory, HIGH_MEMORY_BASE, low_end - HIGH_MEMORY_BASE, HIGH_MEMORY_BASE);
    if (size > LOW_RAM_LIMIT)
        add_range(memory, FOUR_GIB, size - LOW_RAM_LIMIT, LOW_RAM_LIMIT);
    memory->fixed = memory->count;
    return 0;
}

void guest_memory_begin_shadow(struct guest_memory *memory)
{
    if (memory->lock != NULL)
        pthread_rwlock_wrlock(memory->lock);
    memory->count = memory->fixed;
}

void guest_memory_end_shadow(struct guest_memory *memory)
{
    if (memory->lock != NULL)
        pthread_rwlock_unlock(memory->lock);
}

void guest_memory_add_shadow(struct guest_memory *memory, gpa_t base, uint64_t length)
{
    struct guest_ram_range *last = &memory->ranges[memory->count - 1];
    if (memory->count > memory->fixed && last->base + last->length == base) {
        last->length += length;
        return;
    }
    if (memory->count == GUEST_RAM_RANGES)
        return;
    memory->ranges[memory->count++] = (struct guest_ram_range){
        .base = base, .length = length, .host = (uint8_t *)memory->mapping + base};
}

void guest_memory_destroy(struct guest_memory *memory)
{
    if (memory->mapping != NULL)
        munmap(memory->mapping, memory->mapping_length);
    if (memory->memfd >= 0)
        close(memory->memfd);
    free(memory->lock);
    *memory = (struct guest_memory){.memfd = -1};
}

static void *find(const struct guest_memory *memory, gpa_t gpa, uint64_t length)
{
    for (unsigned i = 0; i < memory->count; i++) {
        const struct guest_ram_range *range = &memory->ranges[i];
        if (gpa >= range->base && gpa - range->base < range->length &&
            length <= range->length - (gpa - range->base))
            return range->host + (gpa - range->base);
    }
    return NULL;
}

void *guest_ptr(const struct guest_memory *memory, gpa_t gpa, uint64_t length)
{
    if (length == 0)
        return NULL;
    if (memory->lock == NULL)
        return find(memory, gpa, length);
    pthread_rwlock_rdlock(memory->lock);
    void *pointer = find(memory, gpa, length);
    pthread_rwlock_unlock(memory->lock);
    return pointer;
}

bool guest_read(const struct guest_memory *memory, gpa_t gpa, void *to, size_t length)
{
    const void *from = guest_ptr(memory, gpa, length);
    if (from == NULL)
        return false;
    memcpy(to, from, length);
    return true;
}

bool guest_write(const struct guest_memory *memory, gpa_t gpa, const void *from, size_t length)
{
    void *to = guest_ptr(memory, gpa, length);
    if (to == NULL)
        return false;
    memcpy(to, from, length);
    return true;
}

bool guest_memory_overlaps(const struct guest_memory *memory, gpa_t gpa, uint64_t length)
{
    if (length == 0)
        return false;
    gpa_t last = gpa + (length - 1) < gpa ? UINT64_MAX : gpa + (length - 1);
    for (unsigned i = 0; i < memory->count; i++) {
        const struct guest_ram_range *range = &memory->ranges[i];
        if (gpa <= range->base + (range->length - 1) && last >= range->base)
            return true;
    }
    return false;
}

/* SPDX-License-Identifier: MIT */
/* Sorts and merges. Getting the map from the firmware is leave.c's. */
#include "memory_map.h"

#include "abi/machine.h"

#include <efi.h>
#include <stdbool.h>
#include <string.h>

static bool is_free(const EFI_MEMORY_DESCRIPTOR *descriptor)
{
    return descriptor->Type == EfiConventionalMemory || descriptor->Type == EfiBootServicesCode ||
           descriptor->Type == EfiBootServicesData;
}

static uint64_t end_of(const struct boot_memory_range *range)
{
    return range->base + range->length;
}

static void remove_ranges(struct ram_list *list, unsigned at, unsigned count)
{
    memmove(&list->ranges[at], &list->ranges[at + count],
            (list->count - at - count) * sizeof(list->ranges[0]));
    list->count -= count;
}

static void drop_smallest(struct ram_list *list)
{
    unsigned smallest = 0;
    for (unsigned i = 1; i < list->count; i++) {
        if (list->ranges[i].length < list->ranges[smallest].length)
            smallest = i;
    }
    remove_ranges(list, smallest, 1);
    list->left_out++;
}

static void add(struct ram_list *list, uint64_t base, uint64_t end)
{
    /* [first, last) are those that the new range touches. */
    unsigned first = 0;
    while (first < list->count && end_of(&list->ranges[first]) < base)
        first++;
    unsigned last = first;
    for (; last < list->count && list->ranges[last].base <= end; last++) {
        if (list->ranges[last].base < base)
            base = list->ranges[last].base;
        if (end_of(&list->ranges[last]) > end)
            end = end_of(&list->ranges[last]);
    }
    remove_ranges(list, first, last - first);
    memmove(&list->ranges[first + 1], &list->ranges[first],
            (list->count - first) * sizeof(list->ranges[0]));
    list->ranges[first] = (struct boot_memory_range){base, end - base};
    list->count++;
    if (list->count == RAM_LIST_MAX)
        drop_smallest(list); /* there is always room for one more */
}

void ram_list_from_map(struct ram_list *list, const void *map, size_t bytes, size_t descriptor_size)
{
    EFI_MEMORY_DESCRIPTOR descriptor;
    list->count = 0;
    list->left_out = 0;
    if (descriptor_size < sizeof(descriptor))
        return;
    for (size_t at = 0; at + descriptor_size <= bytes; at += descriptor_size) {
        memcpy(&descriptor, (const uint8_t *)map + at, sizeof(descriptor));
        uint64_t base = descriptor.PhysicalStart;
        if (!is_free(&descriptor) || descriptor.NumberOfPages > (UINT64_MAX - base) / EFI_PAGE_SIZE)
            continue;
        uint64_t end = base + descriptor.NumberOfPages * EFI_PAGE_SIZE;
        if (base < HIGH_MEMORY_BASE)
            base = HIGH_MEMORY_BASE; /* address 0 must not be given out */
        if (base < end)
            add(list, base, end);
    }
}

void ram_list_keep_largest(struct ram_list *list, unsigned max)
{
    while (list->count > max)
        drop_smallest(list);
}

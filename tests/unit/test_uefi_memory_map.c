/* SPDX-License-Identifier: MIT */
/* boot/uefi/memory_map.c: only what is free is listed, merged, and the largest of it kept. */
#include "test.h"

#include <stdlib.h>

#include "boot/uefi/memory_map.c"

#define MIB 0x100000ull
#define PAGE 0x1000ull
#define DESCRIPTOR_BYTES 48 /* larger than the structure, as firmware has it */
#define MAP_MAX 512

static uint8_t map[MAP_MAX * DESCRIPTOR_BYTES];
static size_t map_count;
static struct ram_list list;

static void begin(void)
{
    map_count = 0;
}

static void put_pages(uint32_t type, uint64_t base, uint64_t pages)
{
    EFI_MEMORY_DESCRIPTOR descriptor = {
        .Type = type, .PhysicalStart = base, .NumberOfPages = pages};
    assert_true(map_count < MAP_MAX);
    memset(map + map_count * DESCRIPTOR_BYTES, 0xff, DESCRIPTOR_BYTES);
    memcpy(map + map_count++ * DESCRIPTOR_BYTES, &descriptor, sizeof(descriptor));
}

static void put(uint32_t type, uint64_t base, uint64_t bytes)
{
    put_pages(type, base, bytes / PAGE);
}

/* From a block of the exact size, so that ASan sees a read too many. */
static void read_map(void)
{
    size_t bytes = map_count * DESCRIPTOR_BYTES;
    uint8_t *block = malloc(bytes + 1);
    assert_non_null(block);
    memcpy(block, map, bytes);
    ram_list_from_map(&list, block, bytes, DESCRIPTOR_BYTES);
    free(block);
}

static void assert_range(unsigned index, uint64_t base, uint64_t length)
{
    assert_in_range(index, 0, list.count - 1);
    assert_int_equal(list.ranges[index].base, base);
    assert_int_equal(list.ranges[index].length, length);
}

static void only_free_memory_counts(void **state)
{
    (void)state;
    begin();
    for (uint32_t type = 0; type < EfiMaxMemoryType + 2; type++)
        put(type, (2 + 2 * (uint64_t)type) * MIB, MIB);
    put(0x80000001, 100 * MIB, MIB); /* an OEM's type */
    read_map();
    assert_int_equal(list.count, 3);
    assert_range(0, (2 + 2 * EfiBootServicesCode) * MIB, MIB);
    assert_range(1, (2 + 2 * EfiBootServicesData) * MIB, MIB);
    assert_range(2, (2 + 2 * EfiConventionalMemory) * MIB, MIB);
}

static void neighbours_are_merged_in_any_order(void **state)
{
    (void)state;
    begin();
    put(EfiConventionalMemory, 12 * MIB, MIB);
    put(EfiConventionalMemory, 10 * MIB, MIB);
    put(EfiBootServicesData, 11 * MIB, MIB);
    put(EfiBootServicesCode, 20 * MIB, MIB);
    put(EfiConventionalMemory, 2 * MIB, 8 * MIB);
    put(EfiLoaderData, 13 * MIB, MIB);
    put(EfiConventionalMemory, 21 * MIB, MIB);
    read_map();
    assert_int_equal(list.count, 2);
    assert_range(0, 2 * MIB, 11 * MIB);
    assert_range(1, 20 * MIB, 2 * MIB);
    assert_int_equal(list.left_out, 0);
}

static void overlaps_count_once(void **state)
{
    (void)state;
    begin();
    put(EfiConventionalMemory, 4 * MIB, 4 * MIB);
    put(EfiBootServicesData, 5 * MIB, MIB);
    put(EfiBootServicesData, 3 * MIB, 10 * MIB);
    read_map();
    assert_int_equal(list.count, 1);
    assert_range(0, 3 * MIB, 10 * MIB);
}

static void nothing_below_one_mib(void **state)
{
    (void)state;
    begin();
    put(EfiConventionalMemory, 0, 0xa0000);
    put(EfiConventionalMemory, 0xff000, 2 * PAGE);
    read_map();
    assert_int_equal(list.count, 1);
    assert_range(0, MIB, PAGE);
}

static void nonsense_is_left_out(void **state)
{
    (void)state;
    begin();
    put(EfiConventionalMemory, 8 * MIB, 0);
    put(EfiConventionalMemory, UINT64_MAX - PAGE + 1, 2 * PAGE);
    put(EfiConventionalMemory, 16 * MIB, UINT64_MAX & ~(PAGE - 1));
    put_pages(EfiConventionalMemory, 32 * MIB,
              UINT64_MAX / PAGE + 2); /* its bytes wrap to a page */
    read_map();
    assert_int_equal(list.count, 0);
    put(EfiConventionalMemory, 16 * MIB, MIB);
    ram_list_from_map(&list, map, sizeof(map), 0);
    assert_int_equal(list.count, 0);
    ram_list_from_map(&list, map, sizeof(map), sizeof(EFI_MEMORY_DESCRIPTOR) - 1);
    assert_int_equal(list.count, 0);
}

static void a_cut_descriptor_is_not_read(void **state)
{
    (void)state;
    begin();
    put(EfiConventionalMemory, 16 * MIB, MIB);
    put(EfiConventionalMemory, 32 * MIB, MIB);
    ram_list_from_map(&list, map, 2 * DESCRIPTOR_BYTES - 1, DESCRIPTOR_BYTES);
    assert_int_equal(list.count, 1);
    assert_range(0, 16 * MIB, MIB);
}

static void the_largest_are_kept_in_order(void **state)
{
    (void)state;
    begin();
    put(EfiConventionalMemory, 2 * MIB, 3 * MIB);
    put(EfiConventionalMemory, 8 * MIB, MIB);
    put(EfiConventionalMemory, 16 * MIB, 2 * MIB);
    put(EfiConventionalMemory, 32 * MIB, 5 * MIB);
    read_map();
    ram_list_keep_largest(&list, 4);
    assert_int_equal(list.count, 4);
    ram_list_keep_largest(&list, 2);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.left_out, 2);
    assert_range(0, 2 * MIB, 3 * MIB);
    assert_range(1, 32 * MIB, 5 * MIB);
}

/* A map more broken up than the list is long: the large ranges at its end are kept all the same. */
static void a_long_map_loses_the_small_ranges(void **state)
{
    (void)state;
    begin();
    for (uint64_t i = 0; i < MAP_MAX - 2; i++)
        put(EfiConventionalMemory, 16 * MIB + 2 * i * PAGE, PAGE);
    put(EfiConventionalMemory, 64 * MIB, 32 * MIB);
    put(EfiConventionalMemory, 4 * MIB, 8 * MIB);
    read_map();
    assert_true(list.count < RAM_LIST_MAX);
    assert_int_equal(list.count + list.left_out, MAP_MAX);
    ram_list_keep_largest(&list, 2);
    assert_range(0, 4 * MIB, 8 * MIB);
    assert_range(1, 64 * MIB, 32 * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_free_memory_counts),
        cmocka_unit_test(neighbours_are_merged_in_any_order),
        cmocka_unit_test(overlaps_count_once),
        cmocka_unit_test(nothing_below_one_mib),
        cmocka_unit_test(nonsense_is_left_out),
        cmocka_unit_test(a_cut_descriptor_is_not_read),
        cmocka_unit_test(the_largest_are_kept_in_order),
        cmocka_unit_test(a_long_map_loses_the_small_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * firmware/memory.c and firmware/paging.c: which RAM is given out, and that the page tables then
 * reach it. The tables are real ones in this process's memory, walked here as a CPU would.
 */
#include "test.h"

#include <string.h>

/* CR3 is this test's; the rest of cpu.h is not needed. */
#define FIRMWARE_CPU_H
static uint64_t cpu_cr3(void);

#include "firmware/memory.c"
#include "firmware/paging.c"

#define MIB 0x100000ull
#define GIB 0x40000000ull

static struct table level4 __attribute__((aligned(4096)));
static struct table level3 __attribute__((aligned(4096)));
static struct table first_level2 __attribute__((aligned(4096)));

static uint64_t cpu_cr3(void)
{
    return (uintptr_t)&level4;
}

static uint64_t table_entry(struct table *table)
{
    return (uintptr_t)table | PAGE_PRESENT | PAGE_WRITABLE;
}

/* What a door leaves: the first GiB, in pages of either size. */
static void door_tables(bool gib_pages)
{
    memset(&level4, 0, sizeof(level4));
    memset(&level3, 0, sizeof(level3));
    memset(&first_level2, 0, sizeof(first_level2));
    level4.entry[0] = table_entry(&level3);
    if (gib_pages) {
        level3.entry[0] = PAGE_PRESENT | PAGE_WRITABLE | PAGE_LARGE;
    } else {
        level3.entry[0] = table_entry(&first_level2);
        for (uint64_t i = 0; i < TABLE_ENTRIES; i++)
            first_level2.entry[i] = i * TWO_MIB | PAGE_PRESENT | PAGE_WRITABLE | PAGE_LARGE;
    }
    pool_used = 0;
    memset(pool, 0xff, sizeof(pool)); /* as RAM may be found */
}

/* The physical address behind a virtual one, and its entry's flags; false where nothing is mapped. */
static bool translate(uint64_t address, uint64_t *physical, uint64_t *flags)
{
    uint64_t entry = (uintptr_t)&level4;
    for (unsigned shift = LEVEL4_SHIFT;; shift -= 9) {
        entry = table_at(entry)->entry[address >> shift & (TABLE_ENTRIES - 1)];
        if (!(entry & PAGE_PRESENT))
            return false;
        if (entry & PAGE_LARGE || shift == LEVEL2_SHIFT) {
            uint64_t offset_mask = (1ull << shift) - 1;
            *physical = (entry & PAGE_ADDRESS_MASK & ~offset_mask) | (address & offset_mask);
            *flags = entry & (PAGE_WRITE_THROUGH | PAGE_CACHE_DISABLE);
            return true;
        }
    }
}

static void assert_identity(uint64_t address)
{
    uint64_t physical, flags;
    assert_true(translate(address, &physical, &flags));
    assert_true(physical == address);
}

static void assert_unmapped(uint64_t address)
{
    uint64_t physical, flags;
    assert_false(translate(address, &physical, &flags));
}

static void assert_address(const void *pointer, uint64_t address)
{
    assert_true((uintptr_t)pointer == address);
}

static void ram(uint64_t base, uint64_t length, uint64_t base2, uint64_t length2)
{
    struct boot_info info = {.ram = {{base, length}, {base2, length2}}, .ram_count = 2};
    door_tables(true);
    memory_init(&info);
}

static void allocations_follow_each_other(void **state)
{
    (void)state;
    ram(MIB, MIB, 0, 0);
    assert_address(memory_alloc(100, 1), MIB);
    assert_address(memory_alloc(8, 8), MIB + 104);
    assert_address(memory_alloc(4096, 4096), MIB + 4096);
    assert_address(memory_alloc(1, 1), MIB + 8192);
}

static void nothing_beyond_the_end(void **state)
{
    (void)state;
    ram(MIB, MIB, 0, 0);
    assert_null(memory_alloc(MIB + 1, 1));
    assert_null(memory_alloc(UINT64_MAX, 4096));
    assert_address(memory_alloc(MIB, 1), MIB);
    assert_null(memory_alloc(1, 1));
    assert_null(memory_alloc(0, 4 * MIB)); /* the gap alone does not fit */

    ram(MIB + 1, MIB - 1, 0, 0); /* a gap is used up too */
    assert_address(memory_alloc(1, 4096), MIB + 4096);
    assert_null(memory_alloc(MIB - 4096, 1));
    assert_address(memory_alloc(MIB - 4097, 1), MIB + 4097);
}

static void next_range_when_the_first_is_full(void **state)
{
    (void)state;
    ram(MIB, MIB, 4 * GIB, GIB);
    assert_address(memory_alloc(2 * MIB, 4096), 4 * GIB);
    assert_address(memory_alloc(4096, 4096), MIB);
    assert_identity(4 * GIB + 2 * MIB - 1);
}

static void a_place_is_taken_once(void **state)
{
    (void)state;
    ram(MIB, 63 * MIB, 0, 0);
    assert_address(memory_alloc_at(32 * MIB, MIB), 32 * MIB);
    assert_null(memory_alloc_at(32 * MIB, 1));
    assert_null(memory_alloc_at(31 * MIB, MIB + 1));
    assert_null(memory_alloc_at(33 * MIB - 1, 1));
    assert_null(memory_alloc_at(64 * MIB - 1, 2));
    assert_null(memory_alloc_at(0, 1));
    assert_null(memory_alloc_at(40 * MIB, UINT64_MAX));
    /* what lies before and behind is still there */
    assert_address(memory_alloc(31 * MIB, 1), MIB);
    assert_address(memory_alloc(31 * MIB, 1), 33 * MIB);
    assert_null(memory_alloc(1, 1));
}

static void splits_are_bounded(void **state)
{
    (void)state;
    ram(MIB, 1023 * MIB, 0, 0);
    unsigned taken = 0;
    for (unsigned i = 0; i < 2 * MEMORY_RANGES_MAX; i++)
        taken += memory_alloc_at((2 + 2 * (uint64_t)i) * MIB, MIB) != NULL;
    assert_int_equal(taken, MEMORY_RANGES_MAX - 1);
    assert_address(memory_alloc(MIB, 1), MIB);
}

static void what_was_given_out_since_can_be_taken_back(void **state)
{
    (void)state;
    struct memory_state before;
    ram(MIB, 31 * MIB, 64 * MIB, 64 * MIB);
    assert_address(memory_alloc(MIB, 1), MIB);
    memory_save(&before);
    for (unsigned round = 0; round < 2 * MEMORY_RANGES_MAX; round++) {
        assert_address(memory_alloc(MIB, 1), 2 * MIB);
        assert_address(memory_alloc_at(80 * MIB, MIB), 80 * MIB);
        assert_address(memory_alloc(40 * MIB, 1), 81 * MIB);
        memory_restore(&before);
    }
}

static void gib_pages_where_the_door_used_them(void **state)
{
    (void)state;
    door_tables(true);
    assert_unmapped(5 * GIB);
    assert_int_equal(paging_map(5 * GIB + 123, 1, PAGING_RAM), 0);
    assert_identity(5 * GIB);
    assert_identity(6 * GIB - 1);
    assert_unmapped(6 * GIB);
    assert_int_equal(pool_used, 0);
}

static void two_mib_pages_elsewhere(void **state)
{
    (void)state;
    door_tables(false);
    assert_int_equal(paging_map(5 * GIB - 1, 2, PAGING_RAM), 0); /* across a directory's end */
    assert_identity(5 * GIB - 1);
    assert_identity(5 * GIB + 2 * MIB - 1);
    assert_unmapped(5 * GIB + 2 * MIB);
    assert_unmapped(5 * GIB - 2 * MIB - 1);
    assert_int_equal(pool_used, 2);
    assert_int_equal(paging_map(5 * GIB, 4096, PAGING_RAM), 0);
    assert_int_equal(pool_used, 2);
}

static void another_level4_entry(void **state)
{
    (void)state;
    door_tables(true);
    assert_int_equal(paging_map(1ull << 40, GIB + 1, PAGING_RAM), 0);
    assert_identity((1ull << 40) + GIB);
    assert_unmapped((1ull << 40) - 1);
    assert_int_equal(pool_used, 1);
}

static void device_memory_is_uncached(void **state)
{
    (void)state;
    uint64_t physical, flags;
    door_tables(false);
    assert_int_equal(memory_map(8 * GIB, 4096), 0);
    assert_true(translate(8 * GIB, &physical, &flags));
    assert_int_equal(flags, PAGE_WRITE_THROUGH | PAGE_CACHE_DISABLE);
    assert_int_equal(paging_map(9 * GIB, 4096, PAGING_RAM), 0);
    assert_true(translate(9 * GIB, &physical, &flags));
    assert_int_equal(flags, 0);
}

static void what_is_mapped_stays(void **state)
{
    (void)state;
    door_tables(false);
    struct table before = first_level2;
    assert_int_equal(paging_map(0, GIB, PAGING_DEVICE), 0);
    assert_memory_equal(&before, &first_level2, sizeof(before));
}

static void limits_are_errors(void **state)
{
    (void)state;
    door_tables(false);
    assert_int_equal(paging_map(PAGING_LIMIT, 1, PAGING_RAM), ERR_RANGE);
    assert_int_equal(paging_map(4096, UINT64_MAX, PAGING_RAM), ERR_RANGE);
    assert_int_equal(paging_map(4 * GIB, (TABLE_POOL + 1) * GIB, PAGING_RAM), ERR_NO_MEMORY);
    assert_int_equal(pool_used, TABLE_POOL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_follow_each_other),
        cmocka_unit_test(nothing_beyond_the_end),
        cmocka_unit_test(next_range_when_the_first_is_full),
        cmocka_unit_test(a_place_is_taken_once),
        cmocka_unit_test(splits_are_bounded),
        cmocka_unit_test(what_was_given_out_since_can_be_taken_back),
        cmocka_unit_test(gib_pages_where_the_door_used_them),
        cmocka_unit_test(two_mib_pages_elsewhere),
        cmocka_unit_test(another_level4_entry),
        cmocka_unit_test(device_memory_is_uncached),
        cmocka_unit_test(what_is_mapped_stays),
        cmocka_unit_test(limits_are_errors),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}

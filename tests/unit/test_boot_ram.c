/* SPDX-License-Identifier: MIT */
/* firmware/boot_ram.c: what is left of a memory map. */
#include "test.h"

#include "firmware/boot_ram.c"

#define MIB 0x100000ull

static struct boot_info info;

static int clear(void **state)
{
    (void)state;
    boot_ram_begin(&info);
    return 0;
}

static void assert_range(unsigned index, uint64_t base, uint64_t end)
{
    assert_true(index < info.ram_count);
    assert_int_equal(info.ram[index].base, base);
    assert_int_equal(info.ram[index].length, end - base);
}

static void ram_below_one_mebibyte_is_left_out(void **state)
{
    (void)state;
    boot_ram_add(&info, 0, 0xa0000);
    boot_ram_add(&info, 0, MIB);
    assert_int_equal(info.ram_count, 0);
    boot_ram_add(&info, 0x80000, 4 * MIB - 0x80000);
    assert_int_equal(info.ram_count, 1);
    assert_range(0, MIB, 4 * MIB);
}

static void ranges_that_wrap_or_are_empty_are_left_out(void **state)
{
    (void)state;
    boot_ram_add(&info, MIB, UINT64_MAX);
    boot_ram_add(&info, 2 * MIB, 0);
    assert_int_equal(info.ram_count, 0);
    boot_ram_add(&info, MIB, UINT64_MAX - MIB);
    assert_int_equal(info.ram_count, 1);
}

static void a_full_table_gives_up_the_smallest(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * BOOT_MEMORY_RANGES; i++)
        boot_ram_add(&info, (i + 1) * 2 * MIB, MIB);
    assert_int_equal(info.ram_count, BOOT_MEMORY_RANGES);
    boot_ram_add(&info, 0x100000000, 1024 * MIB); /* the one that matters comes last */
    assert_int_equal(info.ram_count, BOOT_MEMORY_RANGES);
    uint64_t largest = 0;
    for (unsigned i = 0; i < info.ram_count; i++)
        largest = info.ram[i].length > largest ? info.ram[i].length : largest;
    assert_int_equal(largest, 1024 * MIB);
    /* split with no room: the large upper part stays */
    boot_ram_take(&info, 0x100000000 + 0x1000, 0x1000);
    assert_int_equal(info.ram_count, BOOT_MEMORY_RANGES);
    largest = 0;
    for (unsigned i = 0; i < info.ram_count; i++)
        largest = info.ram[i].length > largest ? info.ram[i].length : largest;
    assert_int_equal(largest, 1024 * MIB - 0x2000);
}

static void ranges_that_overlap_or_touch_become_one(void **state)
{
    (void)state;
    boot_ram_add(&info, MIB, 16 * MIB);
    boot_ram_add(&info, 8 * MIB, 16 * MIB);
    boot_ram_add(&info, 40 * MIB, MIB);
    boot_ram_add(&info, 24 * MIB, 16 * MIB); /* closes the gap */
    assert_int_equal(info.ram_count, 1);
    assert_range(0, MIB, 41 * MIB);
}

static void the_ends_count_what_was_taken_or_given_up(void **state)
{
    (void)state;
    boot_ram_add(&info, MIB, 2047 * MIB);
    boot_ram_add(&info, 0x100000000, 64 * MIB);
    boot_ram_take(&info, MIB, UINT64_MAX);
    assert_int_equal(info.ram_count, 0);
    assert_int_equal(info.ram_end_low, 2048 * MIB);
    assert_int_equal(info.ram_end, 0x100000000 + 64 * MIB);
}

static void taking_cuts_either_end_the_middle_or_all(void **state)
{
    (void)state;
    boot_ram_add(&info, 16 * MIB, 16 * MIB);
    boot_ram_take(&info, 8 * MIB, 8 * MIB); /* ends where it begins */
    boot_ram_take(&info, 32 * MIB, MIB);
    assert_range(0, 16 * MIB, 32 * MIB);
    boot_ram_take(&info, 15 * MIB, 2 * MIB);
    assert_range(0, 17 * MIB, 32 * MIB);
    boot_ram_take(&info, 31 * MIB, 5 * MIB);
    assert_range(0, 17 * MIB, 31 * MIB);
    boot_ram_take(&info, 20 * MIB, MIB);
    assert_int_equal(info.ram_count, 2);
    assert_range(0, 17 * MIB, 20 * MIB);
    assert_range(1, 21 * MIB, 31 * MIB);
    boot_ram_take(&info, 18 * MIB, 6 * MIB);
    assert_range(0, 17 * MIB, 18 * MIB);
    assert_range(1, 24 * MIB, 31 * MIB);
    boot_ram_take(&info, MIB, UINT64_MAX);
    assert_int_equal(info.ram_count, 0);
}

static void taking_one_range_in_front_keeps_the_others(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        boot_ram_add(&info, (i + 1) * 16 * MIB, MIB);
    boot_ram_take(&info, 16 * MIB, 17 * MIB); /* the first two */
    assert_int_equal(info.ram_count, 2);
    assert_int_equal(info.ram[0].base + info.ram[1].base, (3 + 4) * 16 * MIB);
}

static void reserved_wins_over_ram_in_whatever_order(void **state)
{
    (void)state;
    static const struct boot_map_entry map[] = {
        {3 * MIB, MIB, false},     {0, 0xa0000, true},  {MIB, 7 * MIB, true},
        {0xf0000, 0x10000, false}, {6 * MIB, 0, false},
    };
    boot_ram_from_map(&info, map, sizeof(map) / sizeof(map[0]));
    assert_int_equal(info.ram_count, 2);
    assert_range(0, MIB, 3 * MIB);
    assert_range(1, 4 * MIB, 8 * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(ram_below_one_mebibyte_is_left_out, clear),
        cmocka_unit_test_setup(ranges_that_wrap_or_are_empty_are_left_out, clear),
        cmocka_unit_test_setup(a_full_table_gives_up_the_smallest, clear),
        cmocka_unit_test_setup(ranges_that_overlap_or_touch_become_one, clear),
        cmocka_unit_test_setup(the_ends_count_what_was_taken_or_given_up, clear),
        cmocka_unit_test_setup(taking_cuts_either_end_the_middle_or_all, clear),
        cmocka_unit_test_setup(taking_one_range_in_front_keeps_the_others, clear),
        cmocka_unit_test_setup(reserved_wins_over_ram_in_whatever_order, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

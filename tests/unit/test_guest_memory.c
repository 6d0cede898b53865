/* SPDX-License-Identifier: MIT */
/* Guest addresses: what is RAM, what is not, and no way around the check. */
#include "test.h"

#include "abi/machine.h"
#include "guest_memory.h"

#include <string.h>

#define MIB (1ull << 20)

static int create(void **state)
{
    static struct guest_memory memory;
    assert_int_equal(guest_memory_create(&memory, 16 * MIB), 0);
    *state = &memory;
    return 0;
}

static int destroy(void **state)
{
    guest_memory_destroy(*state);
    return 0;
}

static void test_layout_has_the_vga_hole(void **state)
{
    const struct guest_memory *memory = *state;
    assert_int_equal(memory->count, 2);
    assert_non_null(guest_ptr(memory, VGA_HOLE_BASE - 1, 1));
    assert_null(guest_ptr(memory, VGA_HOLE_BASE, 1));
    assert_null(guest_ptr(memory, VGA_HOLE_BASE - 1, 2));
    assert_null(guest_ptr(memory, HIGH_MEMORY_BASE - 1, 1));
    assert_non_null(guest_ptr(memory, HIGH_MEMORY_BASE, 1));
}

static void test_end_of_ram(void **state)
{
    const struct guest_memory *memory = *state;
    assert_non_null(guest_ptr(memory, 16 * MIB - 8, 8));
    assert_null(guest_ptr(memory, 16 * MIB - 8, 9));
    assert_null(guest_ptr(memory, 16 * MIB, 1));
    assert_non_null(guest_ptr(memory, HIGH_MEMORY_BASE, 15 * MIB));
    assert_null(guest_ptr(memory, HIGH_MEMORY_BASE, 15 * MIB + 1));
}

static void test_lengths_that_wrap(void **state)
{
    const struct guest_memory *memory = *state;
    assert_null(guest_ptr(memory, 8 * MIB, UINT64_MAX));
    assert_null(guest_ptr(memory, UINT64_MAX, 1));
    assert_null(guest_ptr(memory, UINT64_MAX - 3, 8));
    assert_null(guest_ptr(memory, 0, 0));
}

static void test_ram_above_4g_starts_at_4g(void **state)
{
    (void)state;
    struct guest_memory memory;
    assert_int_equal(guest_memory_create(&memory, LOW_RAM_LIMIT + 64 * MIB), 0);
    assert_int_equal(memory.count, 3);
    assert_null(guest_ptr(&memory, LOW_RAM_LIMIT, 1));
    assert_non_null(guest_ptr(&memory, FOUR_GIB, 64 * MIB));
    assert_null(guest_ptr(&memory, FOUR_GIB + 64 * MIB, 1));
    assert_null(guest_ptr(&memory, LOW_RAM_LIMIT - 1, 2));
    guest_memory_destroy(&memory);
}

static void test_read_and_write_copy_all_or_nothing(void **state)
{
    struct guest_memory *memory = *state;
    char back[4] = "....";
    assert_true(guest_write(memory, 16 * MIB - 4, "abcd", 4));
    assert_true(guest_read(memory, 16 * MIB - 4, back, 4));
    assert_memory_equal(back, "abcd", 4);
    assert_false(guest_write(memory, 16 * MIB - 2, "xxxx", 4));
    assert_true(guest_read(memory, 16 * MIB - 4, back, 4));
    assert_memory_equal(back, "abcd", 4);
}

static void test_overlaps(void **state)
{
    const struct guest_memory *memory = *state;
    assert_true(guest_memory_overlaps(memory, 0, 1));
    assert_true(guest_memory_overlaps(memory, 16 * MIB - 1, 4096));
    assert_false(guest_memory_overlaps(memory, 16 * MIB, 4096));
    assert_false(guest_memory_overlaps(memory, VGA_HOLE_BASE, HIGH_MEMORY_BASE - VGA_HOLE_BASE));
    assert_true(guest_memory_overlaps(memory, VGA_HOLE_BASE, HIGH_MEMORY_BASE));
    assert_false(guest_memory_overlaps(memory, UINT64_MAX - 10, UINT64_MAX));
}

static void test_shadowed_ram_is_ram_while_it_is_shown(void **state)
{
    struct guest_memory *memory = *state;
    guest_memory_add_shadow(memory, 0xc4000, 0x4000);
    guest_memory_add_shadow(memory, 0xe0000, 0x4000);
    guest_memory_add_shadow(memory, 0xe4000, 0x4000);
    guest_memory_add_shadow(memory, 0xf0000, 0x10000);
    assert_int_equal(memory->count, memory->fixed + 3); /* neighbours are one */
    assert_ptr_equal(guest_ptr(memory, 0xe3fff, 2), (uint8_t *)memory->mapping + 0xe3fff);
    assert_ptr_equal(guest_ptr(memory, 0xfffff, 1), (uint8_t *)memory->mapping + 0xfffff);
    assert_null(guest_ptr(memory, 0xc3fff, 2));
    assert_null(guest_ptr(memory, 0xc7fff, 2));
    assert_null(guest_ptr(memory, 0xe8000, 1));
    assert_null(guest_ptr(memory, 0xeffff, 2));
    assert_int_equal(memory->size, 16 * MIB - (HIGH_MEMORY_BASE - VGA_HOLE_BASE));
    guest_memory_begin_shadow(memory);
    guest_memory_end_shadow(memory);
    assert_null(guest_ptr(memory, 0xe0000, 1));
    assert_non_null(guest_ptr(memory, HIGH_MEMORY_BASE, 1));
}

/* All that can be shadowed at once without touching: there is room for it, and not one more. */
static void test_as_many_shadows_as_there_can_be(void **state)
{
    struct guest_memory memory;
    (void)state;
    assert_int_equal(guest_memory_create(&memory, LOW_RAM_LIMIT + 64 * MIB), 0);
    for (gpa_t base = 0xc0000; base < 0xf0000; base += 0x8000)
        guest_memory_add_shadow(&memory, base, 0x4000);
    guest_memory_add_shadow(&memory, 0xf0000, 0x10000);
    for (gpa_t base = 0xc0000; base < 0xf0000; base += 0x8000)
        assert_non_null(guest_ptr(&memory, base, 0x4000));
    assert_non_null(guest_ptr(&memory, 0xf0000, 0x10000));
    assert_true(memory.count <= GUEST_RAM_RANGES);
    guest_memory_destroy(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_layout_has_the_vga_hole, create, destroy),
        cmocka_unit_test_setup_teardown(test_end_of_ram, create, destroy),
        cmocka_unit_test_setup_teardown(test_lengths_that_wrap, create, destroy),
        cmocka_unit_test(test_ram_above_4g_starts_at_4g),
        cmocka_unit_test_setup_teardown(test_read_and_write_copy_all_or_nothing, create, destroy),
        cmocka_unit_test_setup_teardown(test_overlaps, create, destroy),
        cmocka_unit_test_setup_teardown(test_shadowed_ram_is_ram_while_it_is_shown, create,
                                        destroy),
        cmocka_unit_test(test_as_many_shadows_as_there_can_be),
    };
    return cmocka_run_group_tests_name("guest memory", tests, NULL, NULL);
}

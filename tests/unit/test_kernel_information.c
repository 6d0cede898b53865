/* SPDX-License-Identifier: MIT */
/* host-vmm/kernel_information.c: what a kernel reads, byte by byte at its pointers; nothing outside RAM. */
#include "test.h"

#include "kernel.h"
#include "options.h"

#include "abi/machine.h"
#include "abi/multiboot.h"
#include "abi/pvh.h"

#include <string.h>

#define MIB (1ull << 20)

static struct guest_memory memory;

static int create(void **state)
{
    (void)state;
    return guest_memory_create(&memory, 16 * MIB);
}

static int destroy(void **state)
{
    (void)state;
    guest_memory_destroy(&memory);
    return 0;
}

static struct kernel_information describe(gpa_t gpa)
{
    return (struct kernel_information){.memory = &memory,
                                       .gpa = gpa,
                                       .command_line = "a=1 b",
                                       .module_name = "initrd",
                                       .module_gpa = 2 * MIB,
                                       .module_size = 5};
}

static const char *text_at(gpa_t gpa)
{
    const char *text = guest_ptr(&memory, gpa, COMMAND_LINE_MAX + 1);
    assert_non_null(text);
    return text;
}

static void test_pvh(void **state)
{
    (void)state;
    struct kernel_information k = describe(0x9f000);
    struct hvm_start_info info;
    struct hvm_memmap_table_entry map[2];
    struct hvm_modlist_entry module;
    assert_true(kernel_information_write(KERNEL_PVH, &k));
    assert_true(guest_read(&memory, 0x9f000, &info, sizeof info));
    assert_int_equal(info.magic, 0x336ec578);
    assert_int_equal(info.version, 1);
    assert_int_equal(info.flags, 0);
    assert_int_equal(info.rsdp_paddr, 0);
    assert_string_equal(text_at(info.cmdline_paddr), "a=1 b");
    assert_int_equal(info.memmap_entries, 2);
    assert_true(guest_read(&memory, info.memmap_paddr, map, sizeof map));
    assert_int_equal(map[0].size, VGA_HOLE_BASE);
    assert_int_equal(map[1].addr, HIGH_MEMORY_BASE);
    assert_int_equal(map[1].size, 15 * MIB);
    assert_int_equal(map[1].type, 1);
    assert_int_equal(info.nr_modules, 1);
    assert_true(guest_read(&memory, info.modlist_paddr, &module, sizeof module));
    assert_int_equal(module.paddr, 2 * MIB);
    assert_int_equal(module.size, 5);
    assert_string_equal(text_at(module.cmdline_paddr), "initrd");
}

static void test_multiboot(void **state)
{
    (void)state;
    struct kernel_information k = describe(0x9e000);
    struct multiboot_info info;
    struct multiboot_mmap_entry map[2];
    struct multiboot_module module;
    assert_true(kernel_information_write(KERNEL_MULTIBOOT, &k));
    assert_true(guest_read(&memory, 0x9e000, &info, sizeof info));
    assert_int_equal(info.flags, 0x24d);
    assert_int_equal(info.mem_lower, 640);
    assert_int_equal(info.mem_upper, 15 * 1024);
    assert_string_equal(text_at(info.cmdline), "a=1 b");
    assert_int_equal(strncmp(text_at(info.boot_loader_name), "trapline ", 9), 0);
    assert_int_equal(info.mmap_length, sizeof map);
    assert_true(guest_read(&memory, info.mmap_addr, map, sizeof map));
    assert_int_equal(map[0].size, 20);
    assert_int_equal(map[1].addr, HIGH_MEMORY_BASE);
    assert_int_equal(map[1].len, 15 * MIB);
    assert_int_equal(info.mods_count, 1);
    assert_true(guest_read(&memory, info.mods_addr, &module, sizeof module));
    assert_int_equal(module.mod_start, 2 * MIB);
    assert_int_equal(module.mod_end, 2 * MIB + 5);
    assert_string_equal(text_at(module.string), "initrd");
}

/* Shadowed RAM is no RAM that a kernel may count on. */
static void test_without_module_and_with_shadow(void **state)
{
    (void)state;
    struct kernel_information k = describe(0x9e000);
    struct hvm_start_info info;
    k.module_name = NULL;
    guest_memory_add_shadow(&memory, 0xe0000, 0x4000);
    assert_true(kernel_information_write(KERNEL_PVH, &k));
    assert_true(guest_read(&memory, 0x9e000, &info, sizeof info));
    assert_int_equal(info.nr_modules, 0);
    assert_int_equal(info.modlist_paddr, 0);
    assert_int_equal(info.memmap_entries, 2);
}

static void test_longest_texts_are_cut_not_overrun(void **state)
{
    (void)state;
    static char line[2 * COMMAND_LINE_MAX], name[4096];
    struct kernel_information k = describe(0x9e000);
    struct hvm_start_info info;
    struct hvm_modlist_entry module;
    memset(line, 'l', sizeof line - 1);
    memset(name, 'n', sizeof name - 1);
    k.command_line = line;
    k.module_name = name;
    assert_true(kernel_information_write(KERNEL_PVH, &k));
    assert_true(guest_read(&memory, 0x9e000, &info, sizeof info));
    assert_true(guest_read(&memory, info.modlist_paddr, &module, sizeof module));
    assert_int_equal(strlen(text_at(info.cmdline_paddr)), COMMAND_LINE_MAX);
    assert_int_equal(strspn(text_at(module.cmdline_paddr), "n"), 255);
}

static void test_not_outside_ram(void **state)
{
    (void)state;
    struct kernel_information k = describe(VGA_HOLE_BASE - kernel_information_size(KERNEL_PVH));
    assert_true(kernel_information_write(KERNEL_PVH, &k));
    k.gpa++;
    assert_false(kernel_information_write(KERNEL_PVH, &k));
    k = describe(VGA_HOLE_BASE - kernel_information_size(KERNEL_MULTIBOOT) + 1);
    assert_false(kernel_information_write(KERNEL_MULTIBOOT, &k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pvh, create, destroy),
        cmocka_unit_test_setup_teardown(test_multiboot, create, destroy),
        cmocka_unit_test_setup_teardown(test_without_module_and_with_shadow, create, destroy),
        cmocka_unit_test_setup_teardown(test_longest_texts_are_cut_not_overrun, create, destroy),
        cmocka_unit_test_setup_teardown(test_not_outside_ram, create, destroy),
    };
    return cmocka_run_group_tests_name("kernel information", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * boot/elf/pvh.c and multiboot.c: a loader's structures read from a little memory, outside of which
 * nothing can be read. Sound ones, and such as lie.
 */
#include "test.h"

#include <string.h>

#include "boot/elf/handover.c"
#include "boot/elf/pvh.c"
#define read_map multiboot_read_map
#include "boot/elf/multiboot.c"
#undef read_map
#include "firmware/boot_ram.c"

#define MIB 0x100000ull
#define MEMORY_BASE 0x80000ull /* anywhere; the last byte is the last that can be read */
#define MEMORY_SIZE 0x4000
#define INFO_AT (MEMORY_BASE + 0x100)
#define MAP_AT (MEMORY_BASE + 0x1000)
#define MODULES_AT (MEMORY_BASE + 0x2800)
#define TEXT_AT (MEMORY_BASE + 0x3000)

static uint8_t memory[MEMORY_SIZE];
static struct handover handover;

static void *at(uint64_t address)
{
    return memory + (address - MEMORY_BASE);
}

bool loader_read(uint64_t address, void *buffer, size_t length)
{
    if (address < MEMORY_BASE || length > MEMORY_SIZE ||
        address - MEMORY_BASE > MEMORY_SIZE - length)
        return false;
    memcpy(buffer, at(address), length);
    return true;
}

void loader_read_text(uint64_t address, char *buffer, size_t size)
{
    size_t length = 0;
    while (length < size - 1 && loader_read(address + length, buffer + length, 1) && buffer[length])
        length++;
    buffer[length] = '\0';
}

static int clear(void **state)
{
    (void)state;
    memset(memory, 0xa5, sizeof(memory));
    memset(&handover, 0xa5, sizeof(handover));
    return 0;
}

static const struct boot_info *info = &handover.info;

/* --- PVH ----------------------------------------------------------------------------------------------- */

static struct hvm_start_info *pvh_start(void)
{
    struct hvm_start_info *start = at(INFO_AT);
    *start = (struct hvm_start_info){.magic = HVM_START_MAGIC_VALUE,
                                     .version = 1,
                                     .cmdline_paddr = TEXT_AT,
                                     .rsdp_paddr = 0xe1234};
    strcpy(at(TEXT_AT), "require=ata write");
    return start;
}

static void pvh_map(struct hvm_start_info *start, uint32_t entries)
{
    start->memmap_paddr = MAP_AT;
    start->memmap_entries = entries;
    struct hvm_memmap_table_entry *map = at(MAP_AT);
    map[0] = (struct hvm_memmap_table_entry){MIB, 63 * MIB, HVM_MEMMAP_TYPE_RAM, 0};
    map[1] = (struct hvm_memmap_table_entry){32 * MIB, MIB, HVM_MEMMAP_TYPE_ACPI, 0};
}

static void pvh_says_it_all(void **state)
{
    (void)state;
    struct hvm_start_info *start = pvh_start();
    pvh_map(start, 2);
    start->nr_modules = 1;
    start->modlist_paddr = MODULES_AT;
    struct hvm_modlist_entry *module = at(MODULES_AT);
    *module = (struct hvm_modlist_entry){8 * MIB, 5000, TEXT_AT + 100, 0};
    strcpy(at(TEXT_AT + 100), "a module");

    assert_true(pvh_read(&handover, INFO_AT));
    assert_int_equal(info->door, BOOT_DOOR_PVH);
    assert_string_equal(info->command_line, "require=ata write");
    assert_int_equal(info->rsdp, 0xe1234);
    assert_int_equal(info->module_count, 1);
    assert_int_equal(info->modules[0].base, 8 * MIB);
    assert_int_equal(info->modules[0].length, 5000);
    assert_string_equal(info->modules[0].command_line, "a module");
    assert_int_equal(info->ram_count, 3); /* without the ACPI tables and the module */
    for (unsigned i = 0; i < info->ram_count; i++) {
        assert_true(info->ram[i].base >= 33 * MIB ||
                    info->ram[i].base + info->ram[i].length <= 32 * MIB);
        assert_true(info->ram[i].base >= 8 * MIB + 5000 ||
                    info->ram[i].base + info->ram[i].length <= 8 * MIB);
    }
}

static void pvh_without_its_magic_is_refused(void **state)
{
    (void)state;
    pvh_start()->magic++;
    assert_false(pvh_read(&handover, INFO_AT));
    assert_false(pvh_read(&handover, 0));
    assert_false(pvh_read(&handover, UINT64_MAX - 8));
    assert_int_equal(info->ram_count, 0);
    assert_int_equal(info->module_count, 0);
    assert_string_equal(info->command_line, "");
}

static void pvh_version_0_has_no_map(void **state)
{
    (void)state;
    /* 40 bytes are all that there is */
    uint64_t last = MEMORY_BASE + MEMORY_SIZE - HVM_START_INFO_SIZE_V0;
    struct hvm_start_info *start = pvh_start();
    pvh_map(start, 2);
    start->version = 0;
    memcpy(at(last), start, HVM_START_INFO_SIZE_V0);
    assert_true(pvh_read(&handover, last));
    assert_string_equal(info->command_line, "require=ata write");
    assert_int_equal(info->ram_count, 0);
}

static void pvh_counts_that_lie_end_where_memory_does(void **state)
{
    (void)state;
    struct hvm_start_info *start = pvh_start();
    memset(at(MAP_AT), 0, MEMORY_SIZE - 0x1000);
    pvh_map(start, UINT32_MAX);
    start->nr_modules = UINT32_MAX;
    start->modlist_paddr = MODULES_AT;
    assert_true(pvh_read(&handover, INFO_AT));
    assert_int_equal(info->module_count, BOOT_MODULES);
    assert_int_equal(info->ram_count, 2);
    start->memmap_paddr = UINT64_MAX - 4;
    start->modlist_paddr = UINT64_MAX - 4;
    assert_true(pvh_read(&handover, INFO_AT));
    assert_int_equal(info->module_count, 0);
    assert_int_equal(info->ram_count, 0);
}

static void long_command_line_is_cut(void **state)
{
    (void)state;
    struct hvm_start_info *start = pvh_start();
    memset(at(TEXT_AT), 'x', MEMORY_BASE + MEMORY_SIZE - TEXT_AT);
    assert_true(pvh_read(&handover, INFO_AT));
    assert_int_equal(strlen(info->command_line), HANDOVER_COMMAND_LINE - 1);
    start->cmdline_paddr = 0;
    assert_true(pvh_read(&handover, INFO_AT));
    assert_string_equal(info->command_line, "");
}

/* --- multiboot ------------------------------------------------------------------------------------------- */

static struct multiboot_info *multiboot_start(uint32_t flags, const char *text)
{
    struct multiboot_info *start = at(INFO_AT);
    *start =
        (struct multiboot_info){.flags = flags, .cmdline = (uint32_t)TEXT_AT, .mem_upper = 1024};
    strcpy(at(TEXT_AT), text);
    return start;
}

static void *put_map_entry(void *to, uint32_t size, uint64_t base, uint64_t length, uint32_t type)
{
    struct multiboot_mmap_entry entry = {size, base, length, type};
    memcpy(to, &entry, sizeof(entry));
    return (uint8_t *)to + size + MULTIBOOT_MMAP_SIZE_FIELD;
}

static void multiboot_says_it_all(void **state)
{
    (void)state;
    struct multiboot_info *start = multiboot_start(
        MULTIBOOT_INFO_CMDLINE | MULTIBOOT_INFO_MEM_MAP | MULTIBOOT_INFO_MODS, "write");
    /* entries of different sizes, as the specification allows */
    uint8_t *map = at(MAP_AT), *end = put_map_entry(map, 20, MIB, MIB, 1);
    end = put_map_entry(end, 24, 4 * MIB, MIB, 2);
    end = put_map_entry(end, 20, 8 * MIB, 8 * MIB, 1);
    start->mmap_addr = (uint32_t)MAP_AT;
    start->mmap_length = (uint32_t)(end - map);
    start->mods_addr = (uint32_t)MODULES_AT;
    start->mods_count = 2;
    struct multiboot_module *modules = at(MODULES_AT);
    modules[0] = (struct multiboot_module){9 * MIB, 9 * MIB + 77, (uint32_t)TEXT_AT + 100, 0};
    modules[1] = (struct multiboot_module){9 * MIB, 8 * MIB, 0, 0}; /* ends before it begins */
    strcpy(at(TEXT_AT + 100), "words of a module");

    assert_true(multiboot_read(&handover, INFO_AT));
    assert_int_equal(info->door, BOOT_DOOR_MULTIBOOT);
    assert_string_equal(info->command_line, "write");
    assert_int_equal(info->module_count, 1);
    assert_int_equal(info->modules[0].length, 77);
    assert_string_equal(info->modules[0].command_line, "words of a module");
    assert_int_equal(info->ram_count, 3);
    assert_int_equal(info->ram[0].base, MIB);
    assert_int_equal(info->ram[1].base, 8 * MIB);
    assert_int_equal(info->ram[1].length, MIB);
    assert_int_equal(info->ram[2].base, 9 * MIB + 77);
}

static void fields_whose_flag_is_clear_are_not_looked_at(void **state)
{
    (void)state;
    struct multiboot_info *start = multiboot_start(0, "write");
    start->mods_count = start->mmap_length = 1000;
    start->mods_addr = (uint32_t)MODULES_AT;
    start->mmap_addr = (uint32_t)MAP_AT;
    assert_true(multiboot_read(&handover, INFO_AT));
    assert_string_equal(info->command_line, "");
    assert_int_equal(info->ram_count + info->module_count, 0);
}

static void without_a_map_the_upper_memory_serves(void **state)
{
    (void)state;
    multiboot_start(MULTIBOOT_INFO_MEMORY, "");
    assert_true(multiboot_read(&handover, INFO_AT));
    assert_int_equal(info->ram_count, 1);
    assert_int_equal(info->ram[0].base, MIB);
    assert_int_equal(info->ram[0].length, MIB);
}

static void map_entries_that_lie_end_the_map(void **state)
{
    (void)state;
    struct multiboot_info *start = multiboot_start(MULTIBOOT_INFO_MEM_MAP, "");
    start->mmap_addr = (uint32_t)MAP_AT;
    start->mmap_length = UINT32_MAX;
    uint8_t *next = put_map_entry(at(MAP_AT), 20, MIB, MIB, 1);
    put_map_entry(next, 0, 4 * MIB, MIB, 1); /* would be looked at for ever */
    assert_true(multiboot_read(&handover, INFO_AT));
    assert_int_equal(info->ram_count, 1);
    put_map_entry(next, UINT32_MAX, 4 * MIB, MIB, 1); /* leads out of memory */
    assert_true(multiboot_read(&handover, INFO_AT));
    assert_int_equal(info->ram_count, 2);
    start->mmap_length = MULTIBOOT_MMAP_ENTRY_SIZE - 1;
    assert_true(multiboot_read(&handover, INFO_AT));
    assert_int_equal(info->ram_count, 0);
    assert_false(multiboot_read(&handover, MEMORY_BASE + MEMORY_SIZE));
}

static void file_names_before_the_words_are_dropped(void **state)
{
    (void)state;
    static const char *const lines[][2] = {
        {"/boot/trapline.mb.elf verbose", "verbose"},
        {"trapline.mb.elf", ""},
        {"../x \t require=ata copy=a/b", "require=ata copy=a/b"},
        {"/my disk/kernel write", "write"},
        {"write", "write"},
        {"require=ata,chunk /odd", "require=ata,chunk /odd"},
        {"virtio_mmio.device=512@0xfeb00000:5", "virtio_mmio.device=512@0xfeb00000:5"},
        {"", ""},
        {"  verbose", "  verbose"},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        multiboot_start(MULTIBOOT_INFO_CMDLINE, lines[i][0]);
        assert_true(multiboot_read(&handover, INFO_AT));
        assert_string_equal(info->command_line, lines[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(pvh_says_it_all, clear),
        cmocka_unit_test_setup(pvh_without_its_magic_is_refused, clear),
        cmocka_unit_test_setup(pvh_version_0_has_no_map, clear),
        cmocka_unit_test_setup(pvh_counts_that_lie_end_where_memory_does, clear),
        cmocka_unit_test_setup(long_command_line_is_cut, clear),
        cmocka_unit_test_setup(multiboot_says_it_all, clear),
        cmocka_unit_test_setup(fields_whose_flag_is_clear_are_not_looked_at, clear),
        cmocka_unit_test_setup(without_a_map_the_upper_memory_serves, clear),
        cmocka_unit_test_setup(map_entries_that_lie_end_the_map, clear),
        cmocka_unit_test_setup(file_names_before_the_words_are_dropped, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

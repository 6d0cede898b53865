/* SPDX-License-Identifier: MIT */
/* drivers/fw_cfg.c against a fake fw_cfg: items, the directory, and a directory that lies. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "drivers/abi/fw_cfg.h"
#include "drivers/abi/machine.h"
#include "drivers/fw_cfg.h"
#include "fake_io.h"

#define DIRECTORY_BYTES (4 + 20 * FW_CFG_FILE_ENTRY_SIZE)
#define FILE_KEY 0x23

static struct {
    uint16_t key;
    unsigned position, bytes_read;
    uint8_t directory[DIRECTORY_BYTES];
    unsigned files;
} fake;

static uint8_t byte_of(uint16_t key, unsigned position)
{
    static const char signature[] = "QEMU", file[] = "verbose";
    if (key == FW_CFG_KEY_SIGNATURE && position < 4)
        return (uint8_t)signature[position];
    if (key == FW_CFG_KEY_FILE_DIRECTORY && position < DIRECTORY_BYTES)
        return fake.directory[position];
    if (key == FILE_KEY && position < 7)
        return (uint8_t)file[position];
    return 0;
}

static uint32_t fw_cfg_in(void *context, uint16_t port, unsigned size)
{
    (void)context;
    assert_int_equal(port, PORT_FW_CFG + FW_CFG_DATA);
    assert_int_equal(size, 1);
    fake.bytes_read++;
    return byte_of(fake.key, fake.position++);
}

static void fw_cfg_out(void *context, uint16_t port, unsigned size, uint32_t value)
{
    (void)context;
    assert_int_equal(port, PORT_FW_CFG + FW_CFG_SELECTOR);
    assert_int_equal(size, 2);
    fake.key = (uint16_t)value;
    fake.position = 0;
}

static void set_count(uint32_t count)
{
    for (unsigned i = 0; i < 4; i++)
        fake.directory[i] = (uint8_t)(count >> (24 - 8 * i));
}

/* The name goes in without a NUL where it fills the field. */
static void add_file(const char *name, uint16_t key, uint32_t size)
{
    uint8_t *entry = fake.directory + 4 + fake.files * FW_CFG_FILE_ENTRY_SIZE;
    for (unsigned i = 0; i < 4; i++)
        entry[FW_CFG_FILE_SIZE + i] = (uint8_t)(size >> (24 - 8 * i));
    entry[FW_CFG_FILE_SELECT] = (uint8_t)(key >> 8);
    entry[FW_CFG_FILE_SELECT + 1] = (uint8_t)key;
    memcpy(entry + FW_CFG_FILE_NAME, name, strnlen(name, FW_CFG_FILE_NAME_SIZE));
    set_count(++fake.files);
}

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    fake_io_set(&(struct fake_io){.in = fw_cfg_in, .out = fw_cfg_out});
    return 0;
}

static void present_by_its_signature(void **state)
{
    (void)state;
    assert_true(fw_cfg_present());
    fake_io_set(NULL);
    assert_false(fw_cfg_present());
}

static void an_item_is_read_by_one_string_instruction(void **state)
{
    (void)state;
    char text[8] = "";
    fw_cfg_read(FILE_KEY, text, 7);
    assert_string_equal(text, "verbose");
    assert_int_equal(fake_io_port_accesses(), 2);
}

static void files_are_found_in_any_order(void **state)
{
    (void)state;
    const char *const names[] = {"opt/trapline/cmdline", "opt/absent", "etc/e820"};
    struct fw_cfg_file files[3];
    char name[FW_CFG_FILE_NAME_SIZE];
    for (unsigned i = 0; i < 17; i++) { /* so that the wanted ones lie in later batches */
        snprintf(name, sizeof(name), "etc/other%u", i);
        add_file(name, (uint16_t)(0x40 + i), 1);
    }
    add_file("etc/e820", 0x21, 40);
    add_file("opt/trapline/cmdline", FILE_KEY, 0x01020304);
    assert_int_equal(fw_cfg_find(names, files, 3), 2);
    assert_int_equal(files[0].key, FILE_KEY);
    assert_int_equal(files[0].size, 0x01020304);
    assert_int_equal(files[1].key, 0);
    assert_int_equal(files[2].key, 0x21);
    assert_int_equal(files[2].size, 40);
    /* selector, count, three batches of entries */
    assert_int_equal(fake_io_port_accesses(), 2 + 3);
}

static void a_search_ends_when_all_are_found(void **state)
{
    (void)state;
    const char *const names[] = {"wanted"};
    struct fw_cfg_file file;
    add_file("wanted", FILE_KEY, 7);
    for (unsigned i = 0; i < 15; i++)
        add_file("other", 0x30, 1);
    assert_int_equal(fw_cfg_find(names, &file, 1), 1);
    assert_int_equal(fake.bytes_read, 4 + 8 * FW_CFG_FILE_ENTRY_SIZE);
}

static void a_name_must_match_whole(void **state)
{
    (void)state;
    char full[FW_CFG_FILE_NAME_SIZE + 1];
    memset(full, 'n', FW_CFG_FILE_NAME_SIZE);
    full[FW_CFG_FILE_NAME_SIZE] = '\0';
    const char *const names[] = {"opt/a", full};
    struct fw_cfg_file files[2];
    add_file("opt/ab", 0x30, 1);
    add_file("opt/", 0x31, 1);
    add_file(full, 0x32, 1); /* no NUL inside the entry */
    assert_int_equal(fw_cfg_find(names, files, 2), 0);
}

static void a_directory_that_lies_is_bounded(void **state)
{
    (void)state;
    const char *const names[] = {"low", "wanted"};
    struct fw_cfg_file files[2];
    add_file("low", FW_CFG_KEY_FILE_DIRECTORY, 1); /* a key that no file has */
    add_file("wanted", FILE_KEY, 7);
    add_file("wanted", FILE_KEY + 1, 8); /* twice: the first counts */
    assert_int_equal(fw_cfg_find(names, files, 2), 1);
    assert_int_equal(files[0].key, 0);
    assert_int_equal(files[1].key, FILE_KEY);
    set_count(1000);
    assert_int_equal(fw_cfg_find(names, files, 2), 1);
    assert_true(fake.bytes_read < 2 * 1024 * FW_CFG_FILE_ENTRY_SIZE);
    fake.bytes_read = 0;
    set_count(UINT32_MAX);
    assert_int_equal(fw_cfg_find(names, files, 2), 0);
    assert_int_equal(fake.bytes_read, 4);
}

static void nothing_is_found_without_fw_cfg(void **state)
{
    (void)state;
    const char *const names[] = {"wanted"};
    struct fw_cfg_file file = {.key = 1};
    fake_io_set(NULL);
    assert_int_equal(fw_cfg_find(names, &file, 1), 0);
    assert_int_equal(file.key, 0);
    assert_int_equal(fake_io_port_accesses(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(present_by_its_signature, setup),
        cmocka_unit_test_setup(an_item_is_read_by_one_string_instruction, setup),
        cmocka_unit_test_setup(files_are_found_in_any_order, setup),
        cmocka_unit_test_setup(a_search_ends_when_all_are_found, setup),
        cmocka_unit_test_setup(a_name_must_match_whole, setup),
        cmocka_unit_test_setup(a_directory_that_lies_is_bounded, setup),
        cmocka_unit_test_setup(nothing_is_found_without_fw_cfg, setup),
    };
    return cmocka_run_group_tests_name("drivers/fw_cfg", tests, NULL, NULL);
}

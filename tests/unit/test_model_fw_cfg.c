/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/fw_cfg.c: items, the directory, and DMA by descriptors that may say anything. */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_memory.h"
#include "host-vmm/devices/fw_cfg.h"

#define RAM_SIZE 0x4000
#define HIGH_RAM 0x100000000ull
#define DESCRIPTOR 0x100
#define TARGET 0x1000

struct fixture {
    struct guest_memory memory;
    struct fw_cfg_model fw_cfg;
};

static const char text[] = "0123456789abcdef";

static void start(struct fixture *f)
{
    fake_memory_create(&f->memory, 0, RAM_SIZE);
    fake_memory_add(&f->memory, HIGH_RAM, RAM_SIZE);
    fw_cfg_init(&f->fw_cfg, &f->memory);
    assert_true(fw_cfg_add_file(&f->fw_cfg, "opt/text", text, 16));
}

static void stop(struct fixture *f)
{
    fake_memory_destroy(&f->memory);
}

static uint64_t in(struct fixture *f, unsigned offset, unsigned size)
{
    uint64_t value = 0;

    assert_true(f->fw_cfg.region.ops->read(&f->fw_cfg, offset, size, &value));
    return value;
}

static void out(struct fixture *f, unsigned offset, unsigned size, uint64_t value)
{
    assert_true(f->fw_cfg.region.ops->write(&f->fw_cfg, offset, size, value));
}

static void read_item(struct fixture *f, uint16_t key, void *to, unsigned length)
{
    out(f, FW_CFG_SELECTOR, 2, key);
    for (unsigned i = 0; i < length; i++)
        ((uint8_t *)to)[i] = (uint8_t)in(f, FW_CFG_DATA, 1);
}

static void start_dma(struct fixture *f, gpa_t descriptor)
{
    if (descriptor >> 32 != 0)
        out(f, FW_CFG_DMA_HIGH, 4, htobe32((uint32_t)(descriptor >> 32)));
    out(f, FW_CFG_DMA_LOW, 4, htobe32((uint32_t)descriptor));
}

/* Runs one descriptor and returns its control field afterwards. */
static uint32_t dma(struct fixture *f, gpa_t descriptor, uint32_t control, uint32_t length,
                    uint64_t target)
{
    uint32_t words[4] = {htobe32(control), htobe32(length), htobe32((uint32_t)(target >> 32)),
                         htobe32((uint32_t)target)};
    uint32_t result;

    assert_true(guest_write(&f->memory, descriptor, words, sizeof words));
    start_dma(f, descriptor);
    assert_true(guest_read(&f->memory, descriptor, &result, sizeof result));
    return be32toh(result);
}

static void is_recognised(void **state)
{
    struct fixture f;
    uint8_t bytes[8];

    (void)state;
    start(&f);
    assert_int_equal(f.fw_cfg.region.length, FW_CFG_PORT_COUNT);
    read_item(&f, FW_CFG_KEY_SIGNATURE, bytes, 5);
    assert_memory_equal(bytes, "QEMU\0", 5);
    read_item(&f, FW_CFG_KEY_ID, bytes, 4);
    assert_memory_equal(bytes, "\3\0\0\0", 4);
    assert_int_equal(in(&f, FW_CFG_DMA_HIGH, 4), 0x554d4551); /* "QEMU" in the port's byte order */
    assert_int_equal(in(&f, FW_CFG_DMA_LOW, 4), 0x47464320);
    fw_cfg_reset(&f.fw_cfg);
    assert_int_equal(in(&f, FW_CFG_DATA, 1), 'Q');
    stop(&f);
}

static void the_directory_names_every_file(void **state)
{
    struct fixture f;
    uint8_t bytes[4 + 2 * FW_CFG_FILE_ENTRY_SIZE + 1];
    const uint8_t *second = bytes + 4 + FW_CFG_FILE_ENTRY_SIZE;

    (void)state;
    start(&f);
    assert_true(fw_cfg_add_file(&f.fw_cfg, "etc/other", text, 0x10203));
    read_item(&f, FW_CFG_KEY_FILE_DIRECTORY, bytes, sizeof bytes);
    assert_memory_equal(bytes, "\0\0\0\2", 4);
    assert_memory_equal(bytes + 4, "\0\0\0\x10\0\x20\0\0opt/text\0", 17);
    assert_memory_equal(second, "\0\1\2\3\0\x21\0\0etc/other\0", 18);
    assert_int_equal(bytes[sizeof bytes - 1], 0);
    read_item(&f, 0x20, bytes, 20);
    assert_memory_equal(bytes, "0123456789abcdef\0\0\0\0", 20);
    stop(&f);
}

static void what_does_not_fit_is_refused(void **state)
{
    struct fixture f;
    char name[FW_CFG_FILE_NAME_SIZE + 1] = {0};
    unsigned added = 0;

    (void)state;
    start(&f);
    assert_false(fw_cfg_add_file(&f.fw_cfg, "opt/text", text, 1));
    assert_false(fw_cfg_add_file(&f.fw_cfg, "", text, 1));
    memset(name, 'n', FW_CFG_FILE_NAME_SIZE);
    assert_false(fw_cfg_add_file(&f.fw_cfg, name, text, 1));
    name[FW_CFG_FILE_NAME_SIZE - 1] = '\0';
    assert_true(fw_cfg_add_file(&f.fw_cfg, name, text, 1));
    assert_true(fw_cfg_add(&f.fw_cfg, FW_CFG_KEY_RAM_SIZE, text, 8));
    assert_false(fw_cfg_add(&f.fw_cfg, FW_CFG_KEY_RAM_SIZE, text, 8));
    do
        snprintf(name, sizeof name, "file%u", added);
    while (fw_cfg_add_file(&f.fw_cfg, name, text, 1) && ++added < 1000);
    assert_int_equal(f.fw_cfg.count, FW_CFG_MAX_ITEMS);
    assert_int_equal(added, FW_CFG_MAX_ITEMS - 6);
    stop(&f);
}

static void unknown_keys_read_zeros(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    for (unsigned key = 0; key <= 0xffff; key++) {
        out(&f, FW_CFG_SELECTOR, 2, key);
        if (key == FW_CFG_KEY_SIGNATURE || key == FW_CFG_KEY_ID || key == 0x20)
            continue;
        assert_int_equal(in(&f, FW_CFG_DATA, 1), 0);
        assert_int_equal(in(&f, FW_CFG_DATA, 1), 0);
    }
    stop(&f);
}

static void dma_selects_skips_and_reads(void **state)
{
    struct fixture f;
    const uint8_t *target;

    (void)state;
    start(&f);
    target = guest_ptr(&f.memory, TARGET, 64);
    assert_int_equal(
        dma(&f, DESCRIPTOR, 0x20u << 16 | FW_CFG_DMA_SELECT | FW_CFG_DMA_READ, 4, TARGET), 0);
    assert_memory_equal(target, "0123", 4);
    assert_int_equal(target[4], FAKE_MEMORY_FILL);
    assert_int_equal(dma(&f, DESCRIPTOR, FW_CFG_DMA_SKIP, 6, 0), 0);
    /* It goes on where it stood, and past the end there are zeros. */
    assert_int_equal(dma(&f, HIGH_RAM, FW_CFG_DMA_READ, 10, TARGET), 0);
    assert_memory_equal(target, "abcdef\0\0\0\0", 10);
    assert_int_equal(target[10], FAKE_MEMORY_FILL);
    assert_int_equal(in(&f, FW_CFG_DATA, 1), 0);

    assert_int_equal(dma(&f, DESCRIPTOR, 0x20u << 16 | FW_CFG_DMA_SELECT, 9, UINT64_MAX), 0);
    assert_int_equal(in(&f, FW_CFG_DATA, 1), '0');
    assert_int_equal(dma(&f, DESCRIPTOR, FW_CFG_DMA_SKIP, UINT32_MAX, 0), 0);
    assert_int_equal(dma(&f, DESCRIPTOR, FW_CFG_DMA_SKIP, UINT32_MAX, 0), 0);
    assert_int_equal(in(&f, FW_CFG_DATA, 1), 0);
    stop(&f);
}

/* The high half of the descriptor's address counts for one transfer only. */
static void dma_forgets_the_high_half(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    assert_int_equal(
        dma(&f, HIGH_RAM, 0x20u << 16 | FW_CFG_DMA_SELECT | FW_CFG_DMA_READ, 1, TARGET), 0);
    assert_int_equal(dma(&f, DESCRIPTOR, FW_CFG_DMA_READ, 1, TARGET), 0);
    assert_memory_equal(guest_ptr(&f.memory, TARGET, 1), "1", 1);
    out(&f, FW_CFG_DMA_HIGH, 4, 0x01000000);
    fw_cfg_reset(&f.fw_cfg);
    assert_int_equal(dma(&f, DESCRIPTOR, FW_CFG_DMA_READ, 1, TARGET), 0);
    stop(&f);
}

static void count_up(void *context)
{
    ++*(uint8_t *)context;
}

static void a_live_file_is_brought_up_to_date_when_it_is_selected(void **state)
{
    struct fixture f;
    uint8_t counter[2] = {0, 7};
    uint16_t key = FW_CFG_KEY_FILE_FIRST + 1;

    (void)state;
    start(&f);
    assert_true(fw_cfg_add_live_file(&f.fw_cfg, "opt/live", counter, 2, count_up, counter));
    assert_false(fw_cfg_add_live_file(&f.fw_cfg, "opt/live", counter, 2, count_up, counter));
    assert_true(fw_cfg_add_file(&f.fw_cfg, "opt/after", text, 16));
    out(&f, FW_CFG_SELECTOR, 2, key);
    assert_int_equal(counter[0], 1);
    assert_int_equal(in(&f, FW_CFG_DATA, 1), 1);
    assert_int_equal(in(&f, FW_CFG_DATA, 1), 7);
    assert_int_equal(in(&f, FW_CFG_DATA, 1), 0);
    assert_int_equal(counter[0], 1);
    assert_int_equal(
        dma(&f, DESCRIPTOR, (uint32_t)key << 16 | FW_CFG_DMA_SELECT | FW_CFG_DMA_READ, 1, TARGET),
        0);
    assert_int_equal(*(const uint8_t *)guest_ptr(&f.memory, TARGET, 1), 2);
    out(&f, FW_CFG_SELECTOR, 2, FW_CFG_KEY_FILE_FIRST);
    out(&f, FW_CFG_SELECTOR, 2, key + 1);
    out(&f, FW_CFG_SELECTOR, 2, key + 2);
    assert_int_equal(counter[0], 2);
    stop(&f);
}

static void dma_write_is_an_error(void **state)
{
    struct fixture f;
    uint8_t bytes[16];

    (void)state;
    start(&f);
    assert_int_equal(
        dma(&f, DESCRIPTOR, 0x20u << 16 | FW_CFG_DMA_SELECT | FW_CFG_DMA_WRITE, 4, TARGET),
        FW_CFG_DMA_ERROR);
    read_item(&f, 0x20, bytes, 16);
    assert_memory_equal(bytes, text, 16);
    stop(&f);
}

/* Addresses outside RAM, straddling its end, wrapping 64 bits. */
static void dma_to_what_is_not_ram_moves_nothing(void **state)
{
    static const struct {
        uint64_t target;
        uint32_t length;
    } bad[] = {
        {RAM_SIZE, 1},        {RAM_SIZE - 1, 2},
        {0, RAM_SIZE + 1},    {UINT64_MAX, 1},
        {UINT64_MAX, 2},      {UINT64_MAX - 3, UINT32_MAX},
        {TARGET, UINT32_MAX}, {HIGH_RAM + RAM_SIZE - 8, 9},
        {HIGH_RAM - 1, 2},
    };
    struct fixture f;
    const uint8_t *last;

    (void)state;
    start(&f);
    last = guest_ptr(&f.memory, RAM_SIZE - 1, 1);
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(dma(&f, DESCRIPTOR, 0x20u << 16 | FW_CFG_DMA_SELECT | FW_CFG_DMA_READ,
                             bad[i].length, bad[i].target),
                         FW_CFG_DMA_ERROR);
        assert_int_equal(*last, FAKE_MEMORY_FILL);
        assert_int_equal(in(&f, FW_CFG_DATA, 1), '0'); /* not moved on either */
    }
    stop(&f);
}

static void a_descriptor_that_is_not_ram_moves_nothing(void **state)
{
    static const uint64_t bad[] = {RAM_SIZE,     RAM_SIZE - 1,    RAM_SIZE - 15, UINT64_MAX,
                                   HIGH_RAM - 4, UINT64_MAX - 15, HIGH_RAM * 2};
    struct fixture f;
    uint32_t control;

    (void)state;
    start(&f);
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        start_dma(&f, bad[i]);
    /* Where the control field itself is RAM, it says so. */
    assert_true(guest_read(&f.memory, RAM_SIZE - 15, &control, 4));
    assert_int_equal(be32toh(control), FW_CFG_DMA_ERROR);
    assert_int_equal(*(const uint8_t *)guest_ptr(&f.memory, RAM_SIZE - 1, 1), FAKE_MEMORY_FILL);
    stop(&f);
}

/* The target may hold the descriptor: what counts is the copy, and the result is stored last. */
static void dma_over_its_own_descriptor(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    assert_int_equal(
        dma(&f, DESCRIPTOR, 0x20u << 16 | FW_CFG_DMA_SELECT | FW_CFG_DMA_READ, 16, DESCRIPTOR), 0);
    assert_memory_equal(guest_ptr(&f.memory, DESCRIPTOR, 16),
                        "\0\0\0\0"
                        "456789abcdef",
                        16);
    stop(&f);
}

/* Adverse case 28: every offset, width and direction. */
static void only_its_registers_answer(void **state)
{
    static const unsigned sizes[] = {1, 2, 4, 8};
    struct fixture f;
    unsigned reads = 0, writes = 0;

    (void)state;
    start(&f);
    for (unsigned offset = 0; offset < FW_CFG_PORT_COUNT; offset++) {
        for (unsigned i = 0; i < 4; i++) {
            uint64_t value = 0;

            if (offset + sizes[i] > FW_CFG_PORT_COUNT)
                continue;
            reads += f.fw_cfg.region.ops->read(&f.fw_cfg, offset, sizes[i], &value);
            writes += f.fw_cfg.region.ops->write(&f.fw_cfg, offset, sizes[i], UINT64_MAX);
        }
    }
    assert_int_equal(reads, 3);
    assert_int_equal(writes, 3);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_recognised),
        cmocka_unit_test(the_directory_names_every_file),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(unknown_keys_read_zeros),
        cmocka_unit_test(dma_selects_skips_and_reads),
        cmocka_unit_test(dma_forgets_the_high_half),
        cmocka_unit_test(a_live_file_is_brought_up_to_date_when_it_is_selected),
        cmocka_unit_test(dma_write_is_an_error),
        cmocka_unit_test(dma_to_what_is_not_ram_moves_nothing),
        cmocka_unit_test(a_descriptor_that_is_not_ram_moves_nothing),
        cmocka_unit_test(dma_over_its_own_descriptor),
        cmocka_unit_test(only_its_registers_answer),
    };

    return cmocka_run_group_tests_name("fw_cfg model", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* boot/uefi/load_options.c: UCS-2 of any length and content becomes a bounded line of ASCII. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "boot/uefi/load_options.c"

#define LINE 64

static char line[LINE];

/* The options lie in a block of their own, at an odd address, so that ASan sees a read too many. */
static bool convert(const void *options, size_t bytes, size_t size)
{
    uint8_t *block = malloc(bytes + 1);
    assert_non_null(block);
    memcpy(block + 1, options, bytes);
    memset(line, 0x7f, sizeof(line));
    bool whole = load_options_text(block + 1, bytes, line, size);
    free(block);
    return whole;
}

#define CONVERT(text) convert(text, sizeof(text), LINE)

static void words_come_through(void **state)
{
    (void)state;
    assert_true(CONVERT(u"verbose require=ata,virtio-blk"));
    assert_string_equal(line, "verbose require=ata,virtio-blk");
}

static void no_options_are_an_empty_line(void **state)
{
    (void)state;
    assert_true(load_options_text(NULL, 0, line, LINE));
    assert_string_equal(line, "");
    assert_true(CONVERT(u""));
    assert_string_equal(line, "");
    assert_true(convert("x", 1, LINE)); /* half a character */
    assert_string_equal(line, "");
}

static void end_without_nul(void **state)
{
    (void)state;
    assert_true(convert(u"write", 5 * sizeof(uint16_t), LINE));
    assert_string_equal(line, "write");
    assert_true(convert(u"write", 5 * sizeof(uint16_t) + 1, LINE));
    assert_string_equal(line, "write");
}

static void nul_ends_early(void **state)
{
    (void)state;
    assert_true(CONVERT(u"write\0verbose"));
    assert_string_equal(line, "write");
}

static void own_name_is_left_out(void **state)
{
    (void)state;
    assert_true(CONVERT(u"trapline.efi verbose"));
    assert_string_equal(line, "verbose");
    assert_true(CONVERT(u"  FS0:\\EFI\\BOOT\\BOOTX64.EFI verbose write"));
    assert_string_equal(line, "verbose write");
    assert_true(CONVERT(u"trapline.Efi"));
    assert_string_equal(line, "");
    assert_true(CONVERT(u"verbose x.efi"));
    assert_string_equal(line, "verbose x.efi");
    assert_true(CONVERT(u"efi"));
    assert_string_equal(line, "efi");
}

static void other_than_ascii_stays_visible(void **state)
{
    (void)state;
    /* U+0176 must not become the 'v' that its low byte is */
    assert_true(CONVERT(u"\u0176erbose \u00fc \u4e2d\x7f\x01"));
    assert_string_equal(line, "?erbose ? ???");
    assert_true(CONVERT(u"a\tb\r\nc"));
    assert_string_equal(line, "a b  c");
}

static void too_long_ends_with_a_whole_word(void **state)
{
    (void)state;
    assert_false(convert(u"write verbose ticks", 40, 16));
    assert_string_equal(line, "write verbose ");
    assert_false(convert(u"write verbose ticks", 40, 14)); /* "verbose" fits to the letter */
    assert_string_equal(line, "write verbose");
    assert_true(convert(u"write verbose ticks", 40, 20));
    assert_string_equal(line, "write verbose ticks");
}

static void one_word_too_long_is_nothing(void **state)
{
    (void)state;
    uint16_t huge[4096];
    for (size_t i = 0; i < sizeof(huge) / sizeof(huge[0]); i++)
        huge[i] = 'a';
    assert_false(convert(huge, sizeof(huge), LINE));
    assert_string_equal(line, "");
    assert_false(convert(huge, sizeof(huge), 1));
    assert_string_equal(line, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_come_through),
        cmocka_unit_test(no_options_are_an_empty_line),
        cmocka_unit_test(end_without_nul),
        cmocka_unit_test(nul_ends_early),
        cmocka_unit_test(own_name_is_left_out),
        cmocka_unit_test(other_than_ascii_stays_visible),
        cmocka_unit_test(too_long_ends_with_a_whole_word),
        cmocka_unit_test(one_word_too_long_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

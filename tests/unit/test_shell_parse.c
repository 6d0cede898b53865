/* SPDX-License-Identifier: MIT */
/* firmware/shell/parse.c: words, numbers, PCI functions, and which command a word names. */
#include "test.h"

#include "firmware/shell/parse.c"

#include <stdio.h>

static void words_are_cut_at_blanks(void **state)
{
    (void)state;
    const char *words[4] = {NULL};
    char line[] = "  poke8\t0x10   3 ";
    assert_int_equal(parse_words(line, words, 4), 3);
    assert_string_equal(words[0], "poke8");
    assert_string_equal(words[1], "0x10");
    assert_string_equal(words[2], "3");
    assert_null(words[3]);
    char empty[] = "", blank[] = " \t ";
    assert_int_equal(parse_words(empty, words, 4), 0);
    assert_int_equal(parse_words(blank, words, 4), 0);
}

static void words_beyond_the_last_are_counted_only(void **state)
{
    (void)state;
    const char *words[2];
    char line[] = "a b c d";
    assert_int_equal(parse_words(line, words, 2), 4);
    assert_string_equal(words[1], "b");
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = {
        {"0", 0},
        {"12", 12},
        {"007", 7},
        {"0x1f", 0x1f},
        {"0XaBcDeF", 0xabcdef},
        {"4k", 4096},
        {"64K", 65536},
        {"0x2M", 0x200000},
        {"1G", 1 << 30},
        {"18446744073709551615", UINT64_MAX},
        {"0xffffffffffffffff", UINT64_MAX},
        {"0x3fffffffffffffk", UINT64_MAX & ~0x3ffull},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint64_t value = 1;
        assert_true(parse_number(good[i].text, &value));
        assert_true(value == good[i].value);
    }
}

static void what_is_not_a_number(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "x",
        "0x",
        "3f8",
        "-1",
        "+1",
        "1 ",
        "1.5",
        "0x1g0",
        "K",
        "1KK",
        "1T",
        "0x 1",
        "1x2",
        "18446744073709551616",
        "0x1ffffffffffffffff",
        "0x40000000000000k",
        "18014398509481984K",
    };
    uint64_t value;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (parse_number(bad[i], &value))
            fail_msg("\"%s\" became %llu", bad[i], (unsigned long long)value);
    }
}

static void functions_of_bus_0(void **state)
{
    (void)state;
    unsigned device, function;
    assert_true(parse_function("02.0", &device, &function));
    assert_int_equal(device, 2);
    assert_int_equal(function, 0);
    assert_true(parse_function("00:1f.7", &device, &function));
    assert_int_equal(device, 0x1f);
    assert_int_equal(function, 7);
    static const char *const bad[] = {"",       "2",       "2.",   ".0",    "20.0", "2.8",
                                      "01:2.0", "0:0:2.0", "2.0x", "2.0.0", "g.0"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (parse_function(bad[i], &device, &function))
            fail_msg("\"%s\" became %x.%x", bad[i], device, function);
    }
}

static const struct shell_command commands[] = {
    {.name = "in", .widths = 1 | 2 | 4, .default_width = 1},
    {.name = "inspect"},
    {.name = "peek", .widths = 1 | 2 | 4 | 8, .default_width = 4},
};

static const struct shell_command *find(const char *word, unsigned *width)
{
    return parse_command(commands, sizeof(commands) / sizeof(commands[0]), word, width);
}

static void a_width_may_follow_a_name(void **state)
{
    (void)state;
    unsigned width;
    assert_ptr_equal(find("in", &width), &commands[0]);
    assert_int_equal(width, 1);
    assert_ptr_equal(find("in8", &width), &commands[0]);
    assert_int_equal(width, 1);
    assert_ptr_equal(find("in16", &width), &commands[0]);
    assert_int_equal(width, 2);
    assert_ptr_equal(find("in32", &width), &commands[0]);
    assert_int_equal(width, 4);
    assert_ptr_equal(find("inspect", &width), &commands[1]);
    assert_ptr_equal(find("peek", &width), &commands[2]);
    assert_int_equal(width, 4);
    assert_ptr_equal(find("peek64", &width), &commands[2]);
    assert_int_equal(width, 8);
}

static void what_is_no_command(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "i",     "in64", "in1",      "in0",
                                      "in 8", "in816", "IN",   "inspect8", "peek128"};
    unsigned width;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_null(find(bad[i], &width));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_cut_at_blanks),
        cmocka_unit_test(words_beyond_the_last_are_counted_only),
        cmocka_unit_test(numbers),
        cmocka_unit_test(what_is_not_a_number),
        cmocka_unit_test(functions_of_bus_0),
        cmocka_unit_test(a_width_may_follow_a_name),
        cmocka_unit_test(what_is_no_command),
    };
    return cmocka_run_group_tests_name("shell parse", tests, NULL, NULL);
}

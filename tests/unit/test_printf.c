/* SPDX-License-Identifier: MIT */
/* firmware/printf.c against the C library's snprintf, and where it is cut off. */
#include "test.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "firmware/printf.c"

#define SIZE 128

/* Both must write the same, and return its length. */
#define assert_same(...)                                                                           \
    do {                                                                                           \
        char ours[SIZE], theirs[SIZE];                                                             \
        int length = snprintf(theirs, SIZE, __VA_ARGS__);                                          \
        assert_int_equal(format_text(ours, SIZE, __VA_ARGS__), length);                            \
        assert_string_equal(ours, theirs);                                                         \
    } while (0)

static void plain_text_is_copied(void **state)
{
    (void)state;
    char text[SIZE];
    assert_int_equal(format_text(text, SIZE, "%s", ""), 0);
    assert_string_equal(text, "");
    assert_same("nothing to fill in");
    assert_same("100%% of %%");
}

static void strings_and_characters(void **state)
{
    (void)state;
    assert_same("[%s]", "text");
    assert_same("[%s][%c]", "", 'x');
    assert_same("[%8s][%2s]", "right", "longer");
    assert_same("[%.2s][%5.2s][%.9s]", "cut", "cut", "cut");
}

static void integers(void **state)
{
    (void)state;
    static const int values[] = {0, 1, -1, 9, 10, -10, 12345, INT_MAX, INT_MIN};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        assert_same("%d %u %x", values[i], (unsigned)values[i], (unsigned)values[i]);
        assert_same("[%7d][%07d][%3x]", values[i], values[i], (unsigned)values[i]);
    }
}

static void long_integers(void **state)
{
    (void)state;
    assert_same("%ld %lu %lx", LONG_MIN, ULONG_MAX, ULONG_MAX);
    assert_same("%lld %llu %llx", LLONG_MIN, ULLONG_MAX, 0x123456789abcdefull);
    assert_same("%zu %016lx", (size_t)SIZE_MAX, 0xfeedul);
}

static void hexadecimal_forms(void **state)
{
    (void)state;
    assert_same("%#x %#10x %#010x %02x", 0x1fu, 0x1fu, 0x1fu, 5u);
    assert_same("%p", (void *)0x1234);
}

static void mixed_arguments_stay_in_step(void **state)
{
    (void)state;
    assert_same("%u %lx %s %d %llu %c", 1u, 2ul, "three", -4, 5ull, '6');
}

static void output_is_cut_to_the_buffer(void **state)
{
    (void)state;
    char text[8];
    for (size_t size = 1; size <= sizeof(text); size++) {
        memset(text, '#', sizeof(text));
        assert_int_equal(format_text(text, size, "%s%08x", "ab", 0x12345678u), size - 1);
        assert_int_equal(text[size - 1], '\0');
        assert_memory_equal(text, "ab12345", size - 1);
        if (size < sizeof(text))
            assert_int_equal(text[size], '#');
    }
}

/* The compiler would complain about these at once. */
static void unknown_conversions_show(void **state)
{
    (void)state;
    static const char *const formats[] = {"%q", "a %y b", "50%"};
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        char text[SIZE];
        const char *volatile format = formats[i];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        format_text(text, SIZE, format);
#pragma GCC diagnostic pop
        assert_string_equal(text, formats[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_copied),
        cmocka_unit_test(strings_and_characters),
        cmocka_unit_test(integers),
        cmocka_unit_test(long_integers),
        cmocka_unit_test(hexadecimal_forms),
        cmocka_unit_test(mixed_arguments_stay_in_step),
        cmocka_unit_test(output_is_cut_to_the_buffer),
        cmocka_unit_test(unknown_conversions_show),
    };
    return cmocka_run_group_tests_name("printf", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* firmware/string.c against the C library's own answers. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

/* The subject under other names, beside the C library's. */
void *fw_memcpy(void *restrict to, const void *restrict from, size_t length);
void *fw_memset(void *to, int byte, size_t length);
void *fw_memmove(void *to, const void *from, size_t length);
void *fw_memchr(const void *from, int byte, size_t length);
int fw_memcmp(const void *a, const void *b, size_t length);
size_t fw_strlen(const char *text);
int fw_strcmp(const char *a, const char *b);
int fw_strncmp(const char *a, const char *b, size_t length);

#define memcpy fw_memcpy
#define memset fw_memset
#define memmove fw_memmove
#define memchr fw_memchr
#define memcmp fw_memcmp
#define strlen fw_strlen
#define strcmp fw_strcmp
#define strncmp fw_strncmp
#include "firmware/string.c"
#undef memcpy
#undef memset
#undef memmove
#undef memchr
#undef memcmp
#undef strlen
#undef strcmp
#undef strncmp

#define SIZE 64

static void fill(uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(i * 7 + 1);
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void memcpy_copies_every_length(void **state)
{
    (void)state;
    uint8_t from[SIZE], to[SIZE], expected[SIZE];
    fill(from, SIZE);
    for (size_t length = 0; length <= SIZE - 8; length++) {
        memset(to, 0xee, SIZE);
        memset(expected, 0xee, SIZE);
        memcpy(expected + 3, from + 1, length);
        assert_ptr_equal(fw_memcpy(to + 3, from + 1, length), to + 3);
        assert_memory_equal(to, expected, SIZE);
    }
}

static void memset_fills_every_length(void **state)
{
    (void)state;
    uint8_t to[SIZE], expected[SIZE];
    for (size_t length = 0; length <= SIZE - 8; length++) {
        memset(to, 0xee, SIZE);
        memset(expected, 0xee, SIZE);
        memset(expected + 5, 0x1a5, length);
        assert_ptr_equal(fw_memset(to + 5, 0x1a5, length), to + 5);
        assert_memory_equal(to, expected, SIZE);
    }
}

static void memmove_survives_overlap(void **state)
{
    (void)state;
    uint8_t bytes[SIZE], expected[SIZE];
    for (size_t to = 0; to < 24; to++) {
        for (size_t from = 0; from < 24; from++) {
            for (size_t length = 0; length <= 40; length++) {
                fill(bytes, SIZE);
                fill(expected, SIZE);
                memmove(expected + to, expected + from, length);
                assert_ptr_equal(fw_memmove(bytes + to, bytes + from, length), bytes + to);
                assert_memory_equal(bytes, expected, SIZE);
            }
        }
    }
}

static void memcmp_finds_one_different_byte(void **state)
{
    (void)state;
    uint8_t a[SIZE], b[SIZE];
    for (size_t length = 0; length <= 40; length++) {
        fill(a, SIZE);
        fill(b, SIZE);
        b[length] ^= 0xff; /* behind the end: must not be seen */
        assert_int_equal(fw_memcmp(a, b, length), 0);
        for (size_t at = 0; at < length; at++) {
            fill(a, SIZE);
            fill(b, SIZE);
            a[at] = 0x80; /* bytes compare unsigned */
            b[at] = 0x7f;
            if (at + 1 < length)
                b[at + 1] = 0xff; /* only the first difference counts */
            assert_int_equal(sign(fw_memcmp(a, b, length)), 1);
            assert_int_equal(sign(fw_memcmp(b, a, length)), -1);
        }
    }
}

static void memchr_finds_the_first(void **state)
{
    (void)state;
    const char *text = "abcabc";
    assert_ptr_equal(fw_memchr(text, 'b', 6), text + 1);
    assert_ptr_equal(fw_memchr(text, 'c', 3), text + 2);
    assert_null(fw_memchr(text, 'c', 2));
    assert_null(fw_memchr(text, 'x', 6));
    assert_null(fw_memchr(text, 'a', 0));
}

static void strlen_counts(void **state)
{
    (void)state;
    assert_int_equal(fw_strlen(""), 0);
    assert_int_equal(fw_strlen("a"), 1);
    assert_int_equal(fw_strlen("a fairly long text"), 18);
}

static void strings_compare(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a", "ab", "abc", "abd", "b", "\x80"};
    const size_t count = sizeof(texts) / sizeof(texts[0]);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            assert_int_equal(sign(fw_strcmp(texts[i], texts[j])), sign(strcmp(texts[i], texts[j])));
            for (size_t length = 0; length < 4; length++)
                assert_int_equal(sign(fw_strncmp(texts[i], texts[j], length)),
                                 sign(strncmp(texts[i], texts[j], length)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memcpy_copies_every_length),
        cmocka_unit_test(memset_fills_every_length),
        cmocka_unit_test(memmove_survives_overlap),
        cmocka_unit_test(memcmp_finds_one_different_byte),
        cmocka_unit_test(memchr_finds_the_first),
        cmocka_unit_test(strlen_counts),
        cmocka_unit_test(strings_compare),
    };
    return cmocka_run_group_tests_name("string", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Which instruction wrote to a port: KVM's address is its own, or the one behind it. */
#include "test.h"

#include "trace/symbols_code.h"

#include <string.h>

#define BASE 0xf1000u

/* The instruction is the whole section: found from its own address and from the one behind it. */
static void check(const char *bytes, size_t size, bool is_out)
{
    uint8_t copy[16];
    memcpy(copy, bytes, size);
    struct code code = {.sections[0] = {.start = BASE, .size = size, .bytes = copy}, .count = 1};
    uint64_t at = BASE, behind = BASE + size;
    assert_int_equal(code_find_out(&code, &at), is_out);
    assert_int_equal(code_find_out(&code, &behind), is_out);
    assert_int_equal(at, BASE);
    assert_int_equal(behind, is_out ? BASE : BASE + size);
}

static void every_form(void **state)
{
    (void)state;
    check("\xee", 1, true);
    check("\xef", 1, true);
    check("\x66\xef", 2, true);
    check("\xe6\x80", 2, true);
    check("\xe7\xf4", 2, true);
    check("\x66\xe7\xf4", 3, true);
    check("\x6e", 1, true);
    check("\xf3\x6e", 2, true);
    check("\xf3\x66\x6f", 3, true);
    check("\x67\xf3\x66\x6f", 4, true);
}

static void others_are_none(void **state)
{
    (void)state;
    check("\xec", 1, false);         /* in al, dx */
    check("\x90", 1, false);         /* nop */
    check("\x89\x07", 2, false);     /* mov [rdi], eax */
    check("\x66\x66\x66", 3, false); /* prefixes of nothing */
}

static void code_has_ends(void **state)
{
    (void)state;
    uint8_t bytes[] = {0xe6};
    struct code code = {.sections[0] = {.start = BASE, .size = 1, .bytes = bytes}, .count = 1};
    const uint64_t outside[] = {0, BASE - 1, BASE, BASE + 1, BASE + 2, UINT64_MAX};
    for (unsigned i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        uint64_t address = outside[i];
        assert_false(code_find_out(&code, &address));
        assert_int_equal(address, outside[i]);
    }
    struct code none = {0};
    uint64_t address = BASE;
    assert_false(code_find_out(&none, &address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form),
        cmocka_unit_test(others_are_none),
        cmocka_unit_test(code_has_ends),
    };
    return cmocka_run_group_tests_name("code of symbols", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Characters that become one piece of text. */
#include "test.h"

#include "trace/text/characters.h"

#include <string.h>

static void join(const char *first, const char *more, const char *expected)
{
    char words[CHARACTERS_SIZE];
    strcpy(words, first);
    assert_int_equal(characters_join(words, more), expected != NULL);
    assert_string_equal(words, expected != NULL ? expected : first);
}

static void characters_become_text(void **state)
{
    (void)state;
    join("'T'", "'r'", "\"Tr\"");
    join("\"Tr\"", "'a'", "\"Tra\"");
    join("\"Tr\"", "\"apline\"", "\"Trapline\"");
    join("'1'", "'\\n'", "\"1\\n\"");
    join("'\\''", "'\"'", "\"'\\\"\"");
    join("'\\\\'", "'n'", "\"\\\\n\"");
}

static void other_words_do_not(void **state)
{
    (void)state;
    join("'T'", "0x1b", NULL);
    join("0x54", "'r'", NULL);
    join("", "'r'", NULL);
    join("'T'", "", NULL);
    join("'", "'r'", NULL);
    join("\"Trapline 0.1 is h\"... 64 characters", "'e'", NULL);
}

static void a_piece_has_an_end(void **state)
{
    (void)state;
    char words[CHARACTERS_SIZE] = "'x'";
    unsigned joined = 0;
    while (characters_join(words, "'\"'") && joined < 1000)
        joined++;
    assert_true(joined > 20 && joined < CHARACTERS_SIZE);
    assert_true(strlen(words) < CHARACTERS_SIZE);
    assert_int_equal(words[strlen(words) - 1], '"');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_become_text),
        cmocka_unit_test(other_words_do_not),
        cmocka_unit_test(a_piece_has_an_end),
    };
    return cmocka_run_group_tests_name("characters", tests, NULL, NULL);
}

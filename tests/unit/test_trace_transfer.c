/* SPDX-License-Identifier: MIT */
/* Characters that become one piece of text, bytes that become one piece of data. */
#include "test.h"

#include "trace/text/transfer.h"

#include <string.h>

static void join(const char *first, const char *more, const char *expected)
{
    char words[TRANSFER_SIZE];
    strcpy(words, first);
    assert_int_equal(transfer_join(words, more), expected != NULL);
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

static void bytes_become_data(void **state)
{
    (void)state;
    join("4 bytes 57 38 e2 9b", "4 bytes 00 01 02 03", "8 bytes 57 38 e2 9b 00 01 02 03");
    join("8 bytes 57 38 e2 9b 00 01 02 03", "1 byte aa", "9 bytes 57 38 e2 9b 00 01 02 03 ...");
    join("9 bytes 57 38 e2 9b 00 01 02 03 ...", "512 bytes 00 00 00 00 00 00 00 00 ...",
         "521 bytes 57 38 e2 9b 00 01 02 03 ...");
    join("6 bytes 57 38 e2 9b 00 01", "4 bytes 02 03 04 05",
         "10 bytes 57 38 e2 9b 00 01 02 03 ...");
    join("1 byte 03 of id", "1 byte 04 of id", "2 bytes 03 04 of id");
    join("1 byte 03 of id", "9 bytes 00 01 02 03 04 05 06 07 ... of id",
         "10 bytes 03 00 01 02 03 04 05 06 ... of id");
    join("2 bytes 00 01, nobody answers", "2 bytes 02 03, nobody answers",
         "4 bytes 00 01 02 03, nobody answers");
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
    join("'T'", "1 byte 54", NULL);
    join("1 byte 54", "'T'", NULL);
    join("1 byte 54", "0x54", NULL);
    join("1 byte 54 of id", "1 byte 54", NULL);
    join("1 byte 54 of id", "1 byte 54 of file directory", NULL);
    join("1 byte 54", "1 bytes 54", NULL);
    join("1 byte 54", "2 bytes 54", NULL); /* fewer than are always shown */
    join("1 byte 54", "64 bytes", NULL);   /* a size */
    join("1 byte 54", "2 bytes 54 5g", NULL);
    join("1 byte 54", "-1 bytes 54", NULL);
    join("1 byte 54", "0 bytes", NULL);
    join("1 byte 54", "9 bytes 00 01 02 03 04 05 06 07", NULL);
    join("1 byte 54", "4294967295 bytes 00 01 02 03 04 05 06 07 ...", NULL);
    join("1 byte 54", "99999999999999999999999 bytes 00 01 02 03 04 05 06 07 ...", NULL);
}

static void a_read_is_no_text(void **state)
{
    (void)state;
    assert_true(transfer_is("'T'", true));
    assert_false(transfer_is("'T'", false));
    assert_true(transfer_is("2 bytes 54 72", true));
    assert_true(transfer_is("2 bytes 54 72 of id", false));
    assert_false(transfer_is("0x54", true));
    assert_false(transfer_is("64 bytes", false));
}

static void a_piece_has_an_end(void **state)
{
    (void)state;
    char words[TRANSFER_SIZE] = "'x'";
    unsigned joined = 0;
    while (transfer_join(words, "'\"'") && joined < 1000)
        joined++;
    assert_true(joined > 20 && joined < DECODED_TEXT_SIZE);
    assert_true(strlen(words) < DECODED_TEXT_SIZE);
    assert_int_equal(words[strlen(words) - 1], '"');
    assert_true(transfer_is(words, true));

    char longest[2 * TRANSFER_SIZE];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    memcpy(longest, "1 byte 54 of ", 13);
    assert_false(transfer_is(longest, true));
    strcpy(words, "1 byte 54");
    assert_false(transfer_join(words, longest));
    longest[TRANSFER_SIZE - 1] = '\0';
    strcpy(words, longest);
    assert_true(transfer_is(words, true));
    assert_false(transfer_join(words, longest)); /* with one more byte it does not fit */
    assert_string_equal(words, longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_become_text), cmocka_unit_test(bytes_become_data),
        cmocka_unit_test(other_words_do_not),     cmocka_unit_test(a_read_is_no_text),
        cmocka_unit_test(a_piece_has_an_end),
    };
    return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}

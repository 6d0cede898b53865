/* SPDX-License-Identifier: MIT */
/*
 * firmware/shell/line_edit.c against scripted keys. What it writes is shown on a terminal of one line,
 * so that after each key the picture can be held against the text.
 */
#include "test.h"

#include "firmware/shell/line_edit.c"

#include <stdio.h>
#include <stdlib.h>

#define PROMPT "> "

/* --- a terminal --- */

static struct {
    char row[LINE_EDIT_COLUMNS + 1];
    size_t column;
    unsigned bells, newlines, clears;
    char sequence[16];
    size_t sequence_length;
} screen;

static void screen_clear_from(size_t column)
{
    memset(screen.row + column, ' ', LINE_EDIT_COLUMNS - column);
}

static void screen_sequence(char last)
{
    unsigned number = 0;
    for (size_t i = 2; i + 1 < screen.sequence_length; i++)
        number = number * 10 + (unsigned)(screen.sequence[i] - '0');
    switch (last) {
    case 'K':
        screen_clear_from(screen.column);
        break;
    case 'C':
        assert_true(number > 0);
        screen.column += number;
        break;
    case 'H':
        screen.column = 0;
        break;
    case 'J':
        screen_clear_from(0);
        screen.clears++;
        break;
    default:
        fail_msg("CSI %c", last);
    }
}

static void screen_byte(char c)
{
    if (screen.sequence_length > 0) {
        assert_true(screen.sequence_length < sizeof(screen.sequence));
        screen.sequence[screen.sequence_length++] = c;
        if (screen.sequence_length > 2 && c >= '@') {
            screen_sequence(c);
            screen.sequence_length = 0;
        }
    } else if (c == '\033') {
        screen.sequence[screen.sequence_length++] = c;
    } else if (c == '\r') {
        screen.column = 0;
    } else if (c == '\n') {
        screen.column = 0;
        screen.newlines++;
        screen_clear_from(0);
    } else if (c == '\a') {
        screen.bells++;
    } else {
        assert_in_range(c, ' ', '~');
        assert_true(screen.column < LINE_EDIT_COLUMNS - 1); /* or a terminal may wrap */
        screen.row[screen.column++] = c;
    }
}

static void screen_write(void *context, const char *text, size_t length)
{
    (void)context;
    for (size_t i = 0; i < length; i++)
        screen_byte(text[i]);
}

/* --- the editor on it --- */

static const char *const words[] = {"chunk", "climb", "help", "peek", "poke"};

static const char *word_at(void *context, unsigned index)
{
    (void)context;
    return index < sizeof(words) / sizeof(words[0]) ? words[index] : NULL;
}

static const struct line_edit_ops ops = {.write = screen_write, .word = word_at};

static struct line_edit edit;

static void start(void)
{
    memset(&edit, 0xa5, sizeof(edit));
    memset(&screen, 0, sizeof(screen));
    screen_clear_from(0);
    line_edit_init(&edit, PROMPT, &ops, NULL);
    line_edit_begin(&edit);
}

/* Cuts off what pads the row; a blank that was typed last stays. */
static void assert_screen_is(const char *text, size_t cursor)
{
    char expected[LINE_EDIT_COLUMNS + 1];
    memset(expected, ' ', LINE_EDIT_COLUMNS);
    expected[LINE_EDIT_COLUMNS] = '\0';
    memcpy(expected, PROMPT, strlen(PROMPT));
    memcpy(expected + strlen(PROMPT), text, strlen(text));
    assert_string_equal(screen.row, expected);
    assert_int_equal(screen.column, strlen(PROMPT) + cursor);
}

/* Types keys; all but the last byte only edit. Returns what the last one led to. */
static enum line_event type(const char *keys)
{
    enum line_event event = LINE_EDIT_MORE;
    for (; *keys; keys++) {
        assert_int_equal(event, LINE_EDIT_MORE);
        event = line_edit_key(&edit, (uint8_t)*keys);
    }
    return event;
}

static void expect(const char *keys, const char *text, size_t cursor)
{
    assert_int_equal(type(keys), LINE_EDIT_MORE);
    assert_string_equal(edit.text, text);
    assert_int_equal(edit.length, strlen(text));
    assert_int_equal(edit.cursor, cursor);
    assert_screen_is(text, cursor);
}

static void enter_line(const char *text)
{
    type(text);
    assert_int_equal(type("\r"), LINE_EDIT_ENTERED);
    assert_string_equal(edit.text, text);
    line_edit_begin(&edit);
}

/* --- tests --- */

#define UP "\033[A"
#define DOWN "\033[B"
#define RIGHT "\033[C"
#define LEFT "\033[D"
#define HOME "\033[H"
#define END "\033[F"
#define DELETE "\033[3~"

static void typing_shows_and_enter_gives_the_line(void **state)
{
    (void)state;
    start();
    expect("in 0x3f8", "in 0x3f8", 8);
    assert_int_equal(type("\r"), LINE_EDIT_ENTERED);
    assert_string_equal(edit.text, "in 0x3f8");
    assert_int_equal(screen.newlines, 1);
    line_edit_begin(&edit);
    assert_screen_is("", 0);
}

static void cr_lf_is_one_enter(void **state)
{
    (void)state;
    start();
    assert_int_equal(type("a\r"), LINE_EDIT_ENTERED);
    line_edit_begin(&edit);
    assert_int_equal(type("\n"), LINE_EDIT_MORE);
    assert_int_equal(type("b\n"), LINE_EDIT_ENTERED);
    line_edit_begin(&edit);
    assert_int_equal(type("\n"), LINE_EDIT_ENTERED);
}

static void the_cursor_moves_within_the_line(void **state)
{
    (void)state;
    start();
    expect("abc" LEFT LEFT, "abc", 1);
    expect("X", "aXbc", 2);
    expect(RIGHT RIGHT RIGHT RIGHT, "aXbc", 4);
    expect("\001", "aXbc", 0);
    expect(LEFT, "aXbc", 0);
    expect("\005", "aXbc", 4);
    expect("\002\002\006", "aXbc", 3);
    /* what terminals send for Home and End */
    static const char *const homes[] = {HOME, "\033[1~", "\033[7~", "\033OH"};
    static const char *const ends[] = {END, "\033[4~", "\033[8~", "\033OF"};
    for (unsigned i = 0; i < 4; i++) {
        expect(homes[i], "aXbc", 0);
        expect(ends[i], "aXbc", 4);
    }
    expect("\033OD", "aXbc", 3);
}

static void characters_and_words_are_deleted(void **state)
{
    (void)state;
    start();
    expect("abcdef\177", "abcde", 5);
    expect("\b", "abcd", 4);
    expect(LEFT LEFT "\177", "acd", 1);
    expect(DELETE, "ad", 1);
    expect("\004", "a", 1);
    expect(HOME "\177", "a", 0);
    expect("\005\025", "", 0);
    expect("poke 0x10  20\027", "poke 0x10  ", 11);
    expect("\027", "poke ", 5);
    expect("1 2 3" LEFT LEFT "\013", "poke 1 2", 8);
    expect(LEFT LEFT LEFT "\025", "1 2", 0);
    expect("\013", "", 0);
}

static void ctrl_c_drops_the_line(void **state)
{
    (void)state;
    start();
    expect("poke 0 1\003", "", 0);
    assert_int_equal(screen.newlines, 1);
    expect(UP, "", 0); /* and history does not have it */
}

static void ctrl_d_ends_an_empty_line_only(void **state)
{
    (void)state;
    start();
    expect("a\004", "a", 1);
    expect("\177", "", 0);
    assert_int_equal(type("\004"), LINE_EDIT_END);
}

static void ctrl_l_clears_the_screen(void **state)
{
    (void)state;
    start();
    expect("abc" LEFT "\014", "abc", 2);
    assert_int_equal(screen.clears, 1);
}

static void history_goes_back_and_forth(void **state)
{
    (void)state;
    start();
    enter_line("one");
    enter_line("two");
    enter_line("two"); /* once */
    enter_line("");    /* not at all */
    expect("new" UP, "two", 3);
    expect(UP, "one", 3);
    expect(UP, "one", 3);
    assert_int_equal(screen.bells, 1);
    expect(DOWN, "two", 3);
    expect(DOWN, "new", 3);
    expect(DOWN, "new", 3);
    assert_int_equal(screen.bells, 2);
    expect("\020\020\016", "two", 3);
    expect("!", "two!", 4);
    assert_int_equal(type("\r"), LINE_EDIT_ENTERED);
    line_edit_begin(&edit);
    expect(UP, "two!", 4);
    expect(UP, "two", 3);
}

static void history_keeps_the_last_lines(void **state)
{
    (void)state;
    char line[16];
    start();
    for (int i = 0; i < LINE_EDIT_HISTORY + 5; i++) {
        snprintf(line, sizeof(line), "n%d", i);
        enter_line(line);
    }
    for (int i = 0; i < LINE_EDIT_HISTORY; i++) {
        snprintf(line, sizeof(line), "n%d", LINE_EDIT_HISTORY + 4 - i);
        expect(UP, line, strlen(line));
    }
    expect(UP, "n5", 2);
    assert_int_equal(screen.bells, 1);
}

static void tab_completes_the_first_word(void **state)
{
    (void)state;
    start();
    expect("h\t", "help ", 5);
    expect("h\t", "help h", 6); /* an argument is not completed */
    assert_int_equal(screen.bells, 1);
    expect("\025p\t", "p", 1); /* two: both are listed */
    assert_int_equal(screen.newlines, 2);
    expect("e\t", "peek ", 5);
    expect("\025c\t", "c", 1);
    expect("l\t", "climb ", 6);
    expect("\025x\t", "x", 1);
    assert_int_equal(screen.bells, 2);
}

static void unknown_keys_do_nothing(void **state)
{
    (void)state;
    start();
    expect("a\033[5~\033[15~\033[1;5Z\033[200~\033OP\033[[b", "ab", 2);
    expect("\001\033[1;5C", "ab", 1);
    expect("\033[3;5~", "a", 1); /* Delete with a modifier */
    expect("\377\200", "a", 1);
    expect("\007\017\026", "a", 1);
    expect("\033c", "ac", 2);      /* an ESC typed alone does not eat the next key */
    expect("\033\033[D", "ac", 1); /* nor does one before an arrow */
    assert_int_equal(type("\033[\r"), LINE_EDIT_ENTERED); /* a sequence that breaks off */
}

static void a_long_line_is_shown_around_the_cursor(void **state)
{
    (void)state;
    char text[LINE_EDIT_SIZE];
    size_t shown = LINE_EDIT_COLUMNS - 1 - strlen(PROMPT);
    start();
    for (size_t i = 0; i < 200; i++) {
        text[i] = (char)('a' + i % 26);
        text[i + 1] = '\0';
        assert_int_equal(line_edit_key(&edit, (uint8_t)text[i]), LINE_EDIT_MORE);
        assert_screen_is(i < shown ? text : text + i + 1 - shown, i < shown ? i + 1 : shown);
    }
    assert_int_equal(type("\001"), LINE_EDIT_MORE);
    text[shown] = '\0';
    assert_screen_is(text, 0);
}

static void a_line_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < LINE_EDIT_SIZE + 10; i++)
        line_edit_key(&edit, 'x');
    assert_int_equal(edit.length, LINE_EDIT_SIZE - 1);
    assert_int_equal(screen.bells, 11);
    assert_int_equal(type("\r"), LINE_EDIT_TOO_LONG);
    line_edit_begin(&edit);
    enter_line("short");
    for (int i = 0; i < LINE_EDIT_SIZE + 10; i++)
        line_edit_key(&edit, 'x');
    expect("\025", "", 0); /* emptied: a new line */
    enter_line("again");
}

/* Any bytes at all: the picture stays right and, by the sanitizers, nothing is overrun. */
static void random_keys(void **state)
{
    (void)state;
    start();
    srand(1);
    for (int i = 0; i < 200000; i++) {
        static const char likely[] = "\033[ABCDHF~314O\t\r\003\004\001\005\013\025\027 peclh";
        int kind = rand() % 4;
        uint8_t byte = kind == 0   ? (uint8_t)rand()
                       : kind == 1 ? (uint8_t)likely[(unsigned)rand() % (sizeof(likely) - 1)]
                                   : (uint8_t)(' ' + rand() % 95);
        if (line_edit_key(&edit, byte) != LINE_EDIT_MORE)
            line_edit_begin(&edit);
        assert_true(edit.cursor <= edit.length && edit.length < LINE_EDIT_SIZE);
        assert_int_equal(strlen(edit.text), edit.length);
        size_t shown = LINE_EDIT_COLUMNS - 1 - strlen(PROMPT);
        if (edit.length < shown)
            assert_screen_is(edit.text, edit.cursor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typing_shows_and_enter_gives_the_line),
        cmocka_unit_test(cr_lf_is_one_enter),
        cmocka_unit_test(the_cursor_moves_within_the_line),
        cmocka_unit_test(characters_and_words_are_deleted),
        cmocka_unit_test(ctrl_c_drops_the_line),
        cmocka_unit_test(ctrl_d_ends_an_empty_line_only),
        cmocka_unit_test(ctrl_l_clears_the_screen),
        cmocka_unit_test(history_goes_back_and_forth),
        cmocka_unit_test(history_keeps_the_last_lines),
        cmocka_unit_test(tab_completes_the_first_word),
        cmocka_unit_test(unknown_keys_do_nothing),
        cmocka_unit_test(a_long_line_is_shown_around_the_cursor),
        cmocka_unit_test(a_line_that_does_not_fit_is_refused),
        cmocka_unit_test(random_keys),
    };
    return cmocka_run_group_tests_name("line_edit", tests, NULL, NULL);
}

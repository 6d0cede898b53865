/* SPDX-License-Identifier: MIT */
/*
 * The line editor. Every change ends in refresh(), which writes the line again from its first column:
 * a few bytes more than the least, and one way for everything. Only a character typed at the end of a
 * line, by far the most frequent change, is written alone.
 */
#include "line_edit.h"

#include <string.h>

#define CTRL(letter) ((letter)-0x40)
#define KEY_ESCAPE 0x1b
#define KEY_DELETE_BACK 0x7f

/* --- what the terminal shows ------------------------------------------------------------------------ */

static void put(struct line_edit *edit, const char *text)
{
    edit->ops->write(edit->context, text, strlen(text));
}

static void bell(struct line_edit *edit)
{
    put(edit, "\a");
}

static void move_right(struct line_edit *edit, size_t columns)
{
    char digits[] = {(char)('0' + columns / 10 % 10), (char)('0' + columns % 10), '\0'};
    if (columns == 0) /* which the terminal would take for 1 */
        return;
    put(edit, "\033[");
    put(edit, digits);
    put(edit, "C");
}

/* The part of the line around the cursor that fits into the terminal's width. */
static void refresh(struct line_edit *edit)
{
    size_t prompt = strlen(edit->prompt);
    size_t room = LINE_EDIT_COLUMNS - 1 - prompt; /* the last column would wrap */
    size_t first = edit->cursor > room ? edit->cursor - room : 0;
    size_t shown = edit->length - first < room ? edit->length - first : room;

    put(edit, "\r");
    put(edit, edit->prompt);
    edit->ops->write(edit->context, edit->text + first, shown);
    put(edit, "\033[K");
    if (edit->cursor < first + shown) {
        put(edit, "\r");
        move_right(edit, prompt + edit->cursor - first);
    }
}

/* --- the text --------------------------------------------------------------------------------------- */

static void set_text(struct line_edit *edit, const char *text)
{
    edit->length = strlen(text);
    memcpy(edit->text, text, edit->length + 1);
    edit->cursor = edit->length;
    edit->too_long = false;
    refresh(edit);
}

static void insert(struct line_edit *edit, char c)
{
    if (edit->length == LINE_EDIT_SIZE - 1) {
        edit->too_long = true;
        bell(edit);
        return;
    }
    memmove(edit->text + edit->cursor + 1, edit->text + edit->cursor,
            edit->length - edit->cursor + 1);
    edit->text[edit->cursor++] = c;
    edit->length++;
    if (edit->cursor == edit->length && strlen(edit->prompt) + edit->length < LINE_EDIT_COLUMNS - 1)
        edit->ops->write(edit->context, &c, 1);
    else
        refresh(edit);
}

/* Takes out what is between two places; the cursor is at the first of them then. */
static void cut(struct line_edit *edit, size_t from, size_t to)
{
    if (from == to) {
        bell(edit);
        return;
    }
    memmove(edit->text + from, edit->text + to, edit->length - to + 1);
    edit->length -= to - from;
    edit->too_long &= edit->length > 0;
    edit->cursor = from;
    refresh(edit);
}

static void move_to(struct line_edit *edit, size_t place)
{
    edit->cursor = place;
    refresh(edit);
}

/* Where the word before the cursor begins, blanks behind it included. */
static size_t word_start(const struct line_edit *edit)
{
    size_t at = edit->cursor;
    while (at > 0 && edit->text[at - 1] == ' ')
        at--;
    while (at > 0 && edit->text[at - 1] != ' ')
        at--;
    return at;
}

/* --- history ---------------------------------------------------------------------------------------- */

/* The line that was entered so many lines ago, 1 being the last. */
static char *history_line(struct line_edit *edit, unsigned back)
{
    return edit->history[(edit->history_count - back) % LINE_EDIT_HISTORY];
}

static void remember(struct line_edit *edit)
{
    if (edit->length == 0 ||
        (edit->history_count > 0 && strcmp(history_line(edit, 1), edit->text) == 0))
        return;
    edit->history_count++;
    memcpy(history_line(edit, 1), edit->text, edit->length + 1);
}

static void browse(struct line_edit *edit, int step)
{
    unsigned kept =
        edit->history_count < LINE_EDIT_HISTORY ? edit->history_count : LINE_EDIT_HISTORY;
    unsigned target = edit->browsing + (unsigned)step;
    if (target > kept) { /* below 0 too: it wraps */
        bell(edit);
        return;
    }
    if (edit->browsing == 0)
        memcpy(edit->typed, edit->text, edit->length + 1);
    edit->browsing = target;
    set_text(edit, target == 0 ? edit->typed : history_line(edit, target));
}

/* --- completion of the first word ------------------------------------------------------------------- */

static bool begins_with(const char *word, const char *start, size_t length)
{
    return strncmp(word, start, length) == 0;
}

static void list_words(struct line_edit *edit, size_t typed)
{
    const char *word;
    put(edit, "\n");
    for (unsigned i = 0; (word = edit->ops->word(edit->context, i)) != NULL; i++) {
        if (!begins_with(word, edit->text, typed))
            continue;
        put(edit, word);
        put(edit, " ");
    }
    put(edit, "\n");
    refresh(edit);
}

static void complete(struct line_edit *edit)
{
    size_t typed = edit->cursor, common = 0;
    unsigned matches = 0;
    const char *first = NULL, *word;
    if (memchr(edit->text, ' ', typed) != NULL) {
        bell(edit);
        return;
    }
    for (unsigned i = 0; (word = edit->ops->word(edit->context, i)) != NULL; i++) {
        if (!begins_with(word, edit->text, typed))
            continue;
        if (matches++ == 0) {
            first = word;
            common = strlen(word);
        }
        while (strncmp(word, first, common) != 0)
            common--;
    }
    if (matches == 0)
        bell(edit);
    else if (matches > 1 && common == typed)
        list_words(edit, typed);
    for (size_t i = typed; i < common; i++)
        insert(edit, first[i]);
    if (matches == 1)
        insert(edit, ' ');
}

/* --- keys ------------------------------------------------------------------------------------------- */

static void left(struct line_edit *edit)
{
    if (edit->cursor > 0)
        move_to(edit, edit->cursor - 1);
}

static void right(struct line_edit *edit)
{
    if (edit->cursor < edit->length)
        move_to(edit, edit->cursor + 1);
}

static void delete_forward(struct line_edit *edit)
{
    cut(edit, edit->cursor, edit->cursor < edit->length ? edit->cursor + 1 : edit->cursor);
}

/* A key by the last byte of its sequence: those that come as CSI number ~ are given the letter that
 * other terminals send, and Delete, which has none, keeps the tilde. */
static uint8_t key_letter(uint8_t last, unsigned parameter)
{
    if (last != '~')
        return last;
    switch (parameter) {
    case 1:
    case 7:
        return 'H';
    case 4:
    case 8:
        return 'F';
    case 3:
        return '~';
    default:
        return 0;
    }
}

static void escape_key(struct line_edit *edit, uint8_t letter)
{
    switch (letter) {
    case 'A':
        browse(edit, 1);
        break;
    case 'B':
        browse(edit, -1);
        break;
    case 'C':
        right(edit);
        break;
    case 'D':
        left(edit);
        break;
    case 'H':
        move_to(edit, 0);
        break;
    case 'F':
        move_to(edit, edit->length);
        break;
    case '~':
        delete_forward(edit);
        break;
    default: /* a key that means nothing here */
        break;
    }
}

/* True for a byte that belongs to an escape sequence. */
static bool in_escape(struct line_edit *edit, uint8_t byte)
{
    enum line_escape state = edit->escape;
    edit->escape = LINE_ESCAPE_NONE;
    if (state == LINE_ESCAPE_NONE || byte < ' ')
        return false;
    if (state == LINE_ESCAPE_SEEN) {
        edit->parameter = 0;
        edit->escape = byte == '['   ? LINE_ESCAPE_CSI
                       : byte == 'O' ? LINE_ESCAPE_SS3
                                     : LINE_ESCAPE_NONE;
        return edit->escape != LINE_ESCAPE_NONE;
    }
    if (state != LINE_ESCAPE_SS3 && byte < '@') {
        bool digit = byte >= '0' && byte <= '9';
        if (state == LINE_ESCAPE_CSI && digit)
            edit->parameter = (edit->parameter * 10 + byte - '0') % 100;
        edit->escape = digit ? state : LINE_ESCAPE_CSI_REST;
        return true;
    }
    escape_key(edit, key_letter(byte, edit->parameter));
    return true;
}

static enum line_event enter(struct line_edit *edit)
{
    put(edit, "\n");
    if (edit->too_long)
        return LINE_EDIT_TOO_LONG;
    remember(edit);
    return LINE_EDIT_ENTERED;
}

static enum line_event control_key(struct line_edit *edit, uint8_t byte)
{
    switch (byte) {
    case '\r':
    case '\n':
        return enter(edit);
    case CTRL('A'):
        move_to(edit, 0);
        break;
    case CTRL('B'):
        left(edit);
        break;
    case CTRL('C'):
        put(edit, "\n");
        line_edit_begin(edit);
        break;
    case CTRL('D'):
        if (edit->length == 0) {
            put(edit, "\n");
            return LINE_EDIT_END;
        }
        delete_forward(edit);
        break;
    case CTRL('E'):
        move_to(edit, edit->length);
        break;
    case CTRL('F'):
        right(edit);
        break;
    case CTRL('H'):
    case KEY_DELETE_BACK:
        cut(edit, edit->cursor > 0 ? edit->cursor - 1 : 0, edit->cursor);
        break;
    case CTRL('I'):
        complete(edit);
        break;
    case CTRL('K'):
        cut(edit, edit->cursor, edit->length);
        break;
    case CTRL('L'):
        put(edit, "\033[H\033[J");
        refresh(edit);
        break;
    case CTRL('N'):
        browse(edit, -1);
        break;
    case CTRL('P'):
        browse(edit, 1);
        break;
    case CTRL('U'):
        cut(edit, 0, edit->cursor);
        break;
    case CTRL('W'):
        cut(edit, word_start(edit), edit->cursor);
        break;
    case KEY_ESCAPE:
        edit->escape = LINE_ESCAPE_SEEN;
        break;
    default:
        break;
    }
    return LINE_EDIT_MORE;
}

void line_edit_init(struct line_edit *edit, const char *prompt, const struct line_edit_ops *ops,
                    void *context)
{
    edit->prompt = prompt;
    edit->ops = ops;
    edit->context = context;
    edit->history_count = 0;
    edit->escape = LINE_ESCAPE_NONE;
    edit->after_cr = false;
}

void line_edit_begin(struct line_edit *edit)
{
    edit->browsing = 0;
    edit->length = edit->cursor = 0;
    edit->text[0] = '\0';
    edit->too_long = false;
    put(edit, edit->prompt);
}

enum line_event line_edit_key(struct line_edit *edit, uint8_t byte)
{
    bool second_of_crlf = edit->after_cr && byte == '\n';
    edit->after_cr = byte == '\r';
    if (second_of_crlf)
        return LINE_EDIT_MORE;
    if (in_escape(edit, byte))
        return LINE_EDIT_MORE;
    if (byte < ' ' || byte == KEY_DELETE_BACK)
        return control_key(edit, byte);
    if (byte < KEY_DELETE_BACK)
        insert(edit, (char)byte);
    return LINE_EDIT_MORE;
}

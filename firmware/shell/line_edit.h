/* SPDX-License-Identifier: MIT */
/*
 * A line typed on a serial terminal: editing, history, completion. Bytes go in one by one, what the
 * terminal is to show comes out through write(); nothing here knows where either comes from. The
 * terminal is expected to know CR, BEL and the ANSI sequences CSI K, CSI n C, CSI H and CSI J.
 */
#ifndef FIRMWARE_SHELL_LINE_EDIT_H
#define FIRMWARE_SHELL_LINE_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_EDIT_SIZE 256   /* bytes of a line, its NUL included */
#define LINE_EDIT_HISTORY 16 /* lines remembered */
#define LINE_EDIT_COLUMNS 80 /* a longer line is shown in part, around the cursor */

struct line_edit_ops {
    void (*write)(void *context, const char *text, size_t length);
    /* Word number index of those that the first word of a line may be; NULL past the last. */
    const char *(*word)(void *context, unsigned index);
};

enum line_event {
    LINE_EDIT_MORE,     /* nothing to do yet */
    LINE_EDIT_ENTERED,  /* text is a whole line */
    LINE_EDIT_TOO_LONG, /* a line was ended of which not everything had fitted */
    LINE_EDIT_END,      /* Ctrl-D on an empty line */
};

/* How much of an escape sequence has come: ESC, CSI (ESC [) and its first parameter, more parameters
 * (which tell of modifier keys and are not looked at), SS3 (ESC O). */
enum line_escape {
    LINE_ESCAPE_NONE,
    LINE_ESCAPE_SEEN,
    LINE_ESCAPE_CSI,
    LINE_ESCAPE_CSI_REST,
    LINE_ESCAPE_SS3,
};

struct line_edit {
    const char *prompt;
    const struct line_edit_ops *ops;
    void *context;

    char text[LINE_EDIT_SIZE]; /* always with a NUL behind it */
    size_t length, cursor;
    bool too_long; /* bytes did not fit since the line was empty */

    enum line_escape escape;
    unsigned parameter; /* of a CSI sequence */
    bool after_cr;      /* a LF that comes now belongs to the CR before it */

    char history[LINE_EDIT_HISTORY]
                [LINE_EDIT_SIZE]; /* a ring; number n is at n % LINE_EDIT_HISTORY */
    unsigned history_count;       /* lines ever remembered */
    unsigned browsing;            /* how far back: 0 = the line being typed */
    char typed[LINE_EDIT_SIZE];   /* that line, while an older one is shown */
};

/* prompt stays where it is, printable ASCII, much shorter than LINE_EDIT_COLUMNS. */
void line_edit_init(struct line_edit *edit, const char *prompt, const struct line_edit_ops *ops,
                    void *context);

/* Shows the prompt and an empty line. */
void line_edit_begin(struct line_edit *edit);

/* Takes one byte. After anything but LINE_EDIT_MORE the terminal is at the start of a new line, and
 * line_edit_begin() is to be called before the next byte; text keeps the line until then. */
enum line_event line_edit_key(struct line_edit *edit, uint8_t byte);

#endif

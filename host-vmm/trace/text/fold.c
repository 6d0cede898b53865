/* SPDX-License-Identifier: MIT */
/* What counts as one more turn of a poll, or as more of a string. */
#include "fold.h"

#include "characters.h"

#include <string.h>

/* A string instruction moves data: two of them are two transfers, whatever they say. */
static bool may_fold(const struct trace_event *e)
{
    return e->record.kind == TRACE_EXIT && !trace_event_is_write(e) && e->record.count == 1;
}

static bool is_same_register(const struct trace_event *a, const struct trace_event *b)
{
    return a->record.size == b->record.size && a->record.mode == b->record.mode &&
           strcmp(a->decoded.device, b->decoded.device) == 0 &&
           strcmp(a->decoded.reg, b->decoded.reg) == 0;
}

/* b's characters go to a's. */
static bool join(struct trace_event *a, const struct trace_event *b)
{
    if (a->record.kind != b->record.kind || a->record.thread != b->record.thread ||
        !trace_event_is_write(a) || !trace_event_is_write(b) || !is_same_register(a, b))
        return false;
    char words[CHARACTERS_SIZE];
    if (!characters_are(a->decoded.words))
        return false;
    strcpy(words, a->decoded.words);
    if (!characters_join(words, b->decoded.words))
        return false;
    strcpy(a->decoded.words, words);
    a->record.count += b->record.count;
    return true;
}

static bool is_same(const struct trace_event *a, const struct trace_event *b)
{
    return may_fold(a) && may_fold(b) && is_same_register(a, b) &&
           strcmp(a->decoded.words, b->decoded.words) == 0;
}

bool fold_add(struct fold *fold, const struct trace_event *event)
{
    if (fold->count == 0)
        fold->event = *event;
    else if (!is_same(&fold->event, event) && !join(&fold->event, event))
        return false;
    fold->count++;
    fold->last = event->record.time;
    return true;
}

/* SPDX-License-Identifier: MIT */
/* What counts as one more turn of a poll, or as more of a transfer. */
#include "fold.h"

#include "transfer.h"

#include <string.h>

/* A string instruction moves something: two of them are no poll, whatever they say. */
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

/* What b moves goes to what a does. */
static bool join(struct trace_event *a, const struct trace_event *b)
{
    bool is_write = trace_event_is_write(a);
    if (a->record.kind != b->record.kind || a->record.thread != b->record.thread ||
        trace_event_is_write(b) != is_write || !is_same_register(a, b) ||
        !transfer_is(a->decoded.words, is_write) ||
        !transfer_join(a->decoded.words, b->decoded.words))
        return false;
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
    else if (!join(&fold->event, event) && !is_same(&fold->event, event))
        return false;
    fold->count++;
    fold->last = event->record.time;
    return true;
}

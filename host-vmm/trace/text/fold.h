/* SPDX-License-Identifier: MIT */
/* Folding: reads of one register that say the same each time, one after the other, are one line of the text;
 * so is what goes through one register piece by piece (transfer.h). */
#ifndef HOST_TRACE_FOLD_H
#define HOST_TRACE_FOLD_H

#include "../event.h"

struct fold {
    struct trace_event event; /* the first of them; of a transfer, with all of it */
    uint64_t count;           /* 0: nothing is held */
    uint64_t last;            /* ns: the time of the last of them */
};

/* Takes event up. False, and nothing changed, where it does not go on with what is held: then that has to be
 * written, and count set to 0, first. */
bool fold_add(struct fold *fold, const struct trace_event *event);

#endif

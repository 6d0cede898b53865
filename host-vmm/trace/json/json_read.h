/* SPDX-License-Identifier: MIT */
/* Reading back what the JSON writer wrote (README.md), event by event: a long trace takes no memory. */
#ifndef HOST_TRACE_JSON_READ_H
#define HOST_TRACE_JSON_READ_H

#include "../compare/sequence.h"

#include <jansson.h>
#include <stdint.h>

struct json_trace;

/* 0 or EXIT_STATUS_USAGE after a message that names path: no such file, no trace of this program, another
 * version of the format. */
int json_trace_open(struct json_trace **trace, const char *path);
void json_trace_close(struct json_trace *trace);

/* The next event, which stays valid until the next call. 1; 0 at the end; -1 after a message: the file is
 * damaged, or ends too early. Any whitespace between events will do. The copies of accesses on their devices'
 * tracks ("cat":"device") are passed over: they say nothing new and are half of all events. */
int json_trace_next(struct json_trace *trace, const json_t **event);

/* At the end: what follows the events ("otherData"), or NULL. */
const json_t *json_trace_totals(const struct json_trace *trace);

/* 0, or EXIT_STATUS_USAGE after a message: records are missing in it, which were lost while it was recorded. At the
 * end. */
int json_trace_is_whole(const struct json_trace *trace, const char *path);

/* True where event is an access of the guest: exits and collected writes. The strings are event's. */
bool json_trace_access(const json_t *event, struct sequence_access *access);

#endif

/* SPDX-License-Identifier: MIT */
/* Between the parts of the JSON writer: json.c, json_requests.c and json_events.c. */
#ifndef HOST_TRACE_JSON_INTERNAL_H
#define HOST_TRACE_JSON_INTERNAL_H

#include "../event.h"
#include "json_out.h"
#include "json_tracks.h"

/* Processes, and the first one's thread for the rungs */
enum { JSON_PROGRAM = 1, JSON_MACHINE = 2 };
#define JSON_CLIMB 1 /* nothing has the number 0, which some viewers take for no thread */

struct json_writer {
    struct trace_writer writer;
    const char *title;
    bool any; /* an event has been written */
    struct json_devices devices;
    struct json_requests requests;
    struct json_out out;
};

/* ,"key":value */
void json_member(struct json_out *o, const char *key, const char *text);
void json_member_number(struct json_out *o, const char *key, uint64_t value);
void json_member_us(struct json_out *o, const char *key, uint64_t ns);

/* An event up to its time; the caller adds ,"key":... and the closing brace. */
void json_open(struct json_writer *w, const char *name, const char *category, const char *phase,
               unsigned process, unsigned thread, uint64_t ns);
void json_open_instant(struct json_writer *w, const char *category, const char *name,
                       unsigned process, unsigned thread, uint64_t ns);

/* Names of processes and threads */
void json_put_metadata(struct json_writer *w, const char *what, unsigned process, unsigned thread,
                       const char *name);
void json_put_thread(struct json_writer *w, unsigned process, unsigned thread, const char *name);
/* The process's thread that a thread of the recording is */
unsigned json_program_thread(unsigned thread);
/* A device's thread, named when it is first met. */
unsigned json_device_thread(struct json_writer *w, const char *name);
/* Its name; valid until another one is met. */
const char *json_device_name(const struct json_writer *w, unsigned thread);

void json_write_request(struct json_writer *w, const struct trace_event *e);
void json_write_request_end(struct json_writer *w, const struct trace_event *e);
/* Closes, at that time (ns), what is still open. */
void json_end_requests(struct json_writer *w, uint64_t time);

#endif

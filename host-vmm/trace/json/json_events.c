/* SPDX-License-Identifier: MIT */
/* What all events of the JSON have: names, times, whose they are; and the names of the tracks. */
#include "json_internal.h"

void json_member(struct json_out *o, const char *key, const char *text)
{
    json_put_next_key(o, key);
    json_put_string(o, text);
}

void json_member_number(struct json_out *o, const char *key, uint64_t value)
{
    json_put_next_key(o, key);
    json_put_number(o, value);
}

void json_member_us(struct json_out *o, const char *key, uint64_t ns)
{
    json_put_next_key(o, key);
    json_put_us(o, ns);
}

/* {"name": ..., up to where its time stands; the caller goes on with a comma, or closes it. */
static void open_event(struct json_writer *w, const char *name, const char *phase, unsigned process,
                       unsigned thread)
{
    struct json_out *o = &w->out;
    json_put(o, w->any ? ",\n{\"name\":" : "\n{\"name\":");
    w->any = true;
    json_put_string(o, name);
    json_member(o, "ph", phase);
    json_member_number(o, "pid", process);
    json_member_number(o, "tid", thread);
}

void json_open(struct json_writer *w, const char *name, const char *category, const char *phase,
               unsigned process, unsigned thread, uint64_t ns)
{
    open_event(w, name, phase, process, thread);
    json_member(&w->out, "cat", category);
    json_member_us(&w->out, "ts", ns);
}

void json_open_instant(struct json_writer *w, const char *category, const char *name,
                       unsigned process, unsigned thread, uint64_t ns)
{
    json_open(w, name, category, "i", process, thread, ns);
    json_put(&w->out, ",\"s\":\"t\"");
}

void json_put_metadata(struct json_writer *w, const char *what, unsigned process, unsigned thread,
                       const char *name)
{
    open_event(w, what, "M", process, thread);
    json_put(&w->out, ",\"args\":{\"name\":");
    json_put_string(&w->out, name);
    json_put(&w->out, "}}");
}

void json_put_thread(struct json_writer *w, unsigned process, unsigned thread, const char *name)
{
    json_put_metadata(w, "thread_name", process, thread, name);
    open_event(w, "thread_sort_index", "M", process, thread);
    json_put(&w->out, ",\"args\":{\"sort_index\":");
    json_put_number(&w->out, thread);
    json_put(&w->out, "}}");
}

unsigned json_program_thread(unsigned thread)
{
    return JSON_CLIMB + 1 + thread;
}

/* A device's thread, named when it is first met. */
unsigned json_device_thread(struct json_writer *w, const char *name)
{
    bool is_new;
    unsigned thread = json_device(&w->devices, name, &is_new) + 1;
    if (is_new)
        json_put_thread(w, JSON_MACHINE, thread, name);
    return thread;
}

const char *json_device_name(const struct json_writer *w, unsigned thread)
{
    return thread <= w->devices.count ? w->devices.names[thread - 1] : "";
}

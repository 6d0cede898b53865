/* SPDX-License-Identifier: MIT */
/* The trace as JSON, in Chrome's Trace Event Format, written event by event (README.md says what is in it). */
#include "../event.h"

#include "../../bus.h"
#include "../../vcpu.h"
#include "json_internal.h"

#include <stdlib.h>
#include <string.h>

static struct json_writer *json_writer_of(struct trace_writer *w)
{
    return (struct json_writer *)w; /* its first member */
}

static unsigned event_thread(const struct trace_event *e)
{
    return json_program_thread(e->record.thread);
}

/* --- accesses --------------------------------------------------------------------------------------- */

/* ,"args":{...} */
static void put_access(struct json_out *o, const struct trace_event *e)
{
    const struct trace_record *r = &e->record;
    json_put(o, ",\"args\":{\"device\":");
    json_put_string(o, e->decoded.device);
    json_member(o, "register", e->decoded.reg);
    json_member(o, "words", e->decoded.words);
    json_put(o, trace_event_is_write(e) ? ",\"dir\":\"write\"" : ",\"dir\":\"read\"");
    json_put_next_key(o, exit_is_port(r->access) ? "port" : "address");
    json_put_hex(o, r->address);
    json_member_number(o, "size", r->size);
    json_member_number(o, "count", r->count);
    json_put_next_key(o, "value");
    json_put_hex(o, trace_event_value(e));
    if (r->kind == TRACE_EXIT) {
        json_member(o, "mode", e->mode);
        json_put_next_key(o, "rip");
        json_put_hex(o, r->rip);
        if (e->where[0] != '\0')
            json_member(o, "where", e->where);
    }
    if (r->backend > 0)
        json_member_us(o, "backend_us", r->backend);
    if (r->result != BUS_OK)
        json_put(o, ",\"answered\":false");
    json_put(o, "}");
}

static void write_access(struct json_writer *w, const struct trace_event *e)
{
    char line[TRACE_LINE_SIZE], name[DECODED_REGISTER_SIZE + 4];
    /* One track for all PCI functions that do not exist */
    const char *track = profile_device(e->decoded.device, e->decoded.words);
    unsigned device = json_device_thread(w, track);
    uint64_t time = e->record.time;
    bool is_exit = e->record.kind == TRACE_EXIT;
    trace_event_line(e, line, sizeof line);
    snprintf(name, sizeof name, "%s %s", e->decoded.reg, trace_event_is_write(e) ? "<-" : "->");
    if (is_exit) {
        json_open(w, line, "exit", "X", JSON_PROGRAM, event_thread(e), time);
        json_member_us(&w->out, "dur", e->record.duration);
    } else {
        json_open_instant(w, "collected", line, JSON_PROGRAM, event_thread(e), time);
    }
    put_access(&w->out, e);
    json_put(&w->out, "}");
    if (is_exit) {
        json_open(w, name, "device", "X", JSON_MACHINE, device, time);
        json_member_us(&w->out, "dur", e->record.duration);
    } else {
        json_open_instant(w, "device", name, JSON_MACHINE, device, time);
    }
    json_put(&w->out, "}");
}

static void write_other_exit(struct json_writer *w, const struct trace_event *e)
{
    char reason[DECODED_WORDS_SIZE]; /* the name, without what is said of it */
    snprintf(reason, sizeof reason, "%.*s", (int)strcspn(e->decoded.words, ","), e->decoded.words);
    json_open(w, reason, "exit", "X", JSON_PROGRAM, event_thread(e), e->record.time);
    json_member_us(&w->out, "dur", e->record.duration);
    json_put(&w->out, ",\"args\":{\"reason\":");
    json_put_string(&w->out, reason);
    json_put(&w->out, "}}");
}

/* --- the rest --------------------------------------------------------------------------------------- */

static void write_doorbell(struct json_writer *w, const struct trace_event *e)
{
    json_open_instant(w, "doorbell", "doorbell", JSON_PROGRAM, event_thread(e), e->record.time);
    json_put(&w->out, ",\"args\":{\"count\":");
    json_put_number(&w->out, e->record.count);
    json_member(&w->out, "device", e->decoded.device);
    json_put(&w->out, "}}");
}

static void write_interrupt(struct json_writer *w, const struct trace_event *e)
{
    unsigned device = json_device_thread(w, e->decoded.device);
    json_open_instant(w, "interrupt", "interrupt", JSON_MACHINE, device, e->record.time);
    json_put(&w->out, ",\"args\":{\"number\":");
    json_put_number(&w->out, e->record.value);
    json_put(&w->out, "}}");
}

/* What is no device has no track of its own. */
static const char *region_track(const struct trace_event *e)
{
    bool device = e->record.op == TRACE_REGION_DEVICE || e->record.op == TRACE_REGION_KERNEL;
    return device ? e->decoded.device : "memory, reserved";
}

static void write_region(struct json_writer *w, const struct trace_event *e)
{
    static const char *const kinds[TRACE_REGIONS] = {[TRACE_REGION_DEVICE] = "device",
                                                     [TRACE_REGION_MEMORY] = "memory",
                                                     [TRACE_REGION_KERNEL] = "kernel",
                                                     [TRACE_REGION_RESERVED] = "reserved"};
    const struct trace_record *r = &e->record;
    unsigned track = json_device_thread(w, region_track(e));
    char name[DECODED_DEVICE_SIZE + 16], bar[TRACE_BAR_SIZE];
    snprintf(name, sizeof name, "%s %s", e->decoded.device, r->value ? "comes" : "leaves");
    json_open_instant(w, "region", name, JSON_MACHINE, track, r->time);
    json_put(&w->out, ",\"args\":{\"device\":");
    json_put_string(&w->out, e->decoded.device);
    json_member(&w->out, "what", r->op < TRACE_REGIONS ? kinds[r->op] : kinds[0]);
    if (trace_bar_name(r, bar)[0] != '\0')
        json_member(&w->out, "bar", bar);
    json_member(&w->out, "space", r->port ? "port" : "memory");
    json_put_next_key(&w->out, "base");
    json_put_hex(&w->out, r->address);
    json_member_number(&w->out, "length", r->length);
    json_put(&w->out, r->value ? ",\"present\":true}}" : ",\"present\":false}}");
}

static void write_reset_or_gap(struct json_writer *w, const struct trace_event *e)
{
    bool gap = e->record.kind == TRACE_GAP;
    const char *name = gap ? "gap" : "reset";
    json_open_instant(w, name, name, JSON_PROGRAM, event_thread(e), e->record.time);
    json_put(&w->out, ",\"args\":{");
    if (gap) {
        json_put_key(&w->out, "lost");
        json_put_number(&w->out, e->record.value);
    }
    json_put(&w->out, "}}");
}

static void json_event(struct trace_writer *writer, const struct trace_event *e)
{
    struct json_writer *w = json_writer_of(writer);
    switch (e->record.kind) {
    case TRACE_EXIT:
    case TRACE_COALESCED:
        return write_access(w, e);
    case TRACE_OTHER_EXIT:
        return write_other_exit(w, e);
    case TRACE_DOORBELL:
        return write_doorbell(w, e);
    case TRACE_REQUEST:
        return json_write_request(w, e);
    case TRACE_REQUEST_END:
        return json_write_request_end(w, e);
    case TRACE_INTERRUPT:
        return write_interrupt(w, e);
    case TRACE_MAP:
        return write_region(w, e);
    default:
        return write_reset_or_gap(w, e);
    }
}

static void json_rung(struct trace_writer *writer, const struct trace_rung *rung)
{
    struct json_writer *w = json_writer_of(writer);
    char name[24];
    snprintf(name, sizeof name, "rung %u", rung->number);
    json_open(w, name, "rung", "X", JSON_PROGRAM, JSON_CLIMB, rung->begin);
    json_member_us(&w->out, "dur", rung->end > rung->begin ? rung->end - rung->begin : 0);
    json_put(&w->out, ",\"args\":{\"line\":");
    json_put_string(&w->out, rung->line);
    json_put(&w->out, "}}");
}

static void json_begin(struct trace_writer *writer, const struct trace_run *run)
{
    struct json_writer *w = json_writer_of(writer);
    w->out.file = writer->out;
    w->title = run->title;
    json_put(&w->out, "{\"traceEvents\":[");
    json_put_metadata(w, "process_name", JSON_PROGRAM, JSON_CLIMB, "trapline");
    json_put_metadata(w, "process_name", JSON_MACHINE, 1, "machine");
    json_put_thread(w, JSON_PROGRAM, JSON_CLIMB, "climb");
    for (unsigned i = 0; i < trace_thread_count(run->trace); i++)
        json_put_thread(w, JSON_PROGRAM, json_program_thread(i), trace_thread_name(run->trace, i));
}

static void json_end(struct trace_writer *writer, const struct trace_totals *totals)
{
    struct json_writer *w = json_writer_of(writer);
    struct json_out *o = &w->out;
    json_end_requests(w, totals->end);
    json_put(o, "\n],\n\"otherData\":{\"format\":1");
    json_member(o, "version", TRAPLINE_VERSION);
    json_member(o, "title", w->title);
    json_member_number(o, "exits", totals->exits);
    json_member_number(o, "records", totals->records);
    json_member_number(o, "lost", totals->lost);
    json_member_us(o, "end_us", totals->end);
    json_put_next_key(o, "exit_status");
    json_put_signed(o, totals->exit_status);
    json_put(o, "},\n\"displayTimeUnit\":\"ns\"}\n");
    json_flush(o);
    json_devices_free(&w->devices);
    json_requests_free(&w->requests);
}

struct trace_writer *trace_json_writer(FILE *out)
{
    static const struct trace_writer_ops ops = {
        .begin = json_begin, .event = json_event, .rung = json_rung, .end = json_end};
    struct json_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->writer = (struct trace_writer){.ops = &ops, .out = out};
    return &w->writer;
}

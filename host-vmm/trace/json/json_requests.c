/* SPDX-License-Identifier: MIT */
/* Requests in the JSON: each a span from its doorbell to its end, and every span is closed. */
#include "../../backend/backend.h"
#include "json_internal.h"

static const char *op_name(unsigned op)
{
    static const char *const names[] = {
        [IO_NONE] = "none",   [IO_READ] = "read",       [IO_WRITE] = "write",
        [IO_FLUSH] = "flush", [IO_DISCARD] = "discard", [IO_WRITE_ZEROES] = "write zeroes"};
    return op < sizeof names / sizeof names[0] ? names[op] : "unknown";
}

/* Up to its arguments */
static void open_request(struct json_writer *w, const struct json_request *request,
                         const char *phase, uint64_t time)
{
    json_open(w, op_name(request->op), "request", phase, JSON_MACHINE, request->device, time);
    json_put_next_key(&w->out, "id");
    json_put_hex(&w->out, request->id);
    json_put(&w->out, ",\"args\":{");
}

static void begin_request(struct json_writer *w, const struct json_request *request,
                          const struct trace_record *r)
{
    open_request(w, request, "b", request->begin);
    json_put_key(&w->out, "op");
    json_put_string(&w->out, op_name(r->op));
    json_member_number(&w->out, "offset", r->address);
    json_member_number(&w->out, "length", r->length);
    json_put(&w->out, "}}");
}

/* At the end of the run, or where its own end has not come for very long */
static void end_open_request(struct json_writer *w, const struct json_request *request,
                             uint64_t time)
{
    open_request(w, request, "e", time > request->begin ? time : request->begin);
    json_put(&w->out, "\"open\":true}}");
}

/* A record's duration is how long before it the request began. */
static struct json_request request_of(struct json_writer *w, const struct trace_event *e)
{
    uint64_t time = e->record.time, ago = e->record.duration;
    return (struct json_request){.id = e->record.id,
                                 .begin = time > ago ? time - ago : 0,
                                 .device = json_device_thread(w, e->decoded.device),
                                 .op = e->record.op};
}

void json_write_request(struct json_writer *w, const struct trace_event *e)
{
    struct json_request request = request_of(w, e), oldest;
    while (!json_requests_add(&w->requests, &request)) {
        if (!json_requests_take_oldest(&w->requests, &oldest))
            return; /* no memory at all: its end will tell of both */
        end_open_request(w, &oldest, e->record.time);
    }
    begin_request(w, &request, &e->record);
}

void json_write_request_end(struct json_writer *w, const struct trace_event *e)
{
    const struct trace_record *r = &e->record;
    struct json_request request;
    if (!json_requests_take(&w->requests, r->id, &request)) {
        request = request_of(w, e); /* its beginning was lost */
        begin_request(w, &request, r);
    }
    open_request(w, &request, "e", r->time > request.begin ? r->time : request.begin);
    json_put_key(&w->out, "moved");
    json_put_number(&w->out, r->moved);
    json_put_next_key(&w->out, "error");
    json_put_signed(&w->out, r->error);
    if (!r->nested) /* the vCPU's own time is in its exits */
        json_member_us(&w->out, "worker_us", r->duration);
    json_put(&w->out, "}}");
}

void json_end_requests(struct json_writer *w, uint64_t time)
{
    struct json_request request;
    while (json_requests_take_oldest(&w->requests, &request))
        end_open_request(w, &request, time);
}

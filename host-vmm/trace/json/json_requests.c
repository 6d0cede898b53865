/* SPDX-License-Identifier: MIT */
/* Requests in the JSON: each a span from its doorbell to its end, and every span is closed. */
#include "json_internal.h"

/* Up to its arguments, of which the device is the first */
static void open_request(struct json_writer *w, const struct json_request *request,
                         const char *phase, uint64_t time)
{
    char name[DECODED_DEVICE_SIZE + 24];
    const char *device = json_device_name(w, request->device);
    snprintf(name, sizeof name, "%s %s", device, trace_op_name(request->op));
    json_open(w, name, "request", phase, JSON_MACHINE, request->device, time);
    json_put_next_key(&w->out, "id");
    json_put_hex(&w->out, request->id);
    json_put(&w->out, ",\"args\":{\"device\":");
    json_put_string(&w->out, device);
}

static void begin_request(struct json_writer *w, const struct json_request *request,
                          const struct trace_record *r)
{
    open_request(w, request, "b", request->begin);
    json_member(&w->out, "op", trace_op_name(r->op));
    json_member_number(&w->out, "offset", r->address);
    json_member_number(&w->out, "length", r->length);
    json_put(&w->out, "}}");
}

/* At the end of the run, or where its own end has not come for very long */
static void end_open_request(struct json_writer *w, const struct json_request *request,
                             uint64_t time)
{
    open_request(w, request, "e", time > request->begin ? time : request->begin);
    json_put(&w->out, ",\"open\":true}}");
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
    json_member_number(&w->out, "moved", r->moved);
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

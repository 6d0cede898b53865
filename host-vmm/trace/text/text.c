/* SPDX-License-Identifier: MIT */
/*
 * The text: one line for each thing that happened, in columns that README.md describes. Every column has
 * something in it, "-" if need be, so that awk finds the same thing at the same place.
 */
#include "../../vcpu.h"
#include "../event.h"
#include "fold.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum list { LIST_NONE, LIST_PORTS, LIST_MEMORY };

struct text_writer {
    struct trace_writer writer;
    struct fold fold;
    bool any_access;
    enum list list; /* of regions, whose last line is not complete */
    size_t column;  /* of it */
};

#define TIME_SIZE 32
#define NS_PER_SECOND 1000000000u

/* "0.000123456", with mark in front */
static void format_time(char text[TIME_SIZE], const char *mark, uint64_t ns)
{
    snprintf(text, TIME_SIZE, "%s%" PRIu64 ".%09" PRIu64, mark, ns / NS_PER_SECOND,
             ns % NS_PER_SECOND);
}

/* A line is one line, whatever the guest or the command line have in theirs. */
static char clean(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f ? '?' : c;
}

static void put_clean(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        fputc(clean(*text), out);
}

/* --- columns ---------------------------------------------------------------------------------------- */

#define COLUMNS "%14s %-6s %-32s %-9s %-10s %-5s %-10s %s"

struct columns {
    char time[TIME_SIZE];
    char where[TRACE_WHERE_SIZE + 2];
    char address[24], size[24], value[24];
    char line[TRACE_LINE_SIZE];
    const char *mode, *direction;
};

/* The function, or the bare address without symbols; for what no instruction of the guest did, the thread. */
static void fill_where(struct columns *c, const struct trace_event *e)
{
    if (e->record.kind != TRACE_EXIT && e->record.kind != TRACE_OTHER_EXIT)
        snprintf(c->where, sizeof c->where, "[%s]", e->thread);
    else if (e->where[0] != '\0')
        snprintf(c->where, sizeof c->where, "%s", e->where);
    else if (e->record.kind == TRACE_EXIT || e->record.rip != 0)
        snprintf(c->where, sizeof c->where, "0x%" PRIx64, e->record.rip);
    else
        snprintf(c->where, sizeof c->where, "-");
}

static void fill_access(struct columns *c, const struct trace_event *e)
{
    const struct trace_record *r = &e->record;
    bool is_port = exit_is_port(r->access);
    if (is_port)
        c->direction = trace_event_is_write(e) ? "out" : "in";
    else
        c->direction = trace_event_is_write(e) ? "write" : "read";
    snprintf(c->address, sizeof c->address, "0x%" PRIx64, r->address);
    if (r->count == 1)
        snprintf(c->size, sizeof c->size, "%u", r->size);
    else
        snprintf(c->size, sizeof c->size, "%ux%" PRIu32, r->size, r->count);
    unsigned bytes = r->size < 8 ? r->size : 8;
    snprintf(c->value, sizeof c->value, "0x%0*" PRIx64, (int)(2 * bytes), trace_event_value(e));
}

static void fill_columns(struct columns *c, const struct trace_event *e)
{
    format_time(c->time, e->approximate ? "~" : "", e->record.time);
    c->mode = e->mode[0] != '\0' ? e->mode : "-";
    fill_where(c, e);
    if (trace_event_is_access(e)) {
        fill_access(c, e);
    } else {
        c->direction = e->decoded.reg;
        strcpy(c->address, "-");
        strcpy(c->size, "-");
        strcpy(c->value, "-");
    }
    trace_event_line(e, c->line, sizeof c->line);
    for (char *at = c->line; *at != '\0'; at++)
        *at = clean(*at);
}

static void put_event(struct text_writer *w, const struct trace_event *e, const char *behind)
{
    struct columns c;
    fill_columns(&c, e);
    fprintf(w->writer.out, COLUMNS "%s\n", c.time, c.mode, c.where, c.direction, c.address, c.size,
            c.value, c.line, behind);
}

/* --- what is there at reset ------------------------------------------------------------------------- */

#define LIST_COLUMNS 100

/* "0x60 i8042", "0x3f8-0x3ff uart", "0x0-0x9ffff ram (memory)": what its words say behind the place comes last. */
static void format_region(char *text, size_t size, const struct trace_event *e)
{
    const struct trace_record *r = &e->record;
    const char *more = strstr(e->decoded.words, ", ");
    char to[24] = "";
    if (r->length > 1)
        snprintf(to, sizeof to, "-0x%" PRIx64, r->address + (r->length - 1));
    snprintf(text, size, "0x%" PRIx64 "%s %s%s%s%s", r->address, to, e->decoded.device,
             more != NULL ? " (" : "", more != NULL ? more + 2 : "", more != NULL ? ")" : "");
}

static void list_region(struct text_writer *w, const struct trace_event *e)
{
    char text[TRACE_LINE_SIZE];
    enum list list = e->record.port ? LIST_PORTS : LIST_MEMORY;
    FILE *out = w->writer.out;
    format_region(text, sizeof text, e);
    if (list == w->list && w->column + strlen(", ,") + strlen(text) <= LIST_COLUMNS) {
        w->column += (size_t)fprintf(out, ", ");
    } else {
        if (w->list != LIST_NONE)
            fputs(list == w->list ? ",\n" : "\n", out);
        w->column = (size_t)fprintf(out, "%s",
                                    list == w->list      ? "#     "
                                    : list == LIST_PORTS ? "# at reset, ports: "
                                                         : "# at reset, memory: ");
    }
    w->list = list;
    w->column += strlen(text);
    put_clean(out, text);
}

static void end_list(struct text_writer *w)
{
    if (w->list != LIST_NONE)
        fputc('\n', w->writer.out);
    w->list = LIST_NONE;
}

/* --- the writer ------------------------------------------------------------------------------------- */

static void put_fold(struct text_writer *w)
{
    char last[TIME_SIZE];
    char times[TIME_SIZE + 48] = "";
    if (w->fold.count > 1) {
        format_time(last, "", w->fold.last);
        snprintf(times, sizeof times, " (%" PRIu64 " times, until %s)", w->fold.count, last);
    }
    if (w->fold.count > 0)
        put_event(w, &w->fold.event, times);
    w->fold.count = 0;
}

/* How long it waited since its doorbell was seen, or has run since it was taken */
static void put_request(struct text_writer *w, const struct trace_event *e)
{
    char duration[64] = "";
    uint64_t ns = e->record.duration;
    if (ns > 0)
        snprintf(duration, sizeof duration, ", %" PRIu64 ".%03u us%s", ns / 1000,
                 (unsigned)(ns % 1000),
                 e->record.kind == TRACE_REQUEST ? " after its doorbell" : "");
    put_event(w, e, duration);
}

static void text_begin(struct trace_writer *writer, const struct trace_run *run)
{
    fputs("# ", writer->out);
    put_clean(writer->out, run->title);
    fprintf(writer->out, "\n#");
    fprintf(writer->out, COLUMNS "\n", "seconds", "mode", "where", "direction", "address", "size",
            "value", "what");
    fputs("# ~: seen then, by the [thread] named; where the guest was by then is not known\n",
          writer->out);
}

static void text_event(struct trace_writer *writer, const struct trace_event *event)
{
    struct text_writer *w = (struct text_writer *)writer;
    if (event->record.kind == TRACE_MAP && event->record.value && !w->any_access) {
        list_region(w, event);
        return;
    }
    end_list(w);
    if (trace_event_is_access(event)) {
        w->any_access = true;
        if (fold_add(&w->fold, event))
            return;
        put_fold(w);
        fold_add(&w->fold, event);
        return;
    }
    put_fold(w);
    if (event->record.kind == TRACE_REQUEST || event->record.kind == TRACE_REQUEST_END)
        put_request(w, event);
    else
        put_event(w, event, "");
}

static void text_rung(struct trace_writer *writer, const struct trace_rung *rung)
{
    char begin[TIME_SIZE], end[TIME_SIZE];
    end_list((struct text_writer *)writer);
    put_fold((struct text_writer *)writer);
    format_time(begin, "", rung->begin);
    format_time(end, "", rung->end);
    fprintf(writer->out, "# %s to %s: ", begin, end);
    put_clean(writer->out, rung->line);
    fputc('\n', writer->out);
}

static void text_end(struct trace_writer *writer, const struct trace_totals *totals)
{
    char end[TIME_SIZE];
    end_list((struct text_writer *)writer);
    put_fold((struct text_writer *)writer);
    format_time(end, "", totals->end);
    fprintf(writer->out,
            "# end %s: %" PRIu64 " exits, %" PRIu64 " records, %" PRIu64 " lost, status %d\n", end,
            totals->exits, totals->records, totals->lost, totals->exit_status);
}

struct trace_writer *trace_text_writer(FILE *out)
{
    static const struct trace_writer_ops ops = {
        .begin = text_begin, .event = text_event, .rung = text_rung, .end = text_end};
    struct text_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->writer = (struct trace_writer){.ops = &ops, .out = out};
    return &w->writer;
}

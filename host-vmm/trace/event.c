/* SPDX-License-Identifier: MIT */
/* Playing a recording: each record gets its words and goes to the writer. */
#include "event.h"

#include "../backend/backend.h"
#include "../vcpu.h"
#include "rungs.h"
#include "trace_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

const char *trace_mode_name(enum trace_mode mode)
{
    static const char *const names[TRACE_MODES] = {
        [TRACE_MODE_UNKNOWN] = "",          [TRACE_MODE_REAL16] = "real16",
        [TRACE_MODE_PROT16] = "prot16",     [TRACE_MODE_PROT32] = "prot32",
        [TRACE_MODE_LONG64] = "long64",     [TRACE_MODE_COMPAT32] = "compat32",
        [TRACE_MODE_COMPAT16] = "compat16", [TRACE_MODE_VM86] = "vm86"};
    return mode < TRACE_MODES ? names[mode] : "";
}

bool trace_event_is_write(const struct trace_event *e)
{
    return exit_is_write(e->record.access);
}

uint64_t trace_event_value(const struct trace_event *e)
{
    const struct trace_record *r = &e->record;
    uint64_t value = 0;
    for (unsigned i = 0; i < r->size && i < sizeof value; i++)
        value |= (uint64_t)r->data[i] << (8 * i);
    return value;
}

void trace_event_line(const struct trace_event *e, char *line, size_t size)
{
    const char *between = !trace_event_is_access(e) ? ":" : trace_event_is_write(e) ? " <-" : " ->";
    snprintf(line, size, "%s %s%s %s", e->decoded.device, e->decoded.reg, between,
             e->decoded.words);
}

/* --- words for what is no access -------------------------------------------------------------------- */

static const char *exit_name(uint64_t reason, char *room, size_t size)
{
    static const struct {
        unsigned reason;
        const char *name;
    } names[] = {{KVM_EXIT_INTR, "KVM_EXIT_INTR, the host wanted to look at the vCPU"},
                 {KVM_EXIT_IRQ_WINDOW_OPEN, "KVM_EXIT_IRQ_WINDOW_OPEN"},
                 {KVM_EXIT_HYPERCALL, "KVM_EXIT_HYPERCALL"},
                 {KVM_EXIT_SHUTDOWN, "KVM_EXIT_SHUTDOWN, a triple fault"},
                 {KVM_EXIT_INTERNAL_ERROR, "KVM_EXIT_INTERNAL_ERROR"},
                 {KVM_EXIT_FAIL_ENTRY, "KVM_EXIT_FAIL_ENTRY"}};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].reason == reason)
            return names[i].name;
    snprintf(room, size, "KVM exit reason %" PRIu64, reason);
    return room;
}

const char *trace_op_name(unsigned op)
{
    static const char *const names[] = {
        [IO_NONE] = "no file I/O", [IO_READ] = "read",       [IO_WRITE] = "write",
        [IO_FLUSH] = "flush",      [IO_DISCARD] = "discard", [IO_WRITE_ZEROES] = "write zeroes"};
    return op < sizeof names / sizeof names[0] ? names[op] : "?";
}

static void request_words(const struct trace_record *r, char *words, size_t size)
{
    char what[80];
    if (r->length > 0)
        snprintf(what, sizeof what, "%s %" PRIu64 " bytes at %" PRIu64, trace_op_name(r->op),
                 r->length, r->address);
    else
        snprintf(what, sizeof what, "%s", trace_op_name(r->op));
    if (r->kind == TRACE_REQUEST)
        snprintf(words, size, "#%" PRIu64 " begins: %s", r->id, what);
    else if (r->error != 0)
        snprintf(words, size, "#%" PRIu64 " fails: %s: %s", r->id, what, strerror(r->error));
    else
        snprintf(words, size, "#%" PRIu64 " ends: %s, %" PRIu64 " moved", r->id, what, r->moved);
}

const char *trace_bar_name(const struct trace_record *r, char name[TRACE_BAR_SIZE])
{
    name[0] = '\0';
    if (r->count > 0)
        snprintf(name, TRACE_BAR_SIZE, "00:%02x.%u BAR%u", TRACE_FUNCTION_DEVICE(r->offset),
                 TRACE_FUNCTION_NUMBER(r->offset), r->count - 1);
    return name;
}

static void region_words(const struct trace_record *r, char *words, size_t size)
{
    static const char *const kinds[TRACE_REGIONS] = {[TRACE_REGION_DEVICE] = "",
                                                     [TRACE_REGION_MEMORY] = ", memory",
                                                     [TRACE_REGION_KERNEL] = ", in the kernel",
                                                     [TRACE_REGION_RESERVED] = ", reserved"};
    char bar[TRACE_BAR_SIZE];
    trace_bar_name(r, bar);
    snprintf(words, size, "%s %s 0x%" PRIx64 "-0x%" PRIx64 "%s%s%s",
             r->value ? "comes to" : "leaves", r->port ? "ports" : "addresses", r->address,
             r->address + (r->length - 1), bar[0] != '\0' ? ", " : "", bar,
             r->op < TRACE_REGIONS ? kinds[r->op] : "");
}

static void other_words(const struct trace_record *r, struct decoded *d)
{
    const char *reg = "";
    char *words = d->words;
    size_t size = sizeof d->words;
    switch (r->kind) {
    case TRACE_OTHER_EXIT: {
        char room[32];
        reg = "exit";
        snprintf(words, size, "%s", exit_name(r->value, room, sizeof room));
        break;
    }
    case TRACE_DOORBELL:
        reg = "doorbell";
        if (r->count == 1)
            snprintf(words, size, "rung once, seen by its worker");
        else
            snprintf(words, size, "rung %u times, seen by its worker", r->count);
        break;
    case TRACE_REQUEST:
    case TRACE_REQUEST_END:
        reg = "request";
        request_words(r, words, size);
        break;
    case TRACE_INTERRUPT:
        reg = "interrupt";
        snprintf(words, size, "%s %" PRIu64 " raised", r->port ? "line" : "message", r->value);
        break;
    case TRACE_MAP:
        reg = "region";
        region_words(r, words, size);
        break;
    case TRACE_RESET:
        reg = "reset";
        snprintf(words, size, "the guest has asked for it");
        break;
    default:
        reg = "gap";
        snprintf(words, size, "%" PRIu64 " records are missing here", r->value);
    }
    snprintf(d->reg, sizeof d->reg, "%s", reg);
}

/* --- playing ---------------------------------------------------------------------------------------- */

struct player {
    const struct trace *trace;
    const struct symbols *symbols;
    struct decoder *decoder;
    struct trace_writer *writer;
    struct trace_totals *totals;
    struct rungs rungs;
    struct trace_event event;
};

/* A thing that no device did was the vCPU's doing, or its thread's. */
static const char *source_name(const struct player *p, const struct trace_record *r)
{
    const char *name = trace_name_of(p->trace, r->source);
    return name[0] != '\0' ? name : trace_thread_name(p->trace, r->thread);
}

static void find_place(const struct symbols *symbols, struct trace_event *e)
{
    uint64_t rip = e->record.rip;
    bool found = e->record.access == EXIT_PIO_WRITE && symbols_find_out(symbols, &rip);
    symbols_find(symbols, rip, trace_event_is_write(e) && !found, e->where, sizeof e->where);
}

static void fill_event(struct player *p)
{
    struct trace_event *e = &p->event;
    const struct trace_record *r = &e->record;
    e->thread = trace_thread_name(p->trace, r->thread);
    e->mode = trace_mode_name(r->mode);
    e->where[0] = '\0';
    e->approximate = r->kind != TRACE_EXIT && r->kind != TRACE_OTHER_EXIT && !r->nested;
    if (r->kind == TRACE_MAP || r->kind == TRACE_RESET || r->kind == TRACE_GAP)
        e->approximate = false;
    if (trace_event_is_access(e)) {
        struct decode_access access = trace_decode_access(r, trace_name_of(p->trace, r->source));
        decoder_decode(p->decoder, &access, &e->decoded);
        if (r->open)
            snprintf(e->decoded.words, sizeof e->decoded.words,
                     "the host has not come back from it");
    } else {
        snprintf(e->decoded.device, sizeof e->decoded.device, "%s", source_name(p, r));
        other_words(r, &e->decoded);
    }
    if (r->kind == TRACE_EXIT && p->symbols != NULL)
        find_place(p->symbols, e);
    if (r->kind == TRACE_RESET)
        decoder_reset(p->decoder);
}

static void count_event(struct player *p)
{
    const struct trace_record *r = &p->event.record;
    struct trace_totals *totals = p->totals;
    uint64_t end = r->time + (r->kind == TRACE_EXIT ? r->duration : 0);
    totals->records++;
    totals->exits += r->kind == TRACE_EXIT || r->kind == TRACE_OTHER_EXIT;
    totals->lost += r->kind == TRACE_GAP ? r->value : 0;
    if (end > totals->end)
        totals->end = end;
    trace_count(totals->profile, r, &p->event.decoded);
}

#define STOP_LOOK 4096 /* records between two looks whether to stop */

static int play_all(struct player *p, struct trace_reader *reader, bool (*stop)(void *),
                    void *context)
{
    struct trace_rung rung;
    while (trace_next(reader, &p->event.record)) {
        if (p->totals->records % STOP_LOOK == 0 && stop != NULL && stop(context))
            return -EINTR;
        fill_event(p);
        count_event(p);
        if (p->writer != NULL)
            p->writer->ops->event(p->writer, &p->event);
        if (rungs_take(&p->rungs, &p->event, &rung) && p->writer != NULL)
            p->writer->ops->rung(p->writer, &rung);
    }
    return 0;
}

int trace_play(struct trace *trace, const struct symbols *symbols, const char *title,
               struct trace_writer *writer, struct trace_totals *totals,
               bool (*stop)(void *context), void *context)
{
    const struct trace_run run = {.trace = trace, .title = title};
    struct player player = {.trace = trace,
                            .symbols = symbols,
                            .writer = writer,
                            .totals = totals,
                            .decoder = decoder_create()};
    *totals = (struct trace_totals){
        .end = totals->end, .exit_status = totals->exit_status, .profile = profile_create()};
    struct trace_reader *reader = NULL;
    int error = player.decoder == NULL || totals->profile == NULL ? -ENOMEM : 0;
    if (error == 0)
        error = trace_read(trace, &reader);
    if (error == 0) {
        if (writer != NULL)
            writer->ops->begin(writer, &run);
        error = play_all(&player, reader, stop, context);
        if (writer != NULL)
            writer->ops->end(writer, totals);
        trace_read_end(reader);
    }
    decoder_destroy(player.decoder);
    return error;
}

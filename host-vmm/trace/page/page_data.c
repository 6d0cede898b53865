/* SPDX-License-Identifier: MIT */
/* Packing events: numbers, strings and shapes, and base64 around them. The format is in page_data.h. */
#include "page_data.h"

#include "../../bus.h"
#include "../../vcpu.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 8       /* places that one hash may take */
#define ITEM_SIZE 1024 /* more than any item has */

/* --- blocks ------------------------------------------------------------------------------------------ */

/* What is not full at the end of a group of three is known to be zero. */
static void put_base64(FILE *out, const uint8_t *bytes, unsigned length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char line[4096] = "";
    unsigned used = 0;
    for (unsigned i = 0; i < length; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= i + 1 < length ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= i + 2 < length ? bytes[i + 2] : 0;
        line[used++] = digits[group >> 18];
        line[used++] = digits[group >> 12 & 63];
        line[used++] = i + 1 < length ? digits[group >> 6 & 63] : '=';
        line[used++] = i + 2 < length ? digits[group & 63] : '=';
        if (used == sizeof line) {
            fwrite(line, 1, used, out);
            used = 0;
        }
    }
    fwrite(line, 1, used, out);
}

static void flush_block(struct page_data *d)
{
    if (d->used == 0)
        return;
    fputs("<script type=\"application/octet-stream\" class=\"records\">", d->out);
    put_base64(d->out, d->block, d->used);
    fputs("</script>\n", d->out);
    d->used = 0;
}

static void begin_item(struct page_data *d)
{
    if (d->used + ITEM_SIZE > sizeof d->block)
        flush_block(d);
}

static void put(struct page_data *d, uint64_t number)
{
    while (number >= 0x80) {
        d->block[d->used++] = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    d->block[d->used++] = (uint8_t)number;
}

static void put_signed(struct page_data *d, int64_t number)
{
    put(d, (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0));
}

/* --- strings and shapes ------------------------------------------------------------------------------ */

static uint32_t hash_of(const void *bytes, size_t length)
{
    const uint8_t *p = bytes;
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ p[i]) * 16777619u;
    return hash;
}

/* The string's number; where it has none it is written, and takes the place of one that had the same hash, or
 * is not remembered where there is no memory. */
static uint32_t string_number(struct page_data *d, const char *text)
{
    size_t length = strnlen(text, ITEM_SIZE / 2);
    uint32_t hash = hash_of(text, length);
    struct page_string *free_place = NULL;
    for (unsigned i = 0; i < WINDOW; i++) {
        struct page_string *s = &d->strings[(hash + i) % PAGE_STRINGS];
        if (s->text == NULL) {
            free_place = s;
            break;
        }
        if (s->hash == hash && strncmp(s->text, text, length) == 0 && s->text[length] == '\0')
            return s->number;
    }
    if (free_place == NULL) {
        free_place = &d->strings[(hash + d->next_string % WINDOW) % PAGE_STRINGS];
        free(free_place->text);
    }
    uint32_t number = d->next_string++;
    *free_place =
        (struct page_string){.text = strndup(text, length), .hash = hash, .number = number};
    begin_item(d);
    put(d, PAGE_ITEM_STRING);
    put(d, length);
    memcpy(d->block + d->used, text, length);
    d->used += (unsigned)length;
    return number;
}

static bool same_shape(const struct page_shape *a, const struct page_shape *b)
{
    return a->kind == b->kind && a->flags == b->flags && a->size == b->size && a->mode == b->mode &&
           a->thread == b->thread && a->device == b->device && a->reg == b->reg;
}

static uint32_t shape_number(struct page_data *d, struct page_shape *wanted)
{
    uint32_t key[] = {wanted->kind,   wanted->flags,  wanted->size, wanted->mode,
                      wanted->thread, wanted->device, wanted->reg};
    uint32_t hash = hash_of(key, sizeof key);
    struct page_shape *place = &d->shapes[(hash + d->next_shape % WINDOW) % PAGE_SHAPES];
    for (unsigned i = 0; i < WINDOW; i++) {
        struct page_shape *s = &d->shapes[(hash + i) % PAGE_SHAPES];
        if (!s->used) {
            place = s;
            break;
        }
        if (same_shape(s, wanted))
            return s->number;
    }
    wanted->used = true;
    wanted->number = d->next_shape++;
    *place = *wanted;
    begin_item(d);
    put(d, PAGE_ITEM_SHAPE);
    for (unsigned i = 0; i < sizeof key / sizeof key[0]; i++)
        put(d, key[i]);
    return wanted->number;
}

static uint32_t event_shape(struct page_data *d, const struct trace_event *e)
{
    const struct trace_record *r = &e->record;
    bool access = trace_event_is_access(e);
    const char *device = e->decoded.device;
    bool is_port = access ? exit_is_port(r->access) : r->port;
    struct page_shape shape = {.kind = r->kind, .size = access ? r->size : 0};
    shape.flags =
        (access && trace_event_is_write(e) ? PAGE_FLAG_WRITE : 0) | (is_port ? PAGE_FLAG_PORT : 0) |
        (access && r->result != BUS_OK ? PAGE_FLAG_UNANSWERED : 0) |
        (e->approximate ? PAGE_FLAG_APPROXIMATE : 0) |
        (access && profile_device(device, e->decoded.words) != device ? PAGE_FLAG_NO_FUNCTION : 0);
    shape.mode = string_number(d, e->mode);
    shape.thread = string_number(d, e->thread);
    shape.device = string_number(d, device);
    shape.reg = string_number(d, e->decoded.reg);
    return shape_number(d, &shape);
}

/* --- items ------------------------------------------------------------------------------------------- */

void page_data_begin(struct page_data *d, FILE *out)
{
    d->out = out;
}

/* Where the guest was: by name, else by address. */
static uint32_t where_number(struct page_data *d, const struct trace_event *e)
{
    char address[32];
    if (e->where[0] != '\0' || e->record.kind != TRACE_EXIT)
        return string_number(d, e->where);
    snprintf(address, sizeof address, "0x%" PRIx64, e->record.rip);
    return string_number(d, address);
}

static uint32_t address_number(struct page_data *d, const struct trace_event *e)
{
    char address[32] = "";
    if (trace_event_is_access(e) || e->record.kind == TRACE_MAP)
        snprintf(address, sizeof address, "0x%" PRIx64, e->record.address);
    return string_number(d, address);
}

static uint64_t count_of(const struct trace_record *r)
{
    switch (r->kind) {
    case TRACE_REQUEST:
    case TRACE_REQUEST_END:
        return r->id;
    case TRACE_GAP:
        return r->value;
    default:
        return r->count;
    }
}

void page_data_event(struct page_data *d, const struct trace_event *e)
{
    const struct trace_record *r = &e->record;
    uint32_t shape = event_shape(d, e);
    uint32_t where = where_number(d, e);
    uint32_t words = string_number(d, e->decoded.words);
    uint32_t address = address_number(d, e);
    begin_item(d);
    put(d, PAGE_ITEM_EVENT + (uint64_t)shape);
    put_signed(d, (int64_t)(r->time - d->time));
    put(d, r->duration);
    put(d, where);
    put(d, words);
    put(d, address);
    put(d, count_of(r));
    put(d, r->backend);
    d->time = r->time;
}

void page_data_rung(struct page_data *d, const struct trace_rung *rung)
{
    uint32_t line = string_number(d, rung->line);
    begin_item(d);
    put(d, PAGE_ITEM_RUNG);
    put(d, rung->number);
    put(d, rung->begin);
    put(d, rung->end);
    put(d, line);
}

void page_data_end(struct page_data *d, const struct trace_totals *totals, uint64_t host,
                   uint64_t backend)
{
    begin_item(d);
    put(d, PAGE_ITEM_END);
    put(d, totals->end);
    put(d, totals->exits);
    put(d, totals->records);
    put(d, totals->lost);
    put(d, host);
    put(d, backend);
    flush_block(d);
    for (unsigned i = 0; i < PAGE_STRINGS; i++)
        free(d->strings[i].text);
}

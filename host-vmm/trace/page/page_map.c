/* SPDX-License-Identifier: MIT */
/* Keeping and printing the address map. Addresses span 64 bits: the rows are ranges that are used, and a row
 * between them says how much is not. */
#include "page_map.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- keeping ----------------------------------------------------------------------------------------- */

static bool same_place(const struct map_stay *a, const struct map_stay *b)
{
    return a->port == b->port && a->base == b->base && a->length == b->length &&
           strcmp(a->device, b->device) == 0;
}

void map_event(struct page_map *map, const struct trace_event *e)
{
    const struct trace_record *r = &e->record;
    map->running |= r->kind == TRACE_EXIT;
    if (r->kind != TRACE_MAP)
        return;
    struct map_stay stay = {.base = r->address,
                            .length = r->length,
                            .from = map->running ? r->time : 0,
                            .until = UINT64_MAX,
                            .kind = r->op,
                            .port = r->port};
    trace_bar_name(r, stay.bar);
    snprintf(stay.device, sizeof stay.device, "%s", e->decoded.device);
    if (r->value == 0) {
        for (unsigned i = map->count; i-- > 0;) {
            if (map->stays[i].until == UINT64_MAX && same_place(&map->stays[i], &stay)) {
                map->stays[i].until = r->time;
                return;
            }
        }
    } else if (map->count < MAP_STAYS) {
        map->stays[map->count++] = stay;
    } else {
        map->unkept++;
    }
}

/* --- printing ---------------------------------------------------------------------------------------- */

static int by_place(const void *left, const void *right)
{
    const struct map_stay *a = left, *b = right;
    if (a->port != b->port)
        return a->port ? -1 : 1;
    if (a->base != b->base)
        return a->base < b->base ? -1 : 1;
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    int names = strcmp(a->device, b->device);
    return names != 0 ? names : (a->from > b->from) - (a->from < b->from);
}

static int by_time(const void *left, const void *right)
{
    const struct map_stay *a = left, *b = right;
    return a->from != b->from ? (a->from > b->from) - (a->from < b->from) : by_place(a, b);
}

/* The last address; a length of 0 is none of ours, but must not wrap. */
static uint64_t last_of(const struct map_stay *stay)
{
    uint64_t last = stay->base + (stay->length - 1);
    return last < stay->base ? UINT64_MAX : last;
}

/* "00:02.0 BAR0 (chunk)", "ioapic, in the kernel", "pci-window: reserved, nobody answers" */
static void print_region(const struct html *html, const struct map_stay *stay)
{
    if (stay->bar[0] != '\0')
        fprintf(html->out, "%s (", stay->bar);
    html_text(html, stay->device);
    if (stay->bar[0] != '\0')
        fputs(")", html->out);
    if (stay->kind == TRACE_REGION_KERNEL)
        fputs(", in the kernel", html->out);
    if (stay->kind == TRACE_REGION_RESERVED)
        fputs(": reserved, nobody answers", html->out);
}

/* When the region was there, as a bar: all its stays. */
static void print_bar(const struct html *html, const struct map_stay *stays, unsigned count,
                      uint64_t end)
{
    fputs("<td class=\"when\"><svg width=\"100%\" height=\"12\" aria-hidden=\"true\">", html->out);
    for (unsigned i = 0; i < count && end > 0; i++) {
        uint64_t until = stays[i].until < end ? stays[i].until : end;
        double x = 100.0 * (double)stays[i].from / (double)end;
        double width = 100.0 * (double)until / (double)end - x;
        fprintf(html->out, "<rect x=\"%.3f%%\" width=\"%.3f%%\" y=\"1\" height=\"10\"/>", x,
                width > 0.4 ? width : 0.4);
    }
    fputs("</svg></td>", html->out);
}

static void print_times(const struct html *html, const struct map_stay *stays, unsigned count)
{
    char from[HTML_SHORT_SIZE], until[HTML_SHORT_SIZE];
    const struct map_stay *last = &stays[count - 1];
    fputs("<td>", html->out);
    if (stays[0].from == 0 && count == 1 && last->until == UINT64_MAX) {
        fputs("always", html->out);
    } else {
        if (stays[0].from == 0)
            fputs("at reset", html->out);
        else
            fprintf(html->out, "from %s", html_time(stays[0].from, from));
        if (last->until != UINT64_MAX)
            fprintf(html->out, " until %s", html_time(last->until, until));
        if (count > 1)
            fprintf(html->out, ", %u times", count);
    }
    fputs("</td>", html->out);
}

static void print_size(const struct html *html, uint64_t length, bool port)
{
    char size[HTML_SHORT_SIZE];
    if (port)
        fprintf(html->out, "%s port%s", html_count(length, size), length == 1 ? "" : "s");
    else
        fputs(html_bytes(length, size), html->out);
}

/* data-stays: for the script, which strikes out what is not there at a moment. last: the row's last address */
static void print_row(const struct html *html, const struct map_stay *stays, unsigned count,
                      uint64_t last, uint64_t end)
{
    int digits = stays->port ? 4 : 8;
    bool came = stays->from > 0 || stays->until != UINT64_MAX;
    fprintf(html->out, "<tr%s data-stays=\"",
            stays->kind == TRACE_REGION_RESERVED ? " class=\"reserved\""
            : came                               ? " class=\"came\""
                                                 : "");
    for (unsigned i = 0; i < count; i++)
        fprintf(html->out, "%s%" PRIu64 "-%" PRIu64, i > 0 ? " " : "", stays[i].from,
                stays[i].until == UINT64_MAX ? end : stays[i].until);
    fprintf(html->out,
            "\"><th scope=\"row\"><code>0x%0*" PRIx64 "&ndash;0x%0*" PRIx64
            "</code></th><td class=\"number\">",
            digits, stays->base, digits, last);
    print_size(html, last - stays->base + 1, stays->port);
    fputs("</td><td>", html->out);
    print_region(html, stays);
    fputs("</td>", html->out);
    print_bar(html, stays, count, end);
    print_times(html, stays, count);
    fputs("</tr>\n", html->out);
}

/* Of ports there are few, and what lies between them says little. */
static void print_gap(const struct html *html, uint64_t from, const struct map_stay *next)
{
    char size[HTML_SHORT_SIZE];
    if (next->base > from && !next->port)
        fprintf(html->out, "<tr class=\"unused\"><td colspan=\"5\">%s without a region</td></tr>\n",
                html_bytes(next->base - from, size));
}

/* How many of the stays are one row: of one region at one place, or of neighbours with one name that are always
 * there. *last: the row's last address */
static unsigned row_length(const struct map_stay *stays, unsigned count, uint64_t *last)
{
    unsigned length = 1;
    *last = last_of(stays);
    while (length < count && same_place(stays, &stays[length]))
        length++;
    if (length > 1 || stays->from > 0 || stays->until != UINT64_MAX)
        return length;
    while (length < count && stays[length].from == 0 && stays[length].until == UINT64_MAX &&
           stays[length].base == *last + 1 && stays[length].kind == stays->kind &&
           strcmp(stays[length].device, stays->device) == 0)
        *last = last_of(&stays[length++]);
    return length;
}

static void print_rows(const struct html *html, const struct map_stay *stays, unsigned count,
                       uint64_t end)
{
    uint64_t next = 0, last;
    for (unsigned i = 0, length; i < count; i += length) {
        length = row_length(&stays[i], count - i, &last);
        print_gap(html, next, &stays[i]);
        print_row(html, &stays[i], same_place(&stays[i], &stays[i + length - 1]) ? length : 1, last,
                  end);
        if (last >= next)
            next = last < UINT64_MAX ? last + 1 : last;
    }
}

static void print_table(const struct html *html, const struct map_stay *stays, unsigned count,
                        const char *caption, uint64_t end)
{
    if (count == 0)
        return;
    fprintf(html->out,
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table "
            "class=\"map\"><caption>%s</caption>\n<thead><tr><th scope=\"col\">Addresses</th><th "
            "scope=\"col\" class=\"number\">Size</th><th scope=\"col\">Region</th><th "
            "scope=\"col\" class=\"when\">Over the run</th><th scope=\"col\">There</th></tr>"
            "</thead>\n<tbody>\n",
            caption, caption);
    print_rows(html, stays, count, end);
    fputs("</tbody></table></div>\n", html->out);
}

static void print_changes(struct page_map *map, const struct html *html)
{
    char time[HTML_SHORT_SIZE], size[HTML_SHORT_SIZE];
    unsigned later = 0;
    qsort(map->stays, map->count, sizeof map->stays[0], by_time);
    for (unsigned i = 0; i < map->count; i++) {
        const struct map_stay *s = &map->stays[i];
        if (s->from == 0)
            continue;
        if (later++ == 0)
            fputs("<details open><summary>What appeared after reset, in order</summary>\n<ol "
                  "class=\"changes\">\n",
                  html->out);
        fprintf(html->out, "<li><time>%s</time> ", html_time(s->from, time));
        print_region(html, s);
        fprintf(html->out, ": %s of %s at <code>0x%" PRIx64 "</code>", html_bytes(s->length, size),
                s->port ? "ports" : "memory", s->base);
        if (s->until != UINT64_MAX)
            fprintf(html->out, ", gone at %s", html_time(s->until, time));
        fputs("</li>\n", html->out);
    }
    if (later > 0)
        fputs("</ol></details>\n", html->out);
}

void map_print(struct page_map *map, const struct html *html, uint64_t end)
{
    char text[HTML_SHORT_SIZE];
    unsigned ports = 0;
    qsort(map->stays, map->count, sizeof map->stays[0], by_place);
    while (ports < map->count && map->stays[ports].port)
        ports++;
    fputs(
        "<section id=\"map\"><h2>Address map</h2>\n<p>What was at which ports and addresses, "
        "and when: devices, with their BAR where they have one, memory, and what is reserved, "
        "where nobody answers and no BAR may be. Rows are in order of address, not to scale.</p>\n",
        html->out);
    print_table(html, map->stays + ports, map->count - ports, "Memory", end);
    print_table(html, map->stays, ports, "Ports", end);
    if (map->unkept > 0)
        fprintf(html->out, "<p>%s further moves are among the accesses, but not here.</p>\n",
                html_count(map->unkept, text));
    print_changes(map, html);
    fputs("</section>\n", html->out);
}

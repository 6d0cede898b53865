/* SPDX-License-Identifier: MIT */
/* The page of a trace: what is in it, that nothing in it becomes markup, and that its memory is bounded. */
#include "page_reader.h"
#include "test.h"

#include "host-vmm/backend/backend.h"
#include "host-vmm/bus.h"
#include "host-vmm/trace/event.h"
#include "host-vmm/trace/page/page_data.h"
#include "host-vmm/trace/page/page_html.h"
#include "host-vmm/trace/page/page_map.h"
#include "host-vmm/trace/page/page_notes.h"
#include "host-vmm/trace/page/page_overview.h"
#include "host-vmm/vcpu.h"

#include "abi/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOSTILE "</script><script>alert(1)</script><!--<b title='x\" onload=\"y'>&amp;"

struct page {
    struct trace_writer *writer;
    char *text;
    size_t size;
    FILE *out;
    struct trace_totals totals;
};

static int setup(void **state)
{
    struct page *p = calloc(1, sizeof *p);
    p->out = open_memstream(&p->text, &p->size);
    p->writer = trace_page_writer(p->out);
    p->totals.profile = profile_create();
    *state = p;
    return p->writer != NULL && p->totals.profile != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    struct page *p = *state;
    profile_destroy(p->totals.profile);
    free(p->writer);
    free(p->text);
    free(p);
    return 0;
}

static void begin(struct page *p, const char *title)
{
    const struct trace_run run = {.title = title};
    p->writer->ops->begin(p->writer, &run);
}

/* The whole page */
static const char *end(struct page *p)
{
    p->writer->ops->end(p->writer, &p->totals);
    fclose(p->out);
    return p->text;
}

static struct trace_event access_event(uint64_t time, const char *device, const char *words)
{
    struct trace_event e = {.thread = "vcpu", .mode = "real16", .where = "start+0x4"};
    e.record = (struct trace_record){.time = time,
                                     .duration = 700,
                                     .kind = TRACE_EXIT,
                                     .access = EXIT_PIO_WRITE,
                                     .address = 0x3f8,
                                     .size = 1,
                                     .count = 1,
                                     .mode = TRACE_MODE_REAL16};
    snprintf(e.decoded.device, sizeof e.decoded.device, "%s", device);
    snprintf(e.decoded.reg, sizeof e.decoded.reg, "THR");
    snprintf(e.decoded.words, sizeof e.decoded.words, "%s", words);
    return e;
}

static void add(struct page *p, const struct trace_event *e)
{
    p->writer->ops->event(p->writer, e);
    p->totals.records++;
    p->totals.exits += e->record.kind == TRACE_EXIT;
    p->totals.end = e->record.time + e->record.duration;
}

static void add_rung(struct page *p, unsigned number, const char *line)
{
    struct trace_rung rung = {.number = number, .begin = 0, .end = 1000};
    snprintf(rung.line, sizeof rung.line, "%s", line);
    p->writer->ops->rung(p->writer, &rung);
}

static void add_region(struct page *p, uint64_t time, uint64_t base, bool present)
{
    struct trace_event e = {.thread = "vcpu", .mode = ""};
    e.record = (struct trace_record){
        .time = time, .kind = TRACE_MAP, .address = base, .length = 4096, .value = present};
    snprintf(e.decoded.device, sizeof e.decoded.device, "chunk");
    add(p, &e);
}

static unsigned count_of(const char *text, const char *what)
{
    unsigned count = 0;
    for (const char *p = text; (p = strstr(p, what)) != NULL; p += strlen(what))
        count++;
    return count;
}

static void assert_has(const char *page, const char *what)
{
    if (strstr(page, what) == NULL)
        fail_msg("not in the page: %s", what);
}

static void assert_has_not(const char *page, const char *what)
{
    if (strstr(page, what) != NULL)
        fail_msg("in the page: %s", what);
}

/* --- what is in it ---------------------------------------------------------------------------------- */

static void empty_run(void **state)
{
    struct page *p = *state;
    struct page_reading reading;
    begin(p, "trapline run");
    const char *page = end(p);
    page_read(page, &reading);
    assert_int_equal(reading.events, 0);
    assert_has(page, "<title>Trace: trapline run</title>");
    assert_has_not(page, "id=\"rungs\"");
    assert_has(page, "<h2>The run</h2>");
    assert_string_equal(page + p->size - 8, "</html>\n");
}

static void nothing_is_fetched(void **state)
{
    struct page *p = *state;
    begin(p, "");
    const char *page = end(p);
    assert_has(page, "default-src 'none'; script-src 'nonce-");
    assert_has_not(page, "unsafe-inline");
    assert_has_not(page, " src=");
    assert_has_not(page, "@import");
    assert_has_not(page, "url(");
    /* Styles and scripts that may run carry the nonce; there is one of each. */
    assert_int_equal(count_of(page, "<style nonce="), 1);
    assert_int_equal(count_of(page, "<script nonce="), 1);
    assert_has_not(page, " style=");
}

static void events_come_back(void **state)
{
    struct page *p = *state;
    struct page_reading reading;
    begin(p, "");
    struct trace_event e = access_event(5000000000ull, "uart", "'T'");
    add(p, &e);
    e.record.time = 4999999000ull; /* earlier: must not go wrong */
    e.record.address = UINT64_MAX;
    e.record.access = EXIT_MMIO_READ;
    e.record.result = BUS_UNCLAIMED;
    e.record.count = UINT32_MAX;
    e.record.duration = UINT64_MAX;
    e.where[0] = '\0';
    e.record.rip = 0xfffffff0;
    add(p, &e);
    p->totals.lost = 7;
    page_read(end(p), &reading);
    assert_int_equal(reading.events, 2);
    assert_int_equal(reading.time, 4999999000ull);
    assert_true(reading.duration == UINT64_MAX);
    assert_int_equal(reading.count, UINT32_MAX);
    assert_int_equal(reading.flags, 4); /* a read, of memory, unanswered */
    assert_string_equal(reading.address, "0xffffffffffffffff");
    assert_string_equal(reading.where, "0xfffffff0");
    assert_string_equal(reading.words, "'T'");
    assert_string_equal(reading.device, "uart");
    assert_int_equal(reading.records, 2);
    assert_int_equal(reading.lost, 7);
}

/* The script's table has the same rows as the summary. */
static void functions_that_do_not_exist_are_marked(void **state)
{
    struct page *p = *state;
    struct page_reading reading;
    begin(p, "");
    struct trace_event e = access_event(1000, "pci 00:1f.0", "ffff:ffff nobody");
    e.record.access = EXIT_PIO_READ;
    add(p, &e);
    page_read(end(p), &reading);
    assert_int_equal(reading.flags, PAGE_FLAG_PORT | PAGE_FLAG_NO_FUNCTION);
    assert_string_equal(reading.device, "pci 00:1f.0");
}

static void summary_without_the_script(void **state)
{
    struct page *p = *state;
    begin(p, "");
    struct trace_event e = access_event(1000, "uart", "'T'");
    add(p, &e);
    profile_access(p->totals.profile, "uart", "THR", true, true, 1, 12345);
    add_rung(p, 1, "rung 1 real16 serial: 16550 at 0x3f8, 115200 8N1");
    add_rung(p, 3, "rung 3 real16 ata: absent");
    p->totals.exit_status = 23;
    const char *page = end(p);
    assert_has(page, "<h2>The climb</h2>");
    assert_has(page, "rung 1 real16 serial: 16550 at 0x3f8, 115200 8N1");
    assert_has(page, "It can speak.");
    assert_has(page, "Not on this machine.");
    assert_has(page, "12.3 \xc2\xb5s");
    assert_has(page, "exit status 23");
    assert_has(page, "class=\"mode-real16\"");
    assert_has(page, "<dd id=\"total-exits\">1</dd>");
    assert_has_not(page, "id=\"lost\"");
}

static void gaps_are_said(void **state)
{
    struct page *p = *state;
    begin(p, "");
    p->totals.lost = 1234;
    assert_has(end(p), "1,234 records could not be kept");
}

static void times_are_parted(void **state)
{
    struct page *p = *state;
    begin(p, "");
    struct trace_event e = access_event(0, "chunk", "");
    e.record.duration = 3000000;
    e.record.backend = 1000000;
    add(p, &e);
    p->totals.end = 10000000;
    const char *page = end(p);
    assert_has(page, "<dd id=\"total-guest\">7.00 ms</dd><dd class=\"quiet\">70.0 %</dd>");
    assert_has(page, "<dd id=\"total-models\">2.00 ms</dd>");
    assert_has(page, "<dd id=\"total-backend\">1.00 ms</dd>");
}

static void address_map(void **state)
{
    struct page *p = *state;
    begin(p, "");
    struct trace_event e = access_event(1000, "uart", "");
    add_region(p, 500, 0x1000, true); /* before the first exit: at reset */
    add(p, &e);
    add_region(p, 2000000, 0xfe000000, true);
    add_region(p, 3000000, 0xfe000000, false);
    add_region(p, 4000000, 0xfffffffffffff000, true);
    add_region(p, 5000000, 0xabc000, false); /* was never there */
    p->totals.end = 8000000;
    const char *page = end(p);
    assert_has(page, "<tr data-stays=\"0-8000000\">");
    assert_has(page, "<tr class=\"came\" data-stays=\"2000000-3000000\">");
    assert_has(page, "from 2.000 ms until 3.000 ms");
    assert_has(page, "0xfffffffffffff000&ndash;0xffffffffffffffff");
    assert_has(page, "3.969 GiB without a region");
    assert_int_equal(count_of(page, "data-stays=\""), 3);
}

static void add_kind(struct page *p, const char *device, uint64_t base, enum trace_region kind,
                     unsigned bar)
{
    struct trace_event e = {.thread = "vcpu", .mode = ""};
    e.record = (struct trace_record){.kind = TRACE_MAP,
                                     .op = kind,
                                     .count = bar,
                                     .offset = TRACE_FUNCTION(2, 0),
                                     .address = base,
                                     .length = 4096,
                                     .value = 1};
    snprintf(e.decoded.device, sizeof e.decoded.device, "%s", device);
    add(p, &e);
}

static void the_map_says_what_a_region_is(void **state)
{
    struct page *p = *state;
    begin(p, "");
    add_kind(p, "chunk", 0x10000, TRACE_REGION_DEVICE, 1);
    add_kind(p, "ioapic", 0x20000, TRACE_REGION_KERNEL, 0);
    add_kind(p, "hole", 0x30000, TRACE_REGION_RESERVED, 0);
    add_kind(p, "hole", 0x31000, TRACE_REGION_MEMORY, 0);
    const char *page = end(p);
    assert_has(page, "<td>00:02.0 BAR0 (chunk)</td>");
    assert_has(page, "<td>ioapic, in the kernel</td>");
    assert_has(page, "<td>hole: reserved, nobody answers</td>");
    assert_has(page, "<td>hole</td>"); /* a neighbour, but something else */
    assert_int_equal(count_of(page, "<tr class=\"reserved\""), 1);
    assert_has_not(page, "had a device behind them");
}

static void map_of_many_moves(void **state)
{
    struct page *p = *state;
    begin(p, "");
    struct trace_event e = access_event(0, "uart", "");
    add(p, &e);
    for (unsigned i = 0; i < 3 * MAP_STAYS; i++)
        add_region(p, i + 1, 0x1000ull * i, true);
    const char *page = end(p);
    assert_has(page, "2,048 further moves");
    assert_int_equal(count_of(page, "<li><time>"), MAP_STAYS);
}

static void notes(void **state)
{
    (void)state;
    struct trace_rung rung = {.number = 6, .line = "rung 6 long64 mmio: absent"};
    assert_string_equal(page_note(&rung)->title, "Not on this machine");
    strcpy(rung.line, "rung 6 long64 mmio: FAIL reads differ");
    assert_string_equal(page_note(&rung)->title, "This rung failed");
    strcpy(rung.line, "rung 6 long64 mmio: 5 functions, 3 BARs");
    assert_string_equal(page_note(&rung)->title, "It can reach devices in memory");
    rung.number = 7;
    strcpy(rung.line,
           "rung 7 long64 ata: ata0 600 sectors, LBA28, no multiple, no DMA, 3 reads agree");
    assert_null(strstr(page_note(&rung)->text, "asked for here"));
    strcpy(rung.line,
           "rung 7 long64 ata: ata0 600 sectors, LBA28, no multiple, DMA, 3 reads agree");
    assert_non_null(strstr(page_note(&rung)->text, "By DMA, which was asked for here"));
    for (rung.number = 1; rung.number <= 9; rung.number++)
        assert_true(page_note(&rung) != NULL && strlen(page_note(&rung)->text) > 80);
    assert_null(page_note(&rung));
    rung.number = 0;
    assert_null(page_note(&rung));
}

/* --- requests, the copy, the picture ---------------------------------------------------------------- */

static void add_request(struct page *p, enum trace_kind kind, uint64_t id, uint64_t time,
                        uint8_t op)
{
    struct trace_event e = {.thread = "virtio-blk0", .mode = ""};
    e.record = (struct trace_record){
        .kind = kind, .time = time, .duration = 1000, .id = id, .op = op, .length = 512};
    e.record.moved = kind == TRACE_REQUEST_END ? 512 : 0;
    snprintf(e.decoded.device, sizeof e.decoded.device, "virtio-blk0");
    p->writer->ops->event(p->writer, &e);
}

static void requests_are_summed_up(void **state)
{
    struct page *p = *state;
    begin(p, "");
    add_request(p, TRACE_REQUEST, 1, 5000, IO_READ);
    add_request(p, TRACE_REQUEST, 2, 6000, IO_READ);
    add_request(p, TRACE_REQUEST_END, 2, 7000, IO_READ);
    add_request(p, TRACE_REQUEST_END, 1, 1004000, IO_READ);
    add_request(p, TRACE_REQUEST_END, 3, 8000, IO_NONE); /* its beginning was lost */
    add_request(p, TRACE_REQUEST, 4, 9000, IO_WRITE);    /* never ends */
    const char *page = end(p);
    assert_has(page, "<h2>Requests</h2>");
    assert_has(page,
               "<th scope=\"row\">virtio-blk0</th><td>read</td><td class=\"number\">2</td><td "
               "class=\"number\">1,024</td><td class=\"number\">1.00 ms</td>");
    assert_has(page, "<td class=\"number\">1.00 ms</td></tr>");
    assert_has(page, "<td>no file I/O</td><td class=\"number\">1</td>");
    assert_has_not(page, "<td>write</td>");
    assert_has(page, "<p>1 more had not ended");
}

static void no_requests_no_table(void **state)
{
    struct page *p = *state;
    begin(p, "");
    assert_has_not(end(p), "id=\"requests\"");
}

static void add_post(struct page *p, uint64_t time, uint8_t code)
{
    struct trace_event e = access_event(time, "post", "");
    e.record.address = PORT_POST;
    e.record.data[0] = code;
    add(p, &e);
}

static void a_copy_is_a_band(void **state)
{
    struct page *p = *state;
    struct page_reading reading;
    begin(p, "");
    add_post(p, 1000, POST_COPY_END); /* of nothing */
    add_post(p, 2000, POST_COPY_BEGIN);
    add_post(p, 8000, POST_COPY_END);
    const char *page = end(p);
    page_read(page, &reading);
    assert_int_equal(reading.rungs, 1);
    assert_has(page, "<h1>A copy, access by access</h1>");
    assert_has(page, "<h2>The copy</h2>");
    assert_has(page, "<title>copy</title>");
}

static void half_a_copy_is_none(void **state)
{
    struct page *p = *state;
    begin(p, "");
    add_post(p, 2000, POST_COPY_BEGIN);
    add_rung(p, 1, "rung 1 real16 serial");
    const char *page = end(p);
    assert_has(page, "<h2>The climb</h2>");
    assert_has(page, "<h1>A run, access by access</h1>");
}

/* However narrow its band is, a rung has its number. */
static void narrow_rungs_have_numbers(void **state)
{
    struct page *p = *state;
    begin(p, "");
    struct trace_event e = access_event(1000000, "uart", "");
    add(p, &e);
    add_rung(p, 1, "rung 1 real16 serial");
    add_rung(p, 2, "rung 2 real16 pci");
    const char *page = end(p);
    assert_int_equal(count_of(page, "<g class=\"label\"><line"), 2);
    assert_has(page, "class=\"number\">1</text>");
    assert_has(page, "class=\"number\">2</text>");
}

static void ports_that_nobody_answers_share_a_lane(void **state)
{
    (void)state;
    struct overview *o = calloc(1, sizeof *o);
    struct trace_event e = access_event(1000, "uart", "");
    overview_event(o, &e);
    e.record.result = BUS_UNCLAIMED;
    overview_event(o, &e); /* a device that has answered */
    e = access_event(2000, "lpt1", "");
    e.record.result = BUS_UNCLAIMED;
    overview_event(o, &e);
    strcpy(e.decoded.device, "floppy");
    overview_event(o, &e);
    assert_int_equal(o->lane_count, 2);
    assert_string_equal(o->lanes[1].name, "nobody answers");
    assert_int_equal(o->lanes[1].marks, 2);
    free(o);
}

static void d3s_licence_goes_along(void **state)
{
    struct page *p = *state;
    begin(p, "");
    const char *page = end(p);
    assert_has(page, "Mike Bostock");
    assert_has(page, "THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS");
}

/* --- hostile ---------------------------------------------------------------------------------------- */

/* As much of it as there is room for */
static void fill(char *text, size_t size, const char *with)
{
    snprintf(text, size, "%.*s", (int)size - 1, with);
}

static void nothing_becomes_markup(void **state)
{
    struct page *p = *state;
    begin(p, "run " HOSTILE);
    struct trace_event e = access_event(1000, HOSTILE, HOSTILE);
    fill(e.decoded.reg, sizeof e.decoded.reg, HOSTILE);
    fill(e.where, sizeof e.where, HOSTILE);
    add(p, &e);
    profile_access(p->totals.profile, e.decoded.device, e.decoded.reg, true, true, 1, 1);
    add_rung(p, 1, "rung 1 " HOSTILE);
    struct trace_event region = {.thread = "vcpu", .mode = ""};
    region.record = (struct trace_record){.kind = TRACE_MAP, .value = 1, .length = 1, .time = 2000};
    fill(region.decoded.device, sizeof region.decoded.device, HOSTILE);
    add(p, &region);
    const char *page = end(p);
    assert_has_not(page, "alert(1)</script>");
    assert_has_not(page, "<!--");
    assert_has_not(page, "<b title");
    assert_has_not(page, "</script><script>");
    assert_has(page, "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
    /* The page's own, and one block */
    assert_int_equal(count_of(page, "<script"), 2);
    assert_int_equal(count_of(page, "</script"), 2);
}

static const char *escaped(const char *text)
{
    static char room[256];
    FILE *out = fmemopen(room, sizeof room, "w");
    const struct html html = {.out = out};
    memset(room, 0, sizeof room);
    html_text(&html, text);
    fclose(out);
    return room;
}

#define BAD "\xef\xbf\xbd"

static void text_is_valid(void **state)
{
    (void)state;
    assert_string_equal(escaped("<a href='x\">&"), "&lt;a href=&#39;x&quot;&gt;&amp;");
    assert_string_equal(escaped("a\x1b[0m\n\x7f"), "a\\x1b[0m\\x0a\\x7f");
    assert_string_equal(escaped("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82"),
                        "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82");
    assert_string_equal(escaped("\xff\xc3"), BAD BAD);
    assert_string_equal(escaped("\xc0\xaf\xc1\xbf"), BAD BAD BAD BAD); /* too long */
    assert_string_equal(escaped("\xe0\x9f\xbf"), BAD BAD BAD);
    assert_string_equal(escaped("\xed\xa0\x80"), BAD BAD BAD); /* a surrogate */
    assert_string_equal(escaped("\xf4\x90\x80\x80"), BAD BAD BAD BAD);
    assert_string_equal(escaped("\xe2\x82<"), BAD BAD "&lt;"); /* cut off */
}

static void numbers_are_short(void **state)
{
    (void)state;
    char text[HTML_SHORT_SIZE];
    assert_string_equal(html_duration(999, text), "999 ns");
    assert_string_equal(html_duration(12345678, text), "12.3 ms");
    assert_string_equal(html_time(12345678, text), "12.345 ms");
    assert_string_equal(html_count(0, text), "0");
    assert_string_equal(html_count(1234567, text), "1,234,567");
    assert_string_equal(html_count(UINT64_MAX, text), "18,446,744,073,709,551,615");
    assert_string_equal(html_bytes(4096, text), "4 KiB");
    assert_string_equal(html_bytes(1536, text), "1.5 KiB");
    assert_true(strlen(html_duration(UINT64_MAX, text)) < HTML_SHORT_SIZE);
}

/* --- long runs -------------------------------------------------------------------------------------- */

#define MANY 200000

/* More strings and shapes than are remembered, and more blocks than one. */
static void all_words_differ(void **state)
{
    struct page *p = *state;
    struct page_reading reading;
    char device[24], words[40];
    begin(p, "");
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(device, sizeof device, "pci %02x:%02x.%u", i >> 8 & 0xff, i >> 3 & 0x1f, i & 7);
        snprintf(words, sizeof words, "word %u", i);
        struct trace_event e = access_event(i * 1000ull, device, words);
        add(p, &e);
    }
    page_read(end(p), &reading);
    assert_int_equal(reading.events, MANY);
    assert_true(reading.blocks > 10 && reading.strings > MANY);
    assert_string_equal(reading.words, words);
    assert_string_equal(reading.device, device);
    assert_true(reading.time == (MANY - 1) * 1000ull);
}

/* Slices double as time goes on, and no mark is lost: the overview's sum is the number of events. */
static void overview_is_bounded(void **state)
{
    (void)state;
    struct overview *o = calloc(1, sizeof *o);
    char device[24];
    uint64_t sum = 0, marks = 0;
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(device, sizeof device, "device%u", i % 100);
        struct trace_event e = access_event((uint64_t)i * i, device, "");
        e.record.mode = i % 2 ? TRACE_MODE_PROT32 : TRACE_MODE_REAL16;
        overview_event(o, &e);
    }
    struct trace_event late = access_event(UINT64_MAX, "device0", "");
    overview_event(o, &late);
    for (unsigned l = 0; l < o->lane_count; l++) {
        marks += o->lanes[l].marks;
        for (unsigned i = 0; i < OVERVIEW_SLICES; i++)
            sum += o->lanes[l].counts[i];
    }
    assert_int_equal(o->lane_count, OVERVIEW_LANES);
    assert_string_equal(o->lanes[OVERVIEW_LANES - 1].name, "(others)");
    assert_true(sum == MANY + 1 && marks == MANY + 1);
    assert_true(o->stay_count > 0 && o->stay_count <= OVERVIEW_STAYS);
    free(o);
}

static void rungs_without_end(void **state)
{
    struct page *p = *state;
    begin(p, "");
    for (unsigned i = 0; i < 1000; i++)
        add_rung(p, i % 10, "rung x");
    const char *page = end(p);
    assert_has(page, "936 further lines");
    assert_int_equal(count_of(page, "<li class=\"rung\""), 64);
    /* Each note once */
    assert_int_equal(count_of(page, "class=\"note\""), 9);
}

int main(void)
{
#define PAGE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        PAGE_TEST(empty_run),
        PAGE_TEST(nothing_is_fetched),
        PAGE_TEST(events_come_back),
        PAGE_TEST(functions_that_do_not_exist_are_marked),
        PAGE_TEST(summary_without_the_script),
        PAGE_TEST(gaps_are_said),
        PAGE_TEST(times_are_parted),
        PAGE_TEST(address_map),
        PAGE_TEST(the_map_says_what_a_region_is),
        PAGE_TEST(map_of_many_moves),
        cmocka_unit_test(notes),
        PAGE_TEST(requests_are_summed_up),
        PAGE_TEST(no_requests_no_table),
        PAGE_TEST(a_copy_is_a_band),
        PAGE_TEST(half_a_copy_is_none),
        PAGE_TEST(narrow_rungs_have_numbers),
        cmocka_unit_test(ports_that_nobody_answers_share_a_lane),
        PAGE_TEST(d3s_licence_goes_along),
        PAGE_TEST(nothing_becomes_markup),
        cmocka_unit_test(text_is_valid),
        cmocka_unit_test(numbers_are_short),
        PAGE_TEST(all_words_differ),
        cmocka_unit_test(overview_is_bounded),
        PAGE_TEST(rungs_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

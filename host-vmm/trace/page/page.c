/* SPDX-License-Identifier: MIT */
/*
 * A trace as one page that fetches nothing. The packed events are written as they come, then a summary that is
 * complete without a script, then the script, which draws the timeline and filters from the packed events.
 */
#include "../event.h"
#include "page_data.h"
#include "page_html.h"
#include "page_map.h"
#include "page_overview.h"
#include "page_requests.h"
#include "page_summary.h"

#include <stdlib.h>
#include <string.h>

/* A climb has nine; a guest that prints more has them counted. */
#define PAGE_RUNGS 64
#define TITLE_SIZE 1024

struct page_writer {
    struct trace_writer writer;
    struct html html;
    char title[TITLE_SIZE];
    struct page_sums sums;
    struct trace_rung rungs[PAGE_RUNGS];
    unsigned rung_count;
    uint64_t rungs_unkept;
    struct overview overview;
    struct page_map map;
    struct page_requests requests;
    struct page_data data;
};

static struct page_writer *page_of(struct trace_writer *w)
{
    return (struct page_writer *)w;
}

static void page_begin(struct trace_writer *w, const struct trace_run *run)
{
    static const struct viewer_asset *const styles[] = {&viewer_page_css, &viewer_trace_css, NULL};
    struct page_writer *page = page_of(w);
    char title[TITLE_SIZE + 16];
    snprintf(page->title, sizeof page->title, "%s", run->title);
    snprintf(title, sizeof title, "Trace: %s", page->title);
    html_begin(&page->html, w->out, title, styles);
    page_data_begin(&page->data, w->out);
    requests_begin(&page->requests);
}

static void add_up(struct page_sums *sums, const struct trace_event *e)
{
    const struct trace_record *r = &e->record;
    switch (r->kind) {
    case TRACE_EXIT:
    case TRACE_OTHER_EXIT:
        sums->host += r->duration;
        sums->backend += r->backend;
        break;
    case TRACE_COALESCED:
        sums->collected++;
        break;
    case TRACE_DOORBELL:
        sums->doorbells += r->count;
        break;
    case TRACE_REQUEST:
        sums->requests++;
        break;
    case TRACE_INTERRUPT:
        sums->interrupts++;
        break;
    default:
        break;
    }
}

static void page_event(struct trace_writer *w, const struct trace_event *e)
{
    struct page_writer *page = page_of(w);
    add_up(&page->sums, e);
    overview_event(&page->overview, e);
    map_event(&page->map, e);
    requests_event(&page->requests, e);
    page_data_event(&page->data, e);
}

static void page_rung(struct trace_writer *w, const struct trace_rung *rung)
{
    struct page_writer *page = page_of(w);
    if (page->rung_count == PAGE_RUNGS) {
        page->rungs_unkept++;
        return;
    }
    page->rungs[page->rung_count++] = *rung;
    page_data_rung(&page->data, rung);
}

/* The copy is a band among the rungs, with a number that no rung has. */
static void keep_copy(struct page_writer *page)
{
    const struct overview *o = &page->overview;
    if (o->copy_end > 0)
        page_data_rung(
            &page->data,
            &(struct trace_rung){.begin = o->copy_begin, .end = o->copy_end, .line = "copy"});
}

/* What the page shows */
static const char *heading(const struct page_writer *page)
{
    bool copy = page->overview.copy_end > 0;
    if (page->rung_count > 0)
        return copy ? "The climb and the copy" : "The climb";
    return copy ? "The copy" : "The run";
}

static void page_end(struct trace_writer *w, const struct trace_totals *totals)
{
    struct page_writer *page = page_of(w);
    const struct html *html = &page->html;
    keep_copy(page);
    page_data_end(&page->data, totals, page->sums.host, page->sums.backend);
    fputs("<main>\n", w->out);
    summary_totals(html, page->overview.copy_end > 0 ? "copy" : "run", page->title, &page->sums,
                   totals);
    fprintf(w->out, "<section id=\"timeline\"><h2>%s</h2>\n", heading(page));
    overview_print(&page->overview, html, page->rungs, page->rung_count, totals->end);
    fputs("<noscript><p class=\"quiet\">With JavaScript, this can be zoomed and filtered, and "
          "every access has its words.</p></noscript>\n</section>\n",
          w->out);
    if (page->overview.copy_end > 0)
        requests_print(&page->requests, html);
    summary_rungs(html, page->rungs, page->rung_count, page->rungs_unkept);
    if (page->overview.copy_end == 0)
        requests_print(&page->requests, html);
    requests_free(&page->requests);
    summary_registers(html, totals->profile);
    map_print(&page->map, html, totals->end);
    fputs("</main>\n", w->out);
    html_end(&page->html, &viewer_trace_js);
}

struct trace_writer *trace_page_writer(FILE *out)
{
    static const struct trace_writer_ops ops = {
        .begin = page_begin, .event = page_event, .rung = page_rung, .end = page_end};
    struct page_writer *page = calloc(1, sizeof *page);
    if (page == NULL)
        return NULL;
    page->writer.ops = &ops;
    page->writer.out = out;
    return (struct trace_writer *)page; /* freed by the caller */
}

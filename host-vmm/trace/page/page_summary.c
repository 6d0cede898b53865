/* SPDX-License-Identifier: MIT */
/* Totals, rungs and registers as HTML. The script sorts and filters them; it adds nothing that is not here. */
#include "page_summary.h"

#include "page_notes.h"

#include <inttypes.h>

/* --- totals ------------------------------------------------------------------------------------------ */

static void print_total(const struct html *html, const char *id, const char *name,
                        const char *value, const char *more)
{
    fprintf(html->out,
            "<div><dt>%s</dt><dd id=\"total-%s\">%s</dd><dd class=\"quiet\">%s</dd></div>\n", name,
            id, value, more);
}

static void print_count(const struct html *html, const char *id, const char *name, uint64_t count)
{
    char text[HTML_SHORT_SIZE];
    print_total(html, id, name, html_count(count, text), "");
}

static void print_part(const struct html *html, const char *id, const char *name, uint64_t ns,
                       uint64_t whole)
{
    char text[HTML_SHORT_SIZE], share[HTML_SHORT_SIZE] = "";
    if (whole > 0)
        snprintf(share, sizeof share, "%.1f %%", 100.0 * (double)ns / (double)whole);
    print_total(html, id, name, html_duration(ns, text), share);
}

static void print_lost(const struct html *html, uint64_t lost)
{
    char text[HTML_SHORT_SIZE];
    if (lost > 0)
        fprintf(html->out,
                "<p class=\"warning\" id=\"lost\"><strong>This trace has gaps: %s record%s could "
                "not be kept.</strong> Counts and times below are of what was kept; the timeline "
                "shows where the gaps are.</p>\n",
                html_count(lost, text), lost == 1 ? "" : "s");
}

void summary_totals(const struct html *html, const char *what, const char *title,
                    const struct page_sums *sums, const struct trace_totals *totals)
{
    uint64_t host = sums->host < totals->end ? sums->host : totals->end;
    uint64_t backend = sums->backend < host ? sums->backend : host;
    fprintf(html->out, "<header>\n<h1>A %s, access by access</h1>\n<p class=\"command\"><code>",
            what);
    html_text(html, title);
    fprintf(html->out, "</code></p>\n<p class=\"quiet\">Recorded by Trapline %s. ",
            TRAPLINE_VERSION);
    if (totals->exit_status == 0)
        fputs("The run passed.</p>\n", html->out);
    else
        fprintf(html->out, "The run ended with exit status %d.</p>\n", totals->exit_status);
    print_lost(html, totals->lost);
    fputs("<dl class=\"totals\">\n", html->out);
    print_count(html, "exits", "Exits to user space", totals->exits);
    print_part(html, "run", "Time of the run", totals->end, 0);
    print_part(html, "guest", "in the guest and KVM", totals->end - host, totals->end);
    print_part(html, "models", "in device models", host - backend, totals->end);
    print_part(html, "backend", "in files, by exits", backend, totals->end);
    print_count(html, "collected", "Writes that KVM collected", sums->collected);
    print_count(html, "doorbells", "Doorbells seen by workers", sums->doorbells);
    print_count(html, "requests", "Requests", sums->requests);
    print_count(html, "interrupts", "Interrupts", sums->interrupts);
    print_count(html, "lost", "Records lost", totals->lost);
    fputs("</dl>\n</header>\n", html->out);
}

/* --- rungs ------------------------------------------------------------------------------------------- */

static void print_rung(const struct html *html, const struct trace_rung *rung, bool with_note)
{
    char begin[HTML_SHORT_SIZE], took[HTML_SHORT_SIZE];
    const struct page_note *note = with_note ? page_note(rung) : NULL;
    uint64_t ns = rung->end > rung->begin ? rung->end - rung->begin : 0;
    fprintf(html->out,
            "<li class=\"rung\" data-begin=\"%" PRIu64 "\" data-end=\"%" PRIu64 "\">"
            "<span class=\"number\">%u</span><div><p class=\"line\"><code>",
            rung->begin, rung->end, rung->number);
    html_text(html, rung->line);
    fprintf(html->out, "</code></p>\n<p class=\"quiet times\">from %s, took %s</p>\n",
            html_time(rung->begin, begin), html_duration(ns, took));
    if (note != NULL)
        fprintf(html->out, "<p class=\"note\"><strong>%s.</strong> %s</p>", note->title,
                note->text);
    fputs("</div></li>\n", html->out);
}

void summary_rungs(const struct html *html, const struct trace_rung *rungs, unsigned count,
                   uint64_t unkept)
{
    char text[HTML_SHORT_SIZE];
    unsigned long long noted = 0; /* by number: after a reset the climb begins anew */
    if (count == 0)
        return;
    fputs("<section id=\"rungs\"><h2>What each rung made possible</h2>\n<ol class=\"rungs\">\n",
          html->out);
    for (unsigned i = 0; i < count; i++) {
        unsigned number = rungs[i].number < 64 ? rungs[i].number : 0;
        print_rung(html, &rungs[i], !(noted >> number & 1));
        noted |= 1ull << number;
    }
    fputs("</ol>\n", html->out);
    if (unkept > 0)
        fprintf(html->out, "<p>%s further lines look like rungs and are not shown here.</p>\n",
                html_count(unkept, text));
    fputs("</section>\n", html->out);
}

/* --- registers --------------------------------------------------------------------------------------- */

static void print_register(const struct html *html, const struct profile_row *row)
{
    char exits[HTML_SHORT_SIZE], accesses[HTML_SHORT_SIZE], collected[HTML_SHORT_SIZE];
    char total[HTML_SHORT_SIZE], median[HTML_SHORT_SIZE];
    fputs("<tr><th scope=\"row\">", html->out);
    html_text(html, row->device);
    fputs("</th><td>", html->out);
    html_text(html, row->reg);
    fprintf(html->out,
            "</td><td>%s</td><td class=\"number\">%s</td><td class=\"number\">%s</td><td "
            "class=\"number\">%s</td><td class=\"number\">%s</td><td "
            "class=\"number\">%s</td></tr>\n",
            row->is_write ? "write" : "read", html_count(row->exits, exits),
            html_count(row->accesses, accesses), html_count(row->collected, collected),
            row->exits > 0 ? html_duration(row->ns, total) : "",
            row->exits > 0 ? html_duration(row->median_ns, median) : "");
}

void summary_registers(const struct html *html, struct profile *profile)
{
    static const char *const columns[] = {"Exits", "Accesses", "Collected", "Total", "Median"};
    char text[HTML_SHORT_SIZE];
    unsigned count;
    const struct profile_row *rows = profile_rows(profile, &count);
    fputs("<section id=\"registers\"><h2>Devices and registers</h2>\n<p>Total and median are the "
          "time that exits spent in user space.</p>\n<div class=\"scroll\" tabindex=\"0\" "
          "role=\"region\" aria-label=\"Devices and registers\"><table class=\"registers\">\n"
          "<thead><tr><th scope=\"col\">Device</th><th scope=\"col\">Register</th><th "
          "scope=\"col\">Direction</th>",
          html->out);
    for (unsigned i = 0; i < sizeof columns / sizeof columns[0]; i++)
        fprintf(html->out, "<th scope=\"col\" class=\"number\">%s</th>", columns[i]);
    fputs("</tr></thead>\n<tbody>\n", html->out);
    for (unsigned i = 0; i < count && i < SUMMARY_ROWS; i++)
        print_register(html, &rows[i]);
    fputs("</tbody></table></div>\n", html->out);
    if (count > SUMMARY_ROWS)
        fprintf(html->out, "<p class=\"rest\">And %s more, with fewer exits.</p>\n",
                html_count(count - SUMMARY_ROWS, text));
    fputs("</section>\n", html->out);
}

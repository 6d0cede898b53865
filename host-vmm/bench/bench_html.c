/* SPDX-License-Identifier: MIT */
/* The page's frame: whose figures these are, the parts one after the other, the figures for the script. */
#include "bench_html.h"

#include "../report.h"
#include "bench_html_internal.h"
#include "output.h"
#include "table.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- scales and figures ----------------------------------------------------------------------------- */

double power_of_ten(int power)
{
    double value = 1;
    for (; power > 0; power--)
        value *= 10;
    for (; power < 0; power++)
        value /= 10;
    return value;
}

/* Of a number above 0, to more digits than a page shows; the C library's is in a library of its own, whose pages
 * every run would have to map. *above: no power of ten, and the next one is above. */
static double log_of(double value, int *whole, bool *above)
{
    double part = 0, bit = 0.5;
    for (*whole = 0; value >= 10; (*whole)++)
        value /= 10;
    for (; value < 1; (*whole)--)
        value *= 10;
    *above = value > 1;
    /* The logarithm's binary digits: squaring doubles it. */
    for (unsigned i = 0; i < 40; i++, bit /= 2) {
        value *= value;
        if (value < 10)
            continue;
        value /= 10;
        part += bit;
    }
    return *whole + part;
}

void log_scale_take(struct log_scale *scale, double value)
{
    if (!(value > 0) || !isfinite(value))
        return;
    int below;
    bool above;
    (void)log_of(value, &below, &above);
    if (!scale->any || below < scale->first)
        scale->first = below;
    if (!scale->any || below + above > scale->last)
        scale->last = below + above;
    if (scale->last == scale->first)
        scale->last++;
    scale->any = true;
}

double log_scale_percent(const struct log_scale *scale, double value)
{
    if (!scale->any || !(value > 0) || !isfinite(value))
        return 0;
    int whole;
    bool above;
    double part = (log_of(value, &whole, &above) - scale->first) / (scale->last - scale->first);
    return 100 * (part < 0 ? 0 : part > 1 ? 1 : part);
}

const char *html_figure(double value, char text[HTML_SHORT_SIZE])
{
    int digits = value == 0 || value >= 100 ? 0
                 : value >= 10              ? 1
                 : value >= 1               ? 2
                 : value >= 0.1             ? 3
                                            : 4;
    if (digits == 0 && value < 1e18)
        return html_count((uint64_t)(value + 0.5), text);
    snprintf(text, HTML_SHORT_SIZE, "%.*f", digits, value);
    return text;
}

/* --- rows ------------------------------------------------------------------------------------------- */

void html_line_name(const struct html *html, const struct line *line)
{
    fputs("<th scope=\"row\">", html->out);
    html_text(html, line->name);
    if (line->state == LINE_MEASURED && line->note[0] != '\0') {
        fputs(" <small>(", html->out);
        html_text(html, line->note);
        fputs(")</small>", html->out);
    }
    fputs("</th>", html->out);
}

void html_line_state(const struct html *html, const struct line *line, unsigned columns)
{
    fprintf(html->out, "<td class=\"out\" colspan=\"%u\">%s", columns,
            line_state_name(line->state));
    if (line->note[0] != '\0') {
        fputs(": ", html->out);
        html_text(html, line->note);
    }
    fputs("</td>", html->out);
}

void html_rows(const struct html *html, const struct lines *lines, unsigned columns,
               bool (*shows)(const struct line *line, const void *context), const void *context,
               void (*row)(const struct html *html, const struct line *line, const void *context))
{
    const char *group = NULL;
    for (unsigned i = 0; i < lines->count; i++) {
        const struct line *line = &lines->line[i];
        if (!table_shows(line) || !shows(line, context))
            continue;
        if (group == NULL || strcmp(group, line->group) != 0) {
            fprintf(html->out,
                    "%s<tbody>\n<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%u\">",
                    group != NULL ? "</tbody>\n" : "", columns);
            html_text(html, group = line->group);
            fputs("</th></tr>\n", html->out);
        }
        fputs(line->state == LINE_FAILED ? "<tr class=\"failed\" data-line=\"" : "<tr data-line=\"",
              html->out);
        html_text(html, line->name);
        fputs("\">", html->out);
        row(html, line, context);
        fputs("</tr>\n", html->out);
    }
    if (group != NULL)
        fputs("</tbody>\n", html->out);
}

/* --- the page --------------------------------------------------------------------------------------- */

static void put_term(const struct html *html, const char *term, const char *text)
{
    fprintf(html->out, "<dt>%s</dt><dd>", term);
    html_text(html, text);
    fputs("</dd>\n", html->out);
}

static void put_head(const struct html *html, const struct lines *lines,
                     const struct kvm_kind *kind)
{
    char text[160];
    fputs(
        "<header>\n<h1>What each way costs</h1>\n"
        "<p>Every way in which this program moves data between a guest and its host, priced on one "
        "machine by <code>trapline bench</code>.</p>\n<dl class=\"machine\">\n",
        html->out);
    snprintf(text, sizeof text, "%s%s%s%s", kind->kind, kind->module[0] ? " (" : "", kind->module,
             kind->module[0] ? ")" : "");
    put_term(html, "KVM", text);
    put_term(html, "Processor", kind->cpu);
    snprintf(text, sizeof text, "%s%s", kind->kernel,
             kind->virtual_machine ? ", itself a virtual machine" : "");
    put_term(html, "Host", text);
    snprintf(text, sizeof text, "%.0f MHz", lines->tsc_khz / 1000);
    put_term(html, "TSC", text);
    fputs(
        "</dl>\n<p class=\"caution\"><strong>These figures are this machine\xe2\x80\x99s.</strong> "
        "They do not carry over to another one, and least of all to another kind of KVM: counts "
        "do, ratios within one run may.</p>\n</header>\n",
        html->out);
}

/* In a script element nothing may look like its end, nor like a comment. In JSON "<" stands in strings only. */
static int put_data(const struct html *html, const struct lines *lines, const struct kvm_kind *kind)
{
    json_t *object = bench_json(lines, kind);
    char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (text == NULL)
        return -1;
    fputs("<script type=\"application/json\" id=\"bench-data\">", html->out);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '<')
            fputs("\\u003c", html->out);
        else
            fputc(*p, html->out);
    }
    fputs("</script>\n", html->out);
    free(text);
    return 0;
}

static int put_page(FILE *out, const struct lines *lines, const struct kvm_kind *kind)
{
    static const struct viewer_asset *const styles[] = {&viewer_page_css, &viewer_bench_css, NULL};
    struct html html;
    html_begin(&html, out, "trapline bench: what each way costs", styles);
    put_head(&html, lines, kind);
    fputs("<main>\n", out);
    html_latencies(&html, lines);
    html_rates(&html, lines);
    html_exits(&html, lines);
    fputs("</main>\n", out);
    int failed = put_data(&html, lines, kind);
    html_end(&html, &viewer_bench_js);
    return failed;
}

int bench_html_write(const struct lines *lines, const struct kvm_kind *kind, int fd,
                     const char *path)
{
    int own = dup(fd);
    FILE *out = own >= 0 ? fdopen(own, "w") : NULL;
    if (out == NULL) {
        int error = errno;
        if (own >= 0)
            close(own);
        return host_failure("--html %s: %s", path, strerror(error));
    }
    int failed = put_page(out, lines, kind) != 0 || ferror(out);
    failed |= fclose(out) != 0;
    return failed ? host_failure("--html %s: cannot write it", path) : 0;
}

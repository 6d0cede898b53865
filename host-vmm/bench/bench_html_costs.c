/* SPDX-License-Identifier: MIT */
/* The page's two tables of what an operation costs: time, and exits. */
#include "bench_html_internal.h"
#include "code_lines.h"
#include "output.h"

#include <stdio.h>

#define LATENCY_COLUMNS 6
#define EXIT_COLUMNS 9

static bool shows_all(const struct line *line, const void *context)
{
    (void)line, (void)context;
    return true;
}

/* --- what both have --------------------------------------------------------------------------------- */

/* The lines at the powers of ten, once for all rows. */
static void put_grid(const struct html *html, const char *id, const struct log_scale *scale)
{
    fprintf(html->out, "<svg class=\"hidden\" aria-hidden=\"true\"><defs><g id=\"%s\">", id);
    for (int power = scale->first; scale->any && power <= scale->last; power++) {
        double x = log_scale_percent(scale, power_of_ten(power));
        fprintf(html->out, "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"100%%\"/>", x, x);
    }
    fputs("</g></defs></svg>\n", html->out);
}

/* The heading of a column of bars: the powers of ten, at most so many of them and one. */
static void put_axis(const struct html *html, const struct log_scale *scale, int most,
                     const char *(*label)(int power, char text[HTML_SHORT_SIZE]))
{
    int step = (scale->last - scale->first + most - 1) / most;
    fputs("<svg class=\"axis\" width=\"100%\" height=\"20\" aria-hidden=\"true\">", html->out);
    for (int power = scale->first; scale->any && power <= scale->last;
         power += step > 0 ? step : 1) {
        char text[HTML_SHORT_SIZE];
        double x = log_scale_percent(scale, power_of_ten(power));
        const char *anchor = x < 1 ? "start" : x > 99 ? "end" : "middle";
        fprintf(html->out, "<text x=\"%.2f%%\" y=\"14\" text-anchor=\"%s\">%s</text>", x, anchor,
                label(power, text));
    }
    fputs("</svg>", html->out);
}

static void put_cell(const struct html *html, const char *label, const char *text)
{
    fprintf(html->out, "<td class=\"figure\" data-label=\"%s\">%s</td>", label, text);
}

/* --- time ------------------------------------------------------------------------------------------- */

static const char *time_label(int power, char text[HTML_SHORT_SIZE])
{
    /* Below a nanosecond there is nothing that a clock has told. */
    if (power < 0)
        snprintf(text, HTML_SHORT_SIZE, "%g ns", power_of_ten(power));
    else
        snprintf(text, HTML_SHORT_SIZE, "%d\xc2\xa0%s", (int)power_of_ten(power % 3),
                 power < 3   ? "ns"
                 : power < 6 ? "\xc2\xb5s"
                 : power < 9 ? "ms"
                             : "s");
    return text;
}

static void put_time(const struct html *html, const char *label, double ns)
{
    char text[HTML_SHORT_SIZE];
    put_cell(html, label, ns > 0 ? html_duration((uint64_t)(ns + 0.5), text) : "~0");
}

static void put_latency_bar(const struct html *html, const struct line *line,
                            const struct log_scale *scale)
{
    bool has_p99 = line->samples >= P99_SAMPLES;
    double from = log_scale_percent(scale, line->ns_min);
    double median = log_scale_percent(scale, line->ns_median);
    double to = has_p99 ? log_scale_percent(scale, line->ns_p99) : median;
    fprintf(html->out,
            "<td class=\"bar\"><svg width=\"100%%\" height=\"20\" aria-hidden=\"true\">"
            "<use class=\"grid\" href=\"#time-grid\"/>"
            "<rect class=\"range\" x=\"%.2f%%\" y=\"6\" width=\"%.2f%%\" height=\"8\" rx=\"2\"/>"
            "<line class=\"median\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"2\" y2=\"18\"/></svg></td>",
            from, to - from, median, median);
}

static void put_latency(const struct html *html, const struct line *line, const void *context)
{
    char text[HTML_SHORT_SIZE];
    html_line_name(html, line);
    if (line->state != LINE_MEASURED || !line->has_latency) {
        html_line_state(html, line, LATENCY_COLUMNS - 1);
        return;
    }
    put_latency_bar(html, line, context);
    put_time(html, "min", line->ns_min);
    put_time(html, "median", line->ns_median);
    if (line->samples >= P99_SAMPLES)
        put_time(html, "p99", line->ns_p99);
    else
        put_cell(html, "p99", "\xe2\x80\x93");
    put_cell(html, "ops/s",
             line->ops_per_s > 0 ? html_figure(line->ops_per_s, text) : "\xe2\x80\x93");
}

static struct log_scale latency_scale(const struct lines *lines)
{
    struct log_scale scale = {0};
    for (unsigned i = 0; i < lines->count; i++) {
        const struct line *line = &lines->line[i];
        if (!table_shows(line) || line->state != LINE_MEASURED || !line->has_latency)
            continue;
        log_scale_take(&scale, line->ns_min);
        log_scale_take(&scale, line->ns_median);
        if (line->samples >= P99_SAMPLES)
            log_scale_take(&scale, line->ns_p99);
    }
    return scale;
}

void html_latencies(const struct html *html, const struct lines *lines)
{
    struct log_scale scale = latency_scale(lines);
    fprintf(
        html->out,
        "<section id=\"latency\">\n<h2>One operation</h2>\n<p>A bar is from the fastest to the "
        "99th percentile, the stroke in it the median; the scale is logarithmic. Where bytes "
        "move, the operation is a read of 4 KiB. ~0: not above the cost of measuring, which is "
        "taken off. p99 is of %d samples or more. ops/s: what all operations took, the slow ones "
        "with them.</p>\n",
        P99_SAMPLES);
    put_grid(html, "time-grid", &scale);
    fputs("<table class=\"lines\">\n<thead><tr><th scope=\"col\">Mechanism</th><th class=\"bar\">",
          html->out);
    put_axis(html, &scale, 5, time_label);
    fputs("</th><th scope=\"col\">min</th><th scope=\"col\">median</th><th scope=\"col\">p99</th>"
          "<th scope=\"col\">ops/s</th></tr></thead>\n",
          html->out);
    html_rows(html, lines, LATENCY_COLUMNS, shows_all, &scale, put_latency);
    fputs("</table>\n</section>\n", html->out);
}

/* --- exits ------------------------------------------------------------------------------------------ */

struct exit_scales {
    struct log_scale operation, mib;
};

/* The scale begins where a count is as good as none. */
static double shown(double count)
{
    return count > 0.01 ? count : 0.01;
}

static const char *count_label(int power, char text[HTML_SHORT_SIZE])
{
    if (power < 0)
        snprintf(text, HTML_SHORT_SIZE, "%g", power_of_ten(power));
    else
        snprintf(text, HTML_SHORT_SIZE, "%d%s", (int)power_of_ten(power % 3),
                 power < 3   ? ""
                 : power < 6 ? "k"
                 : power < 9 ? "M"
                             : "G");
    return text;
}

static void put_bar(const struct html *html, const char *class, double percent, unsigned y)
{
    fprintf(html->out,
            "<rect class=\"%s\" x=\"0\" y=\"%u\" width=\"%.2f%%\" height=\"7\" rx=\"1\"/>", class,
            y, percent);
}

static void put_exit_bars(const struct html *html, const struct line *line,
                          const struct line_cell *bulk, const struct exit_scales *scales)
{
    fputs("<td class=\"bar\"><svg width=\"100%\" height=\"20\" aria-hidden=\"true\">"
          "<use class=\"grid\" href=\"#exit-grid\"/>",
          html->out);
    put_bar(html, "user", log_scale_percent(&scales->operation, line->exits_per_op), 2);
    if (line->has_kernel_exits)
        put_bar(html, "kernel", log_scale_percent(&scales->operation, line->kernel_exits_per_op),
                11);
    fputs("</svg></td>", html->out);
    if (bulk == NULL) {
        fputs("<td class=\"bar\"></td>", html->out);
        return;
    }
    fputs("<td class=\"bar\"><svg width=\"100%\" height=\"20\" aria-hidden=\"true\">"
          "<use class=\"grid\" href=\"#mib-grid\"/>",
          html->out);
    put_bar(html, "user", log_scale_percent(&scales->mib, bulk->exits_per_mib), 6);
    fputs("</svg></td>", html->out);
}

static void put_exits(const struct html *html, const struct line *line, const void *context)
{
    const struct line_cell *bulk = line_bulk_cell(line);
    const struct code_lines *code = code_lines_find(line->code);
    char text[HTML_SHORT_SIZE];
    html_line_name(html, line);
    put_exit_bars(html, line, bulk, context);
    put_cell(html, "exits", html_figure(line->exits_per_op, text));
    put_cell(html, "kernel",
             line->has_kernel_exits ? html_figure(line->kernel_exits_per_op, text) : "n/a");
    put_cell(html, "irqs", html_figure(line->interrupts_per_op, text));
    put_cell(html, "exits/MiB", bulk != NULL ? html_figure(bulk->exits_per_mib, text) : "");
    put_cell(html, "driver", code != NULL ? html_count(code->driver, text) : "");
    put_cell(html, "model", code != NULL ? html_count(code->model, text) : "");
}

static bool has_exits(const struct line *line)
{
    return line->state == LINE_MEASURED && line->has_exits;
}

static bool shows_exits(const struct line *line, const void *context)
{
    (void)context;
    return has_exits(line);
}

void html_exits(const struct html *html, const struct lines *lines)
{
    /* What is below a hundredth is the host's tick. */
    struct exit_scales scales = {{-2, 1, true}, {-2, 1, true}};
    bool any = false;
    for (unsigned i = 0; i < lines->count; i++) {
        const struct line *line = &lines->line[i];
        if (!table_shows(line) || !has_exits(line))
            continue;
        const struct line_cell *bulk = line_bulk_cell(line);
        any = true;
        log_scale_take(&scales.operation, shown(line->exits_per_op));
        if (line->has_kernel_exits)
            log_scale_take(&scales.operation, shown(line->kernel_exits_per_op));
        if (bulk != NULL)
            log_scale_take(&scales.mib, shown(bulk->exits_per_mib));
    }
    if (!any)
        return;
    fputs("<section id=\"exits\">\n<h2>Exits</h2>\n<p>How often the guest is left: "
          "<span class=\"key user\">to user space</span> and <span class=\"key kernel\">to KVM "
          "alone</span>, for one operation, and to user space for a mebibyte moved by the largest "
          "operations. A KVM that interprets the guest counts no exit where it does. irqs: "
          "interrupts that devices raised for an operation. driver, model: lines of code on either "
          "side. The scales are logarithmic; a bar that is not there is none, or less than a "
          "hundredth.</p>\n",
          html->out);
    put_grid(html, "exit-grid", &scales.operation);
    put_grid(html, "mib-grid", &scales.mib);
    fputs("<table class=\"lines exits\">\n<thead><tr><th scope=\"col\">Mechanism</th>"
          "<th class=\"bar\">for an operation",
          html->out);
    put_axis(html, &scales.operation, 4, count_label);
    fputs("</th><th class=\"bar\">for a MiB", html->out);
    put_axis(html, &scales.mib, 4, count_label);
    fputs(
        "</th><th scope=\"col\">exits</th><th scope=\"col\">kernel</th><th scope=\"col\">irqs</th>"
        "<th scope=\"col\">exits/MiB</th><th scope=\"col\">driver</th><th scope=\"col\">model</th>"
        "</tr></thead>\n",
        html->out);
    html_rows(html, lines, EXIT_COLUMNS, shows_exits, &scales, put_exits);
    fputs("</table>\n</section>\n", html->out);
}

/* SPDX-License-Identifier: MIT */
/* Drawing the picture. Places are in percent, so that text keeps its size at any width. */
#include "page_overview.h"

#include <inttypes.h>
#include <string.h>

#define AXIS_HEIGHT 20
#define MODES_HEIGHT 22
#define RUNGS_HEIGHT 26
#define LABELS_HEIGHT 18 /* above the rungs: the numbers of those that are too narrow */
#define LANE_HEIGHT 38
#define BARS_HEIGHT 18 /* below the lane's name, which nothing is to lie over */
#define TICKS 4
#define NUMBER_STEP 3.4 /* percent that a digit needs on a phone */
#define LABELS_MAX 28u

/* A name that has no room in its band */
struct label {
    double middle, width; /* of the band, of the name; percent */
    char name[16];
};

/* Where the rows are, from top to bottom, and how long the run is (ns). */
struct rows {
    unsigned rungs, lanes, height;
    uint64_t end;
    struct label labels[LABELS_MAX];
    unsigned label_count;
};

static double percent(uint64_t time, uint64_t end)
{
    return end > 0 ? 100.0 * (double)time / (double)end : 0;
}

static void print_axis(const struct html *html, uint64_t end, unsigned height)
{
    static const char *const anchors[TICKS + 1] = {"start", "middle", "middle", "middle", "end"};
    char text[HTML_SHORT_SIZE];
    for (unsigned i = 0; i <= TICKS; i++) {
        double x = 100.0 * i / TICKS;
        fprintf(html->out,
                "<line class=\"grid\" x1=\"%g%%\" x2=\"%g%%\" y1=\"%d\" y2=\"%u\"/>"
                "<text x=\"%g%%\" y=\"13\" text-anchor=\"%s\">%s</text>\n",
                x, x, AXIS_HEIGHT - 4, height, x, anchors[i],
                html_duration(end / TICKS * i + end % TICKS * i / TICKS, text));
    }
}

static void print_modes(const struct overview *o, const struct html *html, uint64_t end,
                        unsigned height)
{
    for (unsigned i = 0; i < o->stay_count; i++) {
        uint64_t begin = o->stays[i].begin;
        uint64_t until = i + 1 < o->stay_count ? o->stays[i + 1].begin : end;
        double x = percent(begin, end), width = percent(until, end) - x;
        const char *name = trace_mode_name(o->stays[i].mode);
        char from[HTML_SHORT_SIZE], to[HTML_SHORT_SIZE];
        if (until <= begin)
            continue;
        fprintf(html->out,
                "<g class=\"mode-%s\"><title>%s, %s to %s</title>"
                "<rect class=\"mode-tint\" x=\"%.4f%%\" width=\"%.4f%%\" y=\"%d\" height=\"%u\"/>"
                "<rect class=\"mode\" x=\"%.4f%%\" width=\"%.4f%%\" y=\"%d\" height=\"%d\"/>",
                name, name, html_time(begin, from), html_time(until, to), x, width, AXIS_HEIGHT,
                height - AXIS_HEIGHT, x, width, AXIS_HEIGHT, MODES_HEIGHT);
        /* Only where it has room on a phone, too */
        if (width >= 18)
            fprintf(html->out, "<text x=\"%.4f%%\" dx=\"4\" y=\"%d\">%s</text>", x,
                    AXIS_HEIGHT + 15, name);
        fputs("</g>\n", html->out);
    }
}

/* A dotted line at the end of a band, where the bars are. */
static void print_end(const struct overview *o, const struct html *html, double x, unsigned top)
{
    for (unsigned i = 0; i < o->lane_count; i++) {
        unsigned bottom = top + (i + 1) * LANE_HEIGHT;
        fprintf(html->out, "<line x1=\"%.4f%%\" x2=\"%.4f%%\" y1=\"%u\" y2=\"%u\"/>", x, x,
                bottom - BARS_HEIGHT, bottom);
    }
}

/* A band in the row of rungs, with a name where there is room. */
static void print_band(const struct overview *o, const struct html *html, const char *title,
                       const char *name, uint64_t begin, uint64_t end, const struct rows *rows)
{
    double x = percent(begin, rows->end), width = percent(end, rows->end) - x;
    if (width < 0)
        return;
    fputs("<g class=\"rung\"><title>", html->out);
    html_text(html, title);
    fprintf(html->out, "</title><rect x=\"%.4f%%\" width=\"%.4f%%\" y=\"%u\" height=\"%d\"/>", x,
            width, rows->rungs, RUNGS_HEIGHT);
    print_end(o, html, x + width, rows->lanes);
    if (width >= NUMBER_STEP * (double)strlen(name))
        fprintf(html->out,
                "<text x=\"%.4f%%\" y=\"%u\" text-anchor=\"middle\" class=\"number\">%s</text>",
                x + width / 2, rows->rungs + 18, name);
    fputs("</g>\n", html->out);
}

static bool is_narrow(uint64_t begin, uint64_t end, const char *name, uint64_t run)
{
    return end >= begin && percent(end - begin, run) < NUMBER_STEP * (double)strlen(name);
}

static void add_label(struct rows *rows, const char *name, uint64_t begin, uint64_t end)
{
    if (rows->label_count == LABELS_MAX || !is_narrow(begin, end, name, rows->end))
        return;
    struct label *label = &rows->labels[rows->label_count++];
    label->middle = percent(begin + (end - begin) / 2, rows->end);
    label->width = NUMBER_STEP * (double)strlen(name);
    snprintf(label->name, sizeof label->name, "%s", name);
}

/* They stand above the bands, beside each other, with lines to the bands. */
static void print_labels(const struct html *html, const struct rows *rows)
{
    double places[LABELS_MAX], least = 0, most = 100;
    for (unsigned i = 0; i < rows->label_count; i++) {
        const struct label *l = &rows->labels[i];
        double half = l->width / 2;
        places[i] = l->middle > least + half ? l->middle : least + half;
        least = places[i] + half;
    }
    for (unsigned i = rows->label_count; i-- > 0;) {
        double half = rows->labels[i].width / 2;
        places[i] = places[i] < most - half ? places[i] : most - half;
        most = places[i] - half;
    }
    for (unsigned i = 0; i < rows->label_count; i++)
        fprintf(html->out,
                "<g class=\"label\"><line x1=\"%.4f%%\" x2=\"%.4f%%\" y1=\"%u\" y2=\"%u\"/><text "
                "x=\"%.4f%%\" y=\"%u\" text-anchor=\"middle\" class=\"number\">%s</text></g>\n",
                places[i], rows->labels[i].middle, rows->rungs - 4, rows->rungs + 4, places[i],
                rows->rungs - 5, rows->labels[i].name);
}

static void print_rungs(const struct overview *o, const struct html *html,
                        const struct trace_rung *rungs, unsigned count, const struct rows *rows)
{
    char number[16];
    for (unsigned i = 0; i < count; i++) {
        snprintf(number, sizeof number, "%u", rungs[i].number);
        print_band(o, html, rungs[i].line, number, rungs[i].begin, rungs[i].end, rows);
    }
    if (o->copy_end > 0)
        print_band(o, html, "copy", "copy", o->copy_begin, o->copy_end, rows);
    print_labels(html, rows);
}

/* One path for all bars of a lane, in slices and steps of its own that the browser stretches. */
static void print_lane(const struct overview *o, const struct html *html,
                       const struct overview_lane *lane, unsigned top, uint64_t end)
{
    char text[HTML_SHORT_SIZE];
    uint32_t most = 1;
    double slices = end > 0 ? (double)end / (double)o->slice : 1;
    for (unsigned i = 0; i < OVERVIEW_SLICES; i++)
        most = lane->counts[i] > most ? lane->counts[i] : most;
    fprintf(html->out,
            "<g class=\"lane\"><line x1=\"0\" x2=\"100%%\" y1=\"%u\" y2=\"%u\"/><text x=\"0\" "
            "dx=\"4\" y=\"%u\">",
            top, top, top + 13);
    html_text(html, lane->name);
    fprintf(html->out,
            " <tspan class=\"quiet\">%s</tspan></text>"
            "<svg x=\"0\" y=\"%u\" width=\"100%%\" height=\"%d\" viewBox=\"0 0 %.4f %d\" "
            "preserveAspectRatio=\"none\"><path d=\"",
            html_count(lane->marks, text), top + LANE_HEIGHT - BARS_HEIGHT, BARS_HEIGHT, slices,
            BARS_HEIGHT);
    for (unsigned i = 0; i < OVERVIEW_SLICES; i++)
        if (lane->counts[i] > 0)
            /* A single exit is seen, and the busiest slice is full. */
            fprintf(html->out, "M%u %dv-%.1fh1V%dz", i, BARS_HEIGHT,
                    4 + (BARS_HEIGHT - 4) * (double)lane->counts[i] / most, BARS_HEIGHT);
    fputs("\"/></svg></g>\n", html->out);
}

static struct rows find_rows(const struct overview *o, const struct trace_rung *rungs,
                             unsigned rung_count, uint64_t end)
{
    struct rows rows = {.rungs = AXIS_HEIGHT + MODES_HEIGHT, .end = end};
    bool bands = rung_count > 0 || o->copy_end > 0;
    char number[16];
    for (unsigned i = 0; i < rung_count; i++) {
        snprintf(number, sizeof number, "%u", rungs[i].number);
        add_label(&rows, number, rungs[i].begin, rungs[i].end);
    }
    if (o->copy_end > 0)
        add_label(&rows, "copy", o->copy_begin, o->copy_end);
    rows.rungs += rows.label_count > 0 ? LABELS_HEIGHT : 0;
    rows.lanes = rows.rungs + (bands ? RUNGS_HEIGHT : 0);
    rows.height = rows.lanes + o->lane_count * LANE_HEIGHT + 4;
    return rows;
}

void overview_print(const struct overview *o, const struct html *html,
                    const struct trace_rung *rungs, unsigned rung_count, uint64_t end)
{
    struct rows rows = find_rows(o, rungs, rung_count, end);
    fprintf(html->out,
            "<figure id=\"overview\"><svg class=\"overview\" width=\"100%%\" height=\"%u\" "
            "role=\"img\" aria-label=\"CPU modes, rungs and exits by device over time\">\n",
            rows.height);
    print_modes(o, html, end, rows.height);
    print_axis(html, end, rows.lanes);
    print_rungs(o, html, rungs, rung_count, &rows);
    for (unsigned i = 0; i < o->lane_count; i++)
        print_lane(o, html, &o->lanes[i], rows.lanes + i * LANE_HEIGHT, end);
    fputs("</svg>\n<figcaption>", html->out);
    if (rung_count > 0)
        fputs("Each numbered band is a rung, which ends when its line has been printed. ",
              html->out);
    if (o->copy_end > 0)
        fputs("The band \"copy\" is what the copy's time was taken of. ", html->out);
    fputs("Colours are CPU modes, as the exits found them. Below, for each device in the order "
          "of their first access, how many accesses there were when.</figcaption></figure>\n",
          html->out);
}

/* SPDX-License-Identifier: MIT */
/* Gathering and drawing the picture. Places are in percent, so that text keeps its size at any width. */
#include "page_overview.h"

#include <inttypes.h>
#include <string.h>

/* --- gathering --------------------------------------------------------------------------------------- */

/* One lane for a bus or a controller: "pci 00:02.0" is in "pci", "ata0" in "ata". viewer/trace/data.js does the
 * same. */
static void lane_name(const struct trace_event *e, char name[DECODED_DEVICE_SIZE])
{
    const char *device = e->decoded.device;
    size_t length = strcspn(device, " ");
    if (strncmp(device, "ata", 3) == 0 && strspn(device + 3, "0123456789") == length - 3)
        length = 3;
    snprintf(name, DECODED_DEVICE_SIZE, "%.*s", (int)length, device);
}

static struct overview_lane *find_lane(struct overview *o, const struct trace_event *e)
{
    char name[DECODED_DEVICE_SIZE];
    lane_name(e, name);
    for (unsigned i = 0; i < o->lane_count; i++)
        if (strcmp(o->lanes[i].name, name) == 0)
            return &o->lanes[i];
    if (o->lane_count == OVERVIEW_LANES)
        return &o->lanes[OVERVIEW_LANES - 1];
    struct overview_lane *lane = &o->lanes[o->lane_count++];
    snprintf(lane->name, sizeof lane->name, "%s",
             o->lane_count == OVERVIEW_LANES ? "(others)" : name);
    return lane;
}

static void double_slices(struct overview *o)
{
    for (unsigned l = 0; l < o->lane_count; l++) {
        uint32_t *counts = o->lanes[l].counts;
        for (unsigned i = 0; i < OVERVIEW_SLICES; i++)
            counts[i] = 2 * i < OVERVIEW_SLICES ? counts[2 * i] + counts[2 * i + 1] : 0;
    }
    o->slice *= 2;
}

static void count_mark(struct overview *o, const struct trace_event *e)
{
    if (o->slice == 0)
        o->slice = 1000;
    while (e->record.time / OVERVIEW_SLICES >= o->slice)
        double_slices(o);
    struct overview_lane *lane = find_lane(o, e);
    lane->counts[e->record.time / o->slice]++;
    lane->marks++;
}

/* A stay that is too short becomes part of the one before it, twice as long a one each time, until there is
 * room again. */
static void forget_short_stays(struct overview *o, uint64_t now)
{
    while (o->stay_count > OVERVIEW_STAYS / 2) {
        o->shortest = o->shortest > 0 ? 2 * o->shortest : 1000;
        unsigned kept = 0;
        for (unsigned i = 0; i < o->stay_count; i++) {
            uint64_t end = i + 1 < o->stay_count ? o->stays[i + 1].begin : now;
            bool same = kept > 0 && o->stays[kept - 1].mode == o->stays[i].mode;
            if (kept == 0 || (!same && end - o->stays[i].begin >= o->shortest))
                o->stays[kept++] = o->stays[i];
        }
        o->stay_count = kept;
    }
}

static void follow_mode(struct overview *o, const struct trace_event *e)
{
    uint8_t mode = e->record.mode;
    if (mode == TRACE_MODE_UNKNOWN || mode >= TRACE_MODES)
        return;
    if (o->stay_count > 0 && o->stays[o->stay_count - 1].mode == mode)
        return;
    if (o->stay_count == OVERVIEW_STAYS)
        forget_short_stays(o, e->record.time);
    o->stays[o->stay_count].begin = o->stay_count == 0 ? 0 : e->record.time;
    o->stays[o->stay_count++].mode = mode;
}

void overview_event(struct overview *o, const struct trace_event *e)
{
    follow_mode(o, e);
    if (trace_event_is_access(e) || e->record.kind == TRACE_OTHER_EXIT)
        count_mark(o, e);
}

/* --- drawing ----------------------------------------------------------------------------------------- */

#define AXIS_HEIGHT 20
#define MODES_HEIGHT 22
#define RUNGS_HEIGHT 26
#define LANE_HEIGHT 34
#define BARS_HEIGHT 18
#define TICKS 4

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

static void print_rungs(const struct html *html, const struct trace_rung *rungs, unsigned count,
                        uint64_t end, unsigned height)
{
    unsigned top = AXIS_HEIGHT + MODES_HEIGHT;
    for (unsigned i = 0; i < count; i++) {
        double x = percent(rungs[i].begin, end), width = percent(rungs[i].end, end) - x;
        if (width < 0)
            continue;
        fputs("<g class=\"rung\"><title>", html->out);
        html_text(html, rungs[i].line);
        fprintf(html->out,
                "</title><rect x=\"%.4f%%\" width=\"%.4f%%\" y=\"%u\" height=\"%d\"/>"
                "<line x1=\"%.4f%%\" x2=\"%.4f%%\" y1=\"%u\" y2=\"%u\"/>",
                x, width, top, RUNGS_HEIGHT, x + width, x + width, top, height);
        if (width >= 2)
            fprintf(html->out,
                    "<text x=\"%.4f%%\" y=\"%u\" text-anchor=\"middle\" class=\"number\">%u</text>",
                    x + width / 2, top + 18, rungs[i].number);
        fputs("</g>\n", html->out);
    }
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

void overview_print(const struct overview *o, const struct html *html,
                    const struct trace_rung *rungs, unsigned rung_count, uint64_t end)
{
    unsigned rungs_height = rung_count > 0 ? RUNGS_HEIGHT : 0;
    unsigned top = AXIS_HEIGHT + MODES_HEIGHT + rungs_height;
    unsigned height = top + o->lane_count * LANE_HEIGHT + 4;
    fprintf(html->out,
            "<figure id=\"overview\"><svg class=\"overview\" width=\"100%%\" height=\"%u\" "
            "role=\"img\" aria-label=\"CPU modes, rungs and exits by device over time\">\n",
            height);
    print_modes(o, html, end, height);
    print_axis(html, end, height);
    print_rungs(html, rungs, rung_count, end, height);
    for (unsigned i = 0; i < o->lane_count; i++)
        print_lane(o, html, &o->lanes[i], top + i * LANE_HEIGHT, end);
    fputs("</svg>\n<figcaption>", html->out);
    if (rung_count > 0)
        fputs("Each numbered band is a rung, which ends when its line has been printed. ",
              html->out);
    fputs("Colours are CPU modes, as the exits found them. Below, for each device in the order "
          "of their first access, how many accesses there were when.</figcaption></figure>\n",
          html->out);
}

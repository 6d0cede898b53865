/* SPDX-License-Identifier: MIT */
/* The page's tables of how fast bytes move: by size, reading and writing, one and many in flight. */
#include "bench_html_internal.h"
#include "output.h"
#include "settings.h"

#include <stdio.h>
#include <string.h>

#define SERIES (DIRECTIONS * DEPTHS)
#define RATE_COLUMNS (2 + SIZES)

/* The curve in a row, in units of its own */
#define CURVE_WIDTH 100
#define CURVE_HEIGHT 28
#define CURVE_EDGE 4

static const char *const series_names[SERIES] = {"Reading, one in flight", "Reading, 32 in flight",
                                                 "Writing, one in flight", "Writing, 32 in flight"};

struct rates {
    struct log_scale scale;
    const struct line *host; /* or NULL */
    unsigned series;
};

static const struct line_cell *cell_at(const struct line *line, unsigned series, unsigned size)
{
    return &line->cells[series / DEPTHS][size][series % DEPTHS];
}

static bool has_series(const struct line *line, unsigned series)
{
    if (!table_shows(line) || line->state != LINE_MEASURED || !line->moves_data)
        return false;
    for (unsigned i = 0; i < SIZES; i++)
        if (cell_at(line, series, i)->measured || cell_at(line, series, i)->missing)
            return true;
    return false;
}

static bool shows_rates(const struct line *line, const void *context)
{
    return has_series(line, ((const struct rates *)context)->series);
}

/* A line as a curve. One point alone is a dot: a stroke of no length with round ends. */
static void put_curve(const struct html *html, const struct line *line, unsigned series,
                      const struct log_scale *scale, const char *class)
{
    unsigned points = 0;
    double x = 0, y = 0;
    fprintf(html->out, "<polyline class=\"%s\" points=\"", class);
    for (unsigned i = 0; i < SIZES; i++) {
        const struct line_cell *cell = cell_at(line, series, i);
        if (!cell->measured)
            continue;
        x = CURVE_EDGE + (double)i * (CURVE_WIDTH - 2 * CURVE_EDGE) / (SIZES - 1);
        y = CURVE_HEIGHT - CURVE_EDGE -
            log_scale_percent(scale, cell->mib_per_s) * (CURVE_HEIGHT - 2 * CURVE_EDGE) / 100;
        fprintf(html->out, "%.1f,%.1f ", x, y);
        points++;
    }
    if (points == 1)
        fprintf(html->out, "%.1f,%.1f", x, y);
    fputs("\"/>", html->out);
}

static void put_rates(const struct html *html, const struct line *line, const void *context)
{
    static const char *const sizes[SIZES] = {"512 B", "4 KiB", "64 KiB", "1 MiB"};
    const struct rates *rates = context;
    html_line_name(html, line);
    fprintf(html->out, "<td class=\"curve\"><svg viewBox=\"0 0 %d %d\" aria-hidden=\"true\">",
            CURVE_WIDTH, CURVE_HEIGHT);
    /* The host has one at a time: it is the same to compare with, however many are in flight. */
    if (rates->host != NULL && rates->host != line)
        put_curve(html, rates->host, rates->series - rates->series % DEPTHS + ONE, &rates->scale,
                  "host");
    put_curve(html, line, rates->series, &rates->scale, "own");
    fputs("</svg></td>", html->out);
    for (unsigned i = 0; i < SIZES; i++) {
        const struct line_cell *cell = cell_at(line, rates->series, i);
        char text[HTML_SHORT_SIZE];
        fprintf(html->out, "<td class=\"figure\" data-label=\"%s\">", sizes[i]);
        if (cell->measured) {
            fputs(html_figure(cell->mib_per_s, text), html->out);
        } else if (cell->missing && line->cut != NULL) {
            fputs("<small>", html->out);
            html_text(html, line->cut);
            fputs("</small>", html->out);
        }
        fputs("</td>", html->out);
    }
}

static void put_series(const struct html *html, const struct lines *lines, struct rates *rates)
{
    fprintf(html->out,
            "<table class=\"rates\">\n<caption>%s</caption>\n<thead><tr><th scope=\"col\">Mechanism"
            "</th><th></th><th scope=\"col\">512 B</th><th scope=\"col\">4 KiB</th>"
            "<th scope=\"col\">64 KiB</th><th scope=\"col\">1 MiB</th></tr></thead>\n",
            series_names[rates->series]);
    html_rows(html, lines, RATE_COLUMNS, shows_rates, rates, put_rates);
    fputs("</table>\n", html->out);
}

void html_rates(const struct html *html, const struct lines *lines)
{
    struct rates rates = {.host = NULL};
    bool shown[SERIES] = {false};
    for (unsigned i = 0; i < lines->count; i++) {
        const struct line *line = &lines->line[i];
        for (unsigned s = 0; s < SERIES; s++) {
            if (!has_series(line, s))
                continue;
            shown[s] = true;
            if (strcmp(line->name, LINE_PREAD) == 0)
                rates.host = line;
            for (unsigned n = 0; n < SIZES; n++)
                log_scale_take(&rates.scale, cell_at(line, s, n)->mib_per_s);
        }
    }
    if (!rates.scale.any)
        return;
    fputs("<section id=\"rates\">\n<h2>Bytes</h2>\n<p>MiB a second by the size of a request. The "
          "curves are on one logarithmic scale, the thin grey one being the host\xe2\x80\x99s own "
          "pread and pwrite of the same file, one after the other. The file is in the page cache: "
          "it is the way that is measured, not the disk.</p>\n<div class=\"tables\">\n",
          html->out);
    for (rates.series = 0; rates.series < SERIES; rates.series++)
        if (shown[rates.series])
            put_series(html, lines, &rates);
    fputs("</div>\n</section>\n", html->out);
}

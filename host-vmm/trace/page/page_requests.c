/* SPDX-License-Identifier: MIT */
/* Adding requests up, each from its doorbell to its end, and printing the sums. */
#include "page_requests.h"

void requests_begin(struct page_requests *r)
{
    r->sums = profile_create();
}

void requests_free(struct page_requests *r)
{
    profile_destroy(r->sums);
    json_requests_free(&r->open);
}

static uint64_t begin_of(const struct trace_record *r)
{
    return r->time > r->duration ? r->time - r->duration : 0;
}

void requests_event(struct page_requests *requests, const struct trace_event *e)
{
    const struct trace_record *r = &e->record;
    struct json_request request = {.id = r->id, .begin = begin_of(r)};
    if (r->kind == TRACE_REQUEST)
        requests->unended += !json_requests_add(&requests->open, &request);
    if (r->kind != TRACE_REQUEST_END || requests->sums == NULL)
        return;
    (void)json_requests_take(&requests->open, r->id, &request);
    profile_access(requests->sums, e->decoded.device, trace_op_name(r->op), false, true, r->moved,
                   r->time > request.begin ? r->time - request.begin : 0);
}

static void print_row(const struct html *html, const struct profile_row *row)
{
    char count[HTML_SHORT_SIZE], bytes[HTML_SHORT_SIZE], total[HTML_SHORT_SIZE];
    char median[HTML_SHORT_SIZE], longest[HTML_SHORT_SIZE];
    fputs("<tr><th scope=\"row\">", html->out);
    html_text(html, row->device);
    fprintf(html->out,
            "</th><td>%s</td><td class=\"number\">%s</td><td class=\"number\">%s</td><td "
            "class=\"number\">%s</td><td class=\"number\">%s</td><td "
            "class=\"number\">%s</td></tr>\n",
            row->reg, html_count(row->exits, count), html_count(row->accesses, bytes),
            html_duration(row->ns, total), html_duration(row->median_ns, median),
            html_duration(row->longest_ns, longest));
}

void requests_print(struct page_requests *requests, const struct html *html)
{
    static const char *const columns[] = {"Requests", "Bytes", "Total", "Median", "Longest"};
    char text[HTML_SHORT_SIZE];
    unsigned count = 0;
    uint64_t open = requests->open.count + requests->unended;
    const struct profile_row *rows =
        requests->sums != NULL ? profile_rows(requests->sums, &count) : NULL;
    if (count == 0 && open == 0)
        return;
    fputs("<section id=\"requests\"><h2>Requests</h2>\n<p>What devices were asked to do with their "
          "files. Times are from the doorbell to the end; of requests that were under way at once "
          "each counts for itself. Bytes are those that were moved.</p>\n<div class=\"scroll\" "
          "tabindex=\"0\" role=\"region\" aria-label=\"Requests\"><table class=\"requests\">\n"
          "<thead><tr><th scope=\"col\">Device</th><th scope=\"col\">Operation</th>",
          html->out);
    for (unsigned i = 0; i < sizeof columns / sizeof columns[0]; i++)
        fprintf(html->out, "<th scope=\"col\" class=\"number\">%s</th>", columns[i]);
    fputs("</tr></thead>\n<tbody>\n", html->out);
    for (unsigned i = 0; i < count; i++)
        print_row(html, &rows[i]);
    fputs("</tbody></table></div>\n", html->out);
    if (open > 0)
        fprintf(html->out, "<p>%s more had not ended when the run did.</p>\n",
                html_count(open, text));
    fputs("</section>\n", html->out);
}

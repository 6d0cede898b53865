/* SPDX-License-Identifier: MIT */
/* host-vmm/bench/bench_html*.c: scales, figures, and a page in which nothing is markup that should be text. */
#include "test.h"

#include "host-vmm/bench/bench_html.h"
#include "host-vmm/bench/bench_html_internal.h"
#include "host-vmm/bench/settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kvm_kind kind = {.kind = "software",
                                     .module = "kvm_<b>",
                                     .cpu = "a \"processor\" & <more>",
                                     .kernel = "Linux 1.2.3"};
static struct lines *lines;
static char *page;

static int start(void **state)
{
    (void)state;
    lines = calloc(1, sizeof *lines);
    assert_non_null(lines);
    lines->tsc_khz = 2e6;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    free(lines);
    free(page);
    page = NULL;
    return 0;
}

static const char *write_page(void)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(bench_html_write(lines, &kind, fileno(file), "page"), 0);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    page = calloc(1, size + 1);
    assert_non_null(page);
    assert_int_equal(fread(page, 1, size, file), size);
    fclose(file);
    return page;
}

static struct line *add_line(const char *name, enum line_state state)
{
    struct line *line = lines_add(lines, name, "a group", NULL);
    assert_non_null(line);
    line->wanted = true;
    line->state = state;
    return line;
}

static struct line *add_measured(const char *name)
{
    struct line *line = add_line(name, LINE_MEASURED);
    line->has_latency = line->has_exits = true;
    line->samples = 100;
    line->ns_min = 100;
    line->ns_median = 1000;
    line->ns_p99 = 10000;
    line->ops_per_s = 123456;
    line->exits_per_op = 1;
    return line;
}

static unsigned count(const char *text, const char *what)
{
    unsigned found = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        found++;
    return found;
}

static void a_scale_is_whole_decades(void **state)
{
    struct log_scale scale = {0};
    (void)state;
    assert_true(log_scale_percent(&scale, 5) == 0);
    log_scale_take(&scale, 20);
    log_scale_take(&scale, 3000);
    assert_int_equal(scale.first, 1);
    assert_int_equal(scale.last, 4);
    assert_true(fabs(log_scale_percent(&scale, 100) - 100.0 / 3) < 1e-9);
    assert_true(log_scale_percent(&scale, 1) == 0 && log_scale_percent(&scale, 0) == 0);
    assert_true(log_scale_percent(&scale, 1e9) == 100);
}

static void a_scale_takes_no_nonsense(void **state)
{
    struct log_scale scale = {0};
    (void)state;
    log_scale_take(&scale, 0);
    log_scale_take(&scale, -1);
    log_scale_take(&scale, NAN);
    log_scale_take(&scale, INFINITY);
    assert_false(scale.any);
    log_scale_take(&scale, 10); /* exactly one power: still a scale */
    assert_true(scale.last > scale.first);
}

static void figures_have_three_digits(void **state)
{
    char text[HTML_SHORT_SIZE];
    (void)state;
    assert_string_equal(html_figure(0, text), "0");
    assert_string_equal(html_figure(0.02345, text), "0.0234");
    assert_string_equal(html_figure(1.234, text), "1.23");
    assert_string_equal(html_figure(99.94, text), "99.9");
    assert_string_equal(html_figure(1234567.6, text), "1,234,568");
}

static void a_bar_is_from_min_to_p99(void **state)
{
    (void)state;
    add_measured("one");
    write_page();
    assert_non_null(strstr(page, "x=\"0.00%\" y=\"6\" width=\"100.00%\""));
    assert_non_null(strstr(page, "x1=\"50.00%\" x2=\"50.00%\" y1=\"2\""));
    assert_non_null(strstr(page, "123,456"));
}

static void without_enough_samples_there_is_no_p99(void **state)
{
    (void)state;
    add_measured("one")->samples = 99;
    write_page();
    assert_non_null(strstr(page, "width=\"100.00%\" height=\"8\"")); /* up to the median */
    assert_non_null(strstr(page, "data-label=\"p99\">\xe2\x80\x93<"));
}

static void what_the_guest_says_is_text(void **state)
{
    (void)state;
    line_say(add_line("bad", LINE_FAILED), LINE_FAILED,
             "</script><script>alert(1)</script><!-- &amp; \" '");
    struct line *noted = add_measured("noted");
    line_say(noted, LINE_MEASURED, "<img src=x>");
    write_page();
    assert_null(strstr(page, "alert(1)</script"));
    assert_null(strstr(page, "<script>"));
    assert_null(strstr(page, "<img"));
    assert_null(strstr(page, "<!-- &"));
    assert_null(strstr(page, "kvm_<b>"));
    assert_non_null(strstr(page, "kvm_&lt;b&gt;"));
    assert_non_null(strstr(page, "&lt;/script&gt;&lt;script&gt;alert(1)"));
    assert_non_null(strstr(page, "\\u003c/script>\\u003cscript>alert(1)"));
    assert_non_null(strstr(page, "<tr class=\"failed\" data-line=\"bad\">"));
    assert_int_equal(count(page, "</script>"), 2);
}

static void a_line_without_figures_says_why(void **state)
{
    (void)state;
    line_say(add_line("one", LINE_NOT_HERE), LINE_NOT_HERE, "no such thing");
    add_line("two", LINE_NOT_YET);
    add_line("unwanted", LINE_MEASURED)->wanted = false;
    add_line("not run", LINE_NOT_RUN);
    write_page();
    assert_non_null(strstr(page, "not here: no such thing"));
    assert_non_null(strstr(page, ">not yet<"));
    assert_null(strstr(page, "unwanted"));
    assert_null(strstr(page, "data-line=\"not run\""));
    assert_null(strstr(page, "id=\"exits\""));
    assert_null(strstr(page, "id=\"rates\""));
}

static void rates_are_beside_the_hosts(void **state)
{
    (void)state;
    const char *names[] = {"one", LINE_PREAD};
    for (unsigned i = 0; i < 2; i++) {
        struct line *line = add_measured(names[i]);
        line->moves_data = true;
        for (unsigned s = 0; s < SIZES - 1; s++)
            line->cells[READ][s][ONE] = (struct line_cell){
                .measured = true, .depth = 1, .mib_per_s = 1000 * (i + 1), .exits_per_mib = 2};
        line->cells[READ][SIZES - 1][ONE].missing = true;
        line->cut = "out of <time>";
    }
    write_page();
    assert_non_null(strstr(page, "Reading, one in flight"));
    assert_null(strstr(page, "Writing, one in flight"));
    assert_int_equal(count(page, "<polyline class=\"own\""), 2);
    assert_int_equal(count(page, "<polyline class=\"host\""), 1);
    assert_int_equal(count(page, "out of &lt;time&gt;"), 2);
    assert_int_equal(count(page, "data-label=\"4 KiB\">2,000<"), 1);
}

static void nothing_at_all_is_still_a_page(void **state)
{
    (void)state;
    write_page();
    assert_non_null(strstr(page, "do not carry over"));
    assert_non_null(strstr(page, "</html>"));
}

#define test(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_scale_is_whole_decades),
        test(a_scale_takes_no_nonsense),
        test(figures_have_three_digits),
        test(a_bar_is_from_min_to_p99),
        test(without_enough_samples_there_is_no_p99),
        test(what_the_guest_says_is_text),
        test(a_line_without_figures_says_why),
        test(rates_are_beside_the_hosts),
        test(nothing_at_all_is_still_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* A trace read back from JSON: event by event, whatever its whitespace; what is no whole trace is refused. */
#include "test.h"

#include "report.h"
#include "trace/json/json_read.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCESS                                                                                     \
    "{\"name\":\"n\",\"ph\":\"X\",\"pid\":1,\"tid\":1,\"cat\":\"exit\",\"ts\":1.5,\"dur\":2,"      \
    "\"args\":{\"device\":\"ata0\",\"register\":\"status\",\"words\":\"0x50\",\"dir\":\"read\","   \
    "\"port\":\"0x1f7\",\"size\":1,\"count\":1,\"value\":\"0x50\",\"mode\":\"real16\"}}"
#define COPY "{\"name\":\"n\",\"ph\":\"X\",\"cat\":\"device\",\"ts\":1.5,\"dur\":2}"
#define OTHER "\"otherData\":{\"format\":1,\"title\":\"t\",\"exits\":1}"

static char path[64];

static int make_path(void **state)
{
    (void)state;
    strcpy(path, "/tmp/trapline-json-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int drop_path(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int read_trace(const char *file)
{
    struct json_trace *trace;
    const json_t *event;
    unsigned before = report_count();
    if (json_trace_open(&trace, file) != 0) {
        assert_null(trace);
        assert_int_equal(report_count(), before + 1);
        return -1;
    }
    int more, count = 0;
    while ((more = json_trace_next(trace, &event)) > 0)
        count++;
    if (more == 0)
        assert_int_equal(json_integer_value(json_object_get(json_trace_totals(trace), "format")),
                         1);
    else
        assert_null(json_trace_totals(trace));
    assert_int_equal(report_count(), before + (more < 0));
    if (more == 0)
        assert_int_equal(json_trace_next(trace, &event), 0);
    json_trace_close(trace);
    return more < 0 ? -2 : count;
}

/* How many events; -1: refused when opened; -2: later. One line of message goes with either, which is not
 * shown. */
static int read_file(const char *file)
{
    fflush(stderr);
    int saved = dup(STDERR_FILENO), quiet = open("/dev/null", O_WRONLY);
    assert_true(saved >= 0 && quiet >= 0);
    dup2(quiet, STDERR_FILENO);
    int result = read_trace(file);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(quiet);
    return result;
}

static int read_text(const char *text)
{
    write_file(text);
    return read_file(path);
}

static void test_whole(void **state)
{
    (void)state;
    assert_int_equal(read_text("{\"traceEvents\":[" ACCESS "," ACCESS "]," OTHER "}"), 2);
    assert_int_equal(read_text("{\"traceEvents\":[]," OTHER "}"), 0);
    assert_int_equal(
        read_text("\n{ \"traceEvents\" :\r\n[\t" ACCESS " ,\n\n" ACCESS "\n] ,\n" OTHER "\n}\n\n"),
        2);
    /* Members that other programs put around the events; the copies are left out. */
    assert_int_equal(read_text("{\"displayTimeUnit\":\"ns\",\"x\":[1,{\"]\":\"}\"}],\"y\":12,"
                               "\"traceEvents\":[" ACCESS "," COPY "," ACCESS "," COPY
                               "],\"z\":null," OTHER "}"),
                     2);
    assert_int_equal(read_text("{" OTHER ",\"traceEvents\":[" ACCESS "]}"), 1);
}

static void test_access(void **state)
{
    (void)state;
    struct json_trace *trace;
    const json_t *event;
    struct sequence_access access;
    write_file("{\"traceEvents\":[" ACCESS ",{\"ph\":\"X\",\"cat\":\"exit\",\"args\":{\"reason\":"
               "\"KVM_EXIT_INTR\"}},{\"ph\":\"M\",\"name\":\"thread_name\"}]," OTHER "}");
    assert_int_equal(json_trace_open(&trace, path), 0);
    assert_null(json_trace_totals(trace));
    assert_int_equal(json_trace_next(trace, &event), 1);
    assert_true(json_trace_access(event, &access));
    assert_string_equal(access.mode, "real16");
    assert_string_equal(access.device, "ata0");
    assert_string_equal(access.reg, "status");
    assert_string_equal(access.words, "0x50");
    assert_false(access.is_write);
    assert_int_equal(access.size, 1);
    assert_int_equal(access.count, 1);
    assert_int_equal(json_trace_next(trace, &event), 1);
    assert_false(json_trace_access(event, &access));
    assert_int_equal(json_trace_next(trace, &event), 1);
    assert_false(json_trace_access(event, &access));
    assert_int_equal(json_trace_next(trace, &event), 0);
    json_trace_close(trace);
}

static void test_no_trace(void **state)
{
    (void)state;
    assert_int_equal(read_file("/nonexistent"), -1);
    assert_int_equal(read_file("/tmp"), -1);
    assert_int_equal(read_file("/dev/null"), -1);
    assert_int_equal(read_text("hello"), -1);
    assert_int_equal(read_text("[" ACCESS "]"), -1);
    assert_int_equal(read_text("{}"), -1);
    assert_int_equal(read_text("{\"a\":1}"), -1);
    assert_int_equal(read_text("{\"traceEvents\":7," OTHER "}"), -1);
    assert_int_equal(read_text("{\"traceEvents\":[]}"), -2);
    assert_int_equal(read_text("{\"traceEvents\":[],\"otherData\":{\"version\":\"x\"}}"), -1);
    /* Another version, known before anything is read */
    assert_int_equal(read_text("{\"traceEvents\":[" ACCESS "],\"otherData\" : {\"format\":2}}"),
                     -1);
    assert_int_equal(
        read_text("{\"traceEvents\":[{\"ph\":\"i\",\"name\":\"otherData\"}]," OTHER "}"), 1);
}

/* A pipe cannot be looked at from behind. */
static void test_pipe(void **state)
{
    (void)state;
    char name[32];
    int ends[2];
    static const char text[] = "{\"traceEvents\":[" ACCESS "],\"otherData\":{\"format\":2}}";
    assert_int_equal(pipe(ends), 0);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    assert_int_equal(write(ends[1], text, sizeof text - 1), sizeof text - 1);
    close(ends[1]);
    assert_int_equal(read_file(name), -2);
    close(ends[0]);
}

static void test_damaged(void **state)
{
    (void)state;
    assert_int_equal(read_text("{\"traceEvents\":[" ACCESS ACCESS "]," OTHER "}"), -2);
    assert_int_equal(read_text("{\"traceEvents\":[" ACCESS ",]," OTHER "}"), -2);
    assert_int_equal(read_text("{\"traceEvents\":[," ACCESS "]," OTHER "}"), -2);
    assert_int_equal(read_text("{\"traceEvents\":[7]," OTHER "}"), -2);
    assert_int_equal(read_text("{\"traceEvents\":[{\"ph\":}]," OTHER "}"), -2);
    assert_int_equal(read_text("{\"traceEvents\":[{\"name\":\"x\"}]," OTHER "}"), -2);
    assert_int_equal(read_text("{\"traceEvents\":[" ACCESS "]," OTHER "}}"), -2);
    assert_int_equal(read_text("{\"traceEvents\":[" ACCESS "]," OTHER), -2);
    assert_int_equal(read_text("{\"traceEvents\":[" ACCESS "]," OTHER ",}"), -2);
    assert_int_equal(read_text("{\"traceEvents\":[" ACCESS "],\"x\":," OTHER "}"), -2);
    /* An access must be one. */
    assert_int_equal(
        read_text("{\"traceEvents\":[{\"ph\":\"i\",\"cat\":\"collected\",\"args\":{}}]," OTHER "}"),
        -2);
    assert_int_equal(read_text("{\"traceEvents\":[{\"ph\":\"X\",\"cat\":\"exit\"}]," OTHER "}"),
                     -2);
}

static void test_numbers_of_an_access(void **state)
{
    (void)state;
    static const struct {
        const char *size, *count;
        int found;
    } cases[] = {{"8", "4294967295", 1}, {"9", "1", -2},          {"0", "1", -2},
                 {"-1", "1", -2},        {"1", "0", -2},          {"1", "1.5", -2},
                 {"1", "-3", -2},        {"1", "4294967296", -2}, {"\"1\"", "1", -2},
                 {"1", "1e400", -2},     {"1", "null", -2}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        snprintf(
            text, sizeof text,
            "{\"traceEvents\":[{\"ph\":\"X\",\"cat\":\"exit\",\"args\":{\"device\":\"d\","
            "\"register\":\"r\",\"words\":\"w\",\"dir\":\"read\",\"size\":%s,\"count\":%s}}]," OTHER
            "}",
            cases[i].size, cases[i].count);
        assert_int_equal(read_text(text), cases[i].found);
    }
}

/* Cut anywhere, it is refused; with any byte changed it is read or refused, and never crashes. */
static void test_every_cut_and_change(void **state)
{
    (void)state;
    static const char whole[] = "{\"traceEvents\":[\n" ACCESS ",\n" COPY "],\n" OTHER "}";
    char text[sizeof whole];
    for (size_t i = 0; i < sizeof whole - 1; i++) {
        memcpy(text, whole, sizeof whole);
        text[i] = '\0';
        assert_true(read_text(text) < 0);
        for (const char *c = "\"\\{}[],:x\xff"; *c != '\0'; c++) {
            memcpy(text, whole, sizeof whole);
            text[i] = *c;
            read_text(text);
        }
    }
}

/* Values that the buffer holds in part only, and one that it must grow for. */
static void test_long(void **state)
{
    (void)state;
    enum { EVENTS = 5000, LONG = 1000000 };
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("{\"traceEvents\":[", file);
    for (unsigned i = 0; i < EVENTS; i++)
        fprintf(file, "%s" ACCESS "%*s", i ? "," : "", (int)(i % 97), "");
    fputs(",{\"ph\":\"i\",\"name\":\"", file);
    for (unsigned i = 0; i < LONG; i++)
        fputs("\\\"", file);
    fputs("\"}]," OTHER "}", file);
    fclose(file);
    assert_int_equal(read_file(path), EVENTS + 1);
}

/* What is far too long is not kept, right as it may be; what never ends neither. */
static void test_far_too_long(void **state)
{
    (void)state;
    enum { MIB = 1 << 20 };
    char *spaces = malloc(MIB);
    assert_non_null(spaces);
    memset(spaces, ' ', MIB);
    for (unsigned ends = 0; ends < 2; ends++) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs("{\"traceEvents\":[{\"ph\":\"i\",\"name\":\"", file);
        for (unsigned i = 0; i < 20; i++)
            assert_int_equal(fwrite(spaces, 1, MIB, file), MIB);
        if (ends)
            fputs("\"}]," OTHER "}", file);
        fclose(file);
        assert_int_equal(read_file(path), -2);
    }
    free(spaces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_access),
        cmocka_unit_test(test_no_trace),
        cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_numbers_of_an_access),
        cmocka_unit_test(test_every_cut_and_change),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_far_too_long),
    };
    return cmocka_run_group_tests(tests, make_path, drop_path);
}

/* SPDX-License-Identifier: MIT */
/* host-vmm/trace/json*.c: constructed events in, the text read back by a JSON reader of its own. */
#include "test.h"

#include "host-vmm/backend/backend.h"
#include "host-vmm/bus.h"
#include "host-vmm/trace/event.h"
#include "host-vmm/vcpu.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct trace *trace;
static struct trace_writer *writer;
static FILE *out;
static char *text;
static size_t text_size;
static json_t *root;

static int start(void **state)
{
    (void)state;
    assert_int_equal(trace_create(&trace, NULL), 0);
    assert_non_null(trace_add_thread(trace, "vcpu"));
    assert_non_null(trace_add_thread(trace, "virtio-blk0"));
    out = open_memstream(&text, &text_size);
    assert_non_null(out);
    writer = trace_json_writer(out);
    assert_non_null(writer);
    writer->ops->begin(writer, &(struct trace_run){.trace = trace, .title = "trapline run"});
    return 0;
}

static int stop(void **state)
{
    (void)state;
    json_decref(root);
    root = NULL;
    free(text);
    text = NULL;
    trace_destroy(trace);
    return 0;
}

static const json_t *finish(const struct trace_totals *totals)
{
    json_error_t error;
    writer->ops->end(writer, totals);
    free(writer);
    assert_int_equal(fclose(out), 0);
    root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        fail_msg("line %d: %s", error.line, error.text);
    return json_object_get(root, "traceEvents");
}

static const json_t *finish_at(uint64_t end)
{
    return finish(&(struct trace_totals){.end = end});
}

/* The only event with this category and phase. */
static const json_t *the_event(const json_t *events, const char *category, const char *phase)
{
    const json_t *found = NULL, *event;
    size_t i;
    json_array_foreach(events, i, event)
    {
        const char *cat = json_string_value(json_object_get(event, "cat"));
        if (cat == NULL || strcmp(cat, category) != 0 ||
            strcmp(json_string_value(json_object_get(event, "ph")), phase) != 0)
            continue;
        assert_null(found);
        found = event;
    }
    assert_non_null(found);
    return found;
}

static const json_t *argument(const json_t *event, const char *name)
{
    return json_object_get(json_object_get(event, "args"), name);
}

#define expect_text(value, wanted) assert_string_equal(json_string_value(value), wanted)
#define expect_number(value, wanted) assert_int_equal(json_integer_value(value), wanted)

static void expect_time(const json_t *event, const char *key, double wanted)
{
    const json_t *value = json_object_get(event, key);
    assert_true(json_is_number(value));
    assert_true(json_number_value(value) > wanted - 1e-6 &&
                json_number_value(value) < wanted + 1e-6);
}

/* The name of the thread on which event is, which must have been told before it. */
static const char *thread_of(const json_t *events, const json_t *wanted)
{
    const char *name = NULL;
    const json_t *event;
    size_t i;
    json_array_foreach(events, i, event)
    {
        if (event == wanted)
            break;
        if (strcmp(json_string_value(json_object_get(event, "name")), "thread_name") == 0 &&
            json_equal(json_object_get(event, "pid"), json_object_get(wanted, "pid")) &&
            json_equal(json_object_get(event, "tid"), json_object_get(wanted, "tid")))
            name = json_string_value(argument(event, "name"));
    }
    assert_non_null(name);
    return name;
}

static void put(const struct trace_event *event)
{
    writer->ops->event(writer, event);
}

static struct trace_event access_event(enum trace_kind kind)
{
    return (struct trace_event){
        .record = {.kind = kind,
                   .time = 1234567,
                   .duration = 8001,
                   .address = 0xfe000000,
                   .rip = 0x100123,
                   .data = {2, 0, 0, 0x80},
                   .count = 1,
                   .size = 4,
                   .access = EXIT_MMIO_WRITE,
                   .result = BUS_OK},
        .thread = "vcpu",
        .mode = "long64",
        .where = "chunk_rw+0x12",
        .decoded = {.device = "chunk", .reg = "command", .words = "READ_CHUNK"}};
}

static struct trace_event other_event(enum trace_kind kind, const char *device, const char *reg)
{
    struct trace_event event = {.record = {.kind = kind, .time = 5000, .thread = 1}};
    snprintf(event.decoded.device, sizeof event.decoded.device, "%s", device);
    snprintf(event.decoded.reg, sizeof event.decoded.reg, "%s", reg);
    return event;
}

static void a_run_without_events_is_whole(void **state)
{
    (void)state;
    const json_t *events = finish(&(struct trace_totals){
        .end = 1500, .exits = 3, .records = 5, .lost = 7, .exit_status = -1});
    assert_true(json_array_size(events) > 0);
    const json_t *other = json_object_get(root, "otherData");
    expect_number(json_object_get(other, "format"), 1);
    expect_text(json_object_get(other, "title"), "trapline run");
    expect_text(json_object_get(other, "version"), TRAPLINE_VERSION);
    expect_number(json_object_get(other, "exits"), 3);
    expect_number(json_object_get(other, "records"), 5);
    expect_number(json_object_get(other, "lost"), 7);
    expect_number(json_object_get(other, "exit_status"), -1);
    expect_time(other, "end_us", 1.5);
}

static void an_exit_is_on_both_tracks(void **state)
{
    (void)state;
    struct trace_event event = access_event(TRACE_EXIT);
    event.record.backend = 4000;
    put(&event);
    const json_t *events = finish_at(0), *exit = the_event(events, "exit", "X");
    expect_text(json_object_get(exit, "name"), "chunk command <- READ_CHUNK");
    expect_time(exit, "ts", 1234.567);
    expect_time(exit, "dur", 8.001);
    expect_text(argument(exit, "device"), "chunk");
    expect_text(argument(exit, "register"), "command");
    expect_text(argument(exit, "words"), "READ_CHUNK");
    expect_text(argument(exit, "dir"), "write");
    expect_text(argument(exit, "address"), "0xfe000000");
    assert_null(argument(exit, "port"));
    expect_number(argument(exit, "size"), 4);
    expect_number(argument(exit, "count"), 1);
    expect_text(argument(exit, "value"), "0x80000002");
    expect_text(argument(exit, "mode"), "long64");
    expect_text(argument(exit, "rip"), "0x100123");
    expect_text(argument(exit, "where"), "chunk_rw+0x12");
    expect_time(json_object_get(exit, "args"), "backend_us", 4);
    assert_null(argument(exit, "answered"));
    const json_t *device = the_event(events, "device", "X");
    assert_null(json_object_get(device, "args"));
    expect_time(device, "dur", 8.001);
    expect_text(json_object_get(device, "name"), "command <-");
    assert_string_equal(thread_of(events, exit), "vcpu");
    assert_string_equal(thread_of(events, device), "chunk");
}

static void a_string_read_that_nobody_answers(void **state)
{
    (void)state;
    struct trace_event event = access_event(TRACE_EXIT);
    event.record.access = EXIT_PIO_READ;
    event.record.address = 0x1f0;
    event.record.size = 2;
    event.record.count = 256;
    event.record.result = BUS_UNCLAIMED;
    event.where[0] = '\0';
    put(&event);
    const json_t *exit = the_event(finish_at(0), "exit", "X");
    expect_text(argument(exit, "port"), "0x1f0");
    expect_text(argument(exit, "dir"), "read");
    expect_text(argument(exit, "value"), "0x2");
    expect_number(argument(exit, "count"), 256);
    assert_true(json_is_false(argument(exit, "answered")));
    assert_null(argument(exit, "where"));
    assert_null(argument(exit, "backend_us"));
    assert_null(argument(exit, "address"));
}

static void a_collected_write_has_no_place(void **state)
{
    (void)state;
    struct trace_event event = access_event(TRACE_COALESCED);
    event.record.thread = 1;
    put(&event);
    const json_t *events = finish_at(0), *collected = the_event(events, "collected", "i");
    assert_null(json_object_get(collected, "dur"));
    assert_null(argument(collected, "mode"));
    assert_null(argument(collected, "rip"));
    assert_null(argument(collected, "where"));
    expect_text(argument(collected, "words"), "READ_CHUNK");
    assert_string_equal(thread_of(events, collected), "virtio-blk0");
    assert_string_equal(thread_of(events, the_event(events, "device", "i")), "chunk");
}

static void another_exit_has_its_reason(void **state)
{
    (void)state;
    struct trace_event event = other_event(TRACE_OTHER_EXIT, "vcpu", "exit");
    snprintf(event.decoded.words, sizeof event.decoded.words, "KVM_EXIT_INTR, and why");
    put(&event);
    expect_text(argument(the_event(finish_at(0), "exit", "X"), "reason"), "KVM_EXIT_INTR");
}

/* --- requests --------------------------------------------------------------------------------------- */

static struct trace_event request_event(enum trace_kind kind, uint64_t time, uint64_t ago)
{
    struct trace_event event = other_event(kind, "virtio-blk0", "request");
    event.record.time = time;
    event.record.duration = ago;
    event.record.id = 31;
    event.record.op = IO_READ;
    event.record.address = 65536;
    event.record.length = 4096;
    return event;
}

static void a_request_lasts_from_its_doorbell_to_its_end(void **state)
{
    (void)state;
    struct trace_event event = request_event(TRACE_REQUEST, 9000, 2000);
    put(&event);
    event = request_event(TRACE_REQUEST_END, 12000, 3000);
    event.record.moved = 512;
    event.record.error = EIO;
    put(&event);
    const json_t *events = finish_at(20000);
    const json_t *b = the_event(events, "request", "b"), *e = the_event(events, "request", "e");
    expect_time(b, "ts", 7);
    expect_time(e, "ts", 12);
    assert_true(json_equal(json_object_get(b, "id"), json_object_get(e, "id")));
    assert_true(json_equal(json_object_get(b, "name"), json_object_get(e, "name")));
    expect_text(json_object_get(b, "name"), "virtio-blk0 read");
    expect_text(argument(b, "device"), "virtio-blk0");
    expect_text(argument(e, "device"), "virtio-blk0");
    expect_text(argument(b, "op"), "read");
    expect_number(argument(b, "offset"), 65536);
    expect_number(argument(b, "length"), 4096);
    expect_number(argument(e, "moved"), 512);
    expect_number(argument(e, "error"), EIO);
    expect_time(json_object_get(e, "args"), "worker_us", 3);
    assert_null(argument(e, "open"));
    assert_string_equal(thread_of(events, b), "virtio-blk0");
}

static void a_request_inside_an_exit_was_no_workers(void **state)
{
    (void)state;
    struct trace_event event = request_event(TRACE_REQUEST_END, 9000, 1000);
    event.record.nested = 1;
    put(&event);
    const json_t *e = the_event(finish_at(20000), "request", "e");
    assert_null(argument(e, "worker_us"));
    assert_non_null(argument(e, "moved"));
}

static void a_request_without_file_io_says_so(void **state)
{
    (void)state;
    struct trace_event event = request_event(TRACE_REQUEST_END, 9000, 1000);
    event.record.op = IO_NONE;
    put(&event);
    const json_t *b = the_event(finish_at(20000), "request", "b");
    expect_text(argument(b, "op"), "no file I/O");
    expect_text(json_object_get(b, "name"), "virtio-blk0 no file I/O");
}

static void an_open_request_is_closed_at_the_end(void **state)
{
    (void)state;
    struct trace_event event = request_event(TRACE_REQUEST, 9000, 0);
    put(&event);
    const json_t *e = the_event(finish_at(20000), "request", "e");
    expect_time(e, "ts", 20);
    assert_true(json_is_true(argument(e, "open")));
}

static void an_end_alone_has_its_beginning(void **state)
{
    (void)state;
    struct trace_event event = request_event(TRACE_REQUEST_END, 9000, 1000);
    put(&event);
    const json_t *events = finish_at(20000), *b = the_event(events, "request", "b");
    expect_time(b, "ts", 8);
    expect_number(argument(b, "length"), 4096);
    expect_time(the_event(events, "request", "e"), "ts", 9);
}

static void requests_end_in_any_order(void **state)
{
    static const uint64_t ends[] = {2, 0, 3, 1};
    (void)state;
    for (uint64_t id = 0; id < 4; id++) {
        struct trace_event event = request_event(TRACE_REQUEST, 1000 * (id + 1), 0);
        event.record.id = id;
        put(&event);
    }
    for (unsigned i = 0; i < 4; i++) {
        struct trace_event event = request_event(TRACE_REQUEST_END, 10000, 0);
        event.record.id = ends[i];
        put(&event);
    }
    const json_t *events = finish_at(20000), *event;
    size_t i;
    unsigned begun = 0, ended = 0;
    json_array_foreach(events, i, event)
    {
        const char *phase = json_string_value(json_object_get(event, "ph"));
        assert_null(argument(event, "open"));
        if (phase[0] == 'b')
            expect_time(event, "ts", ++begun);
        ended += phase[0] == 'e';
    }
    assert_int_equal(begun, 4);
    assert_int_equal(ended, 4);
}

static void a_doorbell_of_before_the_start_is_at_the_start(void **state)
{
    (void)state;
    struct trace_event event = request_event(TRACE_REQUEST, 9000, 10000);
    put(&event);
    expect_time(the_event(finish_at(20000), "request", "b"), "ts", 0);
}

static void however_many_requests_never_end(void **state)
{
    (void)state;
    for (uint64_t id = 0; id < 20000; id++) {
        struct trace_event event = request_event(TRACE_REQUEST, 1000 * id, 0);
        event.record.id = id;
        put(&event);
    }
    const json_t *events = finish_at(20000000), *event;
    size_t i, begun = 0, ended = 0;
    json_array_foreach(events, i, event)
    {
        const char *phase = json_string_value(json_object_get(event, "ph"));
        begun += phase[0] == 'b';
        ended += phase[0] == 'e';
    }
    assert_int_equal(begun, 20000);
    assert_int_equal(ended, 20000);
}

/* --- the rest --------------------------------------------------------------------------------------- */

static void what_is_no_access(void **state)
{
    (void)state;
    struct trace_event event = other_event(TRACE_DOORBELL, "virtio-blk0", "doorbell");
    event.record.count = 3;
    put(&event);
    event = other_event(TRACE_INTERRUPT, "virtio-blk0", "interrupt");
    event.record.value = 0x41;
    put(&event);
    event = other_event(TRACE_MAP, "chunk", "region");
    event.record.address = 0xfe000000;
    event.record.length = 4096;
    event.record.value = 1;
    put(&event);
    event = other_event(TRACE_RESET, "vcpu", "reset");
    put(&event);
    event = other_event(TRACE_GAP, "vcpu", "gap");
    event.record.value = 17;
    put(&event);
    const json_t *events = finish_at(0), *found = the_event(events, "doorbell", "i");
    expect_number(argument(found, "count"), 3);
    expect_text(argument(found, "device"), "virtio-blk0");
    assert_int_equal(json_integer_value(json_object_get(found, "pid")), 1);
    found = the_event(events, "interrupt", "i");
    expect_number(argument(found, "number"), 0x41);
    assert_int_equal(json_integer_value(json_object_get(found, "pid")), 2);
    found = the_event(events, "region", "i");
    expect_text(json_object_get(found, "name"), "chunk comes");
    expect_text(argument(found, "device"), "chunk");
    expect_text(argument(found, "what"), "device");
    assert_null(argument(found, "bar"));
    expect_text(argument(found, "space"), "memory");
    expect_text(argument(found, "base"), "0xfe000000");
    expect_number(argument(found, "length"), 4096);
    assert_true(json_is_true(argument(found, "present")));
    the_event(events, "reset", "i");
    expect_number(argument(the_event(events, "gap", "i"), "lost"), 17);
}

static void a_region_says_what_it_is(void **state)
{
    (void)state;
    struct trace_event event = other_event(TRACE_MAP, "virtio-blk0", "region");
    event.record.length = 4096;
    event.record.count = 5;
    event.record.offset = TRACE_FUNCTION(3, 1);
    put(&event);
    const json_t *events = finish_at(0), *found = the_event(events, "region", "i");
    expect_text(argument(found, "bar"), "00:03.1 BAR4");
    expect_text(argument(found, "what"), "device");
    assert_string_equal(thread_of(events, found), "virtio-blk0");
}

/* Of memory there are many kinds, and of places where nobody may be. */
static void regions_that_are_no_devices_share_a_track(void **state)
{
    static const struct {
        uint8_t op;
        const char *what, *track;
    } kinds[] = {{TRACE_REGION_MEMORY, "memory", "memory, reserved"},
                 {TRACE_REGION_RESERVED, "reserved", "memory, reserved"},
                 {TRACE_REGION_KERNEL, "kernel", "region2"}};
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        char device[16];
        snprintf(device, sizeof device, "region%u", i);
        struct trace_event event = other_event(TRACE_MAP, device, "region");
        event.record.op = kinds[i].op;
        event.record.length = 1;
        put(&event);
    }
    const json_t *events = finish_at(0), *event;
    size_t i;
    unsigned seen = 0;
    json_array_foreach(events, i, event)
    {
        if (json_object_get(event, "cat") == NULL)
            continue;
        expect_text(argument(event, "what"), kinds[seen].what);
        assert_string_equal(thread_of(events, event), kinds[seen].track);
        seen++;
    }
    assert_int_equal(seen, 3);
}

static void functions_that_do_not_exist_share_a_track(void **state)
{
    (void)state;
    struct trace_event event = access_event(TRACE_EXIT);
    strcpy(event.decoded.device, "pci 00:1e.3");
    strcpy(event.decoded.words, "0xffffffff nobody");
    put(&event);
    const json_t *events = finish_at(0);
    expect_text(argument(the_event(events, "exit", "X"), "device"), "pci 00:1e.3");
    assert_string_equal(thread_of(events, the_event(events, "device", "X")), "pci, nobody there");
}

/* Some viewers take 0 for no thread at all. */
static void no_thread_has_the_number_0(void **state)
{
    (void)state;
    struct trace_event event = access_event(TRACE_EXIT);
    put(&event);
    const json_t *events = finish_at(0), *e;
    size_t i;
    json_array_foreach(events, i, e) assert_true(json_integer_value(json_object_get(e, "tid")) > 0);
}

static void a_rung_is_on_the_climbs_track(void **state)
{
    (void)state;
    struct trace_rung rung = {.number = 2, .begin = 1000, .end = 3500, .line = "rung 2 real16 pci"};
    writer->ops->rung(writer, &rung);
    const json_t *events = finish_at(0), *found = the_event(events, "rung", "X");
    expect_time(found, "ts", 1);
    expect_time(found, "dur", 2.5);
    expect_text(argument(found, "line"), "rung 2 real16 pci");
    assert_string_equal(thread_of(events, found), "climb");
}

static void hostile_text_is_only_text(void **state)
{
    static const struct {
        const char *given, *read;
    } texts[] = {
        {"\"},{\"ph\":\"X", "\"},{\"ph\":\"X"},
        {"back\\slash \\u0041", "back\\slash \\u0041"},
        {"\x01\x1f\n\t\x7f", "\x01\x1f\n\t\x7f"},
        {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"},
        /* cut short, alone, overlong, a surrogate, beyond the last one */
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\x80", "\xef\xbf\xbd"},
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x28\xa1", "\xef\xbf\xbd(\xef\xbf\xbd"},
        {"</script><!--", "</script><!--"},
    };
    (void)state;
    struct trace_rung rung = {.number = 1};
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        snprintf(rung.line, sizeof rung.line, "%s", texts[i].given);
        writer->ops->rung(writer, &rung);
    }
    const json_t *events = finish_at(0), *event;
    size_t i;
    unsigned seen = 0;
    json_array_foreach(events, i, event) if (json_object_get(event, "cat") != NULL)
        expect_text(argument(event, "line"), texts[seen++].read);
    assert_int_equal(seen, sizeof texts / sizeof texts[0]);
}

static void every_device_has_a_track_with_its_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        struct trace_event event = access_event(TRACE_EXIT);
        snprintf(event.decoded.device, sizeof event.decoded.device, "pci %u", i % 1000);
        put(&event);
    }
    const json_t *events = finish_at(0), *event;
    json_t *names = json_object();
    size_t i;
    unsigned seen = 0;
    json_array_foreach(events, i, event)
    {
        const char *name = json_string_value(json_object_get(event, "name"));
        char thread[24];
        if (json_integer_value(json_object_get(event, "pid")) != 2)
            continue;
        snprintf(thread, sizeof thread, "%d",
                 (int)json_integer_value(json_object_get(event, "tid")));
        if (strcmp(name, "thread_name") == 0)
            json_object_set_new(names, thread,
                                json_string(json_string_value(argument(event, "name"))));
        if (json_object_get(event, "cat") == NULL)
            continue;
        char wanted[24];
        snprintf(wanted, sizeof wanted, "pci %u", seen++ % 1000);
        expect_text(json_object_get(names, thread), wanted);
    }
    assert_int_equal(seen, 2000);
    assert_int_equal(json_object_size(names), 1000);
    json_decref(names);
}

static void numbers_are_exact_up_to_the_largest(void **state)
{
    (void)state;
    struct trace_event event = access_event(TRACE_EXIT);
    event.record.time = 9007199254740993; /* more digits than a double has */
    event.record.duration = 7;
    event.record.rip = UINT64_MAX;
    put(&event);
    finish(&(struct trace_totals){.end = UINT64_MAX});
    assert_non_null(strstr(text, "\"ts\":9007199254740.993,\"dur\":0.007"));
    assert_non_null(strstr(text, "\"rip\":\"0xffffffffffffffff\""));
    assert_non_null(strstr(text, "\"end_us\":18446744073709551.615"));
}

/* What cannot be written is an error of the file, which the caller looks at. */
static void a_full_disk_is_the_files_error(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    struct trace_writer *w = trace_json_writer(full);
    assert_non_null(w);
    w->ops->begin(w, &(struct trace_run){.trace = trace, .title = ""});
    struct trace_event event = access_event(TRACE_EXIT);
    for (unsigned i = 0; i < 1000; i++)
        w->ops->event(w, &event);
    w->ops->end(w, &(struct trace_totals){.end = 1});
    free(w);
    assert_true(fflush(full) != 0 || ferror(full));
    fclose(full);
    finish_at(0);
}

#define test(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_run_without_events_is_whole),
        test(an_exit_is_on_both_tracks),
        test(a_string_read_that_nobody_answers),
        test(a_collected_write_has_no_place),
        test(another_exit_has_its_reason),
        test(a_request_lasts_from_its_doorbell_to_its_end),
        test(a_request_inside_an_exit_was_no_workers),
        test(a_request_without_file_io_says_so),
        test(an_open_request_is_closed_at_the_end),
        test(an_end_alone_has_its_beginning),
        test(requests_end_in_any_order),
        test(a_doorbell_of_before_the_start_is_at_the_start),
        test(however_many_requests_never_end),
        test(what_is_no_access),
        test(a_region_says_what_it_is),
        test(regions_that_are_no_devices_share_a_track),
        test(functions_that_do_not_exist_share_a_track),
        test(no_thread_has_the_number_0),
        test(a_rung_is_on_the_climbs_track),
        test(hostile_text_is_only_text),
        test(every_device_has_a_track_with_its_name),
        test(numbers_are_exact_up_to_the_largest),
        test(a_full_disk_is_the_files_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

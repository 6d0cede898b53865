/* SPDX-License-Identifier: MIT */
/* The text of a trace, byte for byte: its columns, what is folded, what is marked. */
#include "test.h"

#include "trace/event.h"

#include "vcpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS                                                                                    \
    "#       seconds mode   where                            direction address    size  value    " \
    "  what\n"                                                                                     \
    "# ~: seen then, by the [thread] named; where the guest was by then is not known\n"

static char *text;
static size_t length, shown;
static FILE *out;
static struct trace_writer *writer;

static int begin(void **state)
{
    (void)state;
    shown = 0;
    out = open_memstream(&text, &length);
    writer = out ? trace_text_writer(out) : NULL;
    return writer ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    fclose(out);
    free(writer);
    free(text);
    return 0;
}

static void put(const struct trace_event *event)
{
    writer->ops->event(writer, event);
}

/* What has been written since the last call. */
static void expect(const char *expected)
{
    fflush(out);
    assert_string_equal(text + shown, expected);
    shown = length;
}

static struct trace_event read_of(uint64_t time, const char *words)
{
    struct trace_event e = {.record = {.kind = TRACE_EXIT,
                                       .access = EXIT_PIO_READ,
                                       .time = time,
                                       .address = 0x1f7,
                                       .rip = 0xf0081,
                                       .size = 1,
                                       .count = 1,
                                       .data = {0x58, 0xff}},
                            .thread = "vcpu",
                            .mode = "real16",
                            .where = "rung3_ata.identify+0x2",
                            .decoded = {.device = "ata0", .reg = "status"}};
    snprintf(e.decoded.words, sizeof e.decoded.words, "%s", words);
    return e;
}

/* Another access, so that what is held is written; it is not shown itself before the next one. */
static void flush(void)
{
    const struct trace_rung rung = {.number = 1, .line = "flushed"};
    writer->ops->rung(writer, &rung);
}

#define FLUSHED "# 0.000000000 to 0.000000000: flushed\n"

static void test_frame(void **state)
{
    (void)state;
    const struct trace_run run = {.title = "trapline run --cmd 'a\nb'"};
    const struct trace_rung rung = {
        .number = 2, .begin = 1000, .end = 2500000000, .line = "rung 2 real16\x1b pci: yes"};
    const struct trace_totals totals = {
        .end = 3000000001, .exits = 4, .records = 6, .lost = 5, .exit_status = 7};
    writer->ops->begin(writer, &run);
    expect("# trapline run --cmd 'a?b'\n" COLUMNS);
    writer->ops->rung(writer, &rung);
    expect("# 0.000001000 to 2.500000000: rung 2 real16? pci: yes\n");
    writer->ops->end(writer, &totals);
    expect("# end 3.000000001: 4 exits, 6 records, 5 lost, status 7\n");
}

static void test_port(void **state)
{
    (void)state;
    struct trace_event e = read_of(1234567890, "0x58 DRDY DSC DRQ");
    put(&e);
    expect(""); /* perhaps it is a poll */
    flush();
    expect("   1.234567890 real16 rung3_ata.identify+0x2           in        0x1f7      1     0x58 "
           "      ata0 status -> 0x58 DRDY DSC DRQ\n" FLUSHED);
    e.record.access = EXIT_PIO_WRITE;
    put(&e);
    flush();
    expect("   1.234567890 real16 rung3_ata.identify+0x2           out       0x1f7      1     0x58 "
           "      ata0 status <- 0x58 DRDY DSC DRQ\n" FLUSHED);
}

static void test_memory_without_symbols(void **state)
{
    (void)state;
    struct trace_event e = read_of(5, "64 KiB");
    e.record.access = EXIT_MMIO_WRITE;
    e.record.address = 0xfe000010;
    e.record.size = 8;
    memcpy(e.record.data, "\x00\x00\x01\x00\x00\x00\x00\x80", 8);
    e.where[0] = '\0';
    put(&e);
    e.record.access = EXIT_MMIO_READ;
    put(&e);
    flush();
    expect("   0.000000005 real16 0xf0081                          write     0xfe000010 8     "
           "0x8000000000010000 ata0 status <- 64 KiB\n"
           "   0.000000005 real16 0xf0081                          read      0xfe000010 8     "
           "0x8000000000010000 ata0 status -> 64 KiB\n" FLUSHED);
}

/* Two transfers of data are one that is longer; of anything else they are no poll. */
static void test_string(void **state)
{
    (void)state;
    struct trace_event e = read_of(0, "512 bytes 58 ff 02 03 04 05 06 07 ...");
    e.record.size = 2;
    e.record.count = 256;
    put(&e);
    put(&e);
    flush();
    expect("   0.000000000 real16 rung3_ata.identify+0x2           in        0x1f7      2x512 "
           "0xff58     ata0 status -> 1024 bytes 58 ff 02 03 04 05 06 07 ... "
           "(2 times, until 0.000000000)\n" FLUSHED);
    strcpy(e.decoded.words, "other");
    put(&e);
    put(&e);
    flush();
    expect("   0.000000000 real16 rung3_ata.identify+0x2           in        0x1f7      2x256 "
           "0xff58     ata0 status -> other\n"
           "   0.000000000 real16 rung3_ata.identify+0x2           in        0x1f7      2x256 "
           "0xff58     ata0 status -> other\n" FLUSHED);
}

static void test_polls(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        struct trace_event e = read_of(1000 * i, i < 998 ? "0x80 BSY" : "0x58 DRQ");
        put(&e);
    }
    flush();
    expect("   0.000000000 real16 rung3_ata.identify+0x2           in        0x1f7      1     0x58 "
           "      ata0 status -> 0x80 BSY (998 times, until 0.000997000)\n"
           "   0.000998000 real16 rung3_ata.identify+0x2           in        0x1f7      1     0x58 "
           "      ata0 status -> 0x58 DRQ (2 times, until 0.000999000)\n" FLUSHED);
}

static void test_collected(void **state)
{
    (void)state;
    struct trace_event e = read_of(7000, "'T\n'");
    e.record.kind = TRACE_COALESCED;
    e.record.access = EXIT_PIO_WRITE;
    e.mode = "";
    e.where[0] = '\0';
    e.approximate = true;
    put(&e);
    struct trace_event other = read_of(8000, "0x50");
    put(&other);
    expect("  ~0.000007000 -      [vcpu]                           out       0x1f7      1     0x58 "
           "      ata0 status <- 'T?'\n");
}

/* What a string instruction wrote, however KVM told of it, is one line. */
static void test_characters(void **state)
{
    (void)state;
    const char *const characters[] = {"'T'", "'r'", "'\\n'"};
    for (unsigned i = 0; i < 3; i++) {
        struct trace_event e = read_of(7000 + i, characters[i]);
        e.record.kind = TRACE_COALESCED;
        e.record.access = EXIT_PIO_WRITE;
        e.mode = "";
        e.where[0] = '\0';
        e.approximate = true;
        put(&e);
    }
    struct trace_event other = read_of(8000, "0x50");
    put(&other);
    expect("  ~0.000007000 -      [vcpu]                           out       0x1f7      1x3   0x58 "
           "      ata0 status <- \"Tr\\n\" (3 times, until 0.000007002)\n");
}

/* What KVM collected of a string instruction to a data register, too. */
static void test_collected_data(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 128; i++) {
        struct trace_event e =
            read_of(7000 + i, i == 0 ? "4 bytes 58 ff 00 00" : "4 bytes 01 02 03 04");
        e.record.kind = TRACE_COALESCED;
        e.record.access = EXIT_PIO_WRITE;
        e.record.size = 4;
        e.mode = "";
        e.where[0] = '\0';
        e.approximate = true;
        put(&e);
    }
    flush();
    expect("  ~0.000007000 -      [vcpu]                           out       0x1f7      4x128 "
           "0x0000ff58 ata0 status <- 512 bytes 58 ff 00 00 01 02 03 04 ... "
           "(128 times, until 0.000007127)\n" FLUSHED);
}

static void put_other(unsigned kind, uint64_t duration, const char *what, const char *words)
{
    struct trace_event e = {.record = {.kind = (uint8_t)kind, .time = 1, .duration = duration},
                            .thread = "blk",
                            .mode = "",
                            .approximate = kind != TRACE_GAP && kind != TRACE_OTHER_EXIT,
                            .decoded = {.device = "virtio-blk0"}};
    strcpy(e.decoded.reg, what);
    strcpy(e.decoded.words, words);
    put(&e);
}

#define OTHER(mark, where, what)                                                                   \
    mark "0.000000001 -      " where what " -          -     -          "
#define BLK "[blk]                            "

static void test_others(void **state)
{
    (void)state;
    put_other(TRACE_DOORBELL, 0, "doorbell", "rung once");
    put_other(TRACE_REQUEST, 0, "request", "#1 begins");
    put_other(TRACE_REQUEST, 2500, "request", "#2 begins");
    put_other(TRACE_REQUEST_END, 1234567, "request", "#2 ends");
    put_other(TRACE_INTERRUPT, 0, "interrupt", "message 33");
    put_other(TRACE_GAP, 0, "gap", "7 records");
    put_other(TRACE_OTHER_EXIT, 9, "exit", "KVM_EXIT_INTR");
    expect(OTHER("  ~", BLK, "doorbell ") "virtio-blk0 doorbell: rung once\n" //
           OTHER("  ~", BLK, "request  ") "virtio-blk0 request: #1 begins\n"  //
           OTHER("  ~", BLK, "request  ") "virtio-blk0 request: #2 begins, 2.500 us after its "
                                          "doorbell\n"                                  //
           OTHER("  ~", BLK, "request  ") "virtio-blk0 request: #2 ends, 1234.567 us\n" //
           OTHER("  ~", BLK, "interrupt") "virtio-blk0 interrupt: message 33\n"         //
           OTHER("   ", BLK, "gap      ") "virtio-blk0 gap: 7 records\n"                //
           OTHER("   ", "-                                ",
                 "exit     ") "virtio-blk0 exit: KVM_EXIT_INTR\n");
}

static void put_region(bool port, uint64_t address, uint64_t size, const char *name,
                       const char *more)
{
    struct trace_event e = {
        .record = {.kind = TRACE_MAP, .port = port, .value = 1, .address = address, .length = size},
        .thread = "main",
        .mode = ""};
    snprintf(e.decoded.device, sizeof e.decoded.device, "%s", name);
    strcpy(e.decoded.reg, "region");
    snprintf(e.decoded.words, sizeof e.decoded.words, "comes to somewhere%s", more);
    put(&e);
}

/* What is there before the guest does anything is a list; what comes later is a line. */
static void test_regions(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 9; i++)
        put_region(true, 0x60 + i, 1, "i8042", "");
    put_region(true, 0x3f8, 8, "uart", "");
    put_region(false, 0, 0xa0000, "ram", ", memory");
    put_region(false, 0xfe000000, 0x1000, "chunk", ", 00:02.0 BAR0");
    struct trace_event e = read_of(1, "0x50");
    put(&e);
    put_region(false, 0xfe000000, 0x1000, "chunk\n", "");
    expect(
        "# at reset, ports: 0x60 i8042, 0x61 i8042, 0x62 i8042, 0x63 i8042, 0x64 i8042, 0x65 "
        "i8042,\n"
        "#     0x66 i8042, 0x67 i8042, 0x68 i8042, 0x3f8-0x3ff uart\n"
        "# at reset, memory: 0x0-0x9ffff ram (memory), 0xfe000000-0xfe000fff chunk (00:02.0 BAR0)\n"
        "   0.000000001 real16 rung3_ata.identify+0x2           in        0x1f7      1     0x58 "
        "      ata0 status -> 0x50\n"
        "   0.000000000 -      [main]                           region    -          -     - "
        "         chunk? region: comes to somewhere\n");
}

/* A list ends where something else comes, or nothing, and is as wide as it may be. */
static void test_region_lists(void **state)
{
    (void)state;
    const struct trace_totals totals = {.end = 1};
    put_region(true, 1, 1, "a", "");
    put_other(TRACE_GAP, 0, "gap", "7 records");
    put_region(true, 2, 1, "b\x1b", "");
    writer->ops->end(writer, &totals);
    expect("# at reset, ports: 0x1 a\n" OTHER(
        "   ", BLK, "gap      ") "virtio-blk0 gap: 7 records\n"
                                 "# at reset, ports: 0x2 b?\n"
                                 "# end 0.000000001: 0 exits, 0 records, 0 lost, status 0\n");
    for (unsigned i = 0; i < 1000; i++)
        put_region(i % 100 < 50, i * i * i, 1 + i % 7 * 1000, "device" + i % 5, "");
    flush();
    fflush(out);
    size_t widest = 0;
    for (const char *line = text + shown, *next; *line != '\0'; line = next + 1) {
        next = strchr(line, '\n');
        if ((size_t)(next - line) > widest)
            widest = (size_t)(next - line);
    }
    assert_in_range(widest, 90, 100);
}

/* What comes between two turns of a poll stands between them. */
static void test_order(void **state)
{
    (void)state;
    struct trace_event e = read_of(1, "0x80 BSY");
    put(&e);
    put_other(TRACE_GAP, 0, "gap", "here");
    put(&e);
    flush();
    fflush(out);
    char *first = strstr(text, "BSY"), *gap = strstr(text, "gap:");
    assert_true(first != NULL && gap != NULL && first < gap);
    assert_non_null(strstr(gap, "BSY"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_frame),          CASE(test_port),    CASE(test_memory_without_symbols),
        CASE(test_string),         CASE(test_polls),   CASE(test_collected),
        CASE(test_characters),     CASE(test_others),  CASE(test_order),
        CASE(test_collected_data), CASE(test_regions), CASE(test_region_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Accesses as lines: the form of a golden sequence, what is one poll in it, and what the text folds. */
#include "test.h"

#include "trace/compare/boot_sequence.h"
#include "trace/text/fold.h"
#include "trace/compare/sequence.h"

#include "vcpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct sequence_access access_of(bool is_write, const char *reg, const char *words)
{
    return (struct sequence_access){.mode = "long64",
                                    .device = "ata0",
                                    .reg = reg,
                                    .words = words,
                                    .is_write = is_write,
                                    .size = 1,
                                    .count = 1};
}

static void test_lines(void **state)
{
    (void)state;
    char line[SEQUENCE_LINE_SIZE];
    struct sequence_access access = access_of(true, "command", "IDENTIFY DEVICE");
    sequence_line(&access, line, sizeof line);
    assert_string_equal(line, "long64 w8 ata0 command <- IDENTIFY DEVICE");
    access = access_of(false, "data", "512 bytes 40 00");
    access.size = 2;
    access.count = 256;
    sequence_line(&access, line, sizeof line);
    assert_string_equal(line, "long64 r16x256 ata0 data -> 512 bytes 40 00");
    access = access_of(true, "data", "a\nb\x1b\x7f");
    access.mode = "";
    sequence_line(&access, line, sizeof line);
    assert_string_equal(line, "- w8 ata0 data <- a?b??");
    sequence_line(&access, line, 8);
    assert_string_equal(line, "- w8 at");
}

static void test_polls(void **state)
{
    (void)state;
    const struct sequence_access read = access_of(false, "status", "0x80 BSY");
    struct sequence_access next = access_of(false, "status", "0x50 DRDY DSC");
    assert_true(sequence_is_poll(&read, &next));
    next.size = 2;
    assert_false(sequence_is_poll(&read, &next));
    next = access_of(false, "error", "0x80 BSY");
    assert_false(sequence_is_poll(&read, &next));
    next = access_of(true, "status", "0x80 BSY");
    assert_false(sequence_is_poll(&read, &next));
    assert_false(sequence_is_poll(&next, &next));
    next = access_of(false, "status", "0x80 BSY");
    next.count = 2;
    assert_false(sequence_is_poll(&read, &next));
    assert_false(sequence_is_poll(&next, &read));
    next = access_of(false, "status", "0x80 BSY");
    next.device = "ata1";
    assert_false(sequence_is_poll(&read, &next));
    next = access_of(false, "status", "0x80 BSY");
    next.mode = "prot32";
    assert_false(sequence_is_poll(&read, &next));
}

static void test_transfers(void **state)
{
    (void)state;
    for (unsigned is_write = 0; is_write < 2; is_write++) {
        const struct sequence_access data = access_of(is_write, "data", "2 bytes 40 00");
        struct sequence_access next = data;
        assert_true(sequence_is_transfer(&data, &next));
        assert_false(sequence_is_poll(&data, &next));
        next.words = "4 bytes 40 00 01 02 of id";
        assert_true(sequence_is_transfer(&data, &next));
        next.is_write = !is_write;
        assert_false(sequence_is_transfer(&data, &next));
        next = access_of(is_write, "other", "2 bytes 40 00");
        assert_false(sequence_is_transfer(&data, &next));
        next = access_of(is_write, "data", "0x40, nobody answers");
        assert_false(sequence_is_transfer(&data, &next));
        assert_false(sequence_is_poll(&data, &next)); /* its data would be lost */
        assert_false(sequence_is_poll(&next, &data));
        next = access_of(is_write, "data", "'T'");
        assert_int_equal(sequence_is_transfer(&next, &next), is_write);
        assert_int_equal(sequence_is_poll(&next, &next), !is_write);
    }
}

/* --- folding ---------------------------------------------------------------------------------------- */

static struct trace_event event_of(unsigned kind, unsigned access, uint64_t time)
{
    return (struct trace_event){
        .record =
            {.kind = (uint8_t)kind, .access = (uint8_t)access, .time = time, .size = 1, .count = 1},
        .decoded = {.device = "ata0", .reg = "status", .words = "0x80 BSY"}};
}

static void test_fold(void **state)
{
    (void)state;
    static struct fold fold;
    struct trace_event e = event_of(TRACE_EXIT, EXIT_PIO_READ, 10);
    assert_true(fold_add(&fold, &e));
    e.record.time = 20;
    assert_true(fold_add(&fold, &e));
    assert_int_equal(fold.count, 2);
    assert_int_equal(fold.event.record.time, 10);
    assert_int_equal(fold.last, 20);
    strcpy(e.decoded.words, "0x50 DRDY DSC");
    assert_false(fold_add(&fold, &e));
    assert_int_equal(fold.count, 2);
    assert_int_equal(fold.last, 20);
}

static void test_no_fold(void **state)
{
    (void)state;
    static struct fold fold;
    struct trace_event first = event_of(TRACE_EXIT, EXIT_PIO_READ, 1), e;
    assert_true(fold_add(&fold, &first));
    e = first, e.record.access = EXIT_PIO_WRITE;
    assert_false(fold_add(&fold, &e));
    e = first, e.record.size = 2;
    assert_false(fold_add(&fold, &e));
    e = first, e.record.count = 2;
    assert_false(fold_add(&fold, &e));
    e = first, e.record.mode = TRACE_MODE_LONG64;
    assert_false(fold_add(&fold, &e));
    e = first, e.record.kind = TRACE_COALESCED;
    assert_false(fold_add(&fold, &e));
    e = first, strcpy(e.decoded.reg, "alternate status");
    assert_false(fold_add(&fold, &e));
    e = first, strcpy(e.decoded.device, "ata1");
    assert_false(fold_add(&fold, &e));
    fold.count = 0;
    e = first, e.record.access = EXIT_PIO_WRITE;
    assert_true(fold_add(&fold, &e));
    assert_false(fold_add(&fold, &e)); /* a write is never a poll */
}

/* Data is one transfer, whatever it is: equal bytes are more bytes. */
static void test_fold_data(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        static const uint8_t kinds[] = {TRACE_EXIT, TRACE_EXIT, TRACE_COALESCED};
        struct fold fold = {0};
        struct trace_event e = event_of(kinds[i], i == 0 ? EXIT_PIO_READ : EXIT_PIO_WRITE, 10);
        strcpy(e.decoded.words, "2 bytes 40 00");
        assert_true(fold_add(&fold, &e));
        assert_true(fold_add(&fold, &e));
        e.record.count = 256, e.record.time = 20;
        strcpy(e.decoded.words, "512 bytes 01 02 03 04 05 06 07 08 ...");
        assert_true(fold_add(&fold, &e));
        assert_string_equal(fold.event.decoded.words, "516 bytes 40 00 40 00 01 02 03 04 ...");
        assert_int_equal(fold.event.record.count, 258);
        assert_int_equal(fold.event.record.time, 10);
        assert_int_equal(fold.last, 20);
        struct trace_event other = e;
        other.record.thread++;
        assert_false(fold_add(&fold, &other));
        other = e,
        other.record.kind = other.record.kind == TRACE_EXIT ? TRACE_COALESCED : TRACE_EXIT;
        assert_false(fold_add(&fold, &other));
        other = e, other.record.access = i == 0 ? EXIT_PIO_WRITE : EXIT_PIO_READ;
        assert_false(fold_add(&fold, &other));
        other = e, other.record.size = 2;
        assert_false(fold_add(&fold, &other));
        assert_int_equal(fold.count, 3);
    }
}

/* --- whole boots ------------------------------------------------------------------------------------ */

#define HEAD "{\"traceEvents\":["
#define TAIL "],\"otherData\":{\"format\":1,\"title\":\"trapline run\"}}"
#define EXIT(ts, mode, dir, reg, words)                                                            \
    "{\"name\":\"x\",\"ph\":\"X\",\"cat\":\"exit\",\"ts\":" ts ",\"dur\":1,\"args\":{\"device\":"  \
    "\"ata0\",\"register\":\"" reg "\",\"words\":\"" words "\",\"dir\":\"" dir                     \
    "\",\"size\":1,\"count\":1,\"mode\":\"" mode "\"}}"
#define COLLECTED(ts, reg, words)                                                                  \
    "{\"name\":\"x\",\"ph\":\"i\",\"cat\":\"collected\",\"ts\":" ts ",\"args\":{\"device\":"       \
    "\"uart\",\"register\":\"" reg "\",\"words\":\"" words "\",\"dir\":\"write\",\"size\":1,"      \
    "\"count\":1}}"

static char path[64];
static struct boot_tables tables;
static struct boot_sequence boot;

static int begin(void **state)
{
    (void)state;
    strcpy(path, "/tmp/trapline-sequence-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 || !boot_tables_create(&tables) ? -1 : close(fd);
}

static int end(void **state)
{
    (void)state;
    boot_sequence_free(&boot);
    boot_tables_destroy(&tables);
    return unlink(path);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static const char *line_of(size_t index)
{
    assert_true(index < boot.count);
    return line_table_line(tables.lines, boot.lines[index]);
}

static void test_boot(void **state)
{
    (void)state;
    write_file(HEAD COLLECTED("0.5", "LCR", "0x03") "," EXIT("1.5", "real16", "read", "status",
                                                             "0x80 BSY") "," //
               EXIT("2.5", "real16", "read", "status", "0x80 BSY") ",\n"     //
               EXIT("3.5", "real16", "read", "status", "0x58 DRQ") ", "      //
               COLLECTED("4", "THR", "'T'") ","                              //
               EXIT("5", "real16", "read", "status", "0x58 DRQ") ","         //
               EXIT("6", "prot32", "read", "status", "0x58 DRQ") TAIL);
    assert_int_equal(boot_sequence_of_trace(&boot, &tables, path), 0);
    assert_int_equal(boot.count, 5);
    assert_string_equal(line_of(0), "- w8 uart LCR <- 0x03");
    assert_string_equal(line_of(1), "real16 r8 ata0 status -> 0x58 DRQ");
    assert_int_equal(boot.times[1], 3500);
    assert_string_equal(line_of(2), "real16 w8 uart THR <- 'T'");
    assert_int_equal(boot.lines[3], boot.lines[1]);
    assert_string_equal(line_of(4), "prot32 r8 ata0 status -> 0x58 DRQ");
    assert_string_equal(boot.title, "trapline run");
    uint32_t ata, uart;
    assert_int_equal(line_table_add(tables.names, "ata0", 4, &ata), 0);
    assert_int_equal(line_table_add(tables.names, "uart", 4, &uart), 0);
    assert_int_equal(boot.devices[ata].accesses, 5);
    assert_int_equal(boot.devices[ata].exits, 5);
    assert_int_equal(boot.devices[uart].accesses, 2);
    assert_int_equal(boot.devices[uart].exits, 0);
}

#define MOVED(ts, mode, dir, size, count, words)                                                   \
    "{\"name\":\"x\",\"ph\":\"X\",\"cat\":\"exit\",\"ts\":" ts ",\"dur\":1,\"args\":{\"device\":"  \
    "\"ata0\",\"register\":\"data\",\"words\":\"" words "\",\"dir\":\"" dir "\",\"size\":" size    \
    ",\"count\":" count ",\"mode\":\"" mode "\"}}"
#define MOVED_LATER(ts, words)                                                                     \
    "{\"name\":\"x\",\"ph\":\"i\",\"cat\":\"collected\",\"ts\":" ts ",\"args\":{\"device\":"       \
    "\"ata0\",\"register\":\"data\",\"words\":\"" words "\",\"dir\":\"write\",\"size\":2,"         \
    "\"count\":1}}"
#define FOUR "4 bytes 01 02 03 04"

/* The same line, whether a string instruction was one exit, several, or collected. */
static void test_boot_data(void **state)
{
    (void)state;
    static const char *const boots[] = {
        HEAD EXIT("1", "long64", "write", "command", "x") "," MOVED("2", "long64", "write", "2",
                                                                    "2", FOUR) TAIL,
        HEAD EXIT("1", "long64", "write", "command", "x") ","        //
        MOVED("2", "long64", "write", "2", "1", "2 bytes 01 02") "," //
        MOVED("3", "long64", "write", "2", "1", "2 bytes 03 04") TAIL,
        HEAD EXIT("1", "long64", "write", "command", "x") "," //
        MOVED_LATER("2", "2 bytes 01 02") "," MOVED_LATER("3", "2 bytes 03 04") TAIL,
    };
    for (unsigned i = 0; i < 3; i++) {
        write_file(boots[i]);
        boot_sequence_free(&boot);
        assert_int_equal(boot_sequence_of_trace(&boot, &tables, path), 0);
        assert_int_equal(boot.count, 2);
        assert_string_equal(line_of(1), "long64 w16x2 ata0 data <- " FOUR);
    }
    /* Reads are not the last turn of a poll; another width is another transfer. */
    write_file(HEAD MOVED("1", "long64", "read", "1", "1", "1 byte 01") "," //
               MOVED("2", "long64", "read", "1", "1", "1 byte 02") ","      //
               MOVED("3", "long64", "read", "4", "1", FOUR) TAIL);
    boot_sequence_free(&boot);
    assert_int_equal(boot_sequence_of_trace(&boot, &tables, path), 0);
    assert_int_equal(boot.count, 2);
    assert_string_equal(line_of(0), "long64 r8x2 ata0 data -> 2 bytes 01 02");
    assert_string_equal(line_of(1), "long64 r32 ata0 data -> " FOUR);
}

/* What is written is read back as the same lines. */
static void test_golden(void **state)
{
    (void)state;
    struct boot_sequence golden;
    write_file(HEAD EXIT("1", "real16", "write", "command", "0xec") "," COLLECTED("4", "THR", "'T'")
                   TAIL);
    assert_int_equal(boot_sequence_of_trace(&boot, &tables, path), 0);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    boot_sequence_write(&boot, &tables, file);
    fclose(file);
    assert_int_equal(boot_sequence_of_golden(&golden, &tables, path), 0);
    assert_int_equal(golden.count, 2);
    assert_memory_equal(golden.lines, boot.lines, 2 * sizeof boot.lines[0]);
    boot_sequence_free(&golden);
    write_file("real16 w8 ata0 command <- 0xec\nreal16 w8 uart THR <- 'T'");
    assert_int_equal(boot_sequence_of_golden(&golden, &tables, path), 0);
    assert_int_equal(golden.count, 2);
    assert_int_equal(golden.lines[0], boot.lines[0]);
    assert_int_not_equal(golden.lines[1], boot.lines[1]);
    boot_sequence_free(&golden);
    write_file("");
    assert_int_equal(boot_sequence_of_golden(&golden, &tables, path), 0);
    assert_int_equal(golden.count, 0);
    boot_sequence_free(&golden);
}

static void test_many_lines(void **state)
{
    (void)state;
    char line[32];
    uint32_t number;
    for (unsigned turn = 0; turn < 2; turn++) {
        for (uint32_t i = 0; i < 20000; i++) {
            int length = snprintf(line, sizeof line, "line %u", i);
            assert_int_equal(line_table_add(tables.lines, line, (size_t)length, &number), 0);
            assert_int_equal(number, i);
            assert_string_equal(line_table_line(tables.lines, number), line);
        }
    }
    assert_int_equal(line_table_count(tables.lines), 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_polls),
        cmocka_unit_test(test_transfers),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_fold_data),
        cmocka_unit_test(test_no_fold),
        cmocka_unit_test_setup_teardown(test_boot, begin, end),
        cmocka_unit_test_setup_teardown(test_boot_data, begin, end),
        cmocka_unit_test_setup_teardown(test_golden, begin, end),
        cmocka_unit_test_setup_teardown(test_many_lines, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The rungs of the climb, from what the firmware writes to COM1. */
#include "test.h"

#include "trace/rungs.h"
#include "vcpu.h"

#include <string.h>

#include "abi/machine.h"
#include "abi/uart.h"

static struct rungs rungs;
static struct trace_rung rung;

static struct trace_event event_at(uint64_t time, unsigned port, unsigned count)
{
    return (struct trace_event){.record = {.kind = TRACE_EXIT,
                                           .time = time,
                                           .access = EXIT_PIO_WRITE,
                                           .address = port,
                                           .size = 1,
                                           .count = count}};
}

static bool put(uint64_t time, unsigned port, const char *text, unsigned count)
{
    struct trace_event event = event_at(time, port, count);
    memcpy(event.record.data, text, count < TRACE_DATA_BYTES ? count : TRACE_DATA_BYTES);
    return rungs_take(&rungs, &event, &rung);
}

/* As the firmware does: bursts of at most 16. True when one of them ended a rung. */
static bool say(uint64_t time, const char *text)
{
    bool ended = false;
    for (size_t left = strlen(text), part; left > 0; left -= part, text += part) {
        part = left < UART_FIFO_SIZE ? left : UART_FIFO_SIZE;
        ended |= put(time, PORT_COM1 + UART_THR, text, (unsigned)part);
    }
    return ended;
}

static void a_line_ends_a_rung(void **state)
{
    (void)state;
    rungs = (struct rungs){0};
    assert_false(say(5, "Trapline 0.1\r\n"));
    assert_true(say(100, "rung 1 real16 serial: 16550 at 0x3f8, 115200 8N1\r\n"));
    assert_int_equal(rung.number, 1);
    assert_int_equal(rung.begin, 5);
    assert_int_equal(rung.end, 100);
    assert_string_equal(rung.line, "rung 1 real16 serial: 16550 at 0x3f8, 115200 8N1");
    assert_true(say(300, "rung 2 real16 pci: absent\n"));
    assert_int_equal(rung.number, 2);
    assert_int_equal(rung.begin, 100);
    assert_int_equal(rung.end, 300);
}

/* Behind another firmware: its accesses have no function that is known, its lines are no banner. */
static void the_first_begins_where_the_firmware_does(void **state)
{
    (void)state;
    struct trace_event event = event_at(7, 0x80, 1);
    rungs = (struct rungs){0};
    assert_false(rungs_take(&rungs, &event, &rung));
    assert_false(say(8, "SeaBIOS\n"));
    assert_false(say(20, "Trap"));
    assert_false(say(30, "line 0.1, MBR door\n"));
    assert_true(say(100, "rung 1 real16 serial: yes\n"));
    assert_int_equal(rung.begin, 20);
    assert_int_equal(rung.end, 100);

    rungs = (struct rungs){0};
    assert_false(rungs_take(&rungs, &event, &rung));
    strcpy(event.where, "loader+0x2");
    event.record.kind = TRACE_OTHER_EXIT;
    assert_false(rungs_take(&rungs, &event, &rung));
    event.record.kind = TRACE_EXIT;
    event.record.access = EXIT_MMIO_READ;
    event.record.time = 15;
    assert_false(rungs_take(&rungs, &event, &rung));
    event.record.time = 16;
    assert_false(rungs_take(&rungs, &event, &rung));
    assert_false(say(20, "Trapline 0.1, MBR door\n"));
    assert_true(say(100, "rung 1 real16 serial: yes\n"));
    assert_int_equal(rung.begin, 15);
    assert_true(say(200, "rung 2 real16 pci: yes\n"));
    assert_int_equal(rung.begin, 100);
}

static void other_lines_are_none(void **state)
{
    (void)state;
    static const char *const lines[] = {"rung\n",      "rung x\n",    "rung 0 a\n",
                                        "rung 10 a\n", "rung 3\n",    "a rung 3 a\n",
                                        "\n",          "rung -1 a\n", "rung 3a b\n"};
    rungs = (struct rungs){0};
    for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_false(say(i, lines[i]));
    char longest[4096];
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "rung 3 ", 7);
    memcpy(longest + sizeof longest - 2, "\n", 2);
    assert_true(say(1, longest));
    assert_int_equal(strlen(rung.line), sizeof rung.line - 1);
}

/* With DLAB set, the port is the divisor. */
static void a_divisor_is_no_character(void **state)
{
    (void)state;
    rungs = (struct rungs){0};
    assert_false(say(1, "rung 1 a"));
    assert_false(put(2, PORT_COM1 + UART_LCR, "\x80", 1));
    assert_false(put(3, PORT_COM1 + UART_THR, "\n", 1));
    assert_false(put(4, PORT_COM1 + UART_LCR, "\x03", 1));
    assert_false(put(5, 0x2f8, "\n", 1)); /* another port */
    assert_true(put(6, PORT_COM1 + UART_THR, "\n", 1));
    assert_string_equal(rung.line, "rung 1 a");
}

/* It goes to terminals and pages. */
static void a_line_is_plain_text(void **state)
{
    (void)state;
    rungs = (struct rungs){0};
    assert_true(say(1, "rung 1 \x1b[2J\xff<\x9b"
                       "b\n"));
    assert_string_equal(rung.line, "rung 1 ?[2J?<?b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_ends_a_rung),
        cmocka_unit_test(the_first_begins_where_the_firmware_does),
        cmocka_unit_test(other_lines_are_none),
        cmocka_unit_test(a_divisor_is_no_character),
        cmocka_unit_test(a_line_is_plain_text),
    };
    return cmocka_run_group_tests_name("rungs", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/uart.c: the 16550A as firmware and drivers look at it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host-vmm/devices/uart.h"

struct fixture {
    struct uart_model uart;
    unsigned room;
    uint8_t sent[64];
    unsigned sent_count, dropped;
    bool level;
    unsigned level_changes;
};

static unsigned sink_room(void *context)
{
    return ((struct fixture *)context)->room;
}

static void sink_put(void *context, uint8_t byte)
{
    struct fixture *f = context;

    if (f->sent_count < sizeof f->sent)
        f->sent[f->sent_count++] = byte;
    else
        f->dropped++;
}

static void line_set(void *context, unsigned line, bool level)
{
    struct fixture *f = context;

    assert_int_equal(line, 4);
    f->level = level;
    f->level_changes++;
}

static void start(struct fixture *f)
{
    struct uart_sink sink = {.room = sink_room, .put = sink_put, .context = f};
    struct irq_line irq = {.set = line_set, .context = f, .line = 4};

    *f = (struct fixture){.room = 4096};
    uart_model_init(&f->uart, sink, irq);
}

static uint8_t in(struct fixture *f, unsigned reg)
{
    uint64_t value = 0xdead;

    assert_true(f->uart.region.ops->read(f->uart.region.self, reg, 1, &value));
    assert_true(value <= 0xff);
    return (uint8_t)value;
}

static void out(struct fixture *f, unsigned reg, uint8_t value)
{
    assert_true(f->uart.region.ops->write(f->uart.region.self, reg, 1, value));
}

static void idle_as_a_driver_expects_it(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    assert_int_equal(f.uart.region.length, UART_REGISTER_COUNT);
    assert_int_equal(in(&f, UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
    assert_int_equal(in(&f, UART_IIR), UART_IIR_NONE);
    assert_int_equal(in(&f, UART_MSR), UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD);
    assert_int_equal(in(&f, UART_RBR), 0);
    out(&f, UART_SCR, 0x5a);
    assert_int_equal(in(&f, UART_SCR), 0x5a);
    out(&f, UART_LSR, 0xff);
    out(&f, UART_MSR, 0xff);
    assert_int_equal(in(&f, UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
    out(&f, UART_IER, 0xff);
    assert_int_equal(in(&f, UART_IER), 0x0f);
}

static void divisor_latch_hides_data_and_ier(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    out(&f, UART_IER, UART_IER_RDI);
    out(&f, UART_LCR, UART_LCR_DLAB | UART_LCR_8N1);
    out(&f, UART_DLL, 1);
    out(&f, UART_DLM, 2);
    assert_int_equal(in(&f, UART_DLL), 1);
    assert_int_equal(in(&f, UART_DLM), 2);
    assert_int_equal(f.sent_count, 0);
    out(&f, UART_LCR, UART_LCR_8N1);
    assert_int_equal(in(&f, UART_LCR), UART_LCR_8N1);
    assert_int_equal(in(&f, UART_IER), UART_IER_RDI);
    out(&f, UART_THR, 'x');
    assert_int_equal(f.sent_count, 1);
    assert_int_equal(f.sent[0], 'x');
}

/* Adverse case 29: a sink that does not drain holds the guest off, and loses nothing silently. */
static void thre_needs_room_for_a_whole_ring(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    f.room = UART_TX_ROOM;
    assert_int_equal(in(&f, UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
    f.room = UART_TX_ROOM - 1;
    assert_int_equal(in(&f, UART_LSR), 0);
    out(&f, UART_THR, 'y'); /* written regardless: it is the sink that drops and counts */
    assert_int_equal(f.sent_count, 1);
}

static void thri_is_raised_by_empty_and_cleared_by_iir(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    out(&f, UART_IER, UART_IER_THRI);
    assert_true(f.level);
    assert_int_equal(in(&f, UART_IIR), UART_IIR_THRI);
    assert_false(f.level);
    assert_int_equal(in(&f, UART_IIR), UART_IIR_NONE);
    out(&f, UART_THR, 'a');
    assert_true(f.level);
    out(&f, UART_IER, 0);
    assert_false(f.level);
    out(&f, UART_IER, UART_IER_THRI);
    assert_int_equal(in(&f, UART_IIR), UART_IIR_THRI);
    out(&f, UART_IER, UART_IER_THRI); /* already on: nothing new */
    assert_int_equal(in(&f, UART_IIR), UART_IIR_NONE);
}

static void thri_waits_for_a_full_sink(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    out(&f, UART_IER, UART_IER_THRI);
    in(&f, UART_IIR);
    f.room = 10;
    out(&f, UART_THR, 'a');
    assert_false(f.level);
    uart_model_transmit_ready(&f.uart);
    assert_false(f.level);
    f.room = 4096;
    uart_model_transmit_ready(&f.uart);
    assert_true(f.level);
    assert_int_equal(in(&f, UART_IIR), UART_IIR_THRI);
    uart_model_transmit_ready(&f.uart); /* paid already */
    assert_false(f.level);
}

static void input_arrives_in_order_and_raises_the_line(void **state)
{
    struct fixture f;
    uint8_t text[40];

    (void)state;
    start(&f);
    for (unsigned i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)('A' + i);
    out(&f, UART_FCR, UART_FCR_ENABLE);
    out(&f, UART_IER, UART_IER_RDI);
    assert_int_equal(uart_model_receive_room(&f.uart), UART_FIFO_SIZE);
    assert_int_equal(uart_model_receive(&f.uart, text, 3), 3);
    assert_int_equal(uart_model_receive(&f.uart, text + 3, 37), UART_FIFO_SIZE - 3);
    assert_int_equal(uart_model_receive(&f.uart, text, 1), 0);
    assert_int_equal(uart_model_receive_room(&f.uart), 0);
    assert_true(f.level);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(in(&f, UART_LSR), UART_LSR_DR | UART_LSR_THRE | UART_LSR_TEMT);
        assert_int_equal(in(&f, UART_RBR), 'A' + i);
    }
    assert_int_equal(uart_model_receive(&f.uart, text + 16, 24), 5); /* the ring wraps */
    for (unsigned i = 5; i < 21; i++)
        assert_int_equal(in(&f, UART_RBR), 'A' + i);
    assert_false(f.level);
    assert_int_equal(in(&f, UART_LSR) & UART_LSR_DR, 0);
    assert_int_equal(in(&f, UART_RBR), 0);
}

static void fifo_control(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    assert_int_equal(uart_model_receive(&f.uart, (const uint8_t *)"ab", 2), 1);
    out(&f, UART_FCR, UART_FCR_ENABLE | UART_FCR_CLEAR_RX | UART_FCR_CLEAR_TX | 0xc0);
    assert_int_equal(in(&f, UART_LSR) & UART_LSR_DR, 0);
    assert_int_equal(in(&f, UART_IIR), UART_IIR_FIFO_ON | UART_IIR_NONE);
    assert_int_equal(uart_model_receive(&f.uart, (const uint8_t *)"abcdefghijklm", 13), 13);
    out(&f, UART_IER, UART_IER_RDI);
    assert_int_equal(in(&f, UART_IIR), UART_IIR_FIFO_ON | UART_IIR_TIMEOUT);
    assert_int_equal(uart_model_receive(&f.uart, (const uint8_t *)"n", 1), 1);
    assert_int_equal(in(&f, UART_IIR), UART_IIR_FIFO_ON | UART_IIR_RDI);
    out(&f, UART_FCR, UART_FCR_ENABLE | UART_FCR_CLEAR_RX);
    assert_false(f.level);
    assert_int_equal(uart_model_receive(&f.uart, (const uint8_t *)"abc", 3), 3);
    out(&f, UART_FCR, UART_FCR_CLEAR_TX); /* without the enable bit: off, and emptied by that */
    assert_int_equal(in(&f, UART_IIR), UART_IIR_NONE);
    assert_int_equal(in(&f, UART_LSR) & UART_LSR_DR, 0);
    assert_int_equal(uart_model_receive_room(&f.uart), 1);
}

/* What came earlier would be lost when the guest sets its FIFO up. */
static void input_waits_until_the_guest_listens(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    assert_int_equal(uart_model_receive_room(&f.uart), 0);
    out(&f, UART_LCR, UART_LCR_8N1);
    out(&f, UART_THR, 'x');
    assert_int_equal(uart_model_receive_room(&f.uart), 0);
    in(&f, UART_LSR); /* a guest that does without FIFOs looks here */
    assert_int_equal(uart_model_receive_room(&f.uart), 1);
    uart_model_reset(&f.uart);
    assert_int_equal(uart_model_receive_room(&f.uart), 0);
    out(&f, UART_FCR, UART_FCR_ENABLE);
    assert_int_equal(uart_model_receive_room(&f.uart), UART_FIFO_SIZE);
}

static void the_end_of_input_takes_the_carrier_away(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    out(&f, UART_IER, UART_IER_MSI);
    assert_int_equal(in(&f, UART_MSR), UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS);
    assert_false(f.level);
    uart_model_hang_up(&f.uart);
    assert_true(f.level);
    assert_int_equal(in(&f, UART_MSR), UART_MSR_DSR | UART_MSR_CTS | UART_MSR_DDCD);
    assert_false(f.level);
    uart_model_hang_up(&f.uart); /* twice is once */
    assert_int_equal(in(&f, UART_MSR), UART_MSR_DSR | UART_MSR_CTS);
    uart_model_reset(&f.uart); /* of the guest: the line stays as it is, and says so */
    assert_int_equal(in(&f, UART_MSR), UART_MSR_DSR | UART_MSR_CTS | UART_MSR_DDCD);
}

static void loopback_returns_data_and_modem_lines(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    f.room = 0;
    out(&f, UART_FCR, UART_FCR_ENABLE);
    out(&f, UART_MCR, UART_MCR_LOOP | UART_MCR_OUT2 | UART_MCR_RTS);
    assert_int_equal(in(&f, UART_MSR) & 0xf0, UART_MSR_DCD | UART_MSR_CTS);
    out(&f, UART_MCR, UART_MCR_LOOP | UART_MCR_OUT1 | UART_MCR_DTR);
    assert_int_equal(in(&f, UART_MSR) & 0xf0, UART_MSR_RI | UART_MSR_DSR);
    assert_int_equal(in(&f, UART_MSR) & 0x0f, 0);
    assert_int_equal(uart_model_receive_room(&f.uart), 0);
    assert_int_equal(uart_model_receive(&f.uart, (const uint8_t *)"a", 1), 0);

    for (unsigned i = 0; i < UART_FIFO_SIZE + 1; i++)
        out(&f, UART_THR, (uint8_t)i);
    assert_int_equal(f.sent_count, 0);
    out(&f, UART_IER, UART_IER_RLSI | UART_IER_RDI | UART_IER_THRI | UART_IER_MSI);
    assert_int_equal(in(&f, UART_IIR), UART_IIR_FIFO_ON | UART_IIR_RLSI);
    assert_int_equal(in(&f, UART_LSR), UART_LSR_DR | UART_LSR_OE | UART_LSR_THRE | UART_LSR_TEMT);
    assert_int_equal(in(&f, UART_LSR) & UART_LSR_OE, 0);
    assert_int_equal(in(&f, UART_IIR), UART_IIR_FIFO_ON | UART_IIR_RDI);
    for (unsigned i = 0; i < UART_FIFO_SIZE; i++)
        assert_int_equal(in(&f, UART_RBR), i);
    assert_int_equal(in(&f, UART_IIR), UART_IIR_FIFO_ON | UART_IIR_THRI);
    assert_int_equal(in(&f, UART_IIR), UART_IIR_FIFO_ON | UART_IIR_NONE);

    out(&f, UART_MCR, UART_MCR_LOOP); /* DSR and RI fall */
    assert_true(f.level);
    assert_int_equal(in(&f, UART_IIR), UART_IIR_FIFO_ON | UART_IIR_MSI);
    assert_int_equal(in(&f, UART_MSR), (UART_MSR_DSR | UART_MSR_RI) >> 4);
    assert_false(f.level);
}

static void reset_forgets_and_lowers_the_line(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    out(&f, UART_IER, UART_IER_RDI | UART_IER_THRI);
    out(&f, UART_LCR, UART_LCR_DLAB);
    out(&f, UART_SCR, 1);
    uart_model_receive(&f.uart, (const uint8_t *)"a", 1);
    assert_true(f.level);
    uart_model_reset(&f.uart);
    assert_false(f.level);
    assert_int_equal(in(&f, UART_LCR), 0);
    assert_int_equal(in(&f, UART_IER), 0);
    assert_int_equal(in(&f, UART_SCR), 0);
    assert_int_equal(in(&f, UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
}

/* Adverse case 28: every register, width and direction. The bus keeps accesses inside the region. */
static void only_bytes_are_registers(void **state)
{
    static const unsigned sizes[] = {2, 4, 8};
    struct fixture f;
    uint64_t value = 0;

    (void)state;
    start(&f);
    for (unsigned reg = 0; reg < UART_REGISTER_COUNT; reg++) {
        for (unsigned i = 0; i < 3; i++) {
            assert_false(f.uart.region.ops->read(&f.uart, reg, sizes[i], &value));
            assert_false(f.uart.region.ops->write(&f.uart, reg, sizes[i], UINT64_MAX));
        }
    }
    assert_int_equal(f.sent_count, 0);
    /* Anything at all, written everywhere for a while, under the sanitizers. */
    for (unsigned i = 0; i < 100000; i++) {
        out(&f, i % UART_REGISTER_COUNT, (uint8_t)(i * 2654435761u >> 13));
        in(&f, (i * 40503u >> 7) % UART_REGISTER_COUNT);
        uart_model_receive(&f.uart, (const uint8_t *)"0123456789", i % 11);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_as_a_driver_expects_it),
        cmocka_unit_test(divisor_latch_hides_data_and_ier),
        cmocka_unit_test(thre_needs_room_for_a_whole_ring),
        cmocka_unit_test(thri_is_raised_by_empty_and_cleared_by_iir),
        cmocka_unit_test(thri_waits_for_a_full_sink),
        cmocka_unit_test(input_arrives_in_order_and_raises_the_line),
        cmocka_unit_test(fifo_control),
        cmocka_unit_test(input_waits_until_the_guest_listens),
        cmocka_unit_test(the_end_of_input_takes_the_carrier_away),
        cmocka_unit_test(loopback_returns_data_and_modem_lines),
        cmocka_unit_test(reset_forgets_and_lowers_the_line),
        cmocka_unit_test(only_bytes_are_registers),
    };

    return cmocka_run_group_tests_name("uart model", tests, NULL, NULL);
}

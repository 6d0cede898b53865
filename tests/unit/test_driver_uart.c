/* SPDX-License-Identifier: MIT */
/* drivers/uart.c against a fake 16550: what it writes, how often it looks, what it gives up on. */
#include "test.h"

#include <string.h>

#include "drivers/abi/machine.h"
#include "drivers/abi/uart.h"
#include "drivers/errors.h"
#include "drivers/uart.h"
#include "fake_io.h"
#include "fake_platform.h"

struct fake_uart {
    uint8_t registers[UART_REGISTER_COUNT];
    uint8_t divisor[2];
    char sent[256];
    unsigned sent_count, in_fifo, overruns, lsr_reads;
    bool no_scratch, never_empties;
    const char *to_receive;
};

static uint32_t uart_in(void *context, uint16_t port, unsigned size)
{
    struct fake_uart *fake = context;
    unsigned reg = port - PORT_COM1;
    assert_int_equal(size, 1);
    assert_true(reg < UART_REGISTER_COUNT);
    switch (reg) {
    case UART_RBR:
        return (uint8_t)*fake->to_receive++;
    case UART_LSR:
        fake->lsr_reads++;
        if (!fake->never_empties)
            fake->in_fifo = 0;
        return (fake->in_fifo ? 0 : UART_LSR_THRE) |
               (fake->to_receive && *fake->to_receive ? UART_LSR_DR : 0);
    case UART_SCR:
        return fake->no_scratch ? 0xff : fake->registers[UART_SCR];
    default:
        return fake->registers[reg];
    }
}

static void uart_out(void *context, uint16_t port, unsigned size, uint32_t value)
{
    struct fake_uart *fake = context;
    unsigned reg = port - PORT_COM1;
    assert_int_equal(size, 1);
    assert_true(reg < UART_REGISTER_COUNT);
    if (fake->registers[UART_LCR] & UART_LCR_DLAB && reg <= UART_DLM) {
        fake->divisor[reg] = (uint8_t)value;
        return;
    }
    fake->registers[reg] = (uint8_t)value;
    if (reg != UART_THR)
        return;
    if (++fake->in_fifo > UART_FIFO_SIZE)
        fake->overruns++;
    if (fake->sent_count < sizeof(fake->sent))
        fake->sent[fake->sent_count++] = (char)value;
}

static struct fake_uart fake;

static int setup(void **state)
{
    (void)state;
    fake = (struct fake_uart){0};
    fake_io_set(&(struct fake_io){.in = uart_in, .out = uart_out, .context = &fake});
    fake_platform_reset();
    return 0;
}

static void init_sets_115200_8n1_with_fifos(void **state)
{
    (void)state;
    struct uart uart;
    assert_int_equal(uart_init(&uart, PORT_COM1), ERR_OK);
    assert_int_equal(fake.divisor[0], UART_DIVISOR_115200);
    assert_int_equal(fake.divisor[1], 0);
    assert_int_equal(fake.registers[UART_LCR], UART_LCR_8N1);
    assert_int_equal(fake.registers[UART_IER], 0);
    assert_true(fake.registers[UART_FCR] & UART_FCR_ENABLE);
}

static void init_finds_nobody_on_an_empty_bus(void **state)
{
    (void)state;
    struct uart uart;
    fake.no_scratch = true;
    assert_int_equal(uart_init(&uart, PORT_COM1), ERR_ABSENT);
    assert_int_equal(fake.registers[UART_LCR], 0);
    fake_io_set(NULL);
    assert_int_equal(uart_init(&uart, PORT_COM1), ERR_ABSENT);
}

static void adopt_touches_nothing(void **state)
{
    (void)state;
    struct uart uart;
    uart_adopt(&uart, PORT_COM1);
    assert_int_equal(fake_io_port_accesses(), 0);
}

static void write_looks_once_a_fifo(void **state)
{
    (void)state;
    static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz0123"; /* 40: 16 + 16 + 8 */
    struct uart uart;
    uart_adopt(&uart, PORT_COM1);
    uart_write(&uart, text, 40);
    assert_int_equal(fake.sent_count, 40);
    assert_memory_equal(fake.sent, text, 40);
    assert_int_equal(fake.overruns, 0);
    assert_int_equal(fake_io_counts.port_reads, 3);
    assert_int_equal(fake_io_counts.string_writes, 3);
    assert_int_equal(fake_io_counts.port_writes, 0);
}

static void write_uses_up_the_room_that_is_left(void **state)
{
    (void)state;
    struct uart uart;
    uart_adopt(&uart, PORT_COM1);
    uart_write(&uart, "0123456789", 10);
    uart_write(&uart, "abcdef", 6);
    assert_int_equal(fake.lsr_reads, 1);
    uart_write(&uart, "g", 1);
    assert_int_equal(fake.lsr_reads, 2);
    assert_int_equal(fake.overruns, 0);
    assert_memory_equal(fake.sent, "0123456789abcdefg", 17);
}

/* Adverse case 46. */
static void case_46_a_uart_that_never_empties_drops_output(void **state)
{
    (void)state;
    char text[100];
    struct uart uart;
    memset(text, 'x', sizeof(text));
    uart_adopt(&uart, PORT_COM1);
    fake.never_empties = true;
    uart_write(&uart, text, sizeof(text));
    assert_true(uart.stuck);
    assert_int_equal(fake.sent_count, UART_FIFO_SIZE);
    assert_int_equal(fake.overruns, 0);
    assert_in_range(fake_platform_time, 900000000u, 1100000000u);

    unsigned accesses = fake_io_port_accesses();
    uart_write(&uart, text, sizeof(text));
    assert_int_equal(fake_io_port_accesses(), accesses);
}

static void read_gives_bytes_and_then_nothing(void **state)
{
    (void)state;
    struct uart uart;
    uart_adopt(&uart, PORT_COM1);
    assert_int_equal(uart_read(&uart), -1);
    fake.to_receive = "\xfez";
    assert_int_equal(uart_read(&uart), 0xfe);
    assert_int_equal(uart_read(&uart), 'z');
    assert_int_equal(uart_read(&uart), -1);
    fake_io_set(NULL);
    assert_int_equal(uart_read(&uart), -1);
}

static void a_line_hangs_up_only_after_it_had_a_carrier(void **state)
{
    (void)state;
    struct uart uart;
    uart_adopt(&uart, PORT_COM1);
    assert_false(uart_hung_up(&uart)); /* no modem lines at all */
    fake.registers[UART_MSR] = UART_MSR_DCD;
    assert_false(uart_hung_up(&uart));
    fake.registers[UART_MSR] = 0;
    assert_true(uart_hung_up(&uart));

    uart_adopt(&uart, PORT_COM1); /* gone before the first look, which the delta bit tells */
    fake.registers[UART_MSR] = UART_MSR_DDCD;
    assert_true(uart_hung_up(&uart));
    fake.registers[UART_MSR] = 0;
    assert_true(uart_hung_up(&uart));

    fake_io_set(NULL);
    uart_adopt(&uart, PORT_COM1);
    assert_false(uart_hung_up(&uart));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(init_sets_115200_8n1_with_fifos, setup),
        cmocka_unit_test_setup(init_finds_nobody_on_an_empty_bus, setup),
        cmocka_unit_test_setup(adopt_touches_nothing, setup),
        cmocka_unit_test_setup(write_looks_once_a_fifo, setup),
        cmocka_unit_test_setup(write_uses_up_the_room_that_is_left, setup),
        cmocka_unit_test_setup(case_46_a_uart_that_never_empties_drops_output, setup),
        cmocka_unit_test_setup(read_gives_bytes_and_then_nothing, setup),
        cmocka_unit_test_setup(a_line_hangs_up_only_after_it_had_a_carrier, setup),
    };
    return cmocka_run_group_tests_name("drivers/uart", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Lines collected and sent whole, so that the UART driver can fill its FIFO. */
#include "console.h"

#include "abi/machine.h"
#include "noinit.h"
#include "platform.h"
#include "printf.h"
#include "uart.h"

#define LINE_SIZE 256

static struct uart console_uart;
static bool console_is_verbose;
static size_t line_length;
static NOINIT char line[LINE_SIZE];

void console_init(bool usable)
{
    uart_adopt(&console_uart, PORT_COM1);
    console_uart.stuck = !usable;
}

int console_open(void)
{
    int error = uart_init(&console_uart, PORT_COM1);
    console_uart.stuck = error != 0;
    return error;
}

bool console_usable(void)
{
    return !console_uart.stuck;
}

void console_set_verbose(bool verbose)
{
    console_is_verbose = verbose;
}

bool console_verbose(void)
{
    return console_is_verbose;
}

void console_vprintf(const char *format, va_list arguments)
{
    line_length += format_text_v(line + line_length, LINE_SIZE - line_length, format, arguments);
    bool full = line_length == LINE_SIZE - 1;
    if (full)
        line[LINE_SIZE - 2] = '\n';
    if (full || (line_length > 0 && line[line_length - 1] == '\n')) {
        uart_write(&console_uart, line, line_length);
        line_length = 0;
    }
}

void console_write(const char *text, size_t length)
{
    uart_write(&console_uart, line, line_length);
    line_length = 0;
    uart_write(&console_uart, text, length);
}

int console_read(void)
{
    return uart_read(&console_uart);
}

bool console_hung_up(void)
{
    return uart_hung_up(&console_uart);
}

void console_end_line(void)
{
    if (line_length > 0)
        console_printf("\n");
}

void console_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    console_vprintf(format, arguments);
    va_end(arguments);
}

void platform_log(const char *format, ...)
{
    if (!console_is_verbose)
        return;
    va_list arguments;
    va_start(arguments, format);
    console_printf("# ");
    console_vprintf(format, arguments);
    console_printf("\n");
    va_end(arguments);
}

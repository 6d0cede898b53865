/* SPDX-License-Identifier: MIT */
/*
 * The 16550A, polled (National Semiconductor PC16550D, section 8). A write costs one look at LSR
 * for each FIFO of 16 bytes, and the bytes themselves go out in one string instruction.
 */
#include "uart.h"

#include "abi/uart.h"
#include "errors.h"
#include "io.h"
#include "poll.h"

#define UART_DRAIN_TIMEOUT_MS 1000
#define UART_SCRATCH_PATTERN 0x5a
#define UART_FLOATING_BUS 0xff

int uart_init(struct uart *uart, uint16_t port)
{
    uart_adopt(uart, port);
    out8(port + UART_SCR, UART_SCRATCH_PATTERN);
    if (in8(port + UART_SCR) != UART_SCRATCH_PATTERN)
        return ERR_ABSENT;

    out8(port + UART_LCR, UART_LCR_8N1 | UART_LCR_DLAB);
    out8(port + UART_DLL, UART_DIVISOR_115200);
    out8(port + UART_DLM, 0);
    out8(port + UART_LCR, UART_LCR_8N1);
    out8(port + UART_IER, 0);
    out8(port + UART_FCR, UART_FCR_ENABLE | UART_FCR_CLEAR_RX | UART_FCR_CLEAR_TX);
    out8(port + UART_MCR, UART_MCR_DTR | UART_MCR_RTS);
    uart->fifo_room = UART_FIFO_SIZE; /* it has just been cleared */
    return ERR_OK;
}

void uart_adopt(struct uart *uart, uint16_t port)
{
    *uart = (struct uart){.port = port};
}

void uart_write(struct uart *uart, const char *text, size_t length)
{
    while (length > 0 && !uart->stuck) {
        if (uart->fifo_room == 0) {
            if (!poll_until(in8(uart->port + UART_LSR) & UART_LSR_THRE, UART_DRAIN_TIMEOUT_MS)) {
                uart->stuck = true;
                return;
            }
            uart->fifo_room = UART_FIFO_SIZE; /* with FIFOs on, THRE says the whole FIFO is empty */
        }
        unsigned burst = length < uart->fifo_room ? (unsigned)length : uart->fifo_room;
        out8_rep(uart->port + UART_THR, text, burst);
        uart->fifo_room -= burst;
        text += burst;
        length -= burst;
    }
}

int uart_read(struct uart *uart)
{
    uint8_t line_status = in8(uart->port + UART_LSR);
    if (line_status == UART_FLOATING_BUS || !(line_status & UART_LSR_DR))
        return -1;
    return in8(uart->port + UART_RBR);
}

bool uart_hung_up(struct uart *uart)
{
    uint8_t modem_status = in8(uart->port + UART_MSR);
    if (modem_status & (UART_MSR_DCD | UART_MSR_DDCD))
        uart->had_carrier = true;
    return uart->had_carrier && !(modem_status & UART_MSR_DCD);
}

/* SPDX-License-Identifier: MIT */
/* 16550A UART, polled, with its FIFO. */
#ifndef DRIVERS_UART_H
#define DRIVERS_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uart {
    uint16_t port;
    bool stuck; /* it stopped emptying once: output is dropped from then on */
    bool had_carrier;
    unsigned fifo_room; /* bytes that may follow without another look at LSR */
};

/* Finds a UART at port by its scratch register and sets it to 115200 8N1 with FIFOs on.
 * ERR_ABSENT where nothing holds what the scratch register was given. */
int uart_init(struct uart *uart, uint16_t port);

/* Takes over a UART that an earlier rung has already set up: nothing is written to it. */
void uart_adopt(struct uart *uart, uint16_t port);

/* Writes in FIFO-sized bursts. A transmitter that does not empty within a second loses this and all
 * later output: a console must not hang the machine. */
void uart_write(struct uart *uart, const char *text, size_t length);

/* The next received byte, or -1 when there is none. */
int uart_read(struct uart *uart);

/* True once the other end of a line that had a carrier (MSR.DCD) is gone; false where there never was a
 * carrier, as on a cable without modem lines. */
bool uart_hung_up(struct uart *uart);

#endif

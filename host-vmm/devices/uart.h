/* SPDX-License-Identifier: MIT */
/*
 * 16550A UART model. Transmission takes no time: a byte written to THR is in the sink at once. Accesses
 * are one byte wide; any other width is refused.
 *
 * LSR shows THRE and TEMT while the sink has room for UART_TX_ROOM bytes, not just for one: a driver
 * looks at LSR once for a FIFO of bytes, and where the host coalesces writes to THR a whole ring of
 * them can arrive after that one look.
 */
#ifndef HOST_DEVICES_UART_H
#define HOST_DEVICES_UART_H

#include "../bus.h"
#include "../irq.h"

#include "../../drivers/abi/uart.h"

#include <pthread.h>

/* Where transmitted bytes go: never blocks. room() says how many bytes it will take now; a byte put
 * beyond that is dropped and counted by the sink. */
struct uart_sink {
    unsigned (*room)(void *context);
    void (*put)(void *context, uint8_t byte);
    void *context;
};

#define UART_RX_SIZE UART_FIFO_SIZE
#define UART_TX_ROOM 256

struct uart_model {
    struct bus_region region;
    struct uart_sink sink;
    struct irq_line irq;
    pthread_mutex_t lock; /* registers: the vCPU's accesses against uart_receive() */
    uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
    uint8_t msr_delta; /* MSR bits 3:0: which lines changed since the last read */
    bool thri_pending;
    bool thri_waiting; /* owed, but the sink was full: see uart_model_transmit_ready() */
    bool overrun;
    bool hung_up;   /* the other end of the line is gone: no DCD */
    bool listening; /* the guest has begun with its receiver: see uart_model_receive_room() */
    uint8_t rx[UART_RX_SIZE];
    unsigned rx_head, rx_count;
};

void uart_model_init(struct uart_model *uart, struct uart_sink sink, struct irq_line irq);
void uart_model_reset(struct uart_model *uart);

/* Gives the guest up to length bytes of input; returns how many fitted into the receive FIFO (one
 * byte deep while FIFOs are off). In loopback mode the line is disconnected and nothing fits. */
unsigned uart_model_receive(struct uart_model *uart, const uint8_t *bytes, unsigned length);

/* Bytes that the guest should be given now: as many as fit, but none before it has written FCR or looked
 * at LSR. Setting the FIFO up empties it, and input that was there before the guest would be lost. */
unsigned uart_model_receive_room(struct uart_model *uart);

/* The input has ended for good: the line's carrier (MSR.DCD) goes. */
void uart_model_hang_up(struct uart_model *uart);

/* The sink has drained: raises the interrupt that a guest may be waiting for. Call it without holding
 * any lock that the sink's functions take. */
void uart_model_transmit_ready(struct uart_model *uart);

#endif

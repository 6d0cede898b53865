/* SPDX-License-Identifier: MIT */
/*
 * Where COM1 ends on the host: a bounded buffer that a thread of its own writes out, and the terminal's
 * input. The vCPU never waits for either.
 */
#ifndef HOST_SERIAL_H
#define HOST_SERIAL_H

#include "devices/uart.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

#define SERIAL_BUFFER_SIZE 65536
#define SERIAL_LINE_SIZE 256

struct serial {
    int output; /* -1: discarded */
    int input;  /* -1: none, or at its end */
    bool owns_output;
    pthread_t writer;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint8_t buffer[SERIAL_BUFFER_SIZE];
    uint64_t put, taken; /* bytes ever; put - taken are in the buffer */
    bool closing, broken;
    uint64_t dropped; /* bytes that found the buffer full or the output gone */
    bool input_is_terminal;
    struct termios saved;
    /* The last whole line, for the message when the guest reports a failure. */
    char line[SERIAL_LINE_SIZE], last_line[SERIAL_LINE_SIZE];
    unsigned line_length;
};

/* Connected to nothing: what the guest sends is discarded. */
void serial_init(struct serial *serial);

/* To standard input and output, or to an open file (taken over; -1: to nothing). 0 or
 * EXIT_STATUS_HOST after a message. */
int serial_connect(struct serial *serial, bool stdio, int file);

/* Starts the writer and puts a terminal on standard input into character mode. 0 or -errno. */
int serial_start(struct serial *serial);

/* True when whoever waits for the output should stop waiting. */
typedef bool serial_impatient(void);

/* Restores the terminal and waits until everything is written: as long as something moves at least
 * every idle_ms and impatient() is false; with impatient NULL, idle_ms in all. What is left is counted
 * as dropped. */
void serial_finish(struct serial *serial, unsigned idle_ms, serial_impatient *impatient);

/* Closes the output. Also to be called where serial_connect() or serial_start() failed. */
void serial_close(struct serial *serial);

/* The terminal into character mode, and as it was before. */
void serial_take_terminal(struct serial *serial);
void serial_restore_terminal(struct serial *serial);

/* What the UART model writes to. */
struct uart_sink serial_sink(struct serial *serial);

/* True when somebody sits at it: a terminal of which this is the foreground job, both ways. */
bool serial_is_interactive(const struct serial *serial);

/* Moves input to the guest as far as it has room, and hangs up at its end; called when input is
 * readable. */
void serial_read_input(struct serial *serial, struct uart_model *uart);

#endif

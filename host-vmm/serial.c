/* SPDX-License-Identifier: MIT */
/* COM1's output thread, and the terminal. */
#include "serial.h"

#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DRAIN_STEP_MS 50

static unsigned sink_room(void *context)
{
    struct serial *serial = context;
    pthread_mutex_lock(&serial->lock);
    unsigned room = SERIAL_BUFFER_SIZE - (unsigned)(serial->put - serial->taken);
    pthread_mutex_unlock(&serial->lock);
    return room;
}

static void remember_line(struct serial *serial, uint8_t byte)
{
    if (byte == '\n') {
        memcpy(serial->last_line, serial->line, serial->line_length);
        serial->last_line[serial->line_length] = '\0';
        serial->line_length = 0;
    } else if (byte >= ' ' && byte < 0x7f && serial->line_length < SERIAL_LINE_SIZE - 1) {
        serial->line[serial->line_length++] = (char)byte;
    }
}

static void sink_put(void *context, uint8_t byte)
{
    struct serial *serial = context;
    pthread_mutex_lock(&serial->lock);
    remember_line(serial, byte);
    if (serial->output < 0) {
        /* nowhere, as asked: not a loss */
    } else if (serial->broken || serial->put - serial->taken == SERIAL_BUFFER_SIZE) {
        serial->dropped++;
    } else {
        serial->buffer[serial->put++ % SERIAL_BUFFER_SIZE] = byte;
        pthread_cond_signal(&serial->changed);
    }
    pthread_mutex_unlock(&serial->lock);
}

struct uart_sink serial_sink(struct serial *serial)
{
    return (struct uart_sink){.room = sink_room, .put = sink_put, .context = serial};
}

/* Takes what is in the buffer in one piece; 0 at the end. */
static size_t take_piece(struct serial *serial, uint8_t *piece, size_t max)
{
    pthread_mutex_lock(&serial->lock);
    while (serial->put == serial->taken && !serial->closing)
        pthread_cond_wait(&serial->changed, &serial->lock);
    size_t length = 0;
    while (length < max && serial->taken + length < serial->put) {
        piece[length] = serial->buffer[(serial->taken + length) % SERIAL_BUFFER_SIZE];
        length++;
    }
    pthread_mutex_unlock(&serial->lock);
    return length;
}

/* Bytes leave the buffer as they are written, so that whoever waits for it to drain sees progress. */
static bool write_piece(struct serial *serial, const uint8_t *piece, size_t length)
{
    while (length > 0) {
        ssize_t done = write(serial->output, piece, length);
        if (done < 0 && (errno == EINTR || errno == EAGAIN)) {
            if (errno == EAGAIN)
                usleep(1000);
            continue;
        }
        if (done < 0)
            return false;
        piece += done;
        length -= (size_t)done;
        pthread_mutex_lock(&serial->lock);
        serial->taken += (uint64_t)done;
        pthread_cond_broadcast(&serial->changed);
        pthread_mutex_unlock(&serial->lock);
    }
    return true;
}

static void *writer_thread(void *argument)
{
    struct serial *serial = argument;
    uint8_t piece[4096];
    size_t length;
    while ((length = take_piece(serial, piece, sizeof piece)) > 0) {
        if (write_piece(serial, piece, length))
            continue;
        /* Standard output is gone or full for good: the guest goes on, its output is counted. */
        pthread_mutex_lock(&serial->lock);
        serial->broken = true;
        serial->dropped += serial->put - serial->taken;
        serial->taken = serial->put;
        pthread_cond_broadcast(&serial->changed);
        pthread_mutex_unlock(&serial->lock);
    }
    return NULL;
}

void serial_init(struct serial *serial)
{
    memset(serial, 0, sizeof *serial);
    serial->output = serial->input = -1;
    pthread_mutex_init(&serial->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&serial->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

int serial_connect(struct serial *serial, bool stdio, int file)
{
    if (stdio) {
        serial->output = STDOUT_FILENO;
        serial->input = STDIN_FILENO;
        return 0;
    }
    if (file < 0)
        return 0;
    serial->output = file;
    serial->owns_output = true;
    /* The writer's thread may wait for a reader; only opening was not to. */
    int flags = fcntl(file, F_GETFL);
    if (flags < 0 || fcntl(file, F_SETFL, flags & ~O_NONBLOCK) < 0)
        return host_failure("--serial: %s", strerror(errno));
    return 0;
}

/* Character mode without echo; Ctrl-C still is a signal, and output is left alone. A background job
 * leaves the terminal to whoever has it. */
void serial_take_terminal(struct serial *serial)
{
    if (serial->input < 0 || !isatty(serial->input))
        return;
    if (tcgetpgrp(serial->input) != getpgrp()) {
        serial->input = -1;
        return;
    }
    if (tcgetattr(serial->input, &serial->saved) < 0)
        return;
    struct termios raw = serial->saved;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(serial->input, TCSANOW, &raw) == 0)
        serial->input_is_terminal = true;
}

void serial_restore_terminal(struct serial *serial)
{
    if (serial->input_is_terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, &serial->saved);
    serial->input_is_terminal = false;
}

int serial_start(struct serial *serial)
{
    if (serial->output >= 0) {
        int error = pthread_create(&serial->writer, NULL, writer_thread, serial);
        if (error)
            return -error;
        serial->started = true;
    }
    serial_take_terminal(serial);
    return 0;
}

/* True once the buffer is empty; false when nothing has moved for idle_ms, or patience says stop. */
static bool wait_drained(struct serial *serial, unsigned idle_ms, serial_impatient *impatient)
{
    pthread_mutex_lock(&serial->lock);
    uint64_t seen = serial->taken;
    unsigned idle = 0;
    while (serial->put != serial->taken && idle < idle_ms && !(impatient != NULL && impatient())) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += DRAIN_STEP_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        while (serial->put != serial->taken &&
               pthread_cond_timedwait(&serial->changed, &serial->lock, &until) == 0)
            ;
        idle = impatient == NULL || serial->taken == seen ? idle + DRAIN_STEP_MS : 0;
        seen = serial->taken;
    }
    bool drained = serial->put == serial->taken;
    if (!drained) {
        serial->broken = true;
        serial->dropped += serial->put - serial->taken;
    }
    serial->closing = true;
    pthread_cond_broadcast(&serial->changed);
    pthread_mutex_unlock(&serial->lock);
    return drained;
}

void serial_finish(struct serial *serial, unsigned idle_ms, serial_impatient *impatient)
{
    serial_restore_terminal(serial);
    if (serial->started) {
        /* A writer stuck in write() cannot be joined; it ends with the process. */
        if (wait_drained(serial, idle_ms, impatient))
            pthread_join(serial->writer, NULL);
        serial->started = false;
    }
}

void serial_close(struct serial *serial)
{
    serial_finish(serial, 0, NULL);
    if (serial->owns_output)
        close(serial->output);
    serial->owns_output = false;
    serial->output = -1;
}

void serial_read_input(struct serial *serial, struct uart_model *uart)
{
    uint8_t bytes[UART_RX_SIZE];
    unsigned room = uart_model_receive_room(uart);
    if (room == 0 || serial->input < 0)
        return;
    ssize_t length = read(serial->input, bytes, room < sizeof bytes ? room : sizeof bytes);
    if (length > 0)
        uart_model_receive(uart, bytes, (unsigned)length);
    else if (length == 0 || (errno != EINTR && errno != EAGAIN)) {
        serial->input = -1;
        uart_model_hang_up(uart);
    }
}

bool serial_is_interactive(const struct serial *serial)
{
    return serial->input == STDIN_FILENO && serial->output == STDOUT_FILENO &&
           isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* SPDX-License-Identifier: MIT */
/*
 * 16550A registers (PC16550D data sheet, section 8), both directions of the line, and the interrupt.
 * Where bytes come from and go to is the sink's and the caller's business. Baud rate, parity and break
 * are kept as register values and mean nothing here.
 */
#include "uart.h"

#include <stddef.h>

#define IER_MASK (UART_IER_RDI | UART_IER_THRI | UART_IER_RLSI | UART_IER_MSI)
#define MCR_MASK (UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT1 | UART_MCR_OUT2 | UART_MCR_LOOP)
#define DIVISOR_9600 12
#define MSR_DELTA_SHIFT 4 /* from a line's bit to its delta bit */

static bool in_loopback(const struct uart_model *uart)
{
    return (uart->mcr & UART_MCR_LOOP) != 0;
}

static bool fifos_on(const struct uart_model *uart)
{
    return (uart->fcr & UART_FCR_ENABLE) != 0;
}

static bool transmitter_empty(const struct uart_model *uart)
{
    return in_loopback(uart) || uart->sink.room(uart->sink.context) >= UART_TX_ROOM;
}

static unsigned receive_capacity(const struct uart_model *uart)
{
    return fifos_on(uart) ? UART_RX_SIZE : 1;
}

/* The modem lines of MSR: a terminal that is there until it hangs up, or in loopback what MCR drives. */
static uint8_t modem_lines(const struct uart_model *uart)
{
    uint8_t lines = 0;

    if (!in_loopback(uart))
        return UART_MSR_CTS | UART_MSR_DSR | (uart->hung_up ? 0 : UART_MSR_DCD);
    if (uart->mcr & UART_MCR_RTS)
        lines |= UART_MSR_CTS;
    if (uart->mcr & UART_MCR_DTR)
        lines |= UART_MSR_DSR;
    if (uart->mcr & UART_MCR_OUT1)
        lines |= UART_MSR_RI;
    if (uart->mcr & UART_MCR_OUT2)
        lines |= UART_MSR_DCD;
    return lines;
}

/* --- interrupt ------------------------------------------------------------------------------------- */

/* The pending interrupt of the highest priority, as IIR shows it. */
static uint8_t interrupt_id(const struct uart_model *uart)
{
    static const uint8_t trigger_levels[] = {1, 4, 8, 14};
    unsigned trigger = fifos_on(uart) ? trigger_levels[uart->fcr >> UART_FCR_TRIGGER_SHIFT] : 1;

    if ((uart->ier & UART_IER_RLSI) && uart->overrun)
        return UART_IIR_RLSI;
    if ((uart->ier & UART_IER_RDI) && uart->rx_count >= trigger)
        return UART_IIR_RDI;
    /* The time-out of a FIFO below its trigger level is over at once. */
    if ((uart->ier & UART_IER_RDI) && uart->rx_count > 0)
        return UART_IIR_TIMEOUT;
    if ((uart->ier & UART_IER_THRI) && uart->thri_pending)
        return UART_IIR_THRI;
    if ((uart->ier & UART_IER_MSI) && uart->msr_delta != 0)
        return UART_IIR_MSI;
    return UART_IIR_NONE;
}

static void update_irq(struct uart_model *uart)
{
    irq_set(&uart->irq, interrupt_id(uart) != UART_IIR_NONE);
}

/* The holding register is empty again, or will be when the sink has drained. */
static void owe_thri(struct uart_model *uart)
{
    uart->thri_pending = transmitter_empty(uart);
    uart->thri_waiting = !uart->thri_pending;
}

/* --- data ------------------------------------------------------------------------------------------ */

static void receive_byte(struct uart_model *uart, uint8_t byte)
{
    if (uart->rx_count >= receive_capacity(uart)) {
        uart->overrun = true;
        return;
    }
    uart->rx[(uart->rx_head + uart->rx_count) % UART_RX_SIZE] = byte;
    uart->rx_count++;
}

static void clear_receiver(struct uart_model *uart)
{
    uart->rx_head = 0;
    uart->rx_count = 0;
}

static uint8_t read_rbr(struct uart_model *uart)
{
    uint8_t byte = uart->rx[uart->rx_head];

    if (uart->rx_count == 0)
        return 0;
    uart->rx_head = (uart->rx_head + 1) % UART_RX_SIZE;
    uart->rx_count--;
    return byte;
}

static void write_thr(struct uart_model *uart, uint8_t byte)
{
    if (in_loopback(uart))
        receive_byte(uart, byte);
    else
        uart->sink.put(uart->sink.context, byte);
    owe_thri(uart);
}

/* --- registers ------------------------------------------------------------------------------------- */

static void write_ier(struct uart_model *uart, uint8_t value)
{
    bool thri_was_on = (uart->ier & UART_IER_THRI) != 0;

    uart->ier = value & IER_MASK;
    /* Enabling the interrupt while the register is empty raises it: drivers start sending that way. */
    if (!thri_was_on && (uart->ier & UART_IER_THRI))
        owe_thri(uart);
}

static void write_fcr(struct uart_model *uart, uint8_t value)
{
    bool was_on = fifos_on(uart);

    uart->listening = true;
    /* The other bits count only while the enable bit is written with them. */
    uart->fcr = value & UART_FCR_ENABLE ? value : 0;
    if (fifos_on(uart) != was_on || (value & UART_FCR_CLEAR_RX))
        clear_receiver(uart);
    /* UART_FCR_CLEAR_TX: nothing is ever held back that could be cleared. */
}

static void write_mcr(struct uart_model *uart, uint8_t value)
{
    uint8_t before = modem_lines(uart), after, changed;

    uart->mcr = value & MCR_MASK;
    after = modem_lines(uart);
    changed = before ^ after;
    if (after & UART_MSR_RI) /* its delta bit tells trailing edges only */
        changed &= (uint8_t)~UART_MSR_RI;
    uart->msr_delta |= changed >> MSR_DELTA_SHIFT;
}

static uint8_t read_iir(struct uart_model *uart)
{
    uint8_t id = interrupt_id(uart);

    if (id == UART_IIR_THRI)
        uart->thri_pending = false; /* reading IIR acknowledges this one, and only this one */
    return id | (fifos_on(uart) ? UART_IIR_FIFO_ON : 0);
}

static uint8_t read_lsr(struct uart_model *uart)
{
    uint8_t value = 0;

    uart->listening = true;
    if (uart->rx_count > 0)
        value |= UART_LSR_DR;
    if (uart->overrun)
        value |= UART_LSR_OE;
    if (transmitter_empty(uart))
        value |= UART_LSR_THRE | UART_LSR_TEMT;
    uart->overrun = false;
    return value;
}

static uint8_t read_msr(struct uart_model *uart)
{
    uint8_t value = modem_lines(uart) | uart->msr_delta;

    uart->msr_delta = 0;
    return value;
}

static uint8_t read_register(struct uart_model *uart, unsigned reg)
{
    bool dlab = (uart->lcr & UART_LCR_DLAB) != 0;

    switch (reg) {
    case UART_RBR:
        return dlab ? uart->dll : read_rbr(uart);
    case UART_IER:
        return dlab ? uart->dlm : uart->ier;
    case UART_IIR:
        return read_iir(uart);
    case UART_LCR:
        return uart->lcr;
    case UART_MCR:
        return uart->mcr;
    case UART_LSR:
        return read_lsr(uart);
    case UART_MSR:
        return read_msr(uart);
    default:
        return uart->scr;
    }
}

static void write_register(struct uart_model *uart, unsigned reg, uint8_t value)
{
    bool dlab = (uart->lcr & UART_LCR_DLAB) != 0;

    switch (reg) {
    case UART_THR:
        if (dlab)
            uart->dll = value;
        else
            write_thr(uart, value);
        break;
    case UART_IER:
        if (dlab)
            uart->dlm = value;
        else
            write_ier(uart, value);
        break;
    case UART_FCR:
        write_fcr(uart, value);
        break;
    case UART_LCR:
        uart->lcr = value;
        break;
    case UART_MCR:
        write_mcr(uart, value);
        break;
    case UART_SCR:
        uart->scr = value;
        break;
    default: /* LSR and MSR are read-only */
        break;
    }
}

static bool uart_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct uart_model *uart = self;

    if (size != 1 || offset >= UART_REGISTER_COUNT)
        return false;
    pthread_mutex_lock(&uart->lock);
    *value = read_register(uart, (unsigned)offset);
    update_irq(uart);
    pthread_mutex_unlock(&uart->lock);
    return true;
}

static bool uart_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct uart_model *uart = self;

    if (size != 1 || offset >= UART_REGISTER_COUNT)
        return false;
    pthread_mutex_lock(&uart->lock);
    write_register(uart, (unsigned)offset, (uint8_t)value);
    update_irq(uart);
    pthread_mutex_unlock(&uart->lock);
    return true;
}

static const struct bus_ops uart_ops = {.read = uart_read, .write = uart_write};

/* --- the host's side ------------------------------------------------------------------------------- */

static void power_on(struct uart_model *uart)
{
    uart->ier = uart->fcr = uart->lcr = uart->mcr = uart->scr = uart->dlm = 0;
    /* So that a guest that starts over can tell a line that was hung up from one without DCD. */
    uart->msr_delta = uart->hung_up ? UART_MSR_DDCD : 0;
    uart->listening = false;
    uart->dll = DIVISOR_9600;
    uart->thri_pending = uart->thri_waiting = uart->overrun = false;
    clear_receiver(uart);
}

void uart_model_init(struct uart_model *uart, struct uart_sink sink, struct irq_line irq)
{
    *uart = (struct uart_model){
        .region = {.name = "uart", .ops = &uart_ops, .self = uart, .length = UART_REGISTER_COUNT},
        .sink = sink,
        .irq = irq,
    };
    pthread_mutex_init(&uart->lock, NULL);
    power_on(uart);
}

void uart_model_reset(struct uart_model *uart)
{
    pthread_mutex_lock(&uart->lock);
    power_on(uart);
    update_irq(uart);
    pthread_mutex_unlock(&uart->lock);
}

static unsigned receive_room(const struct uart_model *uart)
{
    return in_loopback(uart) ? 0 : receive_capacity(uart) - uart->rx_count;
}

unsigned uart_model_receive(struct uart_model *uart, const uint8_t *bytes, unsigned length)
{
    unsigned taken, room;

    pthread_mutex_lock(&uart->lock);
    room = receive_room(uart);
    taken = length < room ? length : room;
    for (unsigned i = 0; i < taken; i++)
        receive_byte(uart, bytes[i]);
    update_irq(uart);
    pthread_mutex_unlock(&uart->lock);
    return taken;
}

unsigned uart_model_receive_room(struct uart_model *uart)
{
    unsigned room;

    pthread_mutex_lock(&uart->lock);
    room = uart->listening ? receive_room(uart) : 0;
    pthread_mutex_unlock(&uart->lock);
    return room;
}

void uart_model_hang_up(struct uart_model *uart)
{
    pthread_mutex_lock(&uart->lock);
    if (!uart->hung_up)
        uart->msr_delta |= UART_MSR_DDCD;
    uart->hung_up = true;
    update_irq(uart);
    pthread_mutex_unlock(&uart->lock);
}

void uart_model_transmit_ready(struct uart_model *uart)
{
    pthread_mutex_lock(&uart->lock);
    if (uart->thri_waiting)
        owe_thri(uart);
    update_irq(uart);
    pthread_mutex_unlock(&uart->lock);
}

/* SPDX-License-Identifier: MIT */
/*
 * 16550A: COM1, and the three other places where firmware looks for one. What is at offsets 0 and 1 the last
 * value of the line control register says.
 */
#include "span.h"
#include "tables.h"

#include <stdio.h>
#include <string.h>

#include "../../../drivers/abi/machine.h"
#include "../../../drivers/abi/uart.h"

#define UARTS 4

static const struct decode_register uart_ports[] = {
    R(PORT_COM1, UART_REGISTER_COUNT, DECODE_BOTH, "uart", DECODE_HEX, NULL, NULL),
};
const struct decode_table decode_uart_ports = {"machine.h", uart_ports, DECODE_COUNT(uart_ports)};

/* Where a PC has the others; there are none here. */
static const struct decode_register other_ports[] = {
    {NULL, 0x2f8, UART_REGISTER_COUNT, DECODE_BOTH, "uart2", DECODE_HEX, NULL, NULL},
    {NULL, 0x3e8, UART_REGISTER_COUNT, DECODE_BOTH, "uart3", DECODE_HEX, NULL, NULL},
    {NULL, 0x2e8, UART_REGISTER_COUNT, DECODE_BOTH, "uart4", DECODE_HEX, NULL, NULL},
};
static const struct decode_table other_table = {NULL, other_ports, DECODE_COUNT(other_ports)};
_Static_assert(DECODE_COUNT(other_ports) == UARTS - 1, "one state for each");

/* --- registers ------------------------------------------------------------------------------------ */

static const struct decode_field interrupt_fields[] = {
    F(UART_IER_RDI, "RDI"),
    F(UART_IER_THRI, "THRI"),
    F(UART_IER_RLSI, "RLSI"),
    F(UART_IER_MSI, "MSI"),
    {0},
};

static const struct decode_value pending_values[] = {
    V(UART_IIR_NONE, "none"),
    V(UART_IIR_MSI, "MSI"),
    V(UART_IIR_THRI, "THRI"),
    V(UART_IIR_RDI, "RDI"),
    V(UART_IIR_RLSI, "RLSI"),
    V(UART_IIR_TIMEOUT, "timeout"),
    {0},
};

static const struct decode_field pending_fields[] = {
    {NULL, 0x0f, "pending", pending_values, false},
    F(UART_IIR_FIFO_ON, "FIFO_ON"),
    {0},
};

static const struct decode_value trigger_values[] = {
    {NULL, 0u << UART_FCR_TRIGGER_SHIFT, "1"},
    {NULL, 1u << UART_FCR_TRIGGER_SHIFT, "4"},
    {NULL, 2u << UART_FCR_TRIGGER_SHIFT, "8"},
    {NULL, 3u << UART_FCR_TRIGGER_SHIFT, "14"},
    {0},
};

static const struct decode_field fifo_fields[] = {
    F(UART_FCR_ENABLE, "ENABLE"),
    F(UART_FCR_CLEAR_RX, "CLEAR_RX"),
    F(UART_FCR_CLEAR_TX, "CLEAR_TX"),
    {"UART_FCR_TRIGGER_SHIFT", 3u << UART_FCR_TRIGGER_SHIFT, "trigger", trigger_values, false},
    {0},
};

static const struct decode_value line_values[] = {
    V(UART_LCR_8N1, "8N1"), {NULL, 0x02, "7N1"}, {NULL, 0x07, "8N2"}, {NULL, 0x0b, "8O1"},
    {NULL, 0x1b, "8E1"},    {NULL, 0x0a, "7O1"}, {NULL, 0x1a, "7E1"}, {0},
};

static const struct decode_field line_fields[] = {
    {NULL, 0x3f, "", line_values, false},
    {NULL, 0x40, "BREAK", NULL, false},
    F(UART_LCR_DLAB, "DLAB"),
    {0},
};

static const struct decode_field modem_fields[] = {
    F(UART_MCR_DTR, "DTR"),   F(UART_MCR_RTS, "RTS"),   F(UART_MCR_OUT1, "OUT1"),
    F(UART_MCR_OUT2, "OUT2"), F(UART_MCR_LOOP, "LOOP"), {0},
};

static const struct decode_field line_status_fields[] = {
    F(UART_LSR_DR, "DR"),
    F(UART_LSR_OE, "OE"),
    F(UART_LSR_PE, "PE"),
    F(UART_LSR_FE, "FE"),
    F(UART_LSR_BI, "BI"),
    F(UART_LSR_THRE, "THRE"),
    F(UART_LSR_TEMT, "TEMT"),
    {NULL, 0x80, "FIFO_ERROR", NULL, false},
    {0},
};

static const struct decode_field modem_status_fields[] = {
    {NULL, 0x01, "DCTS", NULL, false},
    {NULL, 0x02, "DDSR", NULL, false},
    {NULL, 0x04, "TERI", NULL, false},
    F(UART_MSR_DDCD, "DDCD"),
    F(UART_MSR_CTS, "CTS"),
    F(UART_MSR_DSR, "DSR"),
    F(UART_MSR_RI, "RI"),
    F(UART_MSR_DCD, "DCD"),
    {0},
};

static const struct decode_register registers[] = {
    R(UART_RBR, 1, DECODE_READ, "RBR", DECODE_CHAR, NULL, NULL),
    R(UART_THR, 1, DECODE_WRITE, "THR", DECODE_CHAR, NULL, NULL),
    R(UART_IER, 1, DECODE_BOTH, "IER", DECODE_HEX, interrupt_fields, NULL),
    R(UART_IIR, 1, DECODE_READ, "IIR", DECODE_HEX, pending_fields, NULL),
    R(UART_FCR, 1, DECODE_WRITE, "FCR", DECODE_HEX, fifo_fields, NULL),
    R(UART_LCR, 1, DECODE_BOTH, "LCR", DECODE_HEX, line_fields, NULL),
    R(UART_MCR, 1, DECODE_BOTH, "MCR", DECODE_HEX, modem_fields, NULL),
    R(UART_LSR, 1, DECODE_BOTH, "LSR", DECODE_HEX, line_status_fields, NULL),
    R(UART_MSR, 1, DECODE_BOTH, "MSR", DECODE_HEX, modem_status_fields, NULL),
    R(UART_SCR, 1, DECODE_BOTH, "SCR", DECODE_HEX, NULL, NULL),
};
const struct decode_table decode_uart_registers = {"uart.h", registers, DECODE_COUNT(registers)};

static const struct decode_value divisor_values[] = {
    V(UART_DIVISOR_115200, "115200 baud where DLM is 0"),
    {0},
};

/* What DLAB puts before the first two */
static const struct decode_register divisor[] = {
    R(UART_DLL, 1, DECODE_BOTH, "DLL", DECODE_HEX, NULL, divisor_values),
    R(UART_DLM, 1, DECODE_BOTH, "DLM", DECODE_HEX, NULL, NULL),
};
const struct decode_table decode_uart_divisor = {"uart.h", divisor, DECODE_COUNT(divisor)};

/* --- accesses ------------------------------------------------------------------------------------- */

struct uart_state {
    bool divisor[UARTS]; /* DLAB is set */
};

/* Which of them, or UARTS. *offset receives where in its registers. */
static unsigned find_uart(const struct decode_access *access, uint64_t *offset, const char **name)
{
    const struct decode_register *place;

    if (strcmp(access->device, "uart") == 0) {
        *offset = access->offset;
        *name = "uart";
        return 0;
    }
    if (!access->is_port || access->device[0] != '\0')
        return UARTS;
    place = decode_find(&decode_uart_ports, access->address, access->is_write);
    if (place == NULL)
        place = decode_find(&other_table, access->address, access->is_write);
    if (place == NULL)
        return UARTS;
    *offset = access->address - place->offset;
    *name = place->name;
    return place == &uart_ports[0] ? 0 : 1 + (unsigned)(place - other_ports);
}

static bool decode(void *state, const struct decode_access *access, struct decoded *decoded)
{
    struct uart_state *uarts = state;
    struct decode_span span = {.table = &decode_uart_registers};
    uint64_t offset;
    const char *name;
    unsigned uart = find_uart(access, &offset, &name);

    if (uart == UARTS)
        return false;
    if (uarts->divisor[uart] && offset < decode_uart_divisor.count)
        span.table = &decode_uart_divisor;
    snprintf(decoded->device, sizeof decoded->device, "%s", name);
    if (!decode_span(&span, offset, access, decoded))
        decode_nameless(offset, access, decoded);
    if (span.table == &decode_uart_registers && offset == UART_THR && access->count > 1) {
        decoded->words[0] = '\0';
        decode_text_words(access, decoded->words);
    }
    if (offset == UART_LCR && access->size == 1 && access->count == 1 && access->answered)
        uarts->divisor[uart] = (decode_value_of(access) & UART_LCR_DLAB) != 0;
    return true;
}

const struct decode_module decode_uart = {"uart", sizeof(struct uart_state), decode};

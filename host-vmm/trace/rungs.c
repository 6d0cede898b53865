/* SPDX-License-Identifier: MIT */
/* Characters to lines, lines to rungs: "rung 4 prot32 cpu: ..." is printed when rung 4 has been walked. */
#include "rungs.h"

#include "../vcpu.h"

#include <stdlib.h>
#include <string.h>

#include "abi/machine.h"
#include "abi/rung.h"
#include "abi/uart.h"

#define RUNG_WORD "rung "

/* The line is complete: the number of its rung, or 0. */
static unsigned rung_of(const char *line)
{
    size_t length = strlen(RUNG_WORD);
    if (strncmp(line, RUNG_WORD, length) != 0)
        return 0;
    char *end;
    unsigned long number = strtoul(line + length, &end, 10);
    return end > line + length && *end == ' ' && number <= RUNG_LAST ? (unsigned)number : 0;
}

static bool take_character(struct rungs *rungs, char c, uint64_t time, struct trace_rung *rung)
{
    if (c != '\n') {
        if (c != '\r' && rungs->length < sizeof rungs->line - 1)
            rungs->line[rungs->length++] = c;
        return false;
    }
    rungs->line[rungs->length] = '\0';
    rungs->length = 0;
    unsigned number = rung_of(rungs->line);
    if (number == 0)
        return false;
    *rung = (struct trace_rung){.number = number, .begin = rungs->begin, .end = time};
    memcpy(rung->line, rungs->line, sizeof rung->line);
    rungs->begin = time;
    return true;
}

bool rungs_take(struct rungs *rungs, const struct trace_record *record, struct trace_rung *rung)
{
    bool is_access = record->kind == TRACE_EXIT || record->kind == TRACE_COALESCED;
    if (!is_access || record->access != EXIT_PIO_WRITE || record->size != 1)
        return false;
    if (record->address == PORT_COM1 + UART_LCR)
        rungs->divisor = record->data[0] & UART_LCR_DLAB;
    if (record->address != PORT_COM1 + UART_THR || rungs->divisor)
        return false;
    bool ended = false;
    for (unsigned i = 0; i < record->count && i < TRACE_DATA_BYTES; i++)
        ended |=
            take_character(rungs, (char)record->data[i], record->time + record->duration, rung);
    return ended;
}

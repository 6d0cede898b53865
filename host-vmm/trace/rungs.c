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
#define BANNER_WORD "Trapline " /* the firmware's first line */

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

static void begin(struct rungs *rungs, uint64_t time)
{
    if (!rungs->begun)
        rungs->begin = time;
    rungs->begun = true;
}

static bool take_character(struct rungs *rungs, char c, const struct trace_record *record,
                           struct trace_rung *rung)
{
    if (c != '\n') {
        if (rungs->length == 0)
            rungs->line_begin = record->time;
        if (c != '\r' && rungs->length < sizeof rungs->line - 1)
            rungs->line[rungs->length++] = c >= ' ' && c <= '~' ? c : '?';
        return false;
    }
    rungs->line[rungs->length] = '\0';
    rungs->length = 0;
    if (strncmp(rungs->line, BANNER_WORD, strlen(BANNER_WORD)) == 0)
        begin(rungs, rungs->line_begin);
    unsigned number = rung_of(rungs->line);
    if (number == 0)
        return false;
    uint64_t end = record->time + record->duration;
    *rung = (struct trace_rung){.number = number, .begin = rungs->begin, .end = end};
    memcpy(rung->line, rungs->line, sizeof rung->line);
    rungs->begin = end;
    return true;
}

bool rungs_take(struct rungs *rungs, const struct trace_event *event, struct trace_rung *rung)
{
    const struct trace_record *record = &event->record;
    if (!trace_event_is_access(event))
        return false;
    if (event->where[0] != '\0')
        begin(rungs, record->time);
    if (record->access != EXIT_PIO_WRITE || record->size != 1)
        return false;
    if (record->address == PORT_COM1 + UART_LCR)
        rungs->divisor = record->data[0] & UART_LCR_DLAB;
    if (record->address != PORT_COM1 + UART_THR || rungs->divisor)
        return false;
    bool ended = false;
    for (unsigned i = 0; i < record->count && i < TRACE_DATA_BYTES; i++)
        ended |= take_character(rungs, (char)record->data[i], record, rung);
    return ended;
}

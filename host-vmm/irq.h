/* SPDX-License-Identifier: MIT */
/* A level-triggered interrupt line as a model sees it. */
#ifndef HOST_IRQ_H
#define HOST_IRQ_H

#include <stdbool.h>
#include <stddef.h>

struct irq_line {
    void (*set)(void *context, unsigned line, bool level); /* NULL: not connected */
    void *context;
    unsigned line;
    bool level; /* as last set */
};

/* Tells only changes: each one is a system call behind it. */
static inline void irq_set(struct irq_line *irq, bool level)
{
    if (irq->level == level)
        return;
    irq->level = level;
    if (irq->set != NULL)
        irq->set(irq->context, irq->line, level);
}

#endif

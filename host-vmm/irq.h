/* SPDX-License-Identifier: MIT */
/* Interrupts as a model sees them: a level-triggered line, and messages (MSI, MSI-X). */
#ifndef HOST_IRQ_H
#define HOST_IRQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* Where a device's messages go. The model says what each vector's message is, whenever that changes,
 * and when to send it; vectors are numbered from 0. Both may be called with the device's lock held, and
 * from any thread. send NULL: not connected. */
struct msi_sink {
    /* enabled false: the vector is off or masked, and the model sends none until it says otherwise. */
    void (*route)(void *context, unsigned vector, bool enabled, uint64_t address, uint32_t data);
    void (*send)(void *context, unsigned vector);
    void *context;
};

#endif

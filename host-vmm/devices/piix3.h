/* SPDX-License-Identifier: MIT */
/* PIIX3 ISA bridge, 00:01.0: routes the four PCI interrupt lines to the interrupt controllers. */
#ifndef HOST_DEVICES_PIIX3_H
#define HOST_DEVICES_PIIX3_H

#include "../irq.h"
#include "pci_device.h"

#include <pthread.h>

#define PIIX3_PIRQ_COUNT 4

struct piix3 {
    struct pci_device pci;
    pthread_mutex_t lock; /* devices raise lines from their own threads; covers all that follows */
    struct irq_line outputs[16];         /* to the interrupt controllers, by IRQ number */
    unsigned asserted[PIIX3_PIRQ_COUNT]; /* how many devices assert each PIRQ */
    uint8_t routes[PIIX3_PIRQ_COUNT];    /* PIIX3_PIRQ_ROUTE as last written */
};

/* set/context: the interrupt controllers' inputs 0..15. */
void piix3_init(struct piix3 *piix3, void (*set)(void *context, unsigned irq, bool level),
                void *context);

/* Disconnects the routes. Devices that assert their lines still do: resetting them is what ends that. */
void piix3_reset(struct piix3 *piix3);

/* The line that INTA# of device number `device` drives: give it to the device's model, one line a
 * device. */
struct irq_line piix3_inta(struct piix3 *piix3, unsigned device);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * PIIX3 ISA bridge: device INTA# -> PIRQ (wired) -> IRQ (routed by registers). Several devices may share
 * a PIRQ and several PIRQs an IRQ: a line is high while anything behind it is.
 */
#include "piix3.h"

#include <string.h>

#define PIIX3_DEVICE 1
#define PIIX3_FUNCTION 0
#define IRQ_COUNT 16
#define ROUTE_IRQ_MASK 0x0f
/* What a PIRQ may be routed to: not the timer, keyboard, cascade, RTC or FPU (82371SB, section 2.3.12). */
#define ROUTABLE_IRQS 0xdef8

static bool is_routed_to(uint8_t route, unsigned irq)
{
    return !(route & PIIX3_PIRQ_DISABLED) && (route & ROUTE_IRQ_MASK) == irq &&
           (ROUTABLE_IRQS & 1u << irq);
}

/* With the lock held. Lowers first, so that a line which moves is never high in two places. */
static void update_outputs(struct piix3 *piix3)
{
    bool levels[IRQ_COUNT] = {false};

    for (unsigned irq = 0; irq < IRQ_COUNT; irq++) {
        for (unsigned pirq = 0; pirq < PIIX3_PIRQ_COUNT; pirq++) {
            if (piix3->asserted[pirq] > 0 && is_routed_to(piix3->routes[pirq], irq))
                levels[irq] = true;
        }
        if (!levels[irq])
            irq_set(&piix3->outputs[irq], false);
    }
    for (unsigned irq = 0; irq < IRQ_COUNT; irq++) {
        if (levels[irq])
            irq_set(&piix3->outputs[irq], true);
    }
}

static void take_routes(struct piix3 *piix3)
{
    pthread_mutex_lock(&piix3->lock);
    memcpy(piix3->routes, &piix3->pci.config[PIIX3_PIRQ_ROUTE], sizeof piix3->routes);
    update_outputs(piix3);
    pthread_mutex_unlock(&piix3->lock);
}

static void config_written(struct pci_device *d, unsigned reg, unsigned size)
{
    if (reg < PIIX3_PIRQ_ROUTE + PIIX3_PIRQ_COUNT && reg + size > PIIX3_PIRQ_ROUTE)
        take_routes(d->self);
}

/* A device's line changed: irq_line tells every change once, so counting them is enough. */
static void pirq_set(void *context, unsigned pirq, bool level)
{
    struct piix3 *piix3 = context;

    pthread_mutex_lock(&piix3->lock);
    if (level)
        piix3->asserted[pirq]++;
    else if (piix3->asserted[pirq] > 0)
        piix3->asserted[pirq]--;
    update_outputs(piix3);
    pthread_mutex_unlock(&piix3->lock);
}

void piix3_init(struct piix3 *piix3, void (*set)(void *context, unsigned irq, bool level),
                void *context)
{
    struct pci_device *d = &piix3->pci;

    *piix3 = (struct piix3){0};
    pthread_mutex_init(&piix3->lock, NULL);
    for (unsigned irq = 0; irq < IRQ_COUNT; irq++)
        piix3->outputs[irq] = (struct irq_line){.set = set, .context = context, .line = irq};

    pci_device_init(d, "piix3", PIIX3_DEVICE, PIIX3_FUNCTION, PCI_VENDOR_INTEL,
                    PCI_DEVICE_PIIX3_ISA, PCI_CLASS_ISA_BRIDGE, 0);
    d->self = piix3;
    d->config_written = config_written;
    memset(&d->writable[PIIX3_PIRQ_ROUTE], PIIX3_PIRQ_DISABLED | ROUTE_IRQ_MASK, PIIX3_PIRQ_COUNT);
    piix3_reset(piix3);
}

void piix3_reset(struct piix3 *piix3)
{
    memset(&piix3->pci.config[PIIX3_PIRQ_ROUTE], PIIX3_PIRQ_DISABLED, PIIX3_PIRQ_COUNT);
    take_routes(piix3);
}

struct irq_line piix3_inta(struct piix3 *piix3, unsigned device)
{
    /* The wiring of QEMU's pc: slot 1 drives PIRQA with its INTA#, slot 2 PIRQB and so on. */
    unsigned pirq = (device + PIIX3_PIRQ_COUNT - 1) % PIIX3_PIRQ_COUNT;

    return (struct irq_line){.set = pirq_set, .context = piix3, .line = pirq};
}

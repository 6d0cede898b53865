/* SPDX-License-Identifier: MIT */
/*
 * Interrupts: the whole way from a doorbell through a thread of the host and an irqfd to a handler,
 * its last part alone, and the same way back through memory, which the guest polls instead.
 */
#include "abi/testdev.h"
#include "errors.h"
#include "interrupt.h"
#include "io.h"
#include "measure.h"
#include "memory.h"
#include "pci_msi.h"
#include "platform.h"
#include "poll.h"

#include <stddef.h>

#define TIMEOUT_MS 1000
#define SLEEP_MS 10 /* at most */
#define IRQFD_NAME "irqfd to handler, asleep"

/* What the operations look at; there is one CPU and one testdev. */
static struct interrupt interrupt;
static volatile uint64_t handled_at; /* TSC in the handler */
static volatile struct testdev_answer *answer;
/* 0: what was waited for did not come, and nothing more is waited for. */
static unsigned patience_ms;

static void handler(void *context)
{
    (void)context;
    handled_at = bench_tsc();
}

/* No clock is looked at, as a driver would: this is the price of the way, and the sleep itself
 * ends. */
__attribute__((always_inline)) static inline void ring_and_sleep(uint64_t where, uint64_t value)
{
    uint32_t before = interrupt.count;
    mmio_write32(where, (uint32_t)value);
    for (unsigned ms = 0; interrupt.count == before; ms += SLEEP_MS) {
        if (ms >= patience_ms) {
            patience_ms = 0;
            break;
        }
        platform_sleep();
    }
}

__attribute__((always_inline)) static inline void ring_and_poll(uint64_t where, uint64_t value)
{
    uint64_t before = answer->sequence;
    mmio_write32(where, (uint32_t)value);
    if (!poll_until(answer->sequence != before, patience_ms))
        patience_ms = 0;
}

static const struct testdev_variant *find(const struct bench *bench, uint32_t kind)
{
    for (unsigned i = 0; i < bench->variant_count; i++) {
        if (bench->variants[i].kind == kind)
            return &bench->variants[i];
    }
    return NULL;
}

/* Tells a line only where every operation has come to its end. */
__attribute__((always_inline)) static inline int sample(struct bench *bench, const char *name,
                                                        bench_operation *operation, uint64_t where,
                                                        uint64_t value)
{
    unsigned count = bench_measure(bench, operation, where, value);
    if (patience_ms == 0)
        return ERR_TIMEOUT;
    bench_tell(bench, name, NULL, count, count, 0);
    return ERR_OK;
}

/* From the moment at which the host's thread raised it, as the guest's TSC has it, to the handler.
 * Where that moment is not in between, the two clocks do not agree. */
static int sample_irqfd(struct bench *bench, uint64_t where, uint32_t value)
{
    unsigned count = 0;
    bool agree = true;
    bench_mark(bench, TESTDEV_MARK_BEGIN);
    uint64_t start, end = bench_tsc() + bench->budget;
    do {
        start = bench_tsc();
        ring_and_sleep(where, value);
        agree &= answer->tsc >= start && answer->tsc <= handled_at;
        bench->samples[count++] = handled_at - answer->tsc;
    } while (count < SAMPLES_MIN || (count < TESTDEV_SAMPLES_MAX && start < end));
    bench_mark(bench, TESTDEV_MARK_END);
    if (patience_ms == 0)
        return ERR_TIMEOUT;
    if (agree)
        bench_tell(bench, IRQFD_NAME, NULL, count, count, 0);
    else
        bench_tell_error(bench, IRQFD_NAME, TESTDEV_ERROR_CLOCKS);
    return ERR_OK;
}

static int open_interrupt(const struct bench *bench)
{
    struct interrupt_message message;
    interrupt.handler = handler;
    int error = platform_message_interrupt(&interrupt, &message);
    return error ? error : pci_msi_enable(bench->function, &message);
}

int bench_interrupts(struct bench *bench)
{
    const struct testdev_variant *irq = find(bench, TESTDEV_IRQ);
    const struct testdev_variant *memory = find(bench, TESTDEV_ANSWER);
    if (!irq || !memory)
        return ERR_ABSENT;
    answer = memory_alloc(sizeof(*answer), 64);
    if (!answer)
        return ERR_NO_MEMORY;
    int error = open_interrupt(bench);
    if (error)
        return error;
    patience_ms = TIMEOUT_MS;
    answer->sequence = 0;
    mmio_write64(bench->registers + TESTDEV_REG_ANSWER, platform_gpa_of(answer));
    error = sample(bench, "doorbell, thread, memory, polled", ring_and_poll,
                   bench->registers + memory->offset, memory->value);
    uint64_t irq_register = bench->registers + irq->offset;
    if (!error)
        error = sample(bench, "doorbell, thread, irqfd, handler", ring_and_sleep, irq_register,
                       irq->value);
    return error ? error : sample_irqfd(bench, irq_register, irq->value);
}

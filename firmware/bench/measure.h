/* SPDX-License-Identifier: MIT */
/*
 * One measurement: a mark, operations each between two looks at the TSC until the time is used up,
 * a mark, and the samples handed to the host, which does the arithmetic.
 */
#ifndef FIRMWARE_BENCH_MEASURE_H
#define FIRMWARE_BENCH_MEASURE_H

#include "bench.h"

#include "abi/testdev.h"

#define SAMPLES_MIN 16
/* Where one operation is slow, so many times the time for a measurement ends it with less than that; and one
 * that is bound to take more than OPERATION_TIMES of it is not begun. */
#define MEASUREMENT_TIMES 16
#define OPERATION_TIMES 64

struct bench {
    struct climb *climb;
    uint64_t registers; /* testdev's */
    uint16_t ports;
    const struct pci_function *function;
    struct testdev_variant variants[TESTDEV_VARIANTS_MAX];
    unsigned variant_count;
    uint64_t budget; /* TSC cycles for one measurement */
    uint64_t *samples;
    volatile struct testdev_result *result;
    unsigned told; /* results so far */
};

/* What an operation moves; nothing where it is left out. */
struct bench_shape {
    uint32_t size, depth, direction;
};

/* The fence keeps what is measured between its two looks on CPUs that reorder. */
static inline uint64_t bench_tsc(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

void bench_mark(const struct bench *bench, uint32_t mark);

/* Hands over count samples and what was counted between the last two marks. cycles 0: the sum of
 * the samples. */
void bench_tell(struct bench *bench, const char *name, const struct bench_shape *shape,
                uint64_t operations, unsigned count, uint64_t cycles);
/* Why there is nothing to tell under this name. */
void bench_tell_error(struct bench *bench, const char *name, int error);

/* There was a smaller one, and this one would take too long. */
void bench_tell_late(struct bench *bench, const char *name, const struct bench_shape *shape);

/* Whether bytes can be moved in time, given the TSC cycles that so many took (0: nobody knows). */
static inline bool bench_fits(const struct bench *bench, uint64_t cycles, uint64_t took_bytes,
                              uint64_t bytes)
{
    return took_bytes == 0 || cycles / took_bytes * bytes <= OPERATION_TIMES * bench->budget;
}

typedef void bench_operation(uint64_t where, uint64_t value);

/* Takes the samples and returns how many. Always inlined, and its arguments with it: a call would
 * be measured too, and where KVM interprets the guest each instruction costs a microsecond. */
__attribute__((always_inline)) static inline unsigned
bench_measure(struct bench *bench, bench_operation *operation, uint64_t where, uint64_t value)
{
    uint64_t *samples = bench->samples;
    unsigned count = 0;
    operation(where, value); /* the first one may find nothing mapped */
    bench_mark(bench, TESTDEV_MARK_BEGIN);
    uint64_t now, begin = bench_tsc(), end = begin + bench->budget;
    uint64_t last = begin + MEASUREMENT_TIMES * bench->budget;
    do {
        uint64_t start = bench_tsc();
        operation(where, value);
        now = bench_tsc();
        samples[count++] = now - start;
    } while ((count < SAMPLES_MIN && now < last) || (count < TESTDEV_SAMPLES_MAX && now < end));
    bench_mark(bench, TESTDEV_MARK_END);
    return count;
}

/* The same, and tells them. */
__attribute__((always_inline)) static inline void
bench_sample(struct bench *bench, const char *name, const struct bench_shape *shape,
             bench_operation *operation, uint64_t where, uint64_t value)
{
    unsigned count = bench_measure(bench, operation, where, value);
    bench_tell(bench, name, shape, count, count, 0);
}

/* The groups that `bench=` names: 0 or ERR_*. */
int bench_accesses(struct bench *bench);
int bench_hypercalls(struct bench *bench);
int bench_interrupts(struct bench *bench);
int bench_ata(struct bench *bench);
int bench_ata_single(struct bench *bench);
int bench_chunk(struct bench *bench);
int bench_virtio_blk(struct bench *bench);
int bench_direct(struct bench *bench);
int bench_serial(struct bench *bench);

#endif

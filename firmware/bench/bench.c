/* SPDX-License-Identifier: MIT */
/* `bench=`: testdev found and listed, then the group of measurements that was asked for. */
#include "bench.h"

#include "clock.h"
#include "console.h"
#include "errors.h"
#include "io.h"
#include "measure.h"
#include "memory.h"
#include "platform.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(struct bench *bench);
} groups[] = {
    {"accesses", bench_accesses},     {"hypercalls", bench_hypercalls},
    {"interrupts", bench_interrupts}, {"ata", bench_ata},
    {"ata-single", bench_ata_single}, {"chunk", bench_chunk},
    {"virtio-blk", bench_virtio_blk}, {"direct-memory", bench_direct},
    {"serial", bench_serial},
};
#define GROUPS (sizeof(groups) / sizeof(groups[0]))

/* --- testdev ------------------------------------------------------------------------------------ */

static const struct pci_function *find_testdev(const struct climb *climb)
{
    for (unsigned i = 0; i < climb->function_count; i++) {
        const struct pci_function *f = &climb->functions[i];
        if (f->vendor_id == TESTDEV_PCI_VENDOR && f->device_id == TESTDEV_PCI_DEVICE)
            return f;
    }
    return NULL;
}

static void read_table(struct bench *bench)
{
    uint32_t *words = (uint32_t *)bench->variants;
    uint32_t count = mmio_read32(bench->registers + TESTDEV_REG_VARIANTS);
    bench->variant_count = count < TESTDEV_VARIANTS_MAX ? count : TESTDEV_VARIANTS_MAX;
    unsigned word_count = bench->variant_count * sizeof(bench->variants[0]) / sizeof(*words);
    for (unsigned i = 0; i < word_count; i++)
        words[i] = mmio_read32(bench->registers + TESTDEV_REG_TABLE + i * sizeof(*words));
}

static int open_testdev(struct bench *bench)
{
    const struct pci_function *f = find_testdev(bench->climb);
    if (!f)
        return ERR_ABSENT;
    const struct pci_bar *registers = &f->bars[TESTDEV_BAR_REGISTERS];
    const struct pci_bar *ports = &f->bars[TESTDEV_BAR_PORTS];
    if (!registers->base || !ports->base)
        return ERR_DEVICE;
    pci_command_set(f, PCI_COMMAND_MEMORY | PCI_COMMAND_IO | PCI_COMMAND_MASTER);
    bench->function = f;
    bench->registers = registers->base;
    bench->ports = (uint16_t)ports->base;
    if (mmio_read32(bench->registers + TESTDEV_REG_ID) != TESTDEV_ID ||
        mmio_read32(bench->registers + TESTDEV_REG_VERSION) != TESTDEV_VERSION)
        return ERR_UNSUPPORTED;
    read_table(bench);
    bench->samples = memory_alloc(TESTDEV_SAMPLES_MAX * sizeof(*bench->samples), 4096);
    bench->result = memory_alloc(sizeof(*bench->result), sizeof(uint64_t));
    return bench->samples && bench->result ? ERR_OK : ERR_NO_MEMORY;
}

/* --- marks and results -------------------------------------------------------------------------- */

void bench_mark(const struct bench *bench, uint32_t mark)
{
    mmio_write32(bench->registers + TESTDEV_REG_MARK, mark);
}

static void tell(struct bench *bench, const char *name, const struct testdev_result *told)
{
    struct testdev_result result = *told;
    size_t length = strlen(name);
    if (length >= sizeof(result.name))
        length = sizeof(result.name) - 1;
    memset(result.name, 0, sizeof(result.name));
    memcpy(result.name, name, length);
    *bench->result = result;
    barrier_compiler();
    mmio_write64(bench->registers + TESTDEV_REG_RESULT, platform_gpa_of(bench->result));
    bench->told++;
}

void bench_tell(struct bench *bench, const char *name, const struct bench_shape *shape,
                uint64_t operations, unsigned count, uint64_t cycles)
{
    struct testdev_result result = {
        .samples = platform_gpa_of(bench->samples),
        .sample_count = count,
        .operations = operations,
        .cycles = cycles,
    };
    if (shape) {
        result.size = shape->size;
        result.depth = shape->depth;
        result.direction = shape->direction;
    }
    tell(bench, name, &result);
}

void bench_tell_error(struct bench *bench, const char *name, int error)
{
    const struct testdev_result result = {.error = error};
    tell(bench, name, &result);
}

void bench_tell_late(struct bench *bench, const char *name, const struct bench_shape *shape)
{
    const struct testdev_result result = {.error = TESTDEV_ERROR_TIME,
                                          .size = shape->size,
                                          .depth = shape->depth,
                                          .direction = shape->direction};
    tell(bench, name, &result);
}

/* --- running ------------------------------------------------------------------------------------ */

__attribute__((always_inline)) static inline void nothing(uint64_t where, uint64_t value)
{
    (void)where, (void)value;
}

static int run_group(struct bench *bench, const char *name)
{
    for (unsigned i = 0; i < GROUPS; i++) {
        if (strcmp(groups[i].name, name) != 0)
            continue;
        bench_sample(bench, "", NULL, nothing, 0, 0);
        return groups[i].run(bench);
    }
    return ERR_UNSUPPORTED;
}

_Noreturn void bench_run(struct climb *climb)
{
    static struct bench bench;
    const char *name = climb->command.bench;
    bench.climb = climb;
    bench.budget = clock_tsc_hz() / 1000 * climb->command.bench_ms;
    int error = open_testdev(&bench);
    if (error)
        rung_failed(climb, RUNG_MMIO, "bench", "testdev: %s", error_text(error));
    else if ((error = run_group(&bench, name)))
        rung_failed(climb, RUNG_MMIO, "bench", "%s: %s", name, error_text(error));
    else
        console_printf("bench %s: %u results\n", name, bench.told);
    climb_end_copy(climb, RUNG_MMIO);
}

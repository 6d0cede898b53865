/* SPDX-License-Identifier: MIT */
/* Plain accesses: CPUID, and each variant that testdev lists. */
#include "abi/testdev.h"
#include "cpu.h"
#include "errors.h"
#include "io.h"
#include "measure.h"
#include "memory.h"
#include "printf.h"

#include <stddef.h>

#define CPUID_LEAF 0
#define STRING_BYTES 512 /* a disk's sector */

#define OPERATION __attribute__((always_inline)) static inline void

OPERATION cpuid(uint64_t where, uint64_t value)
{
    (void)value;
    cpu_id((uint32_t)where);
}

OPERATION port_in(uint64_t where, uint64_t value)
{
    (void)value;
    in32((uint16_t)where);
}

OPERATION port_out(uint64_t where, uint64_t value)
{
    out32((uint16_t)where, (uint32_t)value);
}

OPERATION register_read(uint64_t where, uint64_t value)
{
    (void)value;
    mmio_read32(where);
}

OPERATION register_write(uint64_t where, uint64_t value)
{
    mmio_write32(where, (uint32_t)value);
}

OPERATION string_in(uint64_t where, uint64_t buffer)
{
    in16_rep((uint16_t)where, (void *)(uintptr_t)buffer, STRING_BYTES / sizeof(uint16_t));
}

OPERATION string_out(uint64_t where, uint64_t buffer)
{
    out16_rep((uint16_t)where, (const void *)(uintptr_t)buffer, STRING_BYTES / sizeof(uint16_t));
}

/* What a line is called: "port write, doorbell" */
struct label {
    char text[TESTDEV_NAME_BYTES];
};

static struct label label(bool port, const char *verb, const char *kind)
{
    struct label label;
    format_text(label.text, sizeof(label.text), "%s %s%s", port ? "port" : "register", verb, kind);
    return label;
}

static void sample_read(struct bench *bench, bool port, uint64_t where, const char *kind)
{
    struct label name = label(port, "read", kind);
    if (port)
        bench_sample(bench, name.text, NULL, port_in, where, 0);
    else
        bench_sample(bench, name.text, NULL, register_read, where, 0);
}

static void sample_write(struct bench *bench, bool port, uint64_t where, uint32_t value,
                         const char *kind)
{
    struct label name = label(port, "write", kind);
    if (port)
        bench_sample(bench, name.text, NULL, port_out, where, value);
    else
        bench_sample(bench, name.text, NULL, register_write, where, value);
}

static int sample_string(struct bench *bench, uint64_t port)
{
    static const struct bench_shape in = {STRING_BYTES, 1, TESTDEV_READ};
    static const struct bench_shape out = {STRING_BYTES, 1, TESTDEV_WRITE};
    void *buffer = memory_alloc(STRING_BYTES, 4096);
    if (!buffer)
        return ERR_NO_MEMORY;
    uint64_t address = (uintptr_t)buffer;
    bench_sample(bench, "rep insw, 512 bytes", &in, string_in, port, address);
    bench_sample(bench, "rep outsw, 512 bytes", &out, string_out, port, address);
    return ERR_OK;
}

static int sample_variant(struct bench *bench, const struct testdev_variant *v)
{
    bool port = v->kind & TESTDEV_PORT;
    uint64_t where = (port ? bench->ports : bench->registers) + v->offset;
    switch (v->kind & TESTDEV_KIND_MASK) {
    case TESTDEV_TRAPPED:
        sample_read(bench, port, where, "");
        sample_write(bench, port, where, v->value, "");
        break;
    case TESTDEV_DOORBELL:
        sample_write(bench, port, where, v->value, ", ioeventfd");
        break;
    case TESTDEV_DATAMATCH:
        sample_write(bench, port, where, v->value, ", ioeventfd with datamatch");
        sample_write(bench, port, where, v->value + 1, ", datamatch missed");
        break;
    case TESTDEV_ANY_WIDTH:
        sample_write(bench, port, where, v->value, ", ioeventfd of any width");
        break;
    case TESTDEV_COALESCED:
        sample_write(bench, port, where, v->value, ", coalesced");
        break;
    case TESTDEV_READ_ONLY:
        sample_read(bench, port, where, " of a read-only page");
        sample_write(bench, port, where, v->value, " to a read-only page");
        break;
    case TESTDEV_STRING:
        return sample_string(bench, where);
    default:
        break; /* interrupts.c's, or of a later version */
    }
    return ERR_OK;
}

int bench_accesses(struct bench *bench)
{
    bench_sample(bench, "cpuid", NULL, cpuid, CPUID_LEAF, 0);
    for (unsigned i = 0; i < bench->variant_count; i++) {
        int error = sample_variant(bench, &bench->variants[i]);
        if (error)
            return error;
    }
    return ERR_OK;
}

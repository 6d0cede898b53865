/* SPDX-License-Identifier: MIT */
/* The functions of drivers/io.h under TRAPLINE_FAKE_IO. Who answers is the test's business. */
#include "fake_io.h"

#include <string.h>

struct fake_io fake_io;
struct fake_io_counts fake_io_counts;

void fake_io_set(const struct fake_io *hooks)
{
    fake_io = hooks ? *hooks : (struct fake_io){0};
    fake_io_counts = (struct fake_io_counts){0};
}

unsigned fake_io_port_accesses(void)
{
    return fake_io_counts.port_reads + fake_io_counts.port_writes + fake_io_counts.string_reads +
           fake_io_counts.string_writes;
}

unsigned fake_io_mmio_accesses(void)
{
    return fake_io_counts.mmio_reads + fake_io_counts.mmio_writes;
}

static uint32_t port_read(uint16_t port, unsigned size)
{
    return fake_io.in ? fake_io.in(fake_io.context, port, size) : UINT32_MAX;
}

static void port_write(uint16_t port, unsigned size, uint32_t value)
{
    if (fake_io.out)
        fake_io.out(fake_io.context, port, size, value);
}

static uint64_t mmio_read(uint64_t address, unsigned size)
{
    fake_io_counts.mmio_reads++;
    return fake_io.mmio_read ? fake_io.mmio_read(fake_io.context, address, size) : UINT64_MAX;
}

static void mmio_write(uint64_t address, unsigned size, uint64_t value)
{
    fake_io_counts.mmio_writes++;
    if (fake_io.mmio_write)
        fake_io.mmio_write(fake_io.context, address, size, value);
}

/* Elements go through memcpy: a driver's buffer may have any alignment. */
#define FAKE_PORT(bits)                                                                            \
    uint##bits##_t in##bits(uint16_t port)                                                         \
    {                                                                                              \
        fake_io_counts.port_reads++;                                                               \
        return (uint##bits##_t)port_read(port, bits / 8);                                          \
    }                                                                                              \
    void out##bits(uint16_t port, uint##bits##_t value)                                            \
    {                                                                                              \
        fake_io_counts.port_writes++;                                                              \
        port_write(port, bits / 8, value);                                                         \
    }                                                                                              \
    void in##bits##_rep(uint16_t port, void *buffer, size_t count)                                 \
    {                                                                                              \
        fake_io_counts.string_reads++;                                                             \
        for (size_t i = 0; i < count; i++) {                                                       \
            uint##bits##_t value = (uint##bits##_t)port_read(port, bits / 8);                      \
            memcpy((uint8_t *)buffer + i * sizeof(value), &value, sizeof(value));                  \
        }                                                                                          \
    }                                                                                              \
    void out##bits##_rep(uint16_t port, const void *buffer, size_t count)                          \
    {                                                                                              \
        fake_io_counts.string_writes++;                                                            \
        for (size_t i = 0; i < count; i++) {                                                       \
            uint##bits##_t value;                                                                  \
            memcpy(&value, (const uint8_t *)buffer + i * sizeof(value), sizeof(value));            \
            port_write(port, bits / 8, value);                                                     \
        }                                                                                          \
    }

#define FAKE_MMIO(bits)                                                                            \
    uint##bits##_t mmio_read##bits(uint64_t address)                                               \
    {                                                                                              \
        return (uint##bits##_t)mmio_read(address, bits / 8);                                       \
    }                                                                                              \
    void mmio_write##bits(uint64_t address, uint##bits##_t value)                                  \
    {                                                                                              \
        mmio_write(address, bits / 8, value);                                                      \
    }

FAKE_PORT(8)
FAKE_PORT(16)
FAKE_PORT(32)
FAKE_MMIO(8)
FAKE_MMIO(16)
FAKE_MMIO(32)
FAKE_MMIO(64)

void cpu_pause(void)
{
    if (fake_io.pause)
        fake_io.pause(fake_io.context);
}

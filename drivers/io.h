/* SPDX-License-Identifier: MIT */
/*
 * Every access to hardware: ports, MMIO, the barriers and the pause that go with them. Address first,
 * value second. MMIO goes through instructions written out here, so that no compiler fuses, splits or
 * reorders an access. Hosted tests define TRAPLINE_FAKE_IO and answer the same functions themselves.
 */
#ifndef DRIVERS_IO_H
#define DRIVERS_IO_H

#include <stddef.h>
#include <stdint.h>

#ifdef TRAPLINE_FAKE_IO

uint8_t in8(uint16_t port);
uint16_t in16(uint16_t port);
uint32_t in32(uint16_t port);
void out8(uint16_t port, uint8_t value);
void out16(uint16_t port, uint16_t value);
void out32(uint16_t port, uint32_t value);
void in8_rep(uint16_t port, void *buffer, size_t count);
void in32_rep(uint16_t port, void *buffer, size_t count);
void out8_rep(uint16_t port, const void *buffer, size_t count);
void in16_rep(uint16_t port, void *buffer, size_t count);
void out16_rep(uint16_t port, const void *buffer, size_t count);
void out32_rep(uint16_t port, const void *buffer, size_t count);
uint8_t mmio_read8(uint64_t address);
uint16_t mmio_read16(uint64_t address);
uint32_t mmio_read32(uint64_t address);
uint64_t mmio_read64(uint64_t address);
void mmio_write8(uint64_t address, uint8_t value);
void mmio_write16(uint64_t address, uint16_t value);
void mmio_write32(uint64_t address, uint32_t value);
void mmio_write64(uint64_t address, uint64_t value);
void cpu_pause(void);

#else

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %w1, %b0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint16_t in16(uint16_t port)
{
    uint16_t value;
    __asm__ volatile("inw %w1, %w0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint32_t in32(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %w1, %k0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %b1, %w0" : : "Nd"(port), "a"(value) : "memory");
}

static inline void out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %w1, %w0" : : "Nd"(port), "a"(value) : "memory");
}

static inline void out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %k1, %w0" : : "Nd"(port), "a"(value) : "memory");
}

/* String I/O: count elements to or from one port; a whole block is one instruction. */
#define IO_STRING_IN(name, instruction)                                                            \
    static inline void name(uint16_t port, void *buffer, size_t count)                             \
    {                                                                                              \
        __asm__ volatile("cld; rep " instruction                                                   \
                         : "+D"(buffer), "+c"(count)                                               \
                         : "d"(port)                                                               \
                         : "memory", "cc");                                                        \
    }
#define IO_STRING_OUT(name, instruction)                                                           \
    static inline void name(uint16_t port, const void *buffer, size_t count)                       \
    {                                                                                              \
        __asm__ volatile("cld; rep " instruction                                                   \
                         : "+S"(buffer), "+c"(count)                                               \
                         : "d"(port)                                                               \
                         : "memory", "cc");                                                        \
    }
IO_STRING_IN(in8_rep, "insb")
IO_STRING_IN(in16_rep, "insw")
IO_STRING_IN(in32_rep, "insl")
IO_STRING_OUT(out8_rep, "outsb")
IO_STRING_OUT(out16_rep, "outsw")
IO_STRING_OUT(out32_rep, "outsl")
#undef IO_STRING_IN
#undef IO_STRING_OUT

static inline uint8_t mmio_read8(uint64_t address)
{
    uint8_t value;
    __asm__ volatile("movb (%1), %b0" : "=q"(value) : "r"(address) : "memory");
    return value;
}

static inline uint16_t mmio_read16(uint64_t address)
{
    uint16_t value;
    __asm__ volatile("movw (%1), %w0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline uint32_t mmio_read32(uint64_t address)
{
    uint32_t value;
    __asm__ volatile("movl (%1), %k0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline uint64_t mmio_read64(uint64_t address)
{
    uint64_t value;
    __asm__ volatile("movq (%1), %q0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline void mmio_write8(uint64_t address, uint8_t value)
{
    __asm__ volatile("movb %b1, (%0)" : : "r"(address), "q"(value) : "memory");
}

static inline void mmio_write16(uint64_t address, uint16_t value)
{
    __asm__ volatile("movw %w1, (%0)" : : "r"(address), "r"(value) : "memory");
}

static inline void mmio_write32(uint64_t address, uint32_t value)
{
    __asm__ volatile("movl %k1, (%0)" : : "r"(address), "r"(value) : "memory");
}

static inline void mmio_write64(uint64_t address, uint64_t value)
{
    __asm__ volatile("movq %q1, (%0)" : : "r"(address), "r"(value) : "memory");
}

/* Inside a spin: tells the CPU, and lets an emulator run its device threads. */
static inline void cpu_pause(void)
{
    __asm__ volatile("pause" : : : "memory");
}

#endif

/*
 * x86 keeps loads in order and stores in order, and this machine's devices share RAM coherently, so
 * between a driver and a device in another thread only the compiler has to be held back.
 */
static inline void barrier_compiler(void)
{
    __asm__ volatile("" : : : "memory");
}

#endif

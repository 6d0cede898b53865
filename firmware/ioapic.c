/* SPDX-License-Identifier: MIT */
/* The IO-APIC's redirection table. */
#include "ioapic.h"

#include "abi/ioapic.h"
#include "abi/machine.h"
#include "io.h"
#include "memory.h"

_Static_assert(IOAPIC_SECOND_LINE == IOAPIC_LINES, "one behind the other");

static uint64_t ioapic_of(unsigned line)
{
    return IOAPIC_BASE + line / IOAPIC_LINES * IOAPIC_STRIDE;
}

static uint32_t read(uint64_t ioapic, unsigned reg)
{
    mmio_write32(ioapic + IOAPIC_SELECT, reg);
    return mmio_read32(ioapic + IOAPIC_WINDOW);
}

static void write(uint64_t ioapic, unsigned reg, uint32_t value)
{
    mmio_write32(ioapic + IOAPIC_SELECT, reg);
    mmio_write32(ioapic + IOAPIC_WINDOW, value);
}

static void write_low(unsigned line, uint32_t value)
{
    write(ioapic_of(line), IOAPIC_REDIRECTION + 2 * (line % IOAPIC_LINES), value);
}

/* A bus with nobody on it reads all ones, or zero. */
bool ioapic_has(unsigned line)
{
    if (line >= 2 * IOAPIC_LINES || memory_map(ioapic_of(line), IOAPIC_BYTES))
        return false;
    uint32_t version = read(ioapic_of(line), IOAPIC_VERSION);
    return (uint8_t)(version >> IOAPIC_VERSION_LAST_ENTRY_SHIFT) == IOAPIC_LINES - 1;
}

bool ioapic_init(void)
{
    if (!ioapic_has(0))
        return false;
    for (unsigned line = 0; line < IOAPIC_LINES; line++)
        ioapic_mask(line);
    return true;
}

bool ioapic_route(unsigned line, bool level, uint8_t vector, uint32_t apic_id)
{
    if (!ioapic_has(line))
        return false;
    write(ioapic_of(line), IOAPIC_REDIRECTION + 2 * (line % IOAPIC_LINES) + 1,
          apic_id << IOAPIC_REDIRECTION_DESTINATION_SHIFT);
    write_low(line, vector | (level ? IOAPIC_REDIRECTION_LEVEL : 0));
    return true;
}

void ioapic_mask(unsigned line)
{
    write_low(line, IOAPIC_REDIRECTION_MASKED);
}

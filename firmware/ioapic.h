/* SPDX-License-Identifier: MIT */
/*
 * IO-APICs where PCs have them: lines 0 to 23 belong to the first, 24 to 47 to a second one, which
 * QEMU's microvm has. ACPI's tables are not asked: an ISA interrupt is the line of the same number,
 * active high, but for the timer's, which is line 2.
 */
#ifndef FIRMWARE_IOAPIC_H
#define FIRMWARE_IOAPIC_H

#include <stdbool.h>
#include <stdint.h>

#define IOAPIC_SECOND_LINE 24 /* the first line of the second one */

/* Masks all lines of the first one. False where there is none. */
bool ioapic_init(void);

/* Maps the IO-APIC that this line, any number, would belong to, and looks whether it is there. Its
 * lines stay as they are. */
bool ioapic_has(unsigned line);

/* Line raises vector on the CPU with this APIC number. False where no IO-APIC has such a line. */
bool ioapic_route(unsigned line, bool level, uint8_t vector, uint32_t apic_id);

/* Only for a line that ioapic_route() has taken, or one of the first after ioapic_init(). */
void ioapic_mask(unsigned line);

#endif

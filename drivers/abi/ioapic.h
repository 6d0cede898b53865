/* SPDX-License-Identifier: MIT */
/* The IO-APIC (Intel 82093AA datasheet): two registers, through which all others are reached. */
#ifndef ABI_IOAPIC_H
#define ABI_IOAPIC_H

#define IOAPIC_BYTES 0x20
#define IOAPIC_STRIDE 0x10000 /* QEMU's microvm has a second one, this far behind the first */
#define IOAPIC_LINES 24

#define IOAPIC_SELECT 0x00
#define IOAPIC_WINDOW 0x10

#define IOAPIC_VERSION 0x01
#define IOAPIC_VERSION_LAST_ENTRY_SHIFT 16
#define IOAPIC_REDIRECTION 0x10 /* two registers a line */

/* Low half: bits 7:0 are the vector; fixed delivery, physical destination, active high are 0 */
#define IOAPIC_REDIRECTION_LEVEL 0x08000
#define IOAPIC_REDIRECTION_MASKED 0x10000
#define IOAPIC_REDIRECTION_DESTINATION_SHIFT 24 /* high half */

#endif

/* SPDX-License-Identifier: MIT */
/* The interrupt descriptor table of an image whose place is not known before it is loaded. */
#ifndef BOOT_UEFI_IDT_H
#define BOOT_UEFI_IDT_H

/* Fills the table that enter.asm loads with the entries of boot/common/exceptions.asm. */
void idt_make(void);

#endif

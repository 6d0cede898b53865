/* SPDX-License-Identifier: MIT */
/*
 * The 82441FX host bridge's own registers (82441FX datasheet, section 3.2.16): the programmable attribute
 * map, which decides what shows from 0xC0000 to 0xFFFFF.
 */
#ifndef ABI_I440FX_H
#define ABI_I440FX_H

/*
 * Two segments a register, the lower addresses in the low nibble. The first register has only a high
 * nibble, for the 64 KiB below 1 MiB; the others have 16 KiB a nibble, from 0xC0000 on.
 */
#define I440FX_PAM 0x59
#define I440FX_PAM_COUNT 7
#define I440FX_PAM_READ 0x1  /* reads go to RAM; else to ROM, or to nothing */
#define I440FX_PAM_WRITE 0x2 /* writes go to RAM; else nowhere */
#define I440FX_PAM_NIBBLE_SHIFT 4
#define I440FX_PAM_WRITABLE 0x33
#define I440FX_PAM_WRITABLE_FIRST 0x30

#define I440FX_PAM_BASE 0xc0000
#define I440FX_PAM_SEGMENT 0x4000
#define I440FX_PAM_TOP_BASE 0xf0000
#define I440FX_PAM_TOP_SEGMENT 0x10000
#define I440FX_PAM_SEGMENTS 13

/* How firmware made for QEMU knows that it runs there: the bridge's subsystem ids */
#define QEMU_SUBSYSTEM_VENDOR 0x1af4
#define QEMU_SUBSYSTEM_ID 0x1100

#endif

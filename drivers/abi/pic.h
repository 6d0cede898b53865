/* SPDX-License-Identifier: MIT */
/* The two 8259s of a PC (Intel 8259A datasheet). Their ports: machine.h. */
#ifndef ABI_PIC_H
#define ABI_PIC_H

#define PIC_LINES 16
#define PIC_LINES_EACH 8
#define PIC_CASCADE 2 /* the second one's output is this line of the first */

#define PIC_ICW1 0x11 /* edge, cascade, four words */
#define PIC_ICW4 0x01 /* 8086 mode, end of interrupt by command */
#define PIC_OCW2_END 0x20
#define PIC_OCW3_READ_IN_SERVICE 0x0b

/* Edge or level, one bit a line, two ports (82371SB, section 2.5.4) */
#define PORT_ELCR1 0x4d0
#define PORT_ELCR2 0x4d1

#endif

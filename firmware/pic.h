/* SPDX-License-Identifier: MIT */
/* The two 8259s of a PC: sixteen lines, of which number 2 is the second one's way to the first. */
#ifndef FIRMWARE_PIC_H
#define FIRMWARE_PIC_H

#include <stdbool.h>
#include <stdint.h>

/* Masks everything; whether there is a PIC does not matter. */
void pic_mask_all(void);
/* Line n is to raise vector first + n; everything is masked. False where there is none. */
bool pic_init(uint8_t first);
/* False for a line that no device can have. */
bool pic_unmask(unsigned line, bool level);
/* The interrupt has been handled. False for one that never was (a spurious line 7 or 15). */
bool pic_end(unsigned line);

#endif

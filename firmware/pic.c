/* SPDX-License-Identifier: MIT */
/* The two 8259s, by their ports. */
#include "pic.h"

#include "abi/machine.h"
#include "abi/pic.h"
#include "io.h"

static uint16_t mask; /* as written: bit n is line n */

static void write_mask(uint16_t value)
{
    mask = value;
    out8(PORT_PIC1_DATA, (uint8_t)value);
    out8(PORT_PIC2_DATA, (uint8_t)(value >> PIC_LINES_EACH));
}

void pic_mask_all(void)
{
    write_mask(UINT16_MAX);
}

bool pic_init(uint8_t first)
{
    out8(PORT_PIC1_COMMAND, PIC_ICW1);
    out8(PORT_PIC2_COMMAND, PIC_ICW1);
    out8(PORT_PIC1_DATA, first);
    out8(PORT_PIC2_DATA, first + PIC_LINES_EACH);
    out8(PORT_PIC1_DATA, 1 << PIC_CASCADE);
    out8(PORT_PIC2_DATA, PIC_CASCADE);
    out8(PORT_PIC1_DATA, PIC_ICW4);
    out8(PORT_PIC2_DATA, PIC_ICW4);
    write_mask((uint16_t) ~(1u << PIC_CASCADE));
    return in8(PORT_PIC1_DATA) == (uint8_t)mask;
}

bool pic_unmask(unsigned line, bool level)
{
    if (line >= PIC_LINES || line == PIC_CASCADE)
        return false;
    uint16_t elcr = line < PIC_LINES_EACH ? PORT_ELCR1 : PORT_ELCR2;
    uint8_t bit = (uint8_t)(1 << line % PIC_LINES_EACH);
    uint8_t levels = in8(elcr);
    out8(elcr, level ? levels | bit : levels & (uint8_t)~bit);
    write_mask(mask & (uint16_t) ~(1u << line));
    return true;
}

bool pic_end(unsigned line)
{
    uint16_t command = line < PIC_LINES_EACH ? PORT_PIC1_COMMAND : PORT_PIC2_COMMAND;
    bool real = true;
    if (line % PIC_LINES_EACH == PIC_LINES_EACH - 1) {
        out8(command, PIC_OCW3_READ_IN_SERVICE);
        real = in8(command) >> (PIC_LINES_EACH - 1);
    }
    if (real)
        out8(command, PIC_OCW2_END);
    if (line >= PIC_LINES_EACH) /* the first one saw the cascade, even when nothing was behind it */
        out8(PORT_PIC1_COMMAND, PIC_OCW2_END);
    return real;
}

/* SPDX-License-Identifier: MIT */
/* Decoding of the programmable attribute map (82441FX, section 3.2.16). */
#include "pam.h"

static struct pam_segment segment(uint32_t base, uint32_t length, uint8_t attributes)
{
    return (struct pam_segment){.base = base,
                                .length = length,
                                .read = (attributes & I440FX_PAM_READ) != 0,
                                .write = (attributes & I440FX_PAM_WRITE) != 0};
}

void pam_decode(const uint8_t registers[I440FX_PAM_COUNT],
                struct pam_segment segments[I440FX_PAM_SEGMENTS])
{
    const unsigned top = I440FX_PAM_SEGMENTS - 1;

    for (unsigned i = 0; i < top; i++) {
        uint8_t pair = registers[1 + i / 2];

        segments[i] = segment(I440FX_PAM_BASE + i * I440FX_PAM_SEGMENT, I440FX_PAM_SEGMENT,
                              i % 2 == 0 ? pair : pair >> I440FX_PAM_NIBBLE_SHIFT);
    }
    segments[top] = segment(I440FX_PAM_TOP_BASE, I440FX_PAM_TOP_SEGMENT,
                            registers[0] >> I440FX_PAM_NIBBLE_SHIFT);
}

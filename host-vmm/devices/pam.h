/* SPDX-License-Identifier: MIT */
/* The i440FX's programmable attribute map: registers to segments. What then shows there is shadow.c's. */
#ifndef HOST_DEVICES_PAM_H
#define HOST_DEVICES_PAM_H

#include <stdbool.h>
#include <stdint.h>

#include "../../drivers/abi/i440fx.h"

struct pam_segment {
    uint32_t base, length; /* guest-physical, bytes */
    bool read;             /* reads see RAM */
    bool write;            /* writes reach RAM */
};

/* All I440FX_PAM_SEGMENTS segments, by address. registers is I440FX_PAM and what follows it. */
void pam_decode(const uint8_t registers[I440FX_PAM_COUNT],
                struct pam_segment segments[I440FX_PAM_SEGMENTS]);

#endif

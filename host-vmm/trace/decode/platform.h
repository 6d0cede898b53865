/* SPDX-License-Identifier: MIT */
/* What the files that decode the PC's small ports share. */
#ifndef HOST_TRACE_DECODE_PLATFORM_H
#define HOST_TRACE_DECODE_PLATFORM_H

#include "tables.h"

struct platform_state {
    uint8_t cmos_index;
    uint8_t i8042_command; /* whose byte comes next through the data port, or 0 */
    uint8_t
        pic_word[2]; /* of each 8259, which initialization word comes next, 2 to 4; others: none */
};

/* Fill in register and words; the port is one of their tables'. */
void cmos_decode(struct platform_state *state, const struct decode_access *access,
                 struct decoded *decoded);
void i8042_decode(struct platform_state *state, const struct decode_access *access,
                  struct decoded *decoded);

/* A port that a PC has and this machine does not: fills in decoded, or returns false. */
bool foreign_port_decode(const struct decode_access *access, struct decoded *decoded);

#endif

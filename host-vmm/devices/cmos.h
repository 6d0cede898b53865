/* SPDX-License-Identifier: MIT */
/* RTC and CMOS model: 24-hour time in BCD or binary, and the bytes that tell the memory's size. */
#ifndef HOST_DEVICES_CMOS_H
#define HOST_DEVICES_CMOS_H

#include "../bus.h"

#define CMOS_SIZE 128

/* Tells the time, UTC: the year in full, month 1 to 12, weekday 0 = Sunday. */
typedef void cmos_clock(void *context, int *year, int *month, int *day, int *weekday, int *hour,
                        int *minute, int *second);

struct cmos {
    struct bus_region region; /* index and data port */
    cmos_clock *now;          /* NULL: it is always the first of January 2000 */
    void *context;
    uint8_t index; /* always below CMOS_SIZE */
    uint8_t ram[CMOS_SIZE];
};

/* ram_below_4g is where RAM below 4 GiB ends, ram_above_4g the bytes from there on. */
void cmos_init(struct cmos *cmos, cmos_clock *now, void *context, uint64_t ram_below_4g,
               uint64_t ram_above_4g);

/* The contents stay: there is a battery. */
void cmos_reset(struct cmos *cmos);

#endif

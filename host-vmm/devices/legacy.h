/* SPDX-License-Identifier: MIT */
/*
 * The small ports that firmware touches: POST code, debug console, exit port, i8042 (only what A20 and
 * reset need), fast A20, reset control, RTC and CMOS. They tell the host what happened by callbacks.
 */
#ifndef HOST_DEVICES_LEGACY_H
#define HOST_DEVICES_LEGACY_H

#include "../bus.h"
#include "cmos.h"
#include "i8042.h"

/* Any of them may be NULL. */
struct legacy_events {
    void (*exit)(void *context, uint32_t value);   /* the exit port was written */
    void (*post)(void *context, uint8_t code);     /* a POST code */
    void (*debug)(void *context, uint8_t byte);    /* a byte for the debug console */
    void (*reset)(void *context, const char *how); /* the guest asks for a reset */
    cmos_clock *now;                               /* the time for the RTC */
    void *context;
};

struct legacy {
    struct bus_region post, debug, exit, system_control_a, reset_control;
    struct i8042 i8042;
    struct cmos cmos;
    struct legacy_events events;
    uint8_t post_code; /* the last one */
    uint8_t system_control;
    uint8_t reset_value;
};

/* ram_below_4g is where RAM below 4 GiB ends, ram_above_4g the bytes from there on: the CMOS bytes tell
 * both. */
void legacy_init(struct legacy *legacy, const struct legacy_events *events, uint64_t ram_below_4g,
                 uint64_t ram_above_4g);

/* As after a reset. CMOS keeps its contents: it has a battery. */
void legacy_reset(struct legacy *legacy);

/* Puts all of them on the port bus but reset_control: its port lies inside the PCI configuration
 * address, and pci_host hands accesses on to it. False when a place is taken. */
bool legacy_attach(struct legacy *legacy, struct bus *ports);

#endif

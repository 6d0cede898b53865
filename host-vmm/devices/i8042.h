/* SPDX-License-Identifier: MIT */
/* i8042 keyboard controller model: what A20, reset and a firmware's self-test need. No interrupts. */
#ifndef HOST_DEVICES_I8042_H
#define HOST_DEVICES_I8042_H

#include "../bus.h"

#define I8042_QUEUE_SIZE 4

struct i8042 {
    struct bus_region data_region, command_region; /* one port each */
    void (*ask_reset)(void *context, const char *how);
    void *context;
    uint8_t command_byte, output_port;
    uint8_t pending_command; /* waits for its data byte; 0 = none */
    bool last_was_command;   /* status bit 3 */
    uint8_t
        queue[I8042_QUEUE_SIZE]; /* what waits at the data port, oldest first; more is dropped */
    unsigned count;
    uint8_t output; /* what the data port reads while nothing waits: the last byte again */
};

void i8042_init(struct i8042 *i8042, void (*ask_reset)(void *context, const char *how),
                void *context);
void i8042_reset(struct i8042 *i8042);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The small ports: each is a register and an event. The two that are more than that, the keyboard
 * controller and CMOS, are models of their own (i8042.c, cmos.c) and get their ports here.
 */
#include "legacy.h"

#include <stddef.h>

#include "../../drivers/abi/machine.h"

#define EXIT_PORT_LENGTH 4

static void ask_reset(void *self, const char *how)
{
    struct legacy *legacy = self;

    if (legacy->events.reset != NULL)
        legacy->events.reset(legacy->events.context, how);
}

/* --- POST code, debug console, exit port ----------------------------------------------------------- */

static bool post_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct legacy *legacy = self;

    if (offset != 0 || size != 1)
        return false;
    *value = legacy->post_code;
    return true;
}

static bool post_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct legacy *legacy = self;

    if (offset != 0 || size != 1)
        return false;
    legacy->post_code = (uint8_t)value;
    if (legacy->events.post != NULL)
        legacy->events.post(legacy->events.context, legacy->post_code);
    return true;
}

static bool debug_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    (void)self;
    if (offset != 0 || size != 1)
        return false;
    *value = DEBUG_CONSOLE_PRESENT;
    return true;
}

static bool debug_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct legacy *legacy = self;

    if (offset != 0 || size != 1)
        return false;
    if (legacy->events.debug != NULL)
        legacy->events.debug(legacy->events.context, (uint8_t)value);
    return true;
}

static bool exit_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct legacy *legacy = self;

    if (offset != 0 || size > EXIT_PORT_LENGTH)
        return false;
    if (legacy->events.exit != NULL)
        legacy->events.exit(legacy->events.context, (uint32_t)(value & bus_ones(size)));
    return true;
}

/* --- system control port A (0x92), reset control (0xcf9) ------------------------------------------- */

static bool system_control_a_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct legacy *legacy = self;

    if (offset != 0 || size != 1)
        return false;
    *value = legacy->system_control;
    return true;
}

static bool system_control_a_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct legacy *legacy = self;

    if (offset != 0 || size != 1)
        return false;
    /* The bit reads back, but closes nothing: A20 is always open on this machine. */
    legacy->system_control = value & SYSTEM_CONTROL_A_A20;
    if (value & SYSTEM_CONTROL_A_RESET)
        ask_reset(legacy, "system control port A");
    return true;
}

static bool reset_control_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct legacy *legacy = self;

    if (offset != 0 || size != 1)
        return false;
    *value = legacy->reset_value;
    return true;
}

static bool reset_control_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct legacy *legacy = self;
    bool was_set = (legacy->reset_value & RESET_CONTROL_CPU) != 0;

    if (offset != 0 || size != 1)
        return false;
    legacy->reset_value = value & (RESET_CONTROL_SYSTEM | RESET_CONTROL_CPU);
    if (!was_set && (value & RESET_CONTROL_CPU))
        ask_reset(legacy, value & RESET_CONTROL_SYSTEM ? "reset control port, hard"
                                                       : "reset control port, soft");
    return true;
}

/* --- all of them ----------------------------------------------------------------------------------- */

static const struct bus_ops post_ops = {.read = post_read, .write = post_write};
static const struct bus_ops debug_ops = {.read = debug_read, .write = debug_write};
static const struct bus_ops exit_ops = {.write = exit_write};
static const struct bus_ops system_control_a_ops = {.read = system_control_a_read,
                                                    .write = system_control_a_write};
static const struct bus_ops reset_control_ops = {.read = reset_control_read,
                                                 .write = reset_control_write};

static struct bus_region region(struct legacy *legacy, const char *name, const struct bus_ops *ops,
                                uint64_t length)
{
    return (struct bus_region){.name = name, .ops = ops, .self = legacy, .length = length};
}

void legacy_init(struct legacy *legacy, const struct legacy_events *events, uint64_t ram_below_4g,
                 uint64_t ram_above_4g)
{
    *legacy = (struct legacy){.events = *events};
    legacy->post = region(legacy, "post", &post_ops, 1);
    legacy->debug = region(legacy, "debug", &debug_ops, 1);
    legacy->exit = region(legacy, "exit", &exit_ops, EXIT_PORT_LENGTH);
    legacy->system_control_a = region(legacy, "system-control", &system_control_a_ops, 1);
    legacy->reset_control = region(legacy, "reset-control", &reset_control_ops, 1);
    i8042_init(&legacy->i8042, ask_reset, legacy);
    cmos_init(&legacy->cmos, events->now, events->context, ram_below_4g, ram_above_4g);
    legacy_reset(legacy);
}

void legacy_reset(struct legacy *legacy)
{
    legacy->post_code = 0;
    legacy->system_control = SYSTEM_CONTROL_A_A20;
    legacy->reset_value = 0;
    i8042_reset(&legacy->i8042);
    cmos_reset(&legacy->cmos);
}

bool legacy_attach(struct legacy *legacy, struct bus *ports)
{
    return bus_add(ports, &legacy->post, PORT_POST) &&
           bus_add(ports, &legacy->debug, PORT_DEBUG_CONSOLE) &&
           bus_add(ports, &legacy->exit, PORT_EXIT) &&
           bus_add(ports, &legacy->i8042.data_region, PORT_I8042_DATA) &&
           bus_add(ports, &legacy->i8042.command_region, PORT_I8042_COMMAND) &&
           bus_add(ports, &legacy->system_control_a, PORT_SYSTEM_CONTROL_A) &&
           bus_add(ports, &legacy->cmos.region, PORT_CMOS_INDEX);
}

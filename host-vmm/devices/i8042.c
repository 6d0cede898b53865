/* SPDX-License-Identifier: MIT */
/*
 * i8042: the commands of a controller self-test, the output port with its reset line, and a keyboard that
 * acknowledges everything and never types. Where the ports are is legacy.c's.
 */
#include "i8042.h"

#include <string.h>

#include "../../drivers/abi/i8042.h"

static void reply(struct i8042 *i8042, uint8_t byte)
{
    if (i8042->count < I8042_QUEUE_SIZE)
        i8042->queue[i8042->count++] = byte;
}

static uint8_t take(struct i8042 *i8042)
{
    if (i8042->count > 0) {
        i8042->output = i8042->queue[0];
        i8042->count--;
        memmove(i8042->queue, i8042->queue + 1, i8042->count);
    }
    return i8042->output;
}

static uint8_t status_register(const struct i8042 *i8042)
{
    uint8_t status = I8042_STATUS_UNLOCKED;

    if (i8042->count > 0)
        status |= I8042_STATUS_OUTPUT_FULL;
    if (i8042->command_byte & I8042_COMMAND_BYTE_SYSTEM)
        status |= I8042_STATUS_SYSTEM;
    if (i8042->last_was_command)
        status |= I8042_STATUS_COMMAND;
    return status;
}

static void controller_command(struct i8042 *i8042, uint8_t command)
{
    i8042->pending_command = 0;
    if (command >= I8042_CMD_PULSE) {
        if (!(command & I8042_OUTPUT_NOT_RESET))
            i8042->ask_reset(i8042->context, "i8042 pulse");
        return;
    }
    switch (command) {
    case I8042_CMD_READ_COMMAND_BYTE:
        reply(i8042, i8042->command_byte);
        break;
    case I8042_CMD_WRITE_COMMAND_BYTE:
    case I8042_CMD_WRITE_OUTPUT_PORT:
    case I8042_CMD_WRITE_MOUSE:
        i8042->pending_command = command;
        break;
    case I8042_CMD_SELF_TEST:
        reply(i8042, I8042_SELF_TEST_PASSED);
        break;
    case I8042_CMD_TEST_KEYBOARD:
        reply(i8042, I8042_TEST_PASSED);
        break;
    case I8042_CMD_TEST_MOUSE:
        reply(i8042, I8042_TEST_CLOCK_HIGH);
        break;
    case I8042_CMD_DISABLE_KEYBOARD:
        i8042->command_byte |= I8042_COMMAND_BYTE_KEYBOARD_OFF;
        break;
    case I8042_CMD_ENABLE_KEYBOARD:
        i8042->command_byte &= (uint8_t)~I8042_COMMAND_BYTE_KEYBOARD_OFF;
        break;
    case I8042_CMD_DISABLE_MOUSE:
        i8042->command_byte |= I8042_COMMAND_BYTE_MOUSE_OFF;
        break;
    case I8042_CMD_ENABLE_MOUSE:
        i8042->command_byte &= (uint8_t)~I8042_COMMAND_BYTE_MOUSE_OFF;
        break;
    case I8042_CMD_READ_OUTPUT_PORT:
        reply(i8042, i8042->output_port);
        break;
    default: /* what an 8042 does not know it ignores */
        break;
    }
}

/* A byte for the keyboard itself: it acknowledges everything and does nothing. */
static void keyboard_command(struct i8042 *i8042, uint8_t command)
{
    reply(i8042, KEYBOARD_ACK);
    if (command == KEYBOARD_CMD_RESET)
        reply(i8042, KEYBOARD_SELF_TEST_PASSED);
}

static void write_data(struct i8042 *i8042, uint8_t value)
{
    uint8_t command = i8042->pending_command;

    i8042->pending_command = 0;
    switch (command) {
    case I8042_CMD_WRITE_COMMAND_BYTE:
        i8042->command_byte = value;
        break;
    case I8042_CMD_WRITE_OUTPUT_PORT:
        /* The A20 bit is only remembered: A20 is always open on this machine. */
        i8042->output_port = value | I8042_OUTPUT_NOT_RESET;
        if (!(value & I8042_OUTPUT_NOT_RESET))
            i8042->ask_reset(i8042->context, "i8042 output port");
        break;
    case I8042_CMD_WRITE_MOUSE: /* there is none to answer */
        break;
    default:
        keyboard_command(i8042, value);
        break;
    }
}

static bool data_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    if (offset != 0 || size != 1)
        return false;
    *value = take(self);
    return true;
}

static bool data_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct i8042 *i8042 = self;

    if (offset != 0 || size != 1)
        return false;
    i8042->last_was_command = false;
    write_data(i8042, (uint8_t)value);
    return true;
}

static bool command_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    if (offset != 0 || size != 1)
        return false;
    *value = status_register(self);
    return true;
}

static bool command_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct i8042 *i8042 = self;

    if (offset != 0 || size != 1)
        return false;
    i8042->last_was_command = true;
    controller_command(i8042, (uint8_t)value);
    return true;
}

static const struct bus_ops data_ops = {.read = data_read, .write = data_write};
static const struct bus_ops command_ops = {.read = command_read, .write = command_write};

void i8042_init(struct i8042 *i8042, void (*ask_reset)(void *context, const char *how),
                void *context)
{
    *i8042 = (struct i8042){
        .data_region = {.name = "i8042", .ops = &data_ops, .self = i8042, .length = 1},
        .command_region = {.name = "i8042", .ops = &command_ops, .self = i8042, .length = 1},
        .ask_reset = ask_reset,
        .context = context,
    };
    i8042_reset(i8042);
}

void i8042_reset(struct i8042 *i8042)
{
    i8042->command_byte = 0;
    i8042->output_port = I8042_OUTPUT_NOT_RESET | I8042_OUTPUT_A20;
    i8042->pending_command = 0;
    i8042->last_was_command = false;
    i8042->count = 0;
    i8042->output = 0;
}

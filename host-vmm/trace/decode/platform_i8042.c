/* SPDX-License-Identifier: MIT */
/* The keyboard controller. What a byte at the data port is, the command before it says. */
#include "platform.h"
#include "span.h"

#include "../../../drivers/abi/i8042.h"
#include "../../../drivers/abi/machine.h"

static const struct decode_field status_fields[] = {
    F(I8042_STATUS_OUTPUT_FULL, "OUTPUT_FULL"),
    {NULL, 0x02, "INPUT_FULL", NULL, false},
    F(I8042_STATUS_SYSTEM, "SYSTEM"),
    F(I8042_STATUS_COMMAND, "COMMAND"),
    F(I8042_STATUS_UNLOCKED, "UNLOCKED"),
    {NULL, 0x20, "MOUSE", NULL, false},
    {NULL, 0x40, "TIMEOUT", NULL, false},
    {NULL, 0x80, "PARITY", NULL, false},
    {0},
};

static const struct decode_value commands[] = {
    V(I8042_CMD_READ_COMMAND_BYTE, "READ_COMMAND_BYTE"),
    V(I8042_CMD_WRITE_COMMAND_BYTE, "WRITE_COMMAND_BYTE"),
    V(I8042_CMD_DISABLE_MOUSE, "DISABLE_MOUSE"),
    V(I8042_CMD_ENABLE_MOUSE, "ENABLE_MOUSE"),
    V(I8042_CMD_TEST_MOUSE, "TEST_MOUSE"),
    V(I8042_CMD_SELF_TEST, "SELF_TEST"),
    V(I8042_CMD_TEST_KEYBOARD, "TEST_KEYBOARD"),
    V(I8042_CMD_DISABLE_KEYBOARD, "DISABLE_KEYBOARD"),
    V(I8042_CMD_ENABLE_KEYBOARD, "ENABLE_KEYBOARD"),
    V(I8042_CMD_READ_OUTPUT_PORT, "READ_OUTPUT_PORT"),
    V(I8042_CMD_WRITE_OUTPUT_PORT, "WRITE_OUTPUT_PORT"),
    V(I8042_CMD_WRITE_MOUSE, "WRITE_MOUSE"),
    V(I8042_CMD_PULSE, "PULSE all lines"),
    {NULL, 0xfe, "PULSE the reset line"},
    {NULL, 0xff, "PULSE no line"},
    {0},
};

static const struct decode_value keyboard_commands[] = {
    {NULL, 0xed, "SET_LEDS"},
    {NULL, 0xf0, "SET_SCAN_CODES"},
    {NULL, 0xf4, "ENABLE_SCANNING"},
    {NULL, 0xf5, "DISABLE_SCANNING"},
    {NULL, 0xf6, "SET_DEFAULTS"},
    V(KEYBOARD_CMD_RESET, "RESET"),
    {0},
};

static const struct decode_value keyboard_answers[] = {
    V(KEYBOARD_ACK, "ACK"),
    V(KEYBOARD_SELF_TEST_PASSED, "SELF_TEST_PASSED"),
    {0},
};

static const struct decode_register ports[] = {
    R(PORT_I8042_DATA, 1, DECODE_READ, "data", DECODE_HEX, NULL, keyboard_answers),
    R(PORT_I8042_DATA, 1, DECODE_WRITE, "data", DECODE_HEX, NULL, keyboard_commands),
    R(PORT_I8042_COMMAND, 1, DECODE_READ, "status", DECODE_HEX, status_fields, NULL),
    R(PORT_I8042_COMMAND, 1, DECODE_WRITE, "command", DECODE_VALUE, NULL, commands),
};
const struct decode_table decode_i8042_ports = {"i8042.h", ports, DECODE_COUNT(ports)};

static const struct decode_field command_byte_fields[] = {
    {NULL, 0x01, "KEYBOARD_INTERRUPT", NULL, false},
    {NULL, 0x02, "MOUSE_INTERRUPT", NULL, false},
    F(I8042_COMMAND_BYTE_SYSTEM, "SYSTEM"),
    F(I8042_COMMAND_BYTE_KEYBOARD_OFF, "KEYBOARD_OFF"),
    F(I8042_COMMAND_BYTE_MOUSE_OFF, "MOUSE_OFF"),
    {NULL, 0x40, "TRANSLATE", NULL, false},
    {0},
};

static const struct decode_field output_fields[] = {
    F(I8042_OUTPUT_NOT_RESET, "NOT_RESET"),
    F(I8042_OUTPUT_A20, "A20"),
    {0},
};

static const struct decode_value self_test[] = {V(I8042_SELF_TEST_PASSED, "PASSED"), {0}};

static const struct decode_value line_test[] = {
    V(I8042_TEST_PASSED, "PASSED"),
    V(I8042_TEST_CLOCK_HIGH, "CLOCK_HIGH"),
    {0},
};

/* What comes through the data port, by the command before it: offsets are commands. */
static const struct decode_register data[] = {
    R(I8042_CMD_READ_COMMAND_BYTE, 1, DECODE_READ, "command_byte", DECODE_HEX, command_byte_fields,
      NULL),
    R(I8042_CMD_WRITE_COMMAND_BYTE, 1, DECODE_WRITE, "command_byte", DECODE_HEX,
      command_byte_fields, NULL),
    R(I8042_CMD_TEST_MOUSE, 1, DECODE_READ, "mouse_test", DECODE_HEX, NULL, line_test),
    R(I8042_CMD_SELF_TEST, 1, DECODE_READ, "self_test", DECODE_HEX, NULL, self_test),
    R(I8042_CMD_TEST_KEYBOARD, 1, DECODE_READ, "keyboard_test", DECODE_HEX, NULL, line_test),
    R(I8042_CMD_READ_OUTPUT_PORT, 1, DECODE_READ, "output_port", DECODE_HEX, output_fields, NULL),
    R(I8042_CMD_WRITE_OUTPUT_PORT, 1, DECODE_WRITE, "output_port", DECODE_HEX, output_fields, NULL),
    R(I8042_CMD_WRITE_MOUSE, 1, DECODE_WRITE, "mouse", DECODE_HEX, NULL, NULL),
};
const struct decode_table decode_i8042_data = {"i8042.h", data, DECODE_COUNT(data)};

void i8042_decode(struct platform_state *state, const struct decode_access *access,
                  struct decoded *decoded)
{
    const struct decode_span span = {.table = &decode_i8042_ports};
    bool plain = access->size == 1 && access->count == 1 && access->answered;
    const struct decode_register *reg = NULL;

    decode_span(&span, access->address, access, decoded);
    if (!plain)
        return;
    if (access->address == PORT_I8042_COMMAND) {
        if (access->is_write)
            state->i8042_command = (uint8_t)decode_value_of(access);
        return;
    }
    if (state->i8042_command != 0)
        reg = decode_find(&decode_i8042_data, state->i8042_command, access->is_write);
    if (reg != NULL)
        decode_register_words(reg, 0, 1, decode_value_of(access), decoded);
    /* A byte that is still waiting may be read before a command's own byte is written. */
    if (reg != NULL || access->is_write)
        state->i8042_command = 0;
}

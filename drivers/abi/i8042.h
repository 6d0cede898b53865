/* SPDX-License-Identifier: MIT */
/* 8042 keyboard controller: status, commands, output port (IBM PC AT Technical Reference, section 1). */
#ifndef ABI_I8042_H
#define ABI_I8042_H

/* Status (read PORT_I8042_COMMAND) */
#define I8042_STATUS_OUTPUT_FULL 0x01
#define I8042_STATUS_SYSTEM 0x04   /* the system flag of the command byte */
#define I8042_STATUS_COMMAND 0x08  /* the last write went to PORT_I8042_COMMAND */
#define I8042_STATUS_UNLOCKED 0x10 /* the keyboard's key switch */

/* Commands (write PORT_I8042_COMMAND) */
#define I8042_CMD_READ_COMMAND_BYTE 0x20
#define I8042_CMD_WRITE_COMMAND_BYTE 0x60 /* then the byte to PORT_I8042_DATA */
#define I8042_CMD_DISABLE_MOUSE 0xa7
#define I8042_CMD_ENABLE_MOUSE 0xa8
#define I8042_CMD_TEST_MOUSE 0xa9
#define I8042_CMD_SELF_TEST 0xaa
#define I8042_CMD_TEST_KEYBOARD 0xab
#define I8042_CMD_DISABLE_KEYBOARD 0xad
#define I8042_CMD_ENABLE_KEYBOARD 0xae
#define I8042_CMD_READ_OUTPUT_PORT 0xd0
#define I8042_CMD_WRITE_OUTPUT_PORT 0xd1 /* then the byte to PORT_I8042_DATA */
#define I8042_CMD_WRITE_MOUSE 0xd4       /* then the byte to PORT_I8042_DATA */
#define I8042_CMD_PULSE 0xf0 /* 0xf0-0xff: output port bits 3:0 that are 0 here go low */

#define I8042_SELF_TEST_PASSED 0x55
#define I8042_TEST_PASSED 0x00
#define I8042_TEST_CLOCK_HIGH 0x02 /* clock line stuck high: nothing is connected */

#define I8042_COMMAND_BYTE_SYSTEM 0x04
#define I8042_COMMAND_BYTE_KEYBOARD_OFF 0x10
#define I8042_COMMAND_BYTE_MOUSE_OFF 0x20

#define I8042_OUTPUT_NOT_RESET 0x01 /* low resets the CPU */
#define I8042_OUTPUT_A20 0x02

/* The keyboard behind it */
#define KEYBOARD_CMD_RESET 0xff
#define KEYBOARD_ACK 0xfa
#define KEYBOARD_SELF_TEST_PASSED 0xaa

#endif

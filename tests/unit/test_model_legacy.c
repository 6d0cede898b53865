/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/legacy.c, i8042.c and cmos.c: the small ports, reached as a guest reaches them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "abi/cmos.h"
#include "abi/fw_cfg.h"
#include "abi/i8042.h"
#include "abi/machine.h"
#include "host-vmm/devices/legacy.h"

#define MIB 0x100000ull

struct fixture {
    struct bus ports;
    struct legacy legacy;
    unsigned exits, posts, debugs, resets;
    uint32_t exit_value;
    uint8_t post, debug;
    const char *how;
};

static void on_exit_port(void *context, uint32_t value)
{
    ((struct fixture *)context)->exits++;
    ((struct fixture *)context)->exit_value = value;
}

static void on_post(void *context, uint8_t code)
{
    ((struct fixture *)context)->posts++;
    ((struct fixture *)context)->post = code;
}

static void on_debug(void *context, uint8_t byte)
{
    ((struct fixture *)context)->debugs++;
    ((struct fixture *)context)->debug = byte;
}

static void on_reset(void *context, const char *how)
{
    ((struct fixture *)context)->resets++;
    ((struct fixture *)context)->how = how;
}

/* Wednesday 31 December 2098, 23:59:48 */
static void on_now(void *context, int *year, int *month, int *day, int *weekday, int *hour,
                   int *minute, int *second)
{
    (void)context;
    *year = 2098;
    *month = 12;
    *day = 31;
    *weekday = 3;
    *hour = 23;
    *minute = 59;
    *second = 48;
}

static void start_with(struct fixture *f, uint64_t below_4g, uint64_t above_4g)
{
    struct legacy_events events = {.exit = on_exit_port,
                                   .post = on_post,
                                   .debug = on_debug,
                                   .reset = on_reset,
                                   .now = on_now,
                                   .context = f};

    *f = (struct fixture){0};
    bus_init(&f->ports, "ports");
    legacy_init(&f->legacy, &events, below_4g, above_4g);
    assert_true(legacy_attach(&f->legacy, &f->ports));
    /* On the machine, pci_host hands these on. */
    assert_null(bus_find(&f->ports, PORT_RESET_CONTROL, 1));
    assert_true(bus_add(&f->ports, &f->legacy.reset_control, PORT_RESET_CONTROL));
}

static void start(struct fixture *f)
{
    start_with(f, 1024 * MIB, 0);
}

static uint8_t in(struct fixture *f, uint16_t port)
{
    uint64_t value = 0;

    assert_int_equal(bus_access(&f->ports, port, 1, false, &value, NULL), BUS_OK);
    return (uint8_t)value;
}

static void out(struct fixture *f, uint16_t port, uint8_t byte)
{
    uint64_t value = byte;

    assert_int_equal(bus_access(&f->ports, port, 1, true, &value, NULL), BUS_OK);
}

static uint8_t cmos(struct fixture *f, uint8_t index)
{
    out(f, PORT_CMOS_INDEX, index);
    return in(f, PORT_CMOS_DATA);
}

static void cmos_store(struct fixture *f, uint8_t index, uint8_t value)
{
    out(f, PORT_CMOS_INDEX, index);
    out(f, PORT_CMOS_DATA, value);
}

static void post_and_debug(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    out(&f, PORT_POST, 0x42);
    assert_int_equal(f.posts, 1);
    assert_int_equal(f.post, 0x42);
    assert_int_equal(in(&f, PORT_POST), 0x42);
    assert_int_equal(in(&f, PORT_DEBUG_CONSOLE), DEBUG_CONSOLE_PRESENT);
    out(&f, PORT_DEBUG_CONSOLE, 'x');
    assert_int_equal(f.debugs, 1);
    assert_int_equal(f.debug, 'x');
    assert_int_equal(f.resets + f.exits, 0);
}

static void exit_takes_any_width(void **state)
{
    struct fixture f;
    uint64_t value = 0x12345678;

    (void)state;
    start(&f);
    assert_int_equal(bus_access(&f.ports, PORT_EXIT, 4, true, &value, NULL), BUS_OK);
    assert_int_equal(f.exit_value, 0x12345678);
    assert_int_equal(bus_access(&f.ports, PORT_EXIT, 2, true, &value, NULL), BUS_OK);
    assert_int_equal(f.exit_value, 0x5678);
    assert_int_equal(bus_access(&f.ports, PORT_EXIT, 1, true, &value, NULL), BUS_OK);
    assert_int_equal(f.exit_value, 0x78);
    assert_int_equal(f.exits, 3);
    assert_int_equal(bus_access(&f.ports, PORT_EXIT + 1, 1, true, &value, NULL), BUS_ODD);
    assert_int_equal(bus_access(&f.ports, PORT_EXIT, 1, false, &value, NULL), BUS_ODD);
    assert_int_equal(f.exits, 3);
}

static void controller_commands(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    assert_int_equal(in(&f, PORT_I8042_COMMAND), I8042_STATUS_UNLOCKED);
    out(&f, PORT_I8042_COMMAND, I8042_CMD_SELF_TEST);
    assert_int_equal(in(&f, PORT_I8042_COMMAND),
                     I8042_STATUS_UNLOCKED | I8042_STATUS_COMMAND | I8042_STATUS_OUTPUT_FULL);
    assert_int_equal(in(&f, PORT_I8042_DATA), I8042_SELF_TEST_PASSED);
    assert_int_equal(in(&f, PORT_I8042_COMMAND) & I8042_STATUS_OUTPUT_FULL, 0);
    out(&f, PORT_I8042_COMMAND, I8042_CMD_TEST_KEYBOARD);
    assert_int_equal(in(&f, PORT_I8042_DATA), 0);

    out(&f, PORT_I8042_COMMAND, I8042_CMD_WRITE_COMMAND_BYTE);
    out(&f, PORT_I8042_DATA, I8042_COMMAND_BYTE_SYSTEM | 1);
    assert_int_equal(in(&f, PORT_I8042_COMMAND), I8042_STATUS_UNLOCKED | I8042_STATUS_SYSTEM);
    out(&f, PORT_I8042_COMMAND, I8042_CMD_DISABLE_KEYBOARD);
    out(&f, PORT_I8042_COMMAND, I8042_CMD_DISABLE_MOUSE);
    out(&f, PORT_I8042_COMMAND, I8042_CMD_READ_COMMAND_BYTE);
    assert_int_equal(in(&f, PORT_I8042_DATA), 0x35);
    out(&f, PORT_I8042_COMMAND, I8042_CMD_ENABLE_KEYBOARD);
    out(&f, PORT_I8042_COMMAND, I8042_CMD_ENABLE_MOUSE);
    out(&f, PORT_I8042_COMMAND, I8042_CMD_READ_COMMAND_BYTE);
    assert_int_equal(in(&f, PORT_I8042_DATA), 0x05);

    out(&f, PORT_I8042_COMMAND, I8042_CMD_WRITE_MOUSE);
    out(&f, PORT_I8042_DATA, 0xff);
    assert_int_equal(in(&f, PORT_I8042_COMMAND) & I8042_STATUS_OUTPUT_FULL, 0);
    assert_int_equal(f.resets, 0);
}

static void keyboard_acknowledges(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    out(&f, PORT_I8042_DATA, KEYBOARD_CMD_RESET);
    assert_int_equal(in(&f, PORT_I8042_DATA), KEYBOARD_ACK);
    assert_int_equal(in(&f, PORT_I8042_DATA), KEYBOARD_SELF_TEST_PASSED);
    assert_int_equal(in(&f, PORT_I8042_DATA), KEYBOARD_SELF_TEST_PASSED); /* nothing new */
    out(&f, PORT_I8042_DATA, 0xed);
    assert_int_equal(in(&f, PORT_I8042_DATA), KEYBOARD_ACK);
    /* A guest that never reads: what does not fit is dropped. */
    for (unsigned i = 0; i < 1000; i++)
        out(&f, PORT_I8042_DATA, (uint8_t)i);
    for (unsigned i = 0; i < I8042_QUEUE_SIZE; i++) {
        assert_int_equal(in(&f, PORT_I8042_COMMAND) & I8042_STATUS_OUTPUT_FULL, 1);
        assert_int_equal(in(&f, PORT_I8042_DATA), KEYBOARD_ACK);
    }
    assert_int_equal(in(&f, PORT_I8042_COMMAND) & I8042_STATUS_OUTPUT_FULL, 0);
    legacy_reset(&f.legacy);
    assert_int_equal(in(&f, PORT_I8042_COMMAND), I8042_STATUS_UNLOCKED);
}

static void output_port_and_pulses(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    out(&f, PORT_I8042_COMMAND, I8042_CMD_READ_OUTPUT_PORT);
    assert_int_equal(in(&f, PORT_I8042_DATA), I8042_OUTPUT_NOT_RESET | I8042_OUTPUT_A20);
    out(&f, PORT_I8042_COMMAND, I8042_CMD_WRITE_OUTPUT_PORT);
    out(&f, PORT_I8042_DATA, I8042_OUTPUT_NOT_RESET);
    out(&f, PORT_I8042_COMMAND, I8042_CMD_READ_OUTPUT_PORT);
    assert_int_equal(in(&f, PORT_I8042_DATA), I8042_OUTPUT_NOT_RESET);
    assert_int_equal(f.resets, 0);
    out(&f, PORT_I8042_COMMAND, I8042_CMD_WRITE_OUTPUT_PORT);
    out(&f, PORT_I8042_DATA, I8042_OUTPUT_A20);
    assert_int_equal(f.resets, 1);
    for (unsigned command = I8042_CMD_PULSE; command <= 0xff; command++)
        out(&f, PORT_I8042_COMMAND, (uint8_t)command);
    assert_int_equal(f.resets, 1 + 8);
}

static void system_control_a(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    assert_int_equal(in(&f, PORT_SYSTEM_CONTROL_A), SYSTEM_CONTROL_A_A20);
    out(&f, PORT_SYSTEM_CONTROL_A, 0);
    assert_int_equal(in(&f, PORT_SYSTEM_CONTROL_A), 0);
    out(&f, PORT_SYSTEM_CONTROL_A, 0xfe);
    assert_int_equal(in(&f, PORT_SYSTEM_CONTROL_A), SYSTEM_CONTROL_A_A20);
    assert_int_equal(f.resets, 0);
    out(&f, PORT_SYSTEM_CONTROL_A, SYSTEM_CONTROL_A_RESET);
    assert_int_equal(f.resets, 1);
}

static void reset_control_acts_on_the_rising_bit(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    out(&f, PORT_RESET_CONTROL, RESET_CONTROL_SYSTEM);
    assert_int_equal(f.resets, 0);
    assert_int_equal(in(&f, PORT_RESET_CONTROL), RESET_CONTROL_SYSTEM);
    out(&f, PORT_RESET_CONTROL, RESET_CONTROL_SYSTEM | RESET_CONTROL_CPU);
    assert_int_equal(f.resets, 1);
    assert_string_equal(f.how, "reset control port, hard");
    out(&f, PORT_RESET_CONTROL, RESET_CONTROL_CPU); /* still high */
    assert_int_equal(f.resets, 1);
    out(&f, PORT_RESET_CONTROL, 0);
    out(&f, PORT_RESET_CONTROL, RESET_CONTROL_CPU);
    assert_int_equal(f.resets, 2);
    assert_string_equal(f.how, "reset control port, soft");
    legacy_reset(&f.legacy);
    assert_int_equal(in(&f, PORT_RESET_CONTROL), 0);
}

static void the_clock_in_bcd_and_binary(void **state)
{
    static const struct {
        uint8_t index, bcd, binary;
    } fields[] = {
        {CMOS_SECONDS, 0x48, 48}, {CMOS_MINUTES, 0x59, 59}, {CMOS_HOURS, 0x23, 23},
        {CMOS_WEEKDAY, 4, 4},     {CMOS_DAY, 0x31, 31},     {CMOS_MONTH, 0x12, 12},
        {CMOS_YEAR, 0x98, 98},    {CMOS_CENTURY, 0x20, 20},
    };
    struct fixture f;

    (void)state;
    start(&f);
    assert_int_equal(cmos(&f, CMOS_STATUS_B), CMOS_STATUS_B_24_HOUR);
    for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        cmos_store(&f, fields[i].index, 0x11); /* the clock cannot be set */
        assert_int_equal(cmos(&f, fields[i].index), fields[i].bcd);
        assert_int_equal(cmos(&f, fields[i].index | 0x80), fields[i].bcd);
    }
    cmos_store(&f, CMOS_STATUS_B, CMOS_STATUS_B_BINARY);
    assert_int_equal(cmos(&f, CMOS_STATUS_B), CMOS_STATUS_B_BINARY | CMOS_STATUS_B_24_HOUR);
    for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++)
        assert_int_equal(cmos(&f, fields[i].index), fields[i].binary);
    cmos_store(&f, CMOS_STATUS_A, 0xff);
    assert_int_equal(cmos(&f, CMOS_STATUS_A) & CMOS_STATUS_A_UPDATING, 0);
    cmos_store(&f, CMOS_STATUS_C, 0xff);
    assert_int_equal(cmos(&f, CMOS_STATUS_C), 0);
    cmos_store(&f, CMOS_STATUS_D, 0);
    assert_int_equal(cmos(&f, CMOS_STATUS_D), CMOS_STATUS_D_VALID);
}

static unsigned cmos16(struct fixture *f, uint8_t index)
{
    return cmos(f, index) | (unsigned)cmos(f, index + 1) << 8;
}

static void memory_sizes(void **state)
{
    struct fixture f;

    (void)state;
    start_with(&f, 0xb0000000, 5 * 1024 * MIB);
    assert_int_equal(cmos16(&f, CMOS_BASE_MEMORY), 640);
    assert_int_equal(cmos16(&f, CMOS_EXTENDED_MEMORY), 0xffff);
    assert_int_equal(cmos16(&f, CMOS_EXTENDED_MEMORY_2), 0xffff);
    assert_int_equal(cmos16(&f, CMOS_MEMORY_ABOVE_16M), 0xaf00);
    assert_int_equal(cmos16(&f, CMOS_MEMORY_ABOVE_4G), 0x4000);
    assert_int_equal(cmos(&f, CMOS_MEMORY_ABOVE_4G + 2), 1);
    start_with(&f, 8 * MIB, 0);
    assert_int_equal(cmos16(&f, CMOS_EXTENDED_MEMORY), 7 * 1024);
    assert_int_equal(cmos16(&f, CMOS_EXTENDED_MEMORY_2), 7 * 1024);
    assert_int_equal(cmos16(&f, CMOS_MEMORY_ABOVE_16M), 0);
    assert_int_equal(cmos16(&f, CMOS_MEMORY_ABOVE_4G), 0);
    start_with(&f, MIB / 2, 0);
    assert_int_equal(cmos16(&f, CMOS_EXTENDED_MEMORY), 0);
}

static void cmos_keeps_other_bytes_over_a_reset(void **state)
{
    struct fixture f;
    uint64_t value = 0x55;

    (void)state;
    start(&f);
    cmos_store(&f, 0x7f, 0x5a);
    cmos_store(&f, 0x8f, 0x0a); /* shutdown status, NMI masked */
    legacy_reset(&f.legacy);
    assert_int_equal(cmos(&f, 0x7f), 0x5a);
    assert_int_equal(cmos(&f, 0x0f), 0x0a);
    assert_int_equal(cmos(&f, 0xff), 0x5a);
    assert_int_equal(bus_access(&f.ports, PORT_CMOS_INDEX, 1, false, &value, NULL), BUS_OK);
    assert_int_equal(value, 0xff);
    assert_int_equal(bus_access(&f.ports, PORT_CMOS_INDEX, 2, true, &value, NULL), BUS_ODD);
}

/* Adverse case 28: every port, width and direction, with and without somebody listening. */
static void every_access_is_survived(void **state)
{
    static const unsigned sizes[] = {1, 2, 4, 8};
    static const struct legacy_events nobody = {0};
    struct fixture f;

    (void)state;
    start(&f);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned port = 0; port < 0xd00; port++) {
            for (unsigned i = 0; i < 4; i++) {
                for (unsigned byte = 0; byte < 0x100; byte++) {
                    uint64_t value = byte * 0x0101010101010101ull;

                    bus_access(&f.ports, port, sizes[i], true, &value, NULL);
                    bus_access(&f.ports, port, sizes[i], false, &value, NULL);
                    if (bus_find(&f.ports, port, 1) == NULL)
                        break;
                }
            }
        }
        assert_int_equal(f.exits, 3 * 0x100); /* none more in the second round */
        legacy_init(&f.legacy, &nobody, 0, 0);
        bus_init(&f.ports, "ports");
        assert_true(legacy_attach(&f.legacy, &f.ports));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(post_and_debug),
        cmocka_unit_test(exit_takes_any_width),
        cmocka_unit_test(controller_commands),
        cmocka_unit_test(keyboard_acknowledges),
        cmocka_unit_test(output_port_and_pulses),
        cmocka_unit_test(system_control_a),
        cmocka_unit_test(reset_control_acts_on_the_rising_bit),
        cmocka_unit_test(the_clock_in_bcd_and_binary),
        cmocka_unit_test(memory_sizes),
        cmocka_unit_test(cmos_keeps_other_bytes_over_a_reset),
        cmocka_unit_test(every_access_is_survived),
    };

    return cmocka_run_group_tests_name("legacy ports", tests, NULL, NULL);
}

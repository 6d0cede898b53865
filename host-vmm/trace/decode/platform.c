/* SPDX-License-Identifier: MIT */
/*
 * The small ports of a PC: POST code, debug console, exit port, system control, reset control, timer and
 * interrupt controllers. The keyboard controller and CMOS are in files of their own; so are the ports that only
 * other machines have.
 */
#include "platform.h"
#include "span.h"

#include <stdio.h>
#include <string.h>

#include "../../../drivers/abi/machine.h"
#include "../../../drivers/abi/pic.h"

/* --- POST code, debug console, exit port ---------------------------------------------------------- */

static const struct decode_value post_values[] = {
    V(POST_COPY_BEGIN, "COPY_BEGIN"),
    V(POST_COPY_END, "COPY_END"),
    {0},
};

static const struct decode_register post[] = {
    R(PORT_POST, 1, DECODE_BOTH, "code", DECODE_HEX, NULL, post_values),
};
const struct decode_table decode_post_ports = {"machine.h", post, DECODE_COUNT(post)};

static const struct decode_value debug_values[] = {V(DEBUG_CONSOLE_PRESENT, "present"), {0}};

static const struct decode_register debug[] = {
    R(PORT_DEBUG_CONSOLE, 1, DECODE_READ, "data", DECODE_HEX, NULL, debug_values),
    R(PORT_DEBUG_CONSOLE, 1, DECODE_WRITE, "data", DECODE_CHAR, NULL, NULL),
};
const struct decode_table decode_debug_ports = {"machine.h", debug, DECODE_COUNT(debug)};

static const struct decode_value exit_values[] = {
    V(EXIT_PASS, "PASS"),
    V(EXIT_EXCEPTION, "EXCEPTION"),
    V(EXIT_PANIC, "PANIC"),
    V(EXIT_LOADER, "LOADER"),
    {0},
};

/* Any width will do: an access is all the register. */
static const struct decode_register exit_port[] = {
    R(PORT_EXIT, 1, DECODE_BOTH, "code", DECODE_HEX, NULL, exit_values),
};
const struct decode_table decode_exit_ports = {"machine.h", exit_port, DECODE_COUNT(exit_port)};

/* --- system control, reset control ---------------------------------------------------------------- */

static const struct decode_field control_a_fields[] = {
    F(SYSTEM_CONTROL_A_RESET, "RESET"),
    F(SYSTEM_CONTROL_A_A20, "A20"),
    {0},
};

static const struct decode_field control_b_fields[] = {
    F(SYSTEM_CONTROL_B_GATE2, "GATE2"),
    F(SYSTEM_CONTROL_B_SPEAKER, "SPEAKER"),
    F(SYSTEM_CONTROL_B_OUT2, "OUT2"),
    {NULL, 0x10, "REFRESH", NULL, false},
    {0},
};

static const struct decode_register system_control[] = {
    R(PORT_SYSTEM_CONTROL_A, 1, DECODE_BOTH, "A", DECODE_HEX, control_a_fields, NULL),
    R(PORT_SYSTEM_CONTROL_B, 1, DECODE_BOTH, "B", DECODE_HEX, control_b_fields, NULL),
};
const struct decode_table decode_system_control_ports = {"machine.h", system_control,
                                                         DECODE_COUNT(system_control)};

static const struct decode_field reset_fields[] = {
    F(RESET_CONTROL_SYSTEM, "SYSTEM"),
    F(RESET_CONTROL_CPU, "CPU"),
    {0},
};

static const struct decode_register reset_control[] = {
    R(PORT_RESET_CONTROL, 1, DECODE_BOTH, "control", DECODE_HEX, reset_fields, NULL),
};
const struct decode_table decode_reset_control_ports = {"machine.h", reset_control,
                                                        DECODE_COUNT(reset_control)};

/* --- interrupt controllers, timer: in the kernel, but not every host has them there ---------------- */

static const struct decode_value pic_commands[] = {
    V(PIC_ICW1, "ICW1"),
    V(PIC_OCW2_END, "END_OF_INTERRUPT"),
    {NULL, 0x0a, "READ_REQUEST"},
    V(PIC_OCW3_READ_IN_SERVICE, "READ_IN_SERVICE"),
    {0},
};

static const struct decode_value pic_modes[] = {V(PIC_ICW4, "8086 mode"), {0}};

static const struct decode_register pic[] = {
    R(PORT_PIC1_COMMAND, 1, DECODE_BOTH, "command1", DECODE_HEX, NULL, pic_commands),
    R(PORT_PIC1_DATA, 1, DECODE_BOTH, "data1", DECODE_HEX, NULL, NULL),
    R(PORT_PIC2_COMMAND, 1, DECODE_BOTH, "command2", DECODE_HEX, NULL, pic_commands),
    R(PORT_PIC2_DATA, 1, DECODE_BOTH, "data2", DECODE_HEX, NULL, NULL),
    R(PORT_ELCR1, 1, DECODE_BOTH, "ELCR1", DECODE_HEX, NULL, NULL),
    R(PORT_ELCR2, 1, DECODE_BOTH, "ELCR2", DECODE_HEX, NULL, NULL),
};
const struct decode_table decode_pic_ports = {"machine.h", pic, DECODE_COUNT(pic)};

/* What goes to the data port after ICW1, one after the other */
static const struct decode_register pic_words[] = {
    {NULL, 2, 1, DECODE_WRITE, "ICW2", DECODE_HEX, NULL, NULL},
    {NULL, 3, 1, DECODE_WRITE, "ICW3", DECODE_HEX, NULL, NULL},
    {NULL, 4, 1, DECODE_WRITE, "ICW4", DECODE_HEX, NULL, pic_modes},
};
const struct decode_table decode_pic_words = {"pic.h", pic_words, DECODE_COUNT(pic_words)};

static const struct decode_value pit_commands[] = {
    V(PIT_COMMAND_CHANNEL2_MODE0, "channel 2, low then high byte, mode 0"),
    V(PIT_COMMAND_CHANNEL2_MODE2, "channel 2, low then high byte, mode 2"),
    V(PIT_COMMAND_LATCH_CHANNEL2, "channel 2, latch"),
    {NULL, 0x00, "channel 0, latch"},
    {NULL, 0x34, "channel 0, low then high byte, mode 2"},
    {NULL, 0x36, "channel 0, low then high byte, mode 3"},
    {0},
};

static const struct decode_register pit[] = {
    R(PORT_PIT_CHANNEL0, 1, DECODE_BOTH, "channel0", DECODE_HEX, NULL, NULL),
    {NULL, PORT_PIT_CHANNEL0 + 1, 1, DECODE_BOTH, "channel1", DECODE_HEX, NULL, NULL},
    R(PORT_PIT_CHANNEL2, 1, DECODE_BOTH, "channel2", DECODE_HEX, NULL, NULL),
    R(PORT_PIT_COMMAND, 1, DECODE_BOTH, "command", DECODE_HEX, NULL, pit_commands),
};
const struct decode_table decode_pit_ports = {"machine.h", pit, DECODE_COUNT(pit)};

/* --- accesses ------------------------------------------------------------------------------------- */

static void debug_decode(struct platform_state *state, const struct decode_access *access,
                         struct decoded *decoded)
{
    const struct decode_span span = {.table = &decode_debug_ports};

    (void)state;
    decode_span(&span, access->address, access, decoded);
    if (access->count > 1 && access->is_write) {
        decoded->words[0] = '\0';
        decode_text_words(access, decoded->words);
    }
}

static void exit_decode(struct platform_state *state, const struct decode_access *access,
                        struct decoded *decoded)
{
    uint64_t value = decode_value_of(access);

    (void)state;
    decode_register_words(&exit_port[0], 0, access->size, value, decoded);
    if (access->is_write && decode_word_of(exit_values, value) == NULL)
        decode_append(decoded->words, " failure %llu", (unsigned long long)value);
}

static void pic_decode(struct platform_state *state, const struct decode_access *access,
                       struct decoded *decoded)
{
    const struct decode_span span = {.table = &decode_pic_ports};
    unsigned second = access->address == PORT_PIC2_COMMAND || access->address == PORT_PIC2_DATA;
    uint8_t *next = &state->pic_word[second];
    uint64_t value = decode_value_of(access);
    const struct decode_register *reg = NULL;

    decode_span(&span, access->address, access, decoded);
    if (!access->is_write || access->size != 1 || access->count != 1)
        return;
    if (access->address == PORT_PIC1_COMMAND || access->address == PORT_PIC2_COMMAND) {
        *next = value == PIC_ICW1 ? 2 : 0;
        return;
    }
    if (access->address == PORT_PIC1_DATA || access->address == PORT_PIC2_DATA)
        reg = decode_find(&decode_pic_words, *next, true);
    if (reg == NULL)
        return;
    decode_register_words(reg, 0, 1, value, decoded);
    snprintf(decoded->reg, sizeof decoded->reg, "%s %s", second ? "data2" : "data1", reg->name);
    (*next)++;
}

/* A device of this part: its name, which is its region's, and its ports. */
struct platform_device {
    const char *name;
    const struct decode_table *ports;
    /* NULL: the table's words will do */
    void (*decode)(struct platform_state *state, const struct decode_access *access,
                   struct decoded *decoded);
};

static const struct platform_device devices[] = {
    {"post", &decode_post_ports, NULL},
    {"debug", &decode_debug_ports, debug_decode},
    {"exit", &decode_exit_ports, exit_decode},
    {"system-control", &decode_system_control_ports, NULL},
    {"reset-control", &decode_reset_control_ports, NULL},
    {"i8042", &decode_i8042_ports, i8042_decode},
    {"cmos", &decode_cmos_ports, cmos_decode},
    {"pic", &decode_pic_ports, pic_decode},
    {"pit", &decode_pit_ports, NULL},
};

/* The reset control is one byte inside the configuration address, which is another device's. */
static bool is_reset_control(const struct decode_access *access)
{
    return access->address == PORT_RESET_CONTROL && access->size == 1 &&
           strcmp(access->device, "pci-config") == 0;
}

static const struct platform_device *find_device(const struct decode_access *access)
{
    for (unsigned i = 0; i < DECODE_COUNT(devices); i++) {
        const struct platform_device *d = &devices[i];

        if (decode_find(d->ports, access->address, false) == NULL &&
            decode_find(d->ports, access->address, true) == NULL)
            continue;
        if (access->device[0] == '\0' || strcmp(access->device, d->name) == 0 ||
            is_reset_control(access))
            return d;
    }
    return NULL;
}

static bool decode(void *state, const struct decode_access *access, struct decoded *decoded)
{
    const struct platform_device *device = access->is_port ? find_device(access) : NULL;

    if (device == NULL)
        return foreign_port_decode(access, decoded);
    snprintf(decoded->device, sizeof decoded->device, "%s", device->name);
    if (device->decode != NULL) {
        device->decode(state, access, decoded);
    } else {
        const struct decode_span span = {.table = device->ports};

        decode_span(&span, access->address, access, decoded);
    }
    return true;
}

const struct decode_module decode_platform = {"platform", sizeof(struct platform_state), decode};

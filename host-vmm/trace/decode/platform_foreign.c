/* SPDX-License-Identifier: MIT */
/* Ports that other PCs have and this machine has not, by name: firmware made for them looks there. */
#include "platform.h"
#include "span.h"

#include <stdio.h>

/* Offsets are ports. Where a device has many registers of one kind, they are numbered from its first. */
struct foreign_device {
    const char *name;
    uint16_t first, last;
    const struct decode_register *registers; /* ends with name NULL; NULL: numbered only */
};

#define PORT(port, name)                                                                           \
    {                                                                                              \
        NULL, port, 1, DECODE_BOTH, name, DECODE_HEX, NULL, NULL                                   \
    }

static const struct decode_register dma1[] = {
    PORT(0x08, "command/status"), PORT(0x09, "request"),        PORT(0x0a, "single_mask"),
    PORT(0x0b, "mode"),           PORT(0x0c, "clear_flipflop"), PORT(0x0d, "master_clear"),
    PORT(0x0e, "clear_mask"),     PORT(0x0f, "mask"),           {0},
};

static const struct decode_register dma2[] = {
    PORT(0xd0, "command/status"), PORT(0xd2, "request"),        PORT(0xd4, "single_mask"),
    PORT(0xd6, "mode"),           PORT(0xd8, "clear_flipflop"), PORT(0xda, "master_clear"),
    PORT(0xdc, "clear_mask"),     PORT(0xde, "mask"),           {0},
};

static const struct decode_register floppy[] = {
    PORT(0x3f0, "status_a"),       PORT(0x3f1, "status_b"),
    PORT(0x3f2, "digital_output"), PORT(0x3f3, "tape"),
    PORT(0x3f4, "main_status"),    PORT(0x3f5, "data"),
    PORT(0x3f7, "digital_input"),  {0},
};

static const struct decode_register vga[] = {
    PORT(0x3b4, "mono_crtc_index"), PORT(0x3b5, "mono_crtc_data"),  PORT(0x3ba, "mono_status"),
    PORT(0x3c0, "attribute_index"), PORT(0x3c1, "attribute_data"),  PORT(0x3c2, "misc_output"),
    PORT(0x3c3, "enable"),          PORT(0x3c4, "sequencer_index"), PORT(0x3c5, "sequencer_data"),
    PORT(0x3c6, "dac_mask"),        PORT(0x3c7, "dac_read_index"),  PORT(0x3c8, "dac_write_index"),
    PORT(0x3c9, "dac_data"),        PORT(0x3ca, "feature"),         PORT(0x3cc, "misc_output"),
    PORT(0x3ce, "graphics_index"),  PORT(0x3cf, "graphics_data"),   PORT(0x3d4, "crtc_index"),
    PORT(0x3d5, "crtc_data"),       PORT(0x3da, "status"),          {0},
};

static const struct decode_register apm[] = {PORT(0xb2, "control"), PORT(0xb3, "status"), {0}};

/* The 82371AB's, where QEMU's firmware puts them */
static const struct decode_register acpi[] = {
    {NULL, 0x600, 2, DECODE_BOTH, "pm1_status", DECODE_HEX, NULL, NULL},
    {NULL, 0x602, 2, DECODE_BOTH, "pm1_enable", DECODE_HEX, NULL, NULL},
    {NULL, 0x604, 2, DECODE_BOTH, "pm1_control", DECODE_HEX, NULL, NULL},
    {NULL, 0x608, 4, DECODE_BOTH, "pm_timer", DECODE_HEX, NULL, NULL},
    {0},
};

static const struct decode_register lpt[] = {
    PORT(0x278, "data"),
    PORT(0x279, "status"),
    PORT(0x27a, "control"),
    PORT(0x378, "data"),
    PORT(0x379, "status"),
    PORT(0x37a, "control"),
    {0},
};

static const struct foreign_device devices[] = {
    {"dma1", 0x00, 0x0f, dma1},
    {"dma-page", 0x81, 0x8f, NULL},
    {"dma2", 0xc0, 0xdf, dma2},
    {"superio", 0x2e, 0x2f, NULL},
    {"superio2", 0x4e, 0x4f, NULL},
    {"cmos2", 0x72, 0x73, NULL},
    {"apm", 0xb2, 0xb3, apm},
    {"bochs-debug", 0xe9, 0xe9, NULL},
    {"io-delay", 0xed, 0xed, NULL},
    {"coprocessor", 0xf0, 0xf1, NULL},
    {"vbe", 0x1ce, 0x1d0, NULL},
    {"game", 0x200, 0x207, NULL},
    {"lpt2", 0x278, 0x27f, lpt},
    {"lpt1", 0x378, 0x37f, lpt},
    {"vga", 0x3b0, 0x3df, vga},
    {"floppy", 0x3f0, 0x3f7, floppy},
    {"acpi", 0x600, 0x63f, acpi},
    {"smbus", 0x700, 0x70f, NULL},
    {"pci-hotplug", 0xae00, 0xae0f, NULL},
    {"cpu-hotplug", 0xaf00, 0xaf1f, NULL},
    {"acpi-gpe", 0xafe0, 0xafe3, NULL},
    {"vmware", 0x5658, 0x5659, NULL},
};

static unsigned count_of(const struct decode_register *registers)
{
    unsigned count = 0;

    while (registers != NULL && registers[count].name != NULL)
        count++;
    return count;
}

bool foreign_port_decode(const struct decode_access *access, struct decoded *decoded)
{
    if (!access->is_port || access->device[0] != '\0')
        return false;
    for (unsigned i = 0; i < DECODE_COUNT(devices); i++) {
        const struct foreign_device *d = &devices[i];
        const struct decode_table table = {NULL, d->registers, count_of(d->registers)};
        const struct decode_span span = {.table = &table};

        if (access->address < d->first || access->address > d->last)
            continue;
        snprintf(decoded->device, sizeof decoded->device, "%s", d->name);
        if (!decode_span(&span, access->address, access, decoded))
            decode_nameless(access->address - d->first, access, decoded);
        return true;
    }
    return false;
}

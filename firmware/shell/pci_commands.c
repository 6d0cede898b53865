/* SPDX-License-Identifier: MIT */
/* pci: the functions that rung 6 found, and their configuration registers. */
#include "command.h"

#include "console.h"
#include "parse.h"
#include "pci.h"

#include <stddef.h>
#include <string.h>

static void say_bars(const struct pci_function *f)
{
    for (unsigned i = 0; i < PCI_BAR_COUNT; i++) {
        const struct pci_bar *bar = &f->bars[i];
        if (bar->size == 0)
            continue;
        console_printf("        BAR%u 0x%lx, 0x%lx bytes of %s%s\n", i, bar->base, bar->size,
                       bar->io         ? "ports"
                       : bar->is_64bit ? "memory, 64-bit"
                                       : "memory",
                       bar->base == 0 ? ", not placed" : "");
    }
}

static void say_function(const struct pci_function *f)
{
    uint16_t command = pci_read16(f, PCI_COMMAND);
    console_printf("00:%02x.%x %04x:%04x class %06x rev %02x command %04x:%s%s%s\n", f->device,
                   f->function, f->vendor_id, f->device_id, f->class_code, f->revision, command,
                   command & PCI_COMMAND_IO ? " ports" : "",
                   command & PCI_COMMAND_MEMORY ? " memory" : "",
                   command & PCI_COMMAND_MASTER ? " master" : "");
    say_bars(f);
}

static const struct pci_function *find_function(const struct shell_call *call)
{
    const struct climb *climb = call->shell->climb;
    unsigned device, function;
    if (!parse_function(call->arguments[0], &device, &function)) {
        shell_complain(call, "\"%s\" is not a function of bus 0 (like 02.0)", call->arguments[0]);
        return NULL;
    }
    for (unsigned i = 0; i < climb->function_count; i++) {
        const struct pci_function *f = &climb->functions[i];
        if (f->device == device && f->function == function)
            return f;
    }
    shell_complain(call, "nothing at 00:%02x.%x", device, function);
    return NULL;
}

static void dump_registers(const struct pci_function *f)
{
    uint32_t registers[PCI_CONFIG_SIZE / 4];
    for (unsigned i = 0; i < PCI_CONFIG_SIZE / 4; i++)
        registers[i] = pci_read32(f, 4 * i);
    shell_hex_dump(0, registers, sizeof(registers), 1);
}

static uint32_t read_register(const struct pci_function *f, unsigned reg, unsigned width)
{
    return width == 1 ? pci_read8(f, reg) : width == 2 ? pci_read16(f, reg) : pci_read32(f, reg);
}

static void access_register(const struct shell_call *call, const struct pci_function *f)
{
    uint64_t reg, value;
    if (!shell_number(call, 1, "register", PCI_CONFIG_SIZE - 1, &reg))
        return;
    if (reg % call->width != 0) {
        shell_complain(call, "register 0x%lx is not a multiple of %u", reg, call->width);
        return;
    }
    if (call->count == 2) {
        shell_say_value(reg, read_register(f, (unsigned)reg, call->width), call->width);
        return;
    }
    if (!shell_number(call, 2, "value", shell_max(call->width), &value))
        return;
    if (call->width == 1)
        pci_write8(f, (unsigned)reg, (uint8_t)value);
    else if (call->width == 2)
        pci_write16(f, (unsigned)reg, (uint16_t)value);
    else
        pci_write32(f, (unsigned)reg, (uint32_t)value);
}

void command_pci(const struct shell_call *call)
{
    const struct climb *climb = call->shell->climb;
    if (climb->function_count == 0) {
        shell_complain(call, "this machine has no PCI");
        return;
    }
    if (call->count == 0) {
        for (unsigned i = 0; i < climb->function_count; i++)
            say_function(&climb->functions[i]);
        return;
    }
    const struct pci_function *f = find_function(call);
    if (f == NULL)
        return;
    if (call->count == 1)
        dump_registers(f);
    else
        access_register(call, f);
}

/* SPDX-License-Identifier: MIT */
/*
 * peek, poke, dump. Any address may be a device's, so every access is one instruction of the width that
 * was asked for. An address that nothing maps faults: the monitor says so and goes on.
 */
#include "command.h"

#include "io.h"
#include "paging.h"

#include <string.h>

#define DUMP_MAX 0x10000 /* bytes at a time: minutes on a slow line */

/* RAM is mapped as it comes into use: what of [address, address + length) is RAM comes into use now.
 * Where no table is left for it, the access faults. */
static void use_ram(const struct climb *climb, uint64_t address, uint64_t length)
{
    for (unsigned i = 0; i < climb->info->ram_count; i++) {
        const struct boot_memory_range *ram = &climb->info->ram[i];
        if (address >= ram->base && address - ram->base < ram->length)
            paging_map(address, length, PAGING_RAM);
    }
}

static uint64_t read_unit(uint64_t address, unsigned width)
{
    switch (width) {
    case 1:
        return mmio_read8(address);
    case 2:
        return mmio_read16(address);
    case 4:
        return mmio_read32(address);
    default:
        return mmio_read64(address);
    }
}

static void write_unit(uint64_t address, unsigned width, uint64_t value)
{
    switch (width) {
    case 1:
        mmio_write8(address, (uint8_t)value);
        break;
    case 2:
        mmio_write16(address, (uint16_t)value);
        break;
    case 4:
        mmio_write32(address, (uint32_t)value);
        break;
    default:
        mmio_write64(address, value);
        break;
    }
}

/* Argument 0. What no page table could map is refused here: as a fault it would have no address. */
static bool get_address(const struct shell_call *call, uint64_t *address)
{
    if (!shell_number(call, 0, "address", UINT64_MAX, address))
        return false;
    if (*address >= PAGING_LIMIT && *address < -PAGING_LIMIT) {
        shell_complain(call, "address 0x%lx is not canonical", *address);
        return false;
    }
    return true;
}

void command_peek(const struct shell_call *call)
{
    uint64_t address;
    if (!get_address(call, &address))
        return;
    use_ram(call->shell->climb, address, call->width);
    shell_say_value(address, read_unit(address, call->width), call->width);
}

void command_poke(const struct shell_call *call)
{
    uint64_t address, value;
    if (!get_address(call, &address) ||
        !shell_number(call, 1, "value", shell_max(call->width), &value))
        return;
    use_ram(call->shell->climb, address, call->width);
    write_unit(address, call->width, value);
}

/* Without a width: 32 bits at a time where the address allows, as most devices' registers want it. */
static unsigned access_width(unsigned asked, uint64_t address, uint64_t left)
{
    if (asked != 0)
        return asked;
    return address % 4 == 0 && left >= 4 ? 4 : 1;
}

static void dump_line(uint64_t address, unsigned length, unsigned width)
{
    uint8_t bytes[SHELL_DUMP_LINE];
    for (unsigned i = 0; i < length;) {
        unsigned unit = access_width(width, address + i, length - i);
        uint64_t value = read_unit(address + i, unit);
        memcpy(bytes + i, &value, unit);
        i += unit;
    }
    shell_hex_dump(address, bytes, length, width == 0 ? 1 : width);
}

void command_dump(const struct shell_call *call)
{
    uint64_t address, length;
    if (!get_address(call, &address) || !shell_number(call, 1, "length", DUMP_MAX, &length))
        return;
    if (call->width != 0 && length % call->width != 0) {
        shell_complain(call, "length 0x%lx is not a multiple of %u", length, call->width);
        return;
    }
    if (length > 0 && address + (length - 1) < address) {
        shell_complain(call, "0x%lx bytes from 0x%lx reach past the last address", length, address);
        return;
    }
    use_ram(call->shell->climb, address, length);
    for (uint64_t at = 0; at < length; at += SHELL_DUMP_LINE) {
        uint64_t left = length - at;
        dump_line(address + at, left < SHELL_DUMP_LINE ? (unsigned)left : SHELL_DUMP_LINE,
                  call->width);
    }
}

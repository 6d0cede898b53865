/* SPDX-License-Identifier: MIT */
/* in, out. */
#include "command.h"

#include "abi/machine.h"
#include "io.h"

void command_in(const struct shell_call *call)
{
    uint64_t port;
    if (!shell_number(call, 0, "port", UINT16_MAX, &port))
        return;
    uint16_t at = (uint16_t)port;
    uint32_t value = call->width == 1 ? in8(at) : call->width == 2 ? in16(at) : in32(at);
    shell_say_value(port, value, call->width);
}

void command_out(const struct shell_call *call)
{
    uint64_t port, value;
    if (!shell_number(call, 0, "port", UINT16_MAX, &port) ||
        !shell_number(call, 1, "value", shell_max(call->width), &value))
        return;
    if (port < PORT_PCI_CONFIG_ADDRESS + 4 && port + call->width > PORT_PCI_CONFIG_ADDRESS)
        call->shell->config_address_moved = true;
    if (call->width == 1)
        out8((uint16_t)port, (uint8_t)value);
    else if (call->width == 2)
        out16((uint16_t)port, (uint16_t)value);
    else
        out32((uint16_t)port, (uint32_t)value);
}

/* SPDX-License-Identifier: MIT */
/* chunk: the chunk device's registers as they stand, GET_SIZE and READ_CHUNK by the driver. */
#include "command.h"

#include "chunk.h"
#include "console.h"
#include "errors.h"
#include "io.h"
#include "noinit.h"
#include "pci.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    uint8_t offset;
    bool wide; /* 64 bits, else 32 */
} registers[] = {
    {"command", CHUNK_REG_COMMAND, false},
    {"status", CHUNK_REG_STATUS, false},
    {"data_gpa", CHUNK_REG_DATA_GPA, true},
    {"data_length", CHUNK_REG_DATA_LENGTH, true},
    {"result_gpa", CHUNK_REG_RESULT_GPA, true},
    {"result_length", CHUNK_REG_RESULT_LENGTH, true},
    {"error", CHUNK_REG_ERROR, false},
    {"offset", CHUNK_REG_OFFSET, true},
    {"transferred", CHUNK_REG_TRANSFERRED, true},
    {"id", CHUNK_REG_ID, false},
    {"version", CHUNK_REG_VERSION, false},
    {"features", CHUNK_REG_FEATURES, false},
    {"tag", CHUNK_REG_TAG, false},
    {"done_tag", CHUNK_REG_DONE_TAG, false},
    {"control", CHUNK_REG_CONTROL, false},
};

static NOINIT struct chunk_dev dev;

static void say_registers(const struct pci_function *f)
{
    uint64_t base = f->bars[0].base;
    pci_command_set(f, PCI_COMMAND_MEMORY);
    for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        uint64_t at = base + registers[i].offset;
        console_printf("0x%lx %s 0x%lx\n", at, registers[i].name,
                       registers[i].wide ? mmio_read64(at) : mmio_read32(at));
    }
}

static bool open_device(const struct shell_call *call)
{
    int error = climb_open_chunk(call->shell->climb, &dev);
    if (error)
        shell_complain(call, "%s", error_text(error));
    return error == ERR_OK;
}

static void say_size(const struct shell_call *call)
{
    uint64_t size;
    int error = chunk_get_size(&dev, &size);
    if (error)
        shell_complain(call, "GET_SIZE: %s, error %u", error_text(error), dev.error);
    else
        console_printf("%lu bytes\n", size);
}

static void show_bytes(const struct shell_call *call)
{
    uint64_t offset, length;
    uint8_t *buffer = climb_buffer(0);
    if (!shell_number(call, 1, "offset", INT64_MAX, &offset) ||
        !shell_number(call, 2, "length", CLIMB_WORK_BYTES, &length))
        return;
    if (buffer == NULL) {
        shell_complain(call, "%s", error_text(ERR_NO_MEMORY));
        return;
    }
    int error = block_read(&dev.block, offset, buffer, length);
    if (error == ERR_RANGE)
        shell_complain(call, "the input has %lu bytes", dev.block.size);
    else if (error)
        shell_complain(call, "READ_CHUNK: %s, error %u", error_text(error), dev.error);
    else
        shell_hex_dump(offset, buffer, length, 1);
}

void command_chunk(const struct shell_call *call)
{
    const struct pci_function *f = climb_chunk_function(call->shell->climb);
    bool size = call->count == 1 && strcmp(call->arguments[0], "size") == 0;
    bool read = call->count == 3 && strcmp(call->arguments[0], "read") == 0;
    if (f == NULL || f->bars[0].base == 0)
        shell_complain(call, "%s", error_text(ERR_ABSENT));
    else if (call->count == 0)
        say_registers(f);
    else if (!size && !read)
        console_printf("usage: chunk %s\n", call->command->arguments);
    else if (open_device(call))
        size ? say_size(call) : show_bytes(call);
}

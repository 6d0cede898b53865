/* SPDX-License-Identifier: MIT */
/* Memory of the loader's, mapped before it is read. */
#include "loader_memory.h"

#include "paging.h"

#include <string.h>

bool loader_read(uint64_t address, void *buffer, size_t length)
{
    if (paging_map(address, length, PAGING_RAM))
        return false;
    memcpy(buffer, (const void *)(uintptr_t)address, length);
    return true;
}

void loader_read_text(uint64_t address, char *buffer, size_t size)
{
    size_t length = 0;
    if (address && !paging_map(address, size, PAGING_RAM)) {
        const char *text = (const char *)(uintptr_t)address;
        while (length < size - 1 && text[length]) {
            buffer[length] = text[length];
            length++;
        }
    }
    buffer[length] = '\0';
}

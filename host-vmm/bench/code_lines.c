/* SPDX-License-Identifier: MIT */
/* The counts, which host-vmm/bench/count-lines makes of the tree. */
#include "code_lines.h"

#include <stddef.h>
#include <string.h>

static const struct code_lines counts[] = {
#include "code_lines.inc"
};

const struct code_lines *code_lines_find(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof counts / sizeof counts[0]; i++)
        if (strcmp(counts[i].name, name) == 0)
            return &counts[i];
    return NULL;
}

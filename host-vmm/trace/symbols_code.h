/* SPDX-License-Identifier: MIT */
/* The code of an ELF file, as far as it tells which instruction an access to a port was. */
#ifndef HOST_TRACE_SYMBOLS_CODE_H
#define HOST_TRACE_SYMBOLS_CODE_H

#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CODE_SECTIONS_MAX 16

struct code {
    struct code_section {
        uint64_t start; /* address */
        size_t size;
        uint8_t *bytes;
    } sections[CODE_SECTIONS_MAX];
    unsigned count;
};

/* Keeps a copy of the section where it is one of code, and there is room. 0 or -ENOMEM. */
int code_add(struct code *code, Elf_Scn *section, const GElf_Shdr *header);
void code_free(struct code *code);

/* Where the `out` or `outs` is after which KVM said that the guest was at *address: there, or right before. True
 * where it was found, and *address is that of its first byte then. */
bool code_find_out(const struct code *code, uint64_t *address);

#endif

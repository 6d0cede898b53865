/* SPDX-License-Identifier: MIT */
/* As much of x86's encoding as the instructions that write to a port have (Intel SDM volume 2, OUT and OUTS). */
#include "symbols_code.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CODE_SIZE_MAX (64u << 20) /* bytes of one section */
#define PREFIXES_MAX 3            /* operand size, address size, rep: in any order */
#define OUT_LENGTH_MAX (PREFIXES_MAX + 2)

int code_add(struct code *code, Elf_Scn *section, const GElf_Shdr *header)
{
    bool is_code = header->sh_type == SHT_PROGBITS && header->sh_flags & SHF_EXECINSTR &&
                   header->sh_flags & SHF_ALLOC;
    if (!is_code || code->count == CODE_SECTIONS_MAX)
        return 0;
    Elf_Data *data = elf_getdata(section, NULL);
    if (data == NULL || data->d_buf == NULL || data->d_size == 0 || data->d_size > CODE_SIZE_MAX ||
        header->sh_addr > UINT64_MAX - data->d_size)
        return 0;
    uint8_t *bytes = malloc(data->d_size);
    if (bytes == NULL)
        return -ENOMEM;
    memcpy(bytes, data->d_buf, data->d_size);
    code->sections[code->count++] =
        (struct code_section){.start = header->sh_addr, .size = data->d_size, .bytes = bytes};
    return 0;
}

void code_free(struct code *code)
{
    for (unsigned i = 0; i < code->count; i++)
        free(code->sections[i].bytes);
    code->count = 0;
}

static bool is_prefix(uint8_t byte)
{
    return byte == 0x66 || byte == 0x67 || byte == 0xf2 || byte == 0xf3;
}

/* The length of the instruction at bytes if it writes to a port, else 0. */
static unsigned out_length(const uint8_t *bytes, size_t room)
{
    unsigned at = 0;
    while (at < room && at < PREFIXES_MAX && is_prefix(bytes[at]))
        at++;
    if (at == room)
        return 0;
    switch (bytes[at]) {
    case 0x6e: /* outsb */
    case 0x6f: /* outsw, outsd */
    case 0xee: /* out dx, al */
    case 0xef: /* out dx, ax or eax */
        return at + 1;
    case 0xe6: /* out imm8, al */
    case 0xe7: /* out imm8, ax or eax */
        return at + 2 <= room ? at + 2 : 0;
    default:
        return 0;
    }
}

bool code_find_out(const struct code *code, uint64_t *address)
{
    for (unsigned i = 0; i < code->count; i++) {
        const struct code_section *s = &code->sections[i];
        if (*address < s->start || *address - s->start > s->size)
            continue;
        size_t at = *address - s->start;
        if (out_length(s->bytes + at, s->size - at) > 0)
            return true;
        /* The longest that ends here: the shorter ones are the same without its prefixes. */
        for (unsigned length = OUT_LENGTH_MAX; length > 0; length--) {
            if (at < length || out_length(s->bytes + at - length, length) != length)
                continue;
            *address -= length;
            return true;
        }
    }
    return false;
}

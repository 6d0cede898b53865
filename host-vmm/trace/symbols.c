/* SPDX-License-Identifier: MIT */
/*
 * The code symbols of ELF files, read once into sorted tables. Each file has a table of its own, so that files
 * may lie over each other; the one that was added first is asked first.
 */
#include "symbols.h"

#include "symbols_code.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMAGES_MAX 16
#define SYMBOLS_MAX (4u << 20) /* of one file */

/* Where a ROM shows: at the top of 4 GiB as in the last 64 KiB of the first MiB. */
#define ROM_TOP 0xffff0000u
#define ROM_LOW 0xf0000u
#define ROM_WINDOW 0x10000u

struct symbol {
    uint64_t start;
    uint64_t end; /* of its section: the next symbol's start, where there is one, comes first */
    uint32_t rank;
    char *name;
};

struct image {
    struct symbol *symbols; /* by start, one for each address */
    size_t count, room;
    struct code code;
};

struct symbols {
    struct image images[IMAGES_MAX];
    unsigned count;
};

struct symbols *symbols_create(void)
{
    return calloc(1, sizeof(struct symbols));
}

static void image_free(struct image *image)
{
    for (size_t i = 0; i < image->count; i++)
        free(image->symbols[i].name);
    free(image->symbols);
    code_free(&image->code);
}

void symbols_destroy(struct symbols *symbols)
{
    if (symbols == NULL)
        return;
    for (unsigned i = 0; i < symbols->count; i++)
        image_free(&symbols->images[i]);
    free(symbols);
}

/* --- reading ---------------------------------------------------------------------------------------- */

/* Neither the marks that compilers and assemblers make for themselves, nor what would upset a terminal. */
static bool is_name(const char *name)
{
    if (name[0] == '\0' || name[0] == '$' || strncmp(name, ".L", 2) == 0 ||
        strncmp(name, "..@", 3) == 0)
        return false;
    for (const char *c = name; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~')
            return false;
    return true;
}

/* Of several names for one address the best is kept: functions before labels, names that other files can see
 * before local ones, then the first in the file. */
static uint32_t rank_of(const GElf_Sym *symbol, uint32_t index)
{
    uint32_t rank = index;
    if (GELF_ST_TYPE(symbol->st_info) != STT_FUNC)
        rank |= 2u << 30;
    if (GELF_ST_BIND(symbol->st_info) == STB_LOCAL)
        rank |= 1u << 30;
    return rank;
}

/* True where symbol is one of code, in a section whose end is then in *end. */
static bool is_code(Elf *elf, const GElf_Sym *symbol, uint64_t *end)
{
    GElf_Shdr section;
    int type = GELF_ST_TYPE(symbol->st_info);
    if (type != STT_FUNC && type != STT_NOTYPE)
        return false;
    if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx >= SHN_LORESERVE)
        return false;
    if (gelf_getshdr(elf_getscn(elf, symbol->st_shndx), &section) == NULL)
        return false;
    if (!(section.sh_flags & SHF_EXECINSTR) || !(section.sh_flags & SHF_ALLOC))
        return false;
    /* An end beyond 2^64 is no end; neither is a symbol outside its section one of its code. */
    if (section.sh_size > UINT64_MAX - section.sh_addr)
        return false;
    *end = section.sh_addr + section.sh_size;
    return symbol->st_value >= section.sh_addr && symbol->st_value < *end;
}

static int image_add(struct image *image, const char *name, struct symbol symbol)
{
    if (image->count == image->room) {
        size_t room = image->room ? image->room * 2 : 1024;
        struct symbol *grown = realloc(image->symbols, room * sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        image->symbols = grown;
        image->room = room;
    }
    struct symbol *added = &image->symbols[image->count];
    *added = symbol;
    added->name = strdup(name);
    if (added->name == NULL)
        return -ENOMEM;
    image->count++;
    return 0;
}

static int read_table(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct image *image)
{
    Elf_Data *data = elf_getdata(section, NULL);
    if (data == NULL || header->sh_entsize == 0)
        return -ENOEXEC;
    uint64_t count = data->d_size / header->sh_entsize;
    if (count > SYMBOLS_MAX)
        return -ENOEXEC;
    for (uint32_t i = 0; i < count; i++) {
        GElf_Sym symbol;
        uint64_t end;
        if (gelf_getsym(data, (int)i, &symbol) == NULL)
            return -ENOEXEC;
        if (!is_code(elf, &symbol, &end))
            continue;
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (name == NULL)
            return -ENOEXEC;
        if (!is_name(name))
            continue;
        int error = image_add(
            image, name,
            (struct symbol){.start = symbol.st_value, .end = end, .rank = rank_of(&symbol, i)});
        if (error)
            return error;
    }
    return 0;
}

static int by_address(const void *left, const void *right)
{
    const struct symbol *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->rank < b->rank ? -1 : a->rank > b->rank;
}

static void sort_image(struct image *image)
{
    if (image->count == 0)
        return;
    qsort(image->symbols, image->count, sizeof image->symbols[0], by_address);
    size_t kept = 1;
    for (size_t i = 1; i < image->count; i++) {
        if (image->symbols[i].start == image->symbols[kept - 1].start)
            free(image->symbols[i].name);
        else
            image->symbols[kept++] = image->symbols[i];
    }
    image->count = kept;
}

static int read_elf(Elf *elf, struct image *image)
{
    GElf_Ehdr header;
    if (elf == NULL || elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &header) == NULL)
        return -ENOEXEC;
    if (header.e_machine != EM_386 && header.e_machine != EM_X86_64)
        return -ENOEXEC;
    for (Elf_Scn *section = elf_nextscn(elf, NULL); section != NULL;
         section = elf_nextscn(elf, section)) {
        GElf_Shdr section_header;
        if (gelf_getshdr(section, &section_header) == NULL)
            return -ENOEXEC;
        int error = code_add(&image->code, section, &section_header);
        if (error == 0 && section_header.sh_type == SHT_SYMTAB)
            error = read_table(elf, section, &section_header, image);
        if (error)
            return error;
    }
    sort_image(image);
    return image->count > 0 ? 0 : -ENOEXEC;
}

int symbols_add(struct symbols *symbols, const char *path)
{
    if (symbols->count == IMAGES_MAX)
        return -ENOSPC;
    if (elf_version(EV_CURRENT) == EV_NONE)
        return -ENOEXEC;
    /* A pipe that nobody writes to must not hold the program up. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    struct image image = {0};
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    int error = read_elf(elf, &image);
    elf_end(elf);
    close(fd);
    if (error)
        image_free(&image);
    else
        symbols->images[symbols->count++] = image;
    return error;
}

/* --- finding ---------------------------------------------------------------------------------------- */

static const struct symbol *image_find(const struct image *image, uint64_t address)
{
    size_t low = 0, high = image->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (image->symbols[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || address >= image->symbols[low - 1].end)
        return NULL;
    return &image->symbols[low - 1];
}

/* The same place as the files know it. */
static uint64_t rom_address(uint64_t address)
{
    bool at_top = address >= ROM_TOP && address - ROM_TOP < ROM_WINDOW;
    return at_top ? address - ROM_TOP + ROM_LOW : address;
}

bool symbols_find_out(const struct symbols *symbols, uint64_t *address)
{
    uint64_t place = rom_address(*address);
    for (unsigned i = 0; i < symbols->count; i++) {
        if (code_find_out(&symbols->images[i].code, &place)) {
            *address = place;
            return true;
        }
    }
    return false;
}

void symbols_find(const struct symbols *symbols, uint64_t address, bool is_write, char *text,
                  size_t size)
{
    if (size == 0)
        return;
    text[0] = '\0';
    uint64_t in_function = rom_address(address - is_write);
    address = in_function + is_write;
    const struct symbol *found = NULL;
    for (unsigned i = 0; found == NULL && i < symbols->count; i++)
        found = image_find(&symbols->images[i], in_function);
    if (found == NULL)
        return;
    /* A long name loses its end, not the offset. */
    char offset[24];
    int offset_length = snprintf(offset, sizeof offset, "+0x%" PRIx64, address - found->start);
    int room = size > (size_t)offset_length ? (int)(size - 1) - offset_length : 0;
    snprintf(text, size, "%.*s%s", room, found->name, offset);
}

/* SPDX-License-Identifier: MIT */
/* ELF, 32 and 64 bits: loadable segments by their physical addresses, and Xen's note with the PVH entry. */
#include "kernel_plan.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "abi/pvh.h"

#define NOTES_MAX 16384 /* how much of a note segment is looked at */

bool kernel_elf_is_one(struct backend *file)
{
    unsigned char magic[SELFMAG];
    return kernel_read(file, 0, magic, sizeof magic) && memcmp(magic, ELFMAG, SELFMAG) == 0;
}

/* A 32-bit file's headers are widened: from here on there is one kind. */
static bool read_file_header(struct backend *file, bool is_64bit, Elf64_Ehdr *header)
{
    Elf32_Ehdr narrow;
    if (is_64bit)
        return kernel_read(file, 0, header, sizeof *header);
    if (!kernel_read(file, 0, &narrow, sizeof narrow))
        return false;
    *header = (Elf64_Ehdr){.e_type = narrow.e_type,
                           .e_machine = narrow.e_machine,
                           .e_entry = narrow.e_entry,
                           .e_phoff = narrow.e_phoff,
                           .e_phentsize = narrow.e_phentsize,
                           .e_phnum = narrow.e_phnum};
    return true;
}

static bool check_file_header(struct kernel_plan *plan, struct backend *file, Elf64_Ehdr *header,
                              bool *is_64bit)
{
    unsigned char ident[EI_NIDENT];
    if (!kernel_read(file, 0, ident, sizeof ident))
        return kernel_refuse(plan, "its ELF header is cut short");
    if (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64)
        return kernel_refuse(plan, "ELF, but neither 32 nor 64 bits");
    if (ident[EI_DATA] != ELFDATA2LSB)
        return kernel_refuse(plan, "ELF, but not little-endian");
    *is_64bit = ident[EI_CLASS] == ELFCLASS64;
    if (!read_file_header(file, *is_64bit, header))
        return kernel_refuse(plan, "its ELF header is cut short");
    if (header->e_machine != EM_386 && header->e_machine != EM_X86_64)
        return kernel_refuse(plan, "ELF for machine %u, not for x86", header->e_machine);
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return kernel_refuse(plan, "ELF of type %u, which is no program", header->e_type);
    if (header->e_phnum == 0 ||
        header->e_phentsize < (*is_64bit ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
        return kernel_refuse(plan, "ELF without usable program headers");
    return true;
}

static bool read_program_header(struct backend *file, bool is_64bit, uint64_t offset, Elf64_Phdr *p)
{
    Elf32_Phdr narrow;
    if (is_64bit)
        return kernel_read(file, offset, p, sizeof *p);
    if (!kernel_read(file, offset, &narrow, sizeof narrow))
        return false;
    *p = (Elf64_Phdr){.p_type = narrow.p_type,
                      .p_flags = narrow.p_flags,
                      .p_offset = narrow.p_offset,
                      .p_vaddr = narrow.p_vaddr,
                      .p_paddr = narrow.p_paddr,
                      .p_filesz = narrow.p_filesz,
                      .p_memsz = narrow.p_memsz,
                      .p_align = narrow.p_align};
    return true;
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

/* Takes the PVH entry out of a note's descriptor, which may have four bytes or eight. */
static void take_entry(struct kernel_elf *elf, const uint8_t *descriptor, uint32_t size)
{
    if (size != sizeof(uint32_t) && size != sizeof(uint64_t))
        return;
    elf->pvh_entry = 0;
    memcpy(&elf->pvh_entry, descriptor, size);
    elf->has_pvh_entry = true;
}

/* Looks through one note segment. What is cut short or badly formed ends the search, not the run: other
 * tools' notes are none of ours. */
static void read_notes(struct backend *file, const Elf64_Phdr *p, struct kernel_elf *elf)
{
    uint8_t notes[NOTES_MAX];
    uint64_t size = p->p_filesz < sizeof notes ? p->p_filesz : sizeof notes;
    uint64_t unit = p->p_align == 8 ? 8 : 4;
    if (!kernel_read(file, p->p_offset, notes, size))
        return;
    for (uint64_t at = 0; size - at >= sizeof(Elf64_Nhdr);) {
        Elf64_Nhdr note; /* the same in both classes */
        memcpy(&note, notes + at, sizeof note);
        uint64_t name = at + sizeof note;
        uint64_t descriptor = round_up(name + note.n_namesz, unit);
        uint64_t end = descriptor + note.n_descsz;
        if (end > size)
            return;
        if (note.n_type == XEN_ELFNOTE_PHYS32_ENTRY && note.n_namesz == XEN_ELFNOTE_NAME_SIZE &&
            memcmp(notes + name, XEN_ELFNOTE_NAME, XEN_ELFNOTE_NAME_SIZE) == 0)
            take_entry(elf, notes + descriptor, note.n_descsz);
        at = round_up(end, unit);
        if (at > size)
            return;
    }
}

/* Kernels that are linked high have virtual addresses in e_entry: the segment tells the difference. */
static void translate_entry(const Elf64_Ehdr *header, const Elf64_Phdr *p, struct kernel_elf *elf)
{
    if ((p->p_flags & PF_X) && p->p_vaddr != p->p_paddr &&
        header->e_entry - p->p_vaddr < p->p_memsz)
        elf->entry = header->e_entry - p->p_vaddr + p->p_paddr;
}

bool kernel_elf_read(struct kernel_plan *plan, struct backend *file, struct kernel_elf *elf)
{
    Elf64_Ehdr header = {0};
    bool is_64bit = false;
    if (!check_file_header(plan, file, &header, &is_64bit))
        return false;
    *elf = (struct kernel_elf){.entry = header.e_entry};
    for (unsigned i = 0; i < header.e_phnum; i++) {
        uint64_t offset = (uint64_t)i * header.e_phentsize;
        Elf64_Phdr p;
        if (header.e_phoff > file->size ||
            !read_program_header(file, is_64bit, header.e_phoff + offset, &p))
            return kernel_refuse(plan, "its program headers go past the end of the file");
        if (p.p_type == PT_NOTE)
            read_notes(file, &p, elf);
        if (p.p_type != PT_LOAD)
            continue;
        const struct kernel_segment segment = {.file_offset = p.p_offset,
                                               .file_size = p.p_filesz,
                                               .gpa = p.p_paddr,
                                               .memory_size = p.p_memsz};
        if (!kernel_plan_add(plan, file, &segment))
            return false;
        translate_entry(&header, &p, elf);
    }
    if (plan->count == 0)
        return kernel_refuse(plan, "ELF with nothing to load");
    return true;
}

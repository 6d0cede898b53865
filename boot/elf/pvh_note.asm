; SPDX-License-Identifier: MIT
; What makes trapline.elf a PVH kernel: the note that names its 32-bit entry. Not in trapline.mb.elf.

%include "image.inc"

extern elf_entry

section .note.Xen note alloc noexec nowrite align=4

    dd name_end - name
    dd descriptor_end - descriptor
    dd XEN_ELFNOTE_PHYS32_ENTRY
name:
    db "Xen", 0
name_end:
descriptor:
    dd elf_entry
descriptor_end:

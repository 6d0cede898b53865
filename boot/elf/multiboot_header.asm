; SPDX-License-Identifier: MIT
; What makes trapline.mb.elf a multiboot kernel: the header. Not in trapline.elf, which some loaders would
; refuse for it. The load addresses are those of the ELF program headers.

%include "image.inc"

FLAGS equ MULTIBOOT_PAGE_ALIGN | MULTIBOOT_MEMORY_INFO

section .multiboot progbits alloc noexec nowrite align=4

    dd MULTIBOOT_HEADER_MAGIC
    dd FLAGS
    dd -(MULTIBOOT_HEADER_MAGIC + FLAGS) & 0xffffffff

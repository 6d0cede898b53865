; SPDX-License-Identifier: MIT
; The way in for PVH and multiboot loaders: both leave the CPU in 32-bit protected mode with flat
; segments, interrupts off and no stack, and differ in EAX and in what EBX points to. elf_door.c looks
; at those; here they are only kept.

%include "image.inc"

extern gdt_descriptor, rung5_long

section .text.prot32 progbits alloc exec nowrite align=16
bits 32

global elf_entry
elf_entry:
    cli
    cld
    mov [loader_eax], eax
    mov [loader_ebx], ebx
    rdtsc
    mov [tsc_at_entry], eax
    mov [tsc_at_entry + 4], edx
    mov byte [rung_results + RUNG_SERIAL], RUNG_PASS    ; for serial_send32, should it be needed
    mov esp, entry_stack_top
    lgdt [gdt_descriptor]               ; the loader's may be anywhere
    mov eax, SELECTOR_DATA
    mov ds, eax
    mov es, eax
    mov fs, eax
    mov gs, eax
    mov ss, eax
    jmp SELECTOR_CODE32:rung5_long

; What the loader said, for elf_door.c. Not in .bss, which is cleared later.
section .noinit nobits alloc noexec write align=16

global loader_eax, loader_ebx, tsc_at_entry, rung_results

tsc_at_entry: resq 1
loader_eax: resd 1
loader_ebx: resd 1
rung_results: resb RUNG_REAL_MODE_LAST + 1
    alignb 16
    resb 256
entry_stack_top:

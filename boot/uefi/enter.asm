; SPDX-License-Identifier: MIT
; From the firmware's CPU state to the core's: its own descriptors, page tables and stack. Everything is
; addressed relative to RIP, except for two words that the image's relocations put right.

CR4_PGE equ 1 << 7

SELECTOR_DATA equ 0x10
SELECTOR_CODE64 equ 0x18

C_STACK_BYTES equ 65536
EXCEPTION_COUNT equ 32
GATE_BYTES equ 16

extern firmware_main, idt

default rel
bits 64

section .text.uefi_enter progbits alloc exec nowrite align=16

; _Noreturn void uefi_enter(const struct boot_info *info, uint64_t cr3)
global uefi_enter
uefi_enter:
    cli
    cld
    mov rax, cr4
    and rax, ~CR4_PGE                           ; entries of the old tables must not outlive them
    mov cr4, rax
    mov cr3, rsi
    lea rsp, [stack_top]

    lgdt [gdt_descriptor]
    mov eax, SELECTOR_DATA
    mov ds, eax
    mov es, eax
    mov fs, eax
    mov gs, eax
    mov ss, eax
    push SELECTOR_CODE64
    lea rax, [.own_descriptors]
    push rax
    o64 retf
.own_descriptors:
    lidt [idt_descriptor]
    xor ebp, ebp
    call firmware_main                          ; does not return
.halt:
    cli
    hlt
    jmp .halt

section .data.gdt progbits alloc noexec write align=8

gdt:
    dq 0
    dq 0
    dq 0x00cf93000000ffff               ; 10 data, flat, accessed
    dq 0x00af9b000000ffff               ; 18 code, 64-bit, accessed
gdt_end:

gdt_descriptor:
    dw gdt_end - gdt - 1
    dq gdt

idt_descriptor:
    dw EXCEPTION_COUNT * GATE_BYTES - 1
    dq idt

section .noinit nobits alloc noexec write align=16

    resb C_STACK_BYTES
stack_top:

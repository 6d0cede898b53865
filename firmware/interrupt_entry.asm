; SPDX-License-Identifier: MIT
; Where interrupts enter: 32 entries for vectors 32 to 63, eight bytes each, and one more for all vectors
; above; interrupts.c puts their addresses into the IDT. Nothing here is relocated, so any door can link it.

extern interrupt_dispatch

FIRST_VECTOR equ 32
LAST_ENTRY equ 64
RFLAGS_INTERRUPT equ 1 << 9

section .text.interrupt_entry progbits alloc exec nowrite align=16
bits 64

global interrupt_entries
interrupt_entries:
%assign vector FIRST_VECTOR
%rep LAST_ENTRY - FIRST_VECTOR + 1
    push vector
    jmp near interrupt_common
    align 8
%assign vector vector + 1
%endrep

; Saves what C may change. The CPU has aligned its own five words to 16 bytes; with the vector these are
; sixteen in all.
interrupt_common:
    push rax
    push rcx
    push rdx
    push rsi
    push rdi
    push r8
    push r9
    push r10
    push r11
    sub rsp, 8
    mov edi, [rsp + 10 * 8]
    ; Back with interrupts off: one a sleep, so that a line that nobody can quiet only costs time. But not
    ; where the interrupt came before the halt, which a virtual CPU that forgets what STI holds back lets
    ; happen: halted with interrupts off it would sleep for ever, and with them on the next tick wakes it.
    xor esi, esi
    lea rax, [rel interrupt_woken]
    cmp [rsp + 11 * 8], rax
    sete sil
    jne .dispatch
    and dword [rsp + 13 * 8], ~RFLAGS_INTERRUPT
.dispatch:
    cld
    call interrupt_dispatch
    add rsp, 8
    pop r11
    pop r10
    pop r9
    pop r8
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rax
    add rsp, 8                                  ; the vector
    iretq

; void interrupt_sleep(void)
; Halts until an interrupt has been taken; to be called with interrupts off, and returns so. STI takes effect
; after the instruction that follows it: no interrupt comes between the two.
global interrupt_sleep
interrupt_sleep:
    sti
    hlt
interrupt_woken:
    cli
    ret

; SPDX-License-Identifier: MIT
; Rung 4: real mode -> protected mode. The way goes on in ../common/long_mode.asm.

%include "real.inc"
%include "prot32.inc"

extern gdt_descriptor, rung5_long

CR0_PE equ 1 << 0
CR0_NW equ 1 << 29
CR0_CD equ 1 << 30
A20_BIT equ 0x100000

section .text.real16 progbits alloc exec nowrite align=16
bits 16

global rung4_protected
rung4_protected:
    in al, PORT_SYSTEM_CONTROL_A
    test al, SYSTEM_CONTROL_A_A20
    jnz .a20_open
    or al, SYSTEM_CONTROL_A_A20
    and al, ~SYSTEM_CONTROL_A_RESET & 0xff
    out PORT_SYSTEM_CONTROL_A, al
.a20_open:
    mov bx, IN_IMAGE(gdt_descriptor)
    o32 lgdt [cs:bx]
    mov eax, cr0
    and eax, ~(CR0_CD | CR0_NW) & 0xffffffff    ; caches are off at reset
    or eax, CR0_PE
    mov cr0, eax
    jmp dword SELECTOR_CODE32:protected_entry

section .text.prot32 progbits alloc exec nowrite align=16
bits 32

global protected_entry
protected_entry:
    mov eax, SELECTOR_DATA
    mov ds, eax
    mov es, eax
    mov fs, eax
    mov gs, eax
    mov ss, eax

    mov dword [a20_probe], 0            ; a closed gate makes these two the same place
    mov dword [a20_probe + A20_BIT], 1
    cmp dword [a20_probe], 0
    jne a20_closed
    SAY32 "rung 4 prot32 cpu: A20 open, GDT loaded, CR0.PE set"
    jmp rung5_long

a20_closed:
    SAY32 {"rung 4 prot32 cpu: FAIL A20 closed", 10, "TRAPLINE FAIL 4 cpu: A20 closed"}
    mov al, RUNG_PROTECTED_MODE
    jmp end_machine

section .low nobits alloc noexec write align=16

a20_probe: resd 1

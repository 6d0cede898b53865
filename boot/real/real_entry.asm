; SPDX-License-Identifier: MIT
; The order of the real-mode rungs, and where they leave what they find. How a rung works is in its own
; file.

%include "real.inc"

extern rung1_serial, rung2_pci, rung3_ata, rung4_protected

section .text.real16 progbits alloc exec nowrite align=16
bits 16

global real_entry
real_entry:
    cli
    cld
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov esp, real_stack_top
    mov [rung_results], eax
    rdtsc
    mov [tsc_at_entry], eax
    mov [tsc_at_entry + 4], edx
    xor eax, eax
    mov [ata_failed_status], ax
    call rung1_serial
    call rung2_pci
    call rung3_ata
    jmp rung4_protected

; What the real-mode rungs leave behind, in low RAM, for real_rungs.c.
section .low nobits alloc noexec write align=16

global tsc_at_entry, rung_results, ata_failed_status, ata_failed_error, line_buffer, real_stack_top

tsc_at_entry: resq 1                            ; so that a count need not include the machine's start
rung_results: resb RUNG_REAL_MODE_LAST + 1      ; RUNG_PASS and so on, by number
ata_failed_status: resb 1                       ; of the command that failed in rung 3
ata_failed_error: resb 1
line_buffer: resb 256
    alignb 16
    resb 1024
real_stack_top:

; SPDX-License-Identifier: MIT
; The 64-bit interrupt descriptor table and the entry of each exception: they put a struct
; exception_frame (firmware/exception.h) on the stack and go to C, which does not return.

%include "image.inc"

EXCEPTION_COUNT equ 32
INTERRUPT_GATE equ 0x8e00                       ; present, DPL 0, 64-bit interrupt gate

extern exception_report

%ifndef POSITION_INDEPENDENT
global image_base                               ; for the linker script to check
image_base equ IMAGE_BASE
%endif

section .text.long64 progbits alloc exec nowrite align=16
bits 64

; Vectors for which the CPU itself pushes an error code
%define HAS_ERROR_CODE(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21 || \
    (v) == 29 || (v) == 30)

%assign vector 0
%rep EXCEPTION_COUNT
exception_%+vector:
%if !HAS_ERROR_CODE(vector)
    push 0
%endif
    push vector
    jmp exception_common
%assign vector vector + 1
%endrep

global exception_common
exception_common:
    push rax
    push rcx
    push rdx
    push rbx
    push rbp
    push rsi
    push rdi
    push r8
    push r9
    push r10
    push r11
    push r12
    push r13
    push r14
    push r15
    mov rdi, rsp
    cld
    and rsp, -16                                ; C wants its stack aligned
    call exception_report

%ifdef POSITION_INDEPENDENT

; Such an image is relocated when it is loaded; its door then makes a table of these addresses.
section .data.idt progbits alloc noexec write align=16

global exception_entries
exception_entries:
%assign vector 0
%rep EXCEPTION_COUNT
    dq exception_%+vector
%assign vector vector + 1
%endrep

%else

; Lies in RAM with the rest of .data. These entries are in the first 64 KiB of the image: bits 31:16 of
; their addresses are those of its base.
section .data.idt progbits alloc noexec write align=16

idt:
%assign vector 0
%rep EXCEPTION_COUNT
    dw IN_IMAGE(exception_%+vector), SELECTOR_CODE64, INTERRUPT_GATE, IMAGE_BASE >> 16
    dq 0
%assign vector vector + 1
%endrep
idt_end:

section .rodata.idt progbits alloc noexec nowrite align=8

global idt_descriptor
idt_descriptor:
    dw idt_end - idt - 1
    dq idt

%endif

; SPDX-License-Identifier: MIT
; A call that can be left from anywhere below it: what recover.c needs and C does not have. System V
; calling convention; nothing here is relocated, so any door can link it.

section .text.recover progbits alloc exec nowrite align=16
bits 64

; int recover_call(void (*function)(void *), void *argument, uint64_t *stack)
; Calls function and returns 0. *stack is for recover_leave().
global recover_call
recover_call:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    sub rsp, 8                                  ; C wants its stack aligned
    mov [rdx], rsp
    mov rax, rdi
    mov rdi, rsi
    call rax
    xor eax, eax
recover_end:
    add rsp, 8
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret

; void recover_leave(uint64_t stack)
; Makes the recover_call() that stored this stack return 1, whatever is under way inside it.
global recover_leave
recover_leave:
    mov rsp, rdi
    mov eax, 1
    jmp recover_end

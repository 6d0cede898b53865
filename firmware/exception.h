/* SPDX-License-Identifier: MIT */
/* What an exception's entry code leaves on the stack. */
#ifndef FIRMWARE_EXCEPTION_H
#define FIRMWARE_EXCEPTION_H

#include <stdint.h>

/* From the lowest address up: what boot/common/exceptions.asm pushes, then what the CPU pushed. */
struct exception_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector;
    uint64_t error_code; /* 0 where the CPU gives none */
    uint64_t rip, cs, rflags, rsp, ss;
};

/* In words; "reserved" where the vector has no meaning. */
const char *exception_name(uint64_t vector);

/* Goes back to the recover_run() that is under way, if there is one; else prints the exception and ends
 * the run with EXIT_EXCEPTION. Called by assembly. */
_Noreturn void exception_report(const struct exception_frame *frame);

#endif

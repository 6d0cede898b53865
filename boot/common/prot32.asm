; SPDX-License-Identifier: MIT
; 32-bit code for the ends that C never sees: sending a line, and the exit port.

%include "image.inc"
%include "serial_send.inc"

extern rung_results

section .text.prot32 progbits alloc exec nowrite align=16
bits 32

; Ends with al, the number of the rung that failed, at the exit port.
global end_machine
end_machine:
    out PORT_EXIT, al
.halt:
    cli
    hlt
    jmp .halt

global serial_send32
SERIAL_ROUTINES 32

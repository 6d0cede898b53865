; SPDX-License-Identifier: MIT
; The reset vector.

%include "real.inc"

extern real_entry

; The CPU begins here, with CS based at FFFF0000: the far jump goes to the same image's place below
; 1 MiB, which real mode can reach with an ordinary segment.
section .reset progbits alloc exec nowrite align=16
bits 16

global reset_vector
reset_vector:
    jmp IMAGE_SEGMENT:IN_IMAGE(real_entry)

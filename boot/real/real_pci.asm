; SPDX-License-Identifier: MIT
; Rung 2: is PCI configuration mechanism #1 there, and who is the host bridge?

%include "real.inc"

extern rung_results, line_buffer, line_send16, line_hex16

section .text.real16 progbits alloc exec nowrite align=16
bits 16

; Bit 31 written to 0xcf8 reads back where the mechanism exists (PCI Local Bus 3.0, 3.2.2.3.2). The
; same value selects register 0 of function 00:00.0, so the bridge's identity is one more read.
global rung2_pci
rung2_pci:
    LINE_BEGIN
    SAY "rung 2 real16 pci: "
    mov dx, PORT_PCI_CONFIG_ADDRESS
    mov eax, PCI_CONFIG_ENABLE
    out dx, eax
    in eax, dx
    cmp eax, PCI_CONFIG_ENABLE
    jne .absent
    mov dx, PORT_PCI_CONFIG_DATA
    in eax, dx
    mov ebp, eax                        ; device in the high half, vendor in the low
    call .restore
    cmp bp, PCI_VENDOR_NONE
    je .no_bridge

    mov byte [rung_results + RUNG_PCI], RUNG_PASS
    SAY "mechanism #1, host bridge 00:00.0 "
    movzx eax, bp
    mov cx, 4
    call line_hex16
    mov al, ':'
    stosb
    mov eax, ebp
    shr eax, 16
    mov cx, 4
    call line_hex16
    jmp line_send16
.absent:
    call .restore
    mov byte [rung_results + RUNG_PCI], RUNG_ABSENT
    SAY "absent"
    jmp line_send16
.no_bridge:
    mov byte [rung_results + RUNG_PCI], RUNG_FAIL
    SAY "FAIL no host bridge at 00:00.0"
    jmp line_send16

.restore:
    mov dx, PORT_PCI_CONFIG_ADDRESS
    xor eax, eax
    out dx, eax
    ret

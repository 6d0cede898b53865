; SPDX-License-Identifier: MIT
; Rung 1: the 16550 at COM1 set up, and the routines with which rungs 1 to 3 print.

%include "real.inc"
%include "serial_send.inc"

extern rung_results, line_buffer

section .text.real16 progbits alloc exec nowrite align=16
bits 16

; A UART is there when its scratch register holds what it is given.
global rung1_serial
rung1_serial:
    mov dx, PORT_COM1 + UART_SCR
    mov al, 0x55
    out dx, al
    in al, dx
    cmp al, 0x55
    jne .absent
    mov al, 0xaa
    out dx, al
    in al, dx
    cmp al, 0xaa
    jne .absent

    mov dx, PORT_COM1 + UART_LCR
    mov al, UART_LCR_DLAB | UART_LCR_8N1
    out dx, al
    mov dx, PORT_COM1 + UART_DLL
    mov al, UART_DIVISOR_115200 & 0xff
    out dx, al
    inc dx                              ; UART_DLM
    mov al, UART_DIVISOR_115200 >> 8
    out dx, al
    mov dx, PORT_COM1 + UART_LCR
    mov al, UART_LCR_8N1
    out dx, al
    mov dx, PORT_COM1 + UART_IER        ; polled: no interrupts
    xor al, al
    out dx, al
    inc dx                              ; UART_FCR
    mov al, UART_FCR_ENABLE | UART_FCR_CLEAR_RX | UART_FCR_CLEAR_TX
    out dx, al
    mov dx, PORT_COM1 + UART_MCR
    mov al, UART_MCR_DTR | UART_MCR_RTS
    out dx, al

    mov byte [rung_results + RUNG_SERIAL], RUNG_PASS
    LINE_BEGIN
    SAY {"Trapline ", TRAPLINE_VERSION, BANNER_DOOR, 10, "rung 1 real16 serial: 16550 at 0x3f8, 115200 8N1"}
    jmp line_send16
.absent:
    mov byte [rung_results + RUNG_SERIAL], RUNG_ABSENT
    ret

; Ends the line that ends at di, and sends it. Changes everything but the segments.
global line_send16
line_send16:
    mov al, 10
    stosb
    mov esi, line_buffer
    movzx ecx, di
    sub ecx, esi
    jmp serial_send16

; Appends eax in hexadecimal, cx digits. Changes ax, bx, cx, edx.
global line_hex16
line_hex16:
    mov edx, eax
    mov bx, cx
    shl cl, 2
    ror edx, cl                         ; first digit to the top
    mov cx, bx
.digit:
    rol edx, 4
    mov al, dl
    and al, 0x0f
    cmp al, 10
    jb .decimal
    add al, 'a' - '0' - 10
.decimal:
    add al, '0'
    stosb
    loop .digit
    ret

; Appends edx:eax in decimal. Changes everything but ds, es, sp.
global line_decimal16
line_decimal16:
    mov ebx, 10
    xor cx, cx                          ; digits on the stack
.digit:
    mov esi, eax                        ; edx:eax / 10, the high half first
    mov eax, edx
    xor edx, edx
    div ebx
    xchg eax, esi                       ; esi = high half of the quotient
    div ebx
    push dx
    inc cx
    mov edx, esi
    mov ebp, eax
    or ebp, edx
    jnz .digit
.write:
    pop ax
    add al, '0'
    stosb
    loop .write
    ret

global poll_port16
SERIAL_ROUTINES 16

; SPDX-License-Identifier: MIT
; What the boot sector has loaded, with the core behind it: asks the BIOS what only the BIOS knows, then
; goes the way of the ROM from real_entry on. In: DS = anything, BP = the boot sector's routine that shows
; the letter in AL and stops. The stack and the segment registers but CS are set anew.

%include "real.inc"

extern real_entry

INT10_TELETYPE equ 0x0e
INT15_A20_ENABLE equ 0x2401
INT15_MEMORY_MAP equ 0xe820
SMAP equ 0x534d4150
E820_ENTRY_BYTES equ 24                 ; ACPI 3.0 has a fourth field, of attributes
E820_ENTRIES equ 128
LOW_MEMORY_NEEDED equ 0x80000           ; as much as the linker script may give out
BIOS_LOW_MEMORY_KIB equ 0x413           ; in the BIOS data area: RAM below the extended one

section .text.loader progbits alloc exec nowrite align=16
bits 16

global loader_entry
loader_entry:
    xor ax, ax
    mov ds, ax
    mov es, ax
    cld

    mov ax, [BIOS_LOW_MEMORY_KIB]
    cmp ax, LOW_MEMORY_NEEDED >> 10
    mov al, 'M'                         ; not enough memory below 640 KiB
    jb .fail

    mov si, IN_IMAGE(hint)
.letter:
    cs lodsb
    test al, al
    jz .memory_map
    push si
    mov ah, INT10_TELETYPE
    mov bx, 7
    int 0x10
    pop si
    jmp .letter

; The memory map, 128 entries at the most; e820_count stays 0 where the BIOS has none.
.memory_map:
    mov word [e820_count], 0
    mov di, e820_map
    xor ebx, ebx
.entry:
    mov eax, INT15_MEMORY_MAP
    mov edx, SMAP
    mov ecx, E820_ENTRY_BYTES
    int 0x15
    jc .a20
    cmp eax, SMAP
    jne .a20
    add di, E820_ENTRY_BYTES
    inc word [e820_count]
    cmp word [e820_count], E820_ENTRIES
    je .a20
    test ebx, ebx
    jnz .entry

; Rung 4 opens the gate by port 0x92; some machines want the BIOS to do it.
.a20:
    mov ax, INT15_A20_ENABLE
    int 0x15
    jmp IMAGE_SEGMENT:IN_IMAGE(real_entry)
.fail:
    push word 0
    push bp
    retf

section .rodata.real16 progbits alloc noexec nowrite align=1

hint: db "Trapline ", TRAPLINE_VERSION, ": the climb is on COM1", 13, 10, 0

section .low nobits alloc noexec write align=16

global e820_map, e820_count

e820_map: resb E820_ENTRIES * E820_ENTRY_BYTES
e820_count: resw 1

; SPDX-License-Identifier: MIT
; Rung 5: 32-bit protected mode -> long mode -> C. Every door that begins below long mode comes through
; here. The descriptors' accessed bits are set beforehand: in a ROM nothing can set them.

%include "image.inc"
%include "prot32.inc"

extern idt_descriptor, door_main
extern data_start, data_load, data_qwords, bss_start, bss_qwords

CR0_WP equ 1 << 16
CR0_PG equ 1 << 31
CR4_PAE equ 1 << 5
MSR_EFER equ 0xc0000080
EFER_LME equ 1 << 8

CPUID_EXTENDED_MAX equ 0x80000000
CPUID_EXTENDED_FEATURES equ 0x80000001
CPUID_EDX_1GIB_PAGES equ 1 << 26
CPUID_EDX_LONG_MODE equ 1 << 29

PAGE_PRESENT equ 1 << 0
PAGE_WRITABLE equ 1 << 1
PAGE_WRITE_THROUGH equ 1 << 3
PAGE_CACHE_DISABLE equ 1 << 4
PAGE_ACCESSED equ 1 << 5
PAGE_DIRTY equ 1 << 6
PAGE_LARGE equ 1 << 7

PAGE_TABLE equ PAGE_PRESENT | PAGE_WRITABLE | PAGE_ACCESSED
PAGE_RAM equ PAGE_PRESENT | PAGE_WRITABLE | PAGE_ACCESSED | PAGE_DIRTY | PAGE_LARGE
PAGE_DEVICE equ PAGE_RAM | PAGE_WRITE_THROUGH | PAGE_CACHE_DISABLE

TABLE_BYTES equ 4096
TABLE_ENTRIES equ 512
TWO_MIB equ 0x200000
FOURTH_GIB equ 3
FOURTH_GIB_BASE equ 0xc0000000

C_STACK_BYTES equ 16384

section .rodata.gdt progbits alloc noexec nowrite align=8

global gdt_descriptor
gdt:
    dq 0
    dq 0x00cf9b000000ffff               ; 08 code, 32-bit, flat, accessed
    dq 0x00cf93000000ffff               ; 10 data, flat, accessed
    dq 0x00af9b000000ffff               ; 18 code, 64-bit, accessed
gdt_descriptor:
    dw $ - gdt - 1
    dd gdt

section .text.prot32 progbits alloc exec nowrite align=16
bits 32

global rung5_long
rung5_long:
    mov eax, CPUID_EXTENDED_MAX
    cpuid
    cmp eax, CPUID_EXTENDED_FEATURES
    jb no_long_mode
    mov eax, CPUID_EXTENDED_FEATURES
    cpuid
    test edx, CPUID_EDX_LONG_MODE
    jz no_long_mode
    mov ebp, edx

; Identity map of the first GiB (RAM, ROM) and the fourth (PCI window, APICs). The C part maps more
; as it is needed. Two tables are cleared because the CPU would follow whatever garbage they held.
map_memory:
    xor eax, eax
    mov edi, page_map_level4            ; and the directory pointers behind it
    mov ecx, 2 * TABLE_BYTES / 4
    rep stosd
    mov dword [page_map_level4], page_directory_pointers + PAGE_TABLE
    test ebp, CPUID_EDX_1GIB_PAGES
    jz .two_mib_pages
    mov dword [page_directory_pointers], PAGE_RAM
    mov dword [page_directory_pointers + 8 * FOURTH_GIB], FOURTH_GIB_BASE + PAGE_DEVICE
    jmp enable_long_mode
.two_mib_pages:
    mov dword [page_directory_pointers], page_directory_first + PAGE_TABLE
    mov dword [page_directory_pointers + 8 * FOURTH_GIB], page_directory_fourth + PAGE_TABLE
    mov edi, page_directory_first
    mov eax, PAGE_RAM
    call fill_directory
    mov edi, page_directory_fourth
    mov eax, FOURTH_GIB_BASE + PAGE_DEVICE
    call fill_directory

enable_long_mode:
    mov eax, cr4
    or eax, CR4_PAE
    mov cr4, eax
    mov eax, page_map_level4
    mov cr3, eax
    mov ecx, MSR_EFER
    rdmsr
    or eax, EFER_LME
    wrmsr
    mov eax, cr0
    or eax, CR0_PG | CR0_WP
    mov cr0, eax
    jmp SELECTOR_CODE64:long_entry

; Fills the directory at edi with 2 MiB pages; eax is the first entry. Eight entries a round: a loop's
; own instructions would cost as much as its work where instructions are emulated.
fill_directory:
    xor edx, edx
    mov ecx, TABLE_ENTRIES / 8
.round:
%assign entry 0
%rep 8
    mov [edi + 8 * entry], eax
    mov [edi + 8 * entry + 4], edx
    add eax, TWO_MIB
%assign entry entry + 1
%endrep
    add edi, 8 * 8
    dec ecx
    jnz .round
    ret

no_long_mode:
    SAY32 {"rung 5 prot32 cpu: FAIL no long mode", 10, "TRAPLINE FAIL 5 cpu: no long mode"}
    mov al, RUNG_LONG_MODE
    jmp end_machine

section .text.long64 progbits alloc exec nowrite align=16
bits 64

global long_entry
long_entry:
    mov esp, stack_top

    mov esi, data_load
    mov edi, data_start
    mov ecx, data_qwords
    rep movsq
    xor eax, eax
    mov edi, bss_start
    mov ecx, bss_qwords
    rep stosq

    lidt [abs idt_descriptor]
    call door_main                      ; does not return
.halt:
    cli
    hlt
    jmp .halt

section .page_tables nobits alloc noexec write align=4096

page_map_level4: resb TABLE_BYTES
page_directory_pointers: resb TABLE_BYTES
page_directory_first: resb TABLE_BYTES
page_directory_fourth: resb TABLE_BYTES

section .noinit nobits alloc noexec write align=16

    resb C_STACK_BYTES
stack_top:

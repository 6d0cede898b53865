; SPDX-License-Identifier: MIT
; The boot sector of trapline.img: loads the LOADER_SECTORS sectors behind it to LOADER_BASE, checks
; their sums, and jumps there. The BIOS has put it at 0000:7C00, with its number of the boot drive in DL.
;
; It looks for its own 512 bytes in LBA 0 of the four legacy ATA drives: where it finds them it goes on
; by PIO. Where it does not, INT 13h reads from the drive in DL.
;
; A failure shows one letter on COM1 and on the screen:
;   P   the ATA drive that this sector was found on does not give the loader
;   X   no ATA drive has this sector, and the BIOS cannot read by LBA (no INT 13h extensions)
;   D   the BIOS reports an error in reading the loader, from a disk that ends too early for example
;   C   the loader was read, but its sums are wrong
; (and from the loader itself: M, see loader.asm)

%include "abi.inc"

BOOT_SECTOR_BASE equ 0x7c00
LBA0_BUFFER equ 0x7e00                  ; what lies behind this sector is free
DEVICE_REGISTER equ 0x8000              ; of the ATA drive in use, one byte
CODE_BYTES_MAX equ 440                  ; the disk signature and the partition table follow
LOADER_SEGMENT equ LOADER_BASE >> 4
SECTOR_PARAGRAPHS equ ATA_SECTOR_SIZE >> 4
CHUNK_SECTORS equ 32                    ; by INT 13h at a time; 16 KiB never cross a 64 KiB boundary
ATA_LOOKS equ 0x80000                   ; at a busy drive: half a second at the least
CONTROL_OFFSET equ PORT_ATA_PRIMARY_CONTROL - PORT_ATA_PRIMARY

INT13_EXTENSIONS equ 0x41
INT13_EXTENDED_READ equ 0x42
INT13_MAGIC equ 0x55aa
INT13_MAGIC_ANSWER equ 0xaa55
INT13_PACKET_ACCESS equ 0x01            ; in CX: extended read is there
INT10_TELETYPE equ 0x0e

%if LOADER_SECTORS % CHUNK_SECTORS != 0
%error the loader is not a whole number of chunks
%endif

bits 16
org BOOT_SECTOR_BASE

    jmp short start
    db "Trapline"

start:
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov sp, BOOT_SECTOR_BASE
    jmp 0:.segments_set
.segments_set:
    sti
    cld
    push dx                             ; the BIOS's number of the boot drive

    mov bx, PORT_ATA_PRIMARY
    call find_boot_drive
    je load_by_pio
    mov bx, PORT_ATA_SECONDARY
    call find_boot_drive
    jne load_by_bios

load_by_pio:
    mov si, 1                           ; LBA
    mov cx, LOADER_SEGMENT
.sector:
    mov es, cx
    xor di, di
    call ata_read
    mov al, 'P'
    jc fail
    add cx, SECTOR_PARAGRAPHS
    inc si
    cmp si, LOADER_SECTORS
    jbe .sector
    jmp check_sums

load_by_bios:
    xor al, al                          ; the BIOS may wait for the drives' interrupts
    mov dx, PORT_ATA_PRIMARY_CONTROL
    out dx, al
    mov dx, PORT_ATA_SECONDARY_CONTROL
    out dx, al
    mov bx, INT13_MAGIC
    mov ah, INT13_EXTENSIONS
    pop dx
    push dx
    int 0x13
    mov al, 'X'
    jc fail
    cmp bx, INT13_MAGIC_ANSWER
    jne fail
    test cl, INT13_PACKET_ACCESS
    jz fail
.chunk:
    mov si, packet
    mov ah, INT13_EXTENDED_READ
    pop dx
    push dx
    int 0x13
    mov al, 'D'
    jc fail
    mov byte [packet.sectors], CHUNK_SECTORS            ; a BIOS may have changed it
    add word [packet.segment], CHUNK_SECTORS * SECTOR_PARAGRAPHS
    add word [packet.lba], CHUNK_SECTORS
    cmp word [packet.lba], LOADER_SECTORS
    jbe .chunk

; ebx becomes the sum of the loader's 32-bit words, edx the sum of what ebx was after each word
check_sums:
    xor ebx, ebx
    xor edx, edx
    mov cx, LOADER_SEGMENT
.sector:
    mov ds, cx
    xor si, si
.word:
    lodsd
    add ebx, eax
    add edx, ebx
    cmp si, ATA_SECTOR_SIZE
    jb .word
    add cx, SECTOR_PARAGRAPHS
    cmp cx, LOADER_SEGMENT + LOADER_SECTORS * SECTOR_PARAGRAPHS
    jb .sector
    mov al, 'C'
    cmp ebx, LOADER_SUM
    jne fail
    cmp edx, LOADER_SUM_OF_SUMS
    jne fail
    mov bp, fail                        ; for the loader's own use
    jmp LOADER_SEGMENT:0

; Shows the letter in al and stops.
fail:
    push ax
    mov dx, PORT_COM1 + UART_LCR
    mov al, UART_LCR_DLAB | UART_LCR_8N1
    out dx, al
    mov dx, PORT_COM1 + UART_DLM
    mov al, UART_DIVISOR_115200 >> 8
    out dx, al
    dec dx                              ; UART_DLL
    mov al, UART_DIVISOR_115200 & 0xff
    out dx, al
    mov dx, PORT_COM1 + UART_LCR
    mov al, UART_LCR_8N1
    out dx, al
    mov dx, PORT_COM1 + UART_THR
    pop ax
    out dx, al
    mov ah, INT10_TELETYPE
    mov bx, 7                           ; page 0, light grey where the mode has colours
    int 0x10
    mov al, EXIT_LOADER
    out PORT_EXIT, al
.halt:
    hlt                                 ; interrupts are on: the keyboard can still reset the machine
    jmp .halt

; Looks for this sector on both drives of the channel at bx. Zero flag set where it is; its drive is in
; DEVICE_REGISTER then. Changes ax, cx, dx, si, di.
find_boot_drive:
    mov al, ATA_DEVICE_BASE | ATA_DEVICE_LBA
    call .look
    je .end
    mov al, ATA_DEVICE_BASE | ATA_DEVICE_LBA | ATA_DEVICE_DEV1
.look:
    mov [DEVICE_REGISTER], al
    xor si, si                          ; LBA 0
    mov di, LBA0_BUFFER
    call ata_read
    jc .not_here
    mov si, BOOT_SECTOR_BASE
    mov di, LBA0_BUFFER
    mov cx, ATA_SECTOR_WORDS
    repe cmpsw
.end:
    ret
.not_here:
    test sp, sp                         ; it is never 0
    ret

; Reads LBA si of the ATA drive in use to es:di. Carry set where that fails. Changes ax, dx, di.
ata_read:
    lea dx, [bx + ATA_STATUS]
    in al, dx
    cmp al, ATA_FLOATING_BUS
    je .fail
    lea dx, [bx + CONTROL_OFFSET]
    mov al, ATA_CONTROL_NIEN            ; polled: no interrupts
    out dx, al
    call ata_wait
    jc .fail
    lea dx, [bx + ATA_DEVICE]
    mov al, [DEVICE_REGISTER]
    out dx, al
    call ata_wait
    jc .fail
    lea dx, [bx + ATA_COUNT]
    mov al, 1
    out dx, al
    mov ax, si
    inc dx                              ; ATA_LBA_LOW
    out dx, al
    mov al, ah
    inc dx                              ; ATA_LBA_MID
    out dx, al
    xor al, al
    inc dx                              ; ATA_LBA_HIGH
    out dx, al
    lea dx, [bx + ATA_COMMAND]
    mov al, ATA_CMD_READ_SECTORS
    out dx, al
    call ata_wait
    jc .fail
    and al, ATA_STATUS_DRQ | ATA_STATUS_ERR | ATA_STATUS_DF
    cmp al, ATA_STATUS_DRQ
    jne .fail
    push cx
    mov cx, ATA_SECTOR_WORDS
    mov dx, bx                          ; ATA_DATA
    rep insw
    pop cx
    clc
    ret
.fail:
    stc
    ret

; Waits for the end of BSY, after the 400 ns that it may take to appear. Out: al = status, carry set
; when the time is up. Changes dx.
ata_wait:
    lea dx, [bx + CONTROL_OFFSET]
    in al, dx
    lea dx, [bx + ATA_STATUS]
    push ecx
    mov ecx, ATA_LOOKS
.look:
    in al, dx
    test al, ATA_STATUS_BSY             ; clears the carry
    jz .end
    dec ecx
    jnz .look
    stc
.end:
    pop ecx
    ret

; The disk address packet of INT 13h AH=42h
packet:
    db 16, 0
.sectors:
    dw CHUNK_SECTORS
    dw 0                                ; offset
.segment:
    dw LOADER_SEGMENT
.lba:
    dq 1

%if $ - $$ > CODE_BYTES_MAX
%error the boot sector reaches into the partition table
%endif
    times CODE_BYTES_MAX - ($ - $$) db 0
    db "TRAP"                           ; disk signature
    dw 0

; One active partition, from LBA 1 to the end of the image, with cylinder, head and sector as a disk of
; 255 heads and 63 sectors has them. Its type, "no file system", keeps others from looking into it.
PARTITION_ACTIVE equ 0x80
PARTITION_NO_FILE_SYSTEM equ 0xda
LAST_LBA equ IMAGE_SECTORS - 1
SECTORS_PER_TRACK equ 63
    db PARTITION_ACTIVE
    db 0, 2, 0
    db PARTITION_NO_FILE_SYSTEM
    db LAST_LBA / SECTORS_PER_TRACK, LAST_LBA % SECTORS_PER_TRACK + 1, 0
    dd 1
    dd LAST_LBA
    times 3 * 16 db 0
    dw 0xaa55

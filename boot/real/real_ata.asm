; SPDX-License-Identifier: MIT
; Rung 3: drive 0 of the primary ATA channel found, identified, and its first sector read by PIO.
; Sections named are those of ATA/ATAPI-7. Everything else about ATA is the C driver's.

%include "real.inc"

extern rung_results, ata_failed_status, ata_failed_error
extern line_buffer, line_send16, line_hex16, line_decimal16, poll_port16

FLOATING_BUS_D7_LOW equ ATA_FLOATING_BUS & ~ATA_STATUS_BSY      ; a pull-down on D7, as ATA asks for

section .text.real16 progbits alloc exec nowrite align=16
bits 16

global rung3_ata
rung3_ata:
    LINE_BEGIN
    SAY "rung 3 real16 ata: "
    mov dx, PORT_ATA_PRIMARY + ATA_STATUS
    in al, dx
    cmp al, ATA_FLOATING_BUS
    je .absent
    cmp al, FLOATING_BUS_D7_LOW
    je .absent

    mov dx, PORT_ATA_PRIMARY_CONTROL
    mov al, ATA_CONTROL_NIEN            ; polled: no interrupts
    out dx, al
    call ata_wait_idle
    jc .select_failed
    mov dx, PORT_ATA_PRIMARY + ATA_DEVICE
    mov al, ATA_DEVICE_BASE | ATA_DEVICE_LBA
    out dx, al
    call ata_wait_idle
    jc .select_failed

    mov dx, PORT_ATA_PRIMARY + ATA_COUNT        ; registers that hold nothing have no drive behind
    mov al, 0x55
    out dx, al
    inc dx                                      ; ATA_LBA_LOW
    mov al, 0xaa
    out dx, al
    in al, dx
    cmp al, 0xaa
    jne .absent
    dec dx
    in al, dx
    cmp al, 0x55
    jne .absent

.identify:
    mov al, ATA_CMD_IDENTIFY_DEVICE
    call ata_command
    jc .identify_failed
    test al, al
    jz .absent
    test al, ATA_STATUS_ERR | ATA_STATUS_DF
    jnz .not_a_disk
    test al, ATA_STATUS_DRQ
    jz .identify_failed
    mov bx, identify_data
    call ata_read_block
    test word [identify_data + 2 * ATA_ID_CONFIG], ATA_ID_CONFIG_NOT_ATA
    jnz .not_a_disk
    test word [identify_data + 2 * ATA_ID_CAPABILITIES], ATA_ID_CAPABILITIES_LBA
    jz .no_lba
    call ata_sector_count               ; edx:eax
    mov ecx, eax
    or ecx, edx
    jz .no_sectors
    push edx
    push eax

.read_first_sector:
    mov dx, PORT_ATA_PRIMARY + ATA_COUNT
    mov al, 1
    out dx, al
    xor al, al
    inc dx                              ; ATA_LBA_LOW
    out dx, al
    inc dx                              ; ATA_LBA_MID
    out dx, al
    inc dx                              ; ATA_LBA_HIGH
    out dx, al
    inc dx
    mov al, ATA_DEVICE_BASE | ATA_DEVICE_LBA
    out dx, al
    mov al, ATA_CMD_READ_SECTORS
    call ata_command
    pop ecx                             ; sector count, in ebp:ecx
    pop ebp
    jc .read_failed
    test al, ATA_STATUS_ERR | ATA_STATUS_DF
    jnz .read_failed
    test al, ATA_STATUS_DRQ
    jz .read_failed
    mov bx, sector_data
    push ecx
    call ata_read_block
    pop eax
    mov edx, ebp

    mov byte [rung_results + RUNG_ATA], RUNG_PASS
    call line_decimal16
    SAY " sectors, LBA 0 read, begins "
    mov eax, [sector_data]
    bswap eax                           ; as the bytes lie
    mov cx, 8
    call line_hex16
    jmp line_send16

.absent:
    mov byte [rung_results + RUNG_ATA], RUNG_ABSENT
    SAY "absent"
    jmp line_send16
.not_a_disk:
    mov byte [rung_results + RUNG_ATA], RUNG_ABSENT
    SAY "absent, drive 0 is not a disk"
    jmp line_send16
.select_failed:
    SAY "FAIL selecting drive 0: "
    jmp ata_fail
.no_lba:
    SAY "FAIL IDENTIFY DEVICE, no LBA: "
    jmp ata_fail
.no_sectors:
    SAY "FAIL IDENTIFY DEVICE, no sectors: "
    jmp ata_fail
.identify_failed:
    SAY "FAIL IDENTIFY DEVICE: "
    jmp ata_fail
.read_failed:
    SAY "FAIL READ SECTORS: "

; Ends a rung that failed: status and error register, in the line and for real_rungs.c.
ata_fail:
    mov byte [rung_results + RUNG_ATA], RUNG_FAIL
    mov dx, PORT_ATA_PRIMARY + ATA_ERROR
    in al, dx
    mov [ata_failed_error], al
    mov dx, PORT_ATA_PRIMARY_CONTROL
    in al, dx
    mov [ata_failed_status], al
    SAY "status 0x"
    mov al, [ata_failed_status]
    mov cx, 2
    call line_hex16
    SAY ", error 0x"
    mov al, [ata_failed_error]
    mov cx, 2
    call line_hex16
    jmp line_send16

; Sends command al and waits until the drive is not busy. Out: al = status, carry set on timeout.
; Changes ah, bx, dx.
ata_command:
    mov dx, PORT_ATA_PRIMARY + ATA_COMMAND
    out dx, al

; The status is valid 400 ns after the device or command register was written; a look at a register
; takes 600 ns in PIO mode 0, so one is skipped.
ata_wait_idle:
    mov dx, PORT_ATA_PRIMARY_CONTROL
    in al, dx
    mov bx, ATA_STATUS_BSY              ; mask in bl, wanted value 0 in bh
    jmp poll_port16

; One sector from the data register to es:bx. Changes al, cx, dx.
ata_read_block:
    push di
    mov di, bx
    mov cx, ATA_SECTOR_WORDS
    mov dx, PORT_ATA_PRIMARY + ATA_DATA
    rep insw
    pop di
    mov dx, PORT_ATA_PRIMARY + ATA_STATUS       ; ends the command, as an interrupt handler would
    in al, dx
    ret

; Sectors of the identified drive in edx:eax: words 100-103 with the 48-bit address feature set, else
; words 60-61. Changes cx.
ata_sector_count:
    xor edx, edx
    mov eax, [identify_data + 2 * ATA_ID_SECTORS_28]
    mov cx, [identify_data + 2 * ATA_ID_COMMAND_SET_2]
    and cx, ATA_ID_COMMAND_SET_VALID | ATA_ID_COMMAND_SET_VALID << 1 | ATA_ID_COMMAND_SET_2_LBA48
    cmp cx, ATA_ID_COMMAND_SET_VALID | ATA_ID_COMMAND_SET_2_LBA48
    jne .end
    mov eax, [identify_data + 2 * ATA_ID_SECTORS_48]
    mov edx, [identify_data + 2 * ATA_ID_SECTORS_48 + 4]
.end:
    ret

section .low nobits alloc noexec write align=16

identify_data: resb ATA_SECTOR_SIZE
sector_data: resb ATA_SECTOR_SIZE

# SPDX-License-Identifier: MIT
"""What shows from 0xC0000 to 0xFFFFF: the ROM at reset, and the PAM registers' four kinds after it."""
import pytest

from assemble import rom
from machine import boot_with_stats

# si = register, al = value: configuration byte of 00:00.0.
ROUTINES = """
pam:                            ; si = register, bl = value
    mov ax, si
    and ax, 0xfc
    movzx eax, ax
    or eax, 0x80000000
    mov dx, 0xcf8
    out dx, eax
    mov dx, si
    and dx, 3
    add dx, 0xcfc
    mov al, bl
    out dx, al
    ret
%macro set_pam 2
    mov si, %1
    mov bl, %2
    call pam
%endmacro
%macro expect 2                 ; the word at es:0 is %1, else fail with status %2
    cmp word [es:0], %1
    je %%good
    quit %2
%%good:
%endmacro
"""

START = """
    xor ax, ax
    mov ss, ax
    mov sp, 0x7000
    mov ds, ax
    jmp start
"""


def run_rom(tmp_path, source, size=65536):
    path = tmp_path / "guest.rom"
    path.write_bytes(rom(tmp_path, START + ROUTINES + "start:\n" + source, size))
    return boot_with_stats(tmp_path, "--firmware", path, "--mem", "16M")


@pytest.mark.kvm
@pytest.mark.parametrize("kib", [64, 128, 192, 256, 4096])
def test_the_top_of_the_rom_shows_at_reset(kib, tmp_path):
    """The last 128 KiB or all of a smaller one; nothing further down."""
    result, stats = run_rom(tmp_path, """
    mov ax, 0xe000
    mov es, ax
    putc [es:0]
    mov ax, 0xd000
    mov es, ax
    putc [es:0]
    putc [es:0xffff]
    mov ax, 0xc000
    mov es, ax
    putc [es:0]
    quit 0
    """, kib * 1024)
    assert result.status == 0, result.err
    assert result.out == (b"\x01" if kib > 64 else b"\xff") + b"\xff\xff\xff"
    assert stats["rom_writes"] == 0


@pytest.mark.kvm
@pytest.mark.parametrize("kib, behind", [(64, 0xffff), (128, 0xf401)])
def test_four_kinds_of_a_segment(kib, behind, tmp_path):
    """E0000: ROM with 128 KiB, nothing with 64."""
    result, stats = run_rom(tmp_path, f"""
    mov ax, 0xe000
    mov es, ax
    expect {behind}, 1
    mov word [es:0], 0x1111     ; no RAM there
    expect {behind}, 2
    set_pam 0x5e, 0x03          ; RAM
    mov word [es:0], 0x2222
    expect 0x2222, 3
    set_pam 0x5e, 0x01          ; write-protected
    mov word [es:0], 0x3333
    expect 0x2222, 4
    set_pam 0x5e, 0x02          ; writes to RAM, reads from ROM
    mov word [es:0], 0x4444
    expect {behind}, 5
    set_pam 0x5e, 0x03
    expect 0x4444, 6
    set_pam 0x5e, 0x00
    expect {behind}, 7
    set_pam 0x5e, 0x30          ; the other nibble is the next segment
    expect {behind}, 8
    mov ax, 0xe400
    mov es, ax
    mov word [es:0], 0x5555
    expect 0x5555, 9
    quit 0
    """, kib * 1024)
    assert result.status == 0, result.err
    # Into ROM (where there is some) and into write-protected RAM.
    assert stats["rom_writes"] == (2 if kib == 128 else 1)


@pytest.mark.kvm
def test_firmware_shadows_itself_and_reset_ends_it(tmp_path):
    """Copies F0000 over itself, goes on in RAM, changes it; after a reset the ROM is there again."""
    result, _ = run_rom(tmp_path, """
    mov ax, cs
    mov es, ax
    mov al, 0x40                ; CMOS byte: has there been a reset?
    out 0x70, al
    in al, 0x71
    cmp al, 0x77
    je again
    set_pam 0x59, 0x20
    mov ax, cs
    mov ds, ax
    xor si, si
    xor di, di
    mov cx, 0x8000
    cld
    rep movsw
    set_pam 0x59, 0x30
    putc 'r'
    cmp byte [es:word marker], 'o'
    je unchanged
    quit 1
unchanged:
    mov byte [es:word marker], 'n'
    putc [es:word marker]
    set_pam 0x59, 0x10
    mov byte [es:word marker], 'x'
    putc [es:word marker]
    mov al, 0x40
    out 0x70, al
    mov al, 0x77
    out 0x71, al
    mov dx, 0xcf9
    mov al, 6
    out dx, al
    hlt
again:
    putc [es:word marker]
    quit 0
marker: db 'o'
    """)
    assert result.status == 0, result.err
    assert result.out == b"rnno"


@pytest.mark.kvm
def test_devices_see_shadowed_ram(tmp_path):
    """fw_cfg's DMA: into RAM over a segment's end, and not into a write-protected or absent segment."""
    result, _ = run_rom(tmp_path, """
    set_pam 0x5e, 0x33
    mov edi, 0xe3ffe
    call dma
    mov ax, 0xe3ff
    mov es, ax
    cmp dword [es:14], 'QEMU'
    je across
    quit 1
across:
    set_pam 0x5e, 0x31          ; E0000 write-protected, E4000 RAM
    call dma                    ; over the line between them
    mov edi, 0xe4000
    call dma
    mov edi, 0xe0000
    call dma
    mov edi, 0xd0000
    call dma
    quit 0
dma:                            ; four bytes of the signature to edi; prints the result's low digit
    mov dword [0x600], 0x0a000000       ; control, big-endian: select item 0, read
    mov dword [0x604], 0x04000000
    mov dword [0x608], 0
    mov eax, edi
    bswap eax
    mov [0x60c], eax
    mov eax, 0x00060000         ; 0x600, big-endian
    mov dx, 0x518
    out dx, eax
    mov al, [0x603]
    add al, '0'
    putc al
    ret
    """)
    assert result.status == 0, result.err
    assert result.out == b"01011"


@pytest.mark.kvm
def test_all_registers_all_values(tmp_path):
    """Every value in every register, one after the other: slots come and go, the guest goes on."""
    result, _ = run_rom(tmp_path, """
    mov cx, 256
values:
    mov bl, cl
    dec bl
    mov si, 0x5a
registers:
    call pam
    inc si
    cmp si, 0x60
    jne registers
    dec cx
    jnz values
    quit 0
    """)
    assert result.status == 0, result.err

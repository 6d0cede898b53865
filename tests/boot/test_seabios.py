# SPDX-License-Identifier: MIT
"""Debian's SeaBIOS as this host's ROM: it shadows itself, finds its disks, starts what is on them."""
import pathlib
import shutil

import pytest

from assemble import boot_sector
from machine import BUILD, SECTOR, boot, check_golden, without_door

SEABIOS = pathlib.Path("/usr/share/seabios/bios-256k.bin")

pytestmark = [
    pytest.mark.kvm,
    pytest.mark.skipif(not SEABIOS.exists(), reason=f"no {SEABIOS} (Debian package seabios)"),
]

DISKS = ["--ata", "--virtio-blk"]

HELLO = """
    xor ax, ax
    mov ds, ax
    mov si, text
next:
    lodsb
    test al, al
    jz done
    putc al
    jmp next
done:
    quit STATUS
text: db "boot sector", 13, 10, 0
"""


def disk(tmp_path, sector, name="disk.img", rest=b""):
    path = tmp_path / name
    path.write_bytes((sector + rest).ljust(1 << 20, b"\0"))
    return path


def seabios(tmp_path, *arguments, firmware=SEABIOS):
    log = tmp_path / "seabios.log"
    result = boot("--firmware", firmware, "--debugcon", log, *arguments)
    return result, log.read_text(errors="replace")


@pytest.mark.parametrize("option", DISKS)
def test_boot_sector_runs(option, tmp_path):
    """--strict: SeaBIOS touches nothing that this machine does not answer, or is known to lack."""
    sector = boot_sector(tmp_path, "%define STATUS 0\n" + HELLO)
    result, log = seabios(tmp_path, option, disk(tmp_path, sector), "--strict")
    assert result.status == 0, result.err
    assert result.out == b"boot sector\r\n"
    assert "Running on QEMU (i440fx)" in log
    assert "qemu/e820: addr 0x0000000000100000 len 0x000000003ff00000 [RAM]" in log
    assert ("using modern (1.0) virtio mode" in log) == (option == "--virtio-blk")
    assert ("ata0-0: Trapline" in log) == (option == "--ata")
    assert "Booting from 0000:7c00" in log


def test_small_rom_and_its_failure_status(tmp_path):
    """The 128 KiB build, of which all shows below 1 MiB; and a guest that reports a failure."""
    small = SEABIOS.with_name("bios.bin")
    if not small.exists():
        pytest.skip(f"no {small}")
    sector = boot_sector(tmp_path, "%define STATUS 7\n" + HELLO)
    result, _ = seabios(tmp_path, "--ata", disk(tmp_path, sector), firmware=small)
    assert result.status == 16 + 7
    assert result.out == b"boot sector\r\n"


@pytest.mark.parametrize("option", DISKS)
def test_boot_sector_reads_on_by_int_13h(option, tmp_path):
    """LBA 300 by AH=42h, to 0x8000; then the same drive again as a boot loader would: 127 sectors."""
    sector = boot_sector(tmp_path, """
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov si, packet
    mov ah, 0x42
    int 0x13
    jc failed
    mov si, 0x8000
    mov cx, 6
next:
    lodsb
    putc al
    loop next
    mov word [packet + 2], 127
    mov dl, 0x80
    mov si, packet
    mov ah, 0x42
    int 0x13
    jc failed
    mov ax, 0x8000 / 16 + 126 * 32
    mov es, ax
    putc [es:0]
    quit 0
failed:
    quit 9
packet: db 16, 0
    dw 1, 0x8000, 0
    dq 300
    """)
    rest = bytearray(600 * SECTOR)
    rest[299 * SECTOR:299 * SECTOR + 6] = b"LBA300"
    rest[(299 + 126) * SECTOR] = ord("!")
    path = tmp_path / "disk.img"
    path.write_bytes((sector + bytes(rest)).ljust(1 << 20, b"\0"))
    result, _ = seabios(tmp_path, option, path)
    assert result.status == 0, result.err
    assert result.out == b"LBA300!"


def test_memory_map_and_reset(tmp_path):
    """INT 15h E820 tells the RAM; a reset through 0xcf9 starts the ROM (not its shadow) again."""
    sector = boot_sector(tmp_path, """
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov al, 0x40
    out 0x70, al
    in al, 0x71
    cmp al, 0x77
    je again
    xor ebx, ebx
next:
    mov eax, 0xe820
    mov edx, 0x534d4150
    mov ecx, 20
    mov di, 0x8000
    int 0x15
    jc failed
    cmp dword [0x8010], 1       ; RAM
    jne other
    cmp dword [0x8000], 0x100000
    jne other
    putc 'R'
    mov eax, [0x8008]           ; in MiB
    shr eax, 20
    putc al
other:
    test ebx, ebx
    jnz next
    mov al, 0x40
    out 0x70, al
    mov al, 0x77
    out 0x71, al
    mov dx, 0xcf9
    mov al, 6
    out dx, al
    hlt
again:
    putc 'A'
    quit 0
failed:
    quit 9
    """)
    result, log = seabios(tmp_path, "--ata", disk(tmp_path, sector), "--mem", "64M")
    assert result.status == 0, result.err
    assert result.out == b"R" + bytes([63]) + b"A"
    assert log.count("SeaBIOS (version") >= 2


@pytest.mark.parametrize("option", DISKS)
def test_the_first_disk_with_a_boot_sector_starts(option, tmp_path):
    """Among others without one, and IDE before virtio."""
    sector = boot_sector(tmp_path, "%define STATUS 0\n" + HELLO)
    good = disk(tmp_path, sector, "good.img")
    empty, also_empty = (disk(tmp_path, b"", name) for name in ("empty1.img", "empty2.img"))
    wrong = disk(tmp_path, boot_sector(tmp_path, "quit 9"), "wrong.img")
    arguments = ["--ata", empty, "--virtio-blk", also_empty, option, good]
    if option == "--ata":
        arguments += ["--virtio-blk", wrong]
    result, _ = seabios(tmp_path, *arguments)
    assert result.status == 0, result.err
    assert result.out == b"boot sector\r\n"


@pytest.mark.parametrize("option", DISKS)
def test_the_disk_image(option, tmp_path):
    """build/trapline.img, as somebody else's BIOS starts it."""
    image = BUILD / "trapline.img"
    if not image.exists():
        pytest.skip(f"no {image}: not built")
    result, log = seabios(tmp_path, option, shutil.copy(image, tmp_path))
    assert "Booting from 0000:7c00" in log
    assert result.status == 0, result.err
    check_golden(f"host-seabios-{option.lstrip('-')}.txt", result.out)
    rom = boot(option, shutil.copy(image, tmp_path / "again.img"))
    assert without_door(result.out) == without_door(rom.out)

# SPDX-License-Identifier: MIT
"""ATA by bus-master DMA: the climb on the host and on QEMU's PIIX, the copy job, resets in the middle."""
import json

import pytest

from assemble import rom
from machine import SECTOR, boot, boot_with_stats, disk, pattern, qemu, run
from test_interrupts import counts

kvm = pytest.mark.kvm

WAYS = ["dma", "dma irq", "dma irq=pic"]
MIB = 1 << 20


def rung_7(result):
    return [line for line in result.out.decode().splitlines() if line.startswith("rung 7")]


def other_lines(result):
    return [line for line in result.out.decode().splitlines()
            if not line.startswith(("rung 6", "rung 7"))]


@kvm
@pytest.mark.parametrize("way", WAYS)
def test_climb(way, tmp_path):
    first, second = disk(tmp_path / "first"), disk(tmp_path / "second", sectors=100, seed=2)
    before = first.read_bytes(), second.read_bytes()
    plain = boot("--ata", first, "--ata", second, "--cmd", "write")
    result, stats = boot_with_stats(tmp_path, "--ata", first, "--ata", second, "--cmd",
                                    f"write {way}")
    assert result.status == 0, result.out.decode()
    assert rung_7(result) == [
        "rung 7 long64 ata: ata0 2048 sectors, LBA28 and LBA48, multiple 16, DMA, 6 reads agree, "
        "6 writes agree",
        "rung 7 long64 ata: ata1 100 sectors, LBA28 and LBA48, multiple 16, DMA, 6 reads agree, "
        "6 writes agree"]
    assert other_lines(result) == other_lines(plain)
    assert stats["by_device"]["ide-dma"] > 0 and stats["odd"] == 0
    assert (first.read_bytes(), second.read_bytes()) == before


@kvm
def test_the_bus_master_is_used_only_where_it_is_asked_for(ata, tmp_path):
    plain, stats = boot_with_stats(tmp_path, "--ata", ata)
    assert "DMA" not in plain.out.decode() and "ide-dma" not in stats["by_device"]
    for near in ("require=ata", "copy-chunk=1"):
        _, stats = boot_with_stats(tmp_path, "--ata", ata, "--cmd", near)
        assert "ide-dma" not in stats["by_device"]


def copy_job(tmp_path, words, length=MIB):
    """16 pieces from one disk to the other: what the guest counted, and the statistics."""
    source, target = disk(tmp_path / "source", sectors=length // 512), tmp_path / "target"
    target.write_bytes(bytes(length))
    result, stats = boot_with_stats(tmp_path, "--ata", f"{source},ro", "--ata", target, "--cmd",
                                    f"verbose copy=ata copy-length={length} copy-chunk={length // 16} {words}")
    assert result.status == 0, result.out.decode()
    assert target.read_bytes() == source.read_bytes()
    return counts(result), stats["interrupts_by_device"]["ata"], stats["workers"]["ata"]["requests"]


@kvm
@pytest.mark.parametrize("way", WAYS[1:])
def test_interrupts_of_dma_are_taken(way, tmp_path):
    """One is raised for each command; the FLUSH raises one more, and is over before the guest would sleep.
    A tick may end a sleep first, so not each is taken in every run. A mebibyte takes the worker longer than
    the guest takes to look."""
    for _ in range(8):
        (taken, _, spurious), raised, requests = copy_job(tmp_path, way, 16 * MIB)
        assert (requests, raised, spurious) == (32, 33, 0)
        assert taken <= raised
        if taken > 0:
            return
    raise AssertionError("none was ever taken")


@kvm
@pytest.mark.parametrize("way", ["irq", "irq=pic"])
def test_interrupts_of_pio_are_raised_in_vain(way, tmp_path):
    """One for each 16 sectors, read or written, and for the FLUSH: each command is done before the access
    that asks for it returns, so the driver never sleeps."""
    (taken, _, spurious), raised, requests = copy_job(tmp_path, way)
    assert (taken, spurious, raised, requests) == (0, 0, 2 * MIB // 8192 + 1, 0)


@pytest.mark.parametrize("way", WAYS)
def test_climb_on_qemu(way, tmp_path):
    image = disk(tmp_path / "disk")
    before = image.read_bytes()
    result = qemu("-drive", f"file={image},format=raw,if=ide", cmd=f"write {way}")
    assert result.status == 0, result.out.decode()
    assert rung_7(result) == [
        "rung 7 long64 ata: ata0 2048 sectors, LBA28 and LBA48, multiple 16, DMA, 6 reads agree, "
        "6 writes agree"]
    assert image.read_bytes() == before


def test_qemu_without_an_ide_function(tmp_path):
    """A q35 has AHCI: no disk here, with the word or without."""
    image = disk(tmp_path / "disk")
    result = qemu("-drive", f"file={image},format=raw,if=ide", machine="q35", cmd="dma")
    assert result.status == 0 and rung_7(result) == ["rung 7 long64 ata: absent"]


# --- copy ---

@kvm
@pytest.mark.parametrize("options", [["--wait", "poll"], []], ids=["polled", "irq"])
def test_copy(options, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(pattern(24 * MIB + 7))
    result = run("copy", "--json", "--via", "ata,mode=dma", *options, source, target)
    assert result.status == 0, result.err
    assert target.read_bytes() == source.read_bytes()
    answer = json.loads(result.out)
    assert answer["verified"] is True
    assert answer["exits_per_mib"] <= 40  # reading and writing it, a mebibyte a request


@kvm
@pytest.mark.parametrize("size", ["512", "1536", "100K", "64M"])
def test_copy_by_requests_of_other_sizes(size, tmp_path):
    """64M is more than a command takes."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(pattern(100_001 if size != "64M" else 40 * MIB + 513))
    result = run("copy", "--via", "ata,mode=dma", "--chunk-size", size, source, target)
    assert result.status == 0, result.err
    assert target.read_bytes() == source.read_bytes()


@kvm
def test_copy_by_pio_is_still_there(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(pattern(MIB))
    result = run("copy", "--json", "--via", "ata,mode=pio", source, target)
    assert result.status == 0, result.err
    assert target.read_bytes() == source.read_bytes()
    assert json.loads(result.out)["exits_per_mib"] > 1000


# --- a guest of its own: a write by DMA, and a reset in the middle ---

# Eight regions of 64 KiB, all of guest memory from 64 KiB to 576 KiB, which is filled with a5. Once
# after power-on it starts the write and resets (how: RESET); then, or without a reset, it waits until
# BSY is gone, and ends.
GUEST = """
    xor ax, ax
    mov ds, ax
    mov ss, ax
    mov sp, 0x4000
    cmp dword [0x500], 0x50415254
    je again
    mov dword [0x500], 0x50415254
    mov ax, 0x1000 ; 8 pieces of 64 KiB
fill:
    mov es, ax
    push ax
    xor di, di
    mov cx, 0x4000
    mov eax, 0xa5a5a5a5
    rep stosd
    pop ax
    add ax, 0x1000
    cmp ax, 0x9000
    jne fill
    mov di, 0x1000 ; the table
    mov eax, 0x10000
table:
    mov [di], eax
    mov dword [di+4], 0
    add di, 8
    add eax, 0x10000
    cmp eax, 0x90000
    jne table
    mov byte [di-1], 0x80
    mov bx, 0xc001 ; BAR 4, decode and bus mastering
    mov eax, 0x80000920
    call config
    mov bx, 5
    mov eax, 0x80000904
    call config
    mov dx, 0xc004
    mov eax, 0x1000
    out dx, eax
    mov dx, 0xc000
    mov al, 0
    out dx, al
    mov dx, 0x1f6 ; LBA 1000, 1024 sectors
    mov al, 0x40
    out dx, al
    mov si, registers
    mov cx, 8
task:
    mov dl, [cs:si]
    mov dh, 1
    mov al, [cs:si+1]
    out dx, al
    add si, 2
    loop task
    mov dx, 0x1f7
    mov al, 0x35 ; WRITE DMA EXT
    out dx, al
    mov dx, 0xc000
    mov al, 1
    out dx, al
    RESET
again:
    mov dx, 0x1f7
busy:
    in al, dx
    test al, 0x80
    jnz busy
    quit 0
config:
    mov dx, 0xcf8
    out dx, eax
    mov dx, 0xcfc
    mov ax, bx
    out dx, ax
    ret
registers:
    db 0xf2, 4, 0xf3, 0, 0xf4, 0, 0xf5, 0, 0xf2, 0, 0xf3, 0xe8, 0xf4, 3, 0xf5, 0
"""

RESETS = {
    "none": "",
    "software": "mov dx, 0x3f6\nmov al, 4\nout dx, al\nmov al, 0\nout dx, al",
    "machine": "mov dx, 0xcf9\nmov al, 6\nout dx, al\nhlt",
    "stop": "mov dx, 0xc000\nmov al, 0\nout dx, al",
}


@kvm
@pytest.mark.parametrize("how", RESETS)
def test_21_reset_in_the_middle_of_a_write(how, tmp_path):
    """Adverse case 21: what was under way completes at its own LBA or not at all."""
    image = disk(tmp_path / "disk", sectors=4096)
    before = image.read_bytes()
    guest = tmp_path / "guest.rom"
    guest.write_bytes(rom(tmp_path, GUEST.replace("RESET", RESETS[how])))
    result = boot("--firmware", guest, "--ata", image, "--cmd", "dma")
    assert result.status == 0, result.err
    after = image.read_bytes()
    begin, end = 1000 * SECTOR, 2024 * SECTOR
    assert after[:begin] == before[:begin]
    assert after[end:] == before[end:]
    if how == "none":
        assert after[begin:end] == b"\xa5" * (end - begin)
    for at in range(begin, end, SECTOR):
        assert after[at:at + SECTOR] in (before[at:at + SECTOR], b"\xa5" * SECTOR)

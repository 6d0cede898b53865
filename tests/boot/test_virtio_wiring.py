# SPDX-License-Identifier: MIT
"""How a virtio disk's doorbells reach its thread, and its interrupts the guest: counted in exits, with
little guests that drive the registers themselves."""
import json

import pytest

from assemble import assemble, elf, pvh_note
from machine import boot_with_stats, pattern, run

pytestmark = pytest.mark.kvm

# 32-bit code with segments of its own. The disk's first ring is at 0x200000, with two chains in it, whose
# heads are 0 and 4: each reads 64 KiB from sector 0 to DATA. interrupts: how many came.
START = """
bits 32
org 0x100000
%define AVAIL 0x201000
%define USED 0x202000
%define HEADER 0x203000
%define STATUS 0x203100
%define DATA 0x204000
%define LAPIC 0xfee00000
    lgdt [gdt_pointer]
    jmp 8:start
align 8
gdt:
    dq 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdt_pointer:
    dw 23
    dd gdt
idt_pointer:
    dw 0x41 * 8 + 7
    dd idt
interrupts: dd 0

%macro config_write 2 ; of 00:03.0: register, value
    push dword %2
    mov eax, 0x80001800 | (%1)
    mov dx, 0xcf8
    out dx, eax
    pop eax
    mov dx, 0xcfc
    out dx, eax
%endmacro

; Submits a chain once more: ecx counts them.
%macro offer 0-1 0
    mov byte [STATUS], 0xff
    mov eax, ecx
    and eax, 7
    mov word [AVAIL + 4 + eax * 2], %1
    inc ecx
    mov [AVAIL + 2], cx
%endmacro

; Waits for it without sleeping.
%macro await 0
    mov esi, 1000000
%%again:
    cmp [USED + 2], cx
    je %%done
    dec esi
    jnz %%again
    quit 2
%%done:
    cmp byte [STATUS], 0
    jne bad_status
%endmacro

; Vector 0x41 goes to handler, and the local APIC is on.
%macro interrupts_on 0
    mov al, 0xff
    out 0x21, al
    out 0xa1, al
    mov eax, handler
    mov [idt + 0x41 * 8], ax
    mov word [idt + 0x41 * 8 + 2], 8
    mov word [idt + 0x41 * 8 + 4], 0x8e00
    shr eax, 16
    mov [idt + 0x41 * 8 + 6], ax
    lidt [idt_pointer]
    mov dword [LAPIC + 0xf0], 0x1ff
%endmacro

start:
    mov ax, 16
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov esp, 0x180000
    mov dword [0x200000], HEADER
    mov dword [0x200004], 0
    mov dword [0x200008], 16
    mov dword [0x20000c], 0x00010001
    mov dword [0x200010], DATA
    mov dword [0x200014], 0
    mov dword [0x200018], 65536
    mov dword [0x20001c], 0x00020003
    mov dword [0x200020], STATUS
    mov dword [0x200024], 0
    mov dword [0x200028], 1
    mov dword [0x20002c], 2
    mov esi, 0x200000
    mov edi, 0x200040
    mov ecx, 12
    rep movsd
    mov byte [0x20004e], 5
    mov byte [0x20005e], 6
    mov edi, HEADER
    mov ecx, 4
    xor eax, eax
    rep stosd
    mov dword [AVAIL], WITH_INTERRUPTS ^ 1
    mov dword [USED], 0
    xor ecx, ecx
"""

END = """
finish:
    cmp dword [DATA], 'Trap'
    jne bad_data
    quit 0
bad_status:
    quit 3
bad_data:
    quit 4
too_many:
    quit 5
align 8
idt: times 0x42 dq 0
"""

PLACES = "%define PLACE 0xc0000000\n%define OTHER_PLACE 0xd0000000\n"

# ebx: where BAR 4 is
PCI = START + PLACES + """
    config_write 0x24, 0
    config_write 0x20, PLACE
    config_write 0x04, 6
    mov ebx, PLACE
    mov byte [ebx + 0x14], 1
    mov byte [ebx + 0x14], 3
    mov dword [ebx + 0x08], 1
    mov dword [ebx + 0x0c], 1
    mov byte [ebx + 0x14], 0xb
    mov word [ebx + 0x16], 0
    mov word [ebx + 0x18], 8
    mov dword [ebx + 0x20], 0x200000
    mov dword [ebx + 0x28], AVAIL
    mov dword [ebx + 0x30], USED
    mov word [ebx + 0x1c], 1
    mov byte [ebx + 0x14], 0xf
"""

MMIO = START + """
    mov ebx, 0xfeb00000
    mov dword [ebx + 0x70], 1
    mov dword [ebx + 0x70], 3
    mov dword [ebx + 0x24], 1
    mov dword [ebx + 0x20], 1
    mov dword [ebx + 0x70], 0xb
    mov dword [ebx + 0x30], 0
    mov dword [ebx + 0x38], 8
    mov dword [ebx + 0x80], 0x200000
    mov dword [ebx + 0x90], AVAIL
    mov dword [ebx + 0xa0], USED
    mov dword [ebx + 0x44], 1
    mov dword [ebx + 0x70], 0xf
"""

PCI_RING = "mov word [ebx + 0x3000], 0"
MMIO_RING = "mov dword [ebx + 0x50], 0"

POLL = """
again:
    offer
    {ring}
    await
    cmp ecx, COUNT
    jb again
""" + END

# The BAR moves, or goes and comes back, while the request is with the disk's thread. Where it was, nobody
# is.
MOVE = f"""
again:
    offer
    {PCI_RING}
    config_write 0x04, 4
    xor ebx, PLACE ^ OTHER_PLACE
    config_write 0x20, ebx
    config_write 0x04, 6
    mov eax, ebx
    xor eax, PLACE ^ OTHER_PLACE
    mov word [eax + 0x3000], 0
    await
    offer
    {PCI_RING}
    xor ebx, PLACE ^ OTHER_PLACE
    config_write 0x20, ebx
    await
    cmp ecx, COUNT
    jb again
""" + END

# Each width, then a doorbell that is not there.
STORM = """
    mov edi, COUNT
storm:
    mov [ebx + 0x3000], al
    mov [ebx + 0x3000], ax
    mov [ebx + 0x3000], eax
    dec edi
    jnz storm
    mov word [ebx + 0x3004], 1
    offer
    mov word [ebx + 0x3000], 0
    await
""" + END

MMIO_STORM = """
    mov edi, COUNT
storm:
    mov dword [ebx + 0x50], 0
    dec edi
    jnz storm
    mov dword [ebx + 0x50], 1
    mov dword [ebx + 0x50], 0xffffffff
    offer
    mov dword [ebx + 0x50], 0
    await
""" + END

SLEEP = """
again:
    {offers}
    {ring}
sleep:
    sti
    hlt
woken:
    cmp [USED + 2], cx
    jne sleep
    cmp byte [STATUS], 0
    jne bad_status
    cmp ecx, COUNT
    jb again
    {count}
    jmp finish
; It comes during hlt, so it knows where to go on: software KVM has no iret for this mode.
handler:
    mov esp, 0x180000
    {acknowledge}
    inc dword [interrupts]
    mov dword [LAPIC + 0xb0], 0
    jmp woken
""" + END

# One request after the other, and an interrupt for each
ONE = {"offers": "offer", "count": """
    cmp [interrupts], ecx
    jne too_many
"""}
# Two at once, and an interrupt for each or for both
TWO = {"offers": "offer\n    offer 4", "count": """
    cmp [interrupts], ecx
    ja too_many
"""}

# The queue has vector 1. The capability is where the others end.
MSIX_ON = """
    interrupts_on
    mov dword [ebx + 0x4010], LAPIC
    mov dword [ebx + 0x4014], 0
    mov dword [ebx + 0x4018], 0x41
    mov dword [ebx + 0x401c], 0
    mov eax, 0x80001898
    mov dx, 0xcf8
    out dx, eax
    mov dx, 0xcfc
    in al, dx
    cmp al, 0x11
    jne bad_data
    config_write 0x98, 0x80000000
    mov word [ebx + 0x1a], 1
    cmp word [ebx + 0x1a], 1
    jne bad_data
"""
MSIX = {"ring": PCI_RING, "acknowledge": ""}

# Input 5 of the IO-APIC, level-triggered
LINE_ON = """
    interrupts_on
    mov dword [0xfec00000], 0x10 + 5 * 2 + 1
    mov dword [0xfec00010], 0
    mov dword [0xfec00000], 0x10 + 5 * 2
    mov dword [0xfec00010], 0x8041
"""
LINE = {"ring": MMIO_RING, "acknowledge": """
    mov eax, [ebx + 0x60]
    mov [ebx + 0x64], eax
"""}

TRANSPORT = {"pci": (PCI, PCI_RING), "mmio": (MMIO, MMIO_RING)}


def start(tmp_path, virtio, source, *options, count, interrupts=False):
    """The guest runs to its end; the exits of its disk."""
    defines = f"%define COUNT {count}\n%define WITH_INTERRUPTS {int(interrupts)}\n"
    code = assemble(tmp_path, defines + source)
    kernel = tmp_path / "guest.elf"
    kernel.write_bytes(elf(code, note=pvh_note(0x100000), memory=0x8000))
    result, stats = boot_with_stats(tmp_path, "--kernel", kernel, "--virtio-blk", virtio, *options)
    assert result.status == 0, result.err
    return stats["by_device"]["virtio-blk0"], stats


@pytest.mark.parametrize("transport", TRANSPORT)
def test_a_doorbell_is_no_exit(transport, tmp_path, virtio):
    code, ring = TRANSPORT[transport]
    few, many = (start(tmp_path, virtio, code + POLL.format(ring=ring), "--virtio-transport", transport,
                       count=count)[0] for count in (10, 60))
    assert many == few


@pytest.mark.parametrize("transport", TRANSPORT)
def test_with_mode_trap_each_is_one(transport, tmp_path, virtio):
    code, ring = TRANSPORT[transport]
    few, many = (start(tmp_path, f"{virtio},mode=trap", code + POLL.format(ring=ring),
                       "--virtio-transport", transport, count=count)[0] for count in (10, 60))
    assert many == few + 50


@pytest.mark.parametrize("mode", ["eventfd", "trap"])
def test_27_the_bar_moves_with_requests_in_flight(mode, tmp_path, virtio):
    few, _ = start(tmp_path, f"{virtio},mode={mode}", PCI + MOVE, count=10)
    many, stats = start(tmp_path, f"{virtio},mode={mode}", PCI + MOVE, count=60)
    assert many == few + (50 if mode == "trap" else 0)
    # A doorbell that KVM still had at the old place would ring there, and nobody would miss it here.
    assert stats["unclaimed"] == 30 and stats["refused_doorbells"] == 0
    if mode == "eventfd":
        assert stats["workers"]["virtio-blk0"]["doorbells"] == 60


def test_14_kick_storm(tmp_path, virtio):
    """Every width rings on PCI; nothing else goes wrong, and the disk still works."""
    _, stats = start(tmp_path, virtio, PCI + STORM, count=30_000)
    assert stats["by_device"]["virtio-blk0"] < 30
    assert stats["odd"] == 1  # the doorbell of a queue that is not there


def test_14_kick_storm_over_mmio(tmp_path, virtio):
    """The queue's number rings; others are exits, and are ignored."""
    mmio = "--virtio-transport", "mmio"
    without, _ = start(tmp_path, virtio, MMIO + POLL.format(ring=MMIO_RING), *mmio, count=1)
    storm, stats = start(tmp_path, virtio, MMIO + MMIO_STORM, *mmio, count=50_000)
    assert storm == without + 2 and stats["odd"] == 0


def test_msix_wakes_the_guest_without_an_exit(tmp_path, virtio):
    """As many messages as requests, which the guest counts, too."""
    code = PCI + MSIX_ON + SLEEP.format(**MSIX, **ONE)
    few, _ = start(tmp_path, virtio, code, count=10, interrupts=True)
    many, stats = start(tmp_path, virtio, code, count=210, interrupts=True)
    assert many == few and stats["interrupts_by_device"] == {"virtio-blk0": 210}


def test_msix_from_the_vcpu_thread(tmp_path, virtio):
    code = PCI + MSIX_ON + SLEEP.format(**MSIX, **ONE)
    _, stats = start(tmp_path, f"{virtio},mode=trap", code, count=50, interrupts=True)
    assert stats["interrupts_by_device"] == {"virtio-blk0": 50}


def test_a_line_costs_two_exits(tmp_path, virtio):
    code = MMIO + LINE_ON + SLEEP.format(**LINE, **ONE)
    few, many = (start(tmp_path, virtio, code, "--virtio-transport", "mmio", count=count,
                       interrupts=True) for count in (10, 210))
    assert many[0] == few[0] + 2 * 200
    assert many[1]["interrupts_by_device"] == {"virtio-blk0": 210}


def test_no_message_is_lost_with_two_in_flight(tmp_path, virtio):
    code = PCI + MSIX_ON + SLEEP.format(**MSIX, **TWO)
    few, many = (start(tmp_path, virtio, code, count=count, interrupts=True)[0] for count in (10, 800))
    assert many == few


def test_no_raise_of_a_line_is_lost_with_two_in_flight(tmp_path, virtio):
    code = MMIO + LINE_ON + SLEEP.format(**LINE, **TWO)
    exits, _ = start(tmp_path, virtio, code, "--virtio-transport", "mmio", count=800, interrupts=True)
    assert exits <= 2 * 800 + 20


@pytest.mark.parametrize("transport", TRANSPORT)
def test_exits_of_a_copy_do_not_grow_with_its_requests(transport, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(pattern(3_000_001))
    exits = []
    for size in ("1M", "64K"):
        target, stats = tmp_path / f"target-{size}", tmp_path / "stats.json"
        result = run("copy", "--via", "virtio-blk", "--virtio-transport", transport, "--chunk-size", size,
                     "--wait", "poll", "--stats-json", stats, source, target)
        assert result.status == 0, result.err
        assert target.read_bytes() == source.read_bytes()
        by_device = json.loads(stats.read_text())["by_device"]
        exits.append([by_device[name] for name in by_device if name.startswith("virtio-blk")])
    assert exits[0] == exits[1] and len(exits[0]) == 2

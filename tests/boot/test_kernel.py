# SPDX-License-Identifier: MIT
"""--kernel: other people's kernels, by PVH and by multiboot, and what such a kernel expects to find."""
import pytest

from assemble import EM_X86_64, assemble, elf, multiboot_header, pvh_note
from machine import BUILD, boot, boot_with_stats, check_golden, run, without_door

BASE = 0x100000

# 32-bit routines: everything that a kernel is told, in hexadecimal.
ROUTINES = """
hex32:                          ; prints eax, and a blank
    mov ecx, 8
    mov ebx, eax
.digit:
    rol ebx, 4
    mov al, bl
    and al, 15
    cmp al, 10
    sbb al, 0x69
    das                         ; 0-9, A-F
    putc al
    loop .digit
    putc ' '
    ret
string:                         ; prints what esi points to, and the end of the line
    lodsb
    test al, al
    jz .end
    putc al
    jmp string
.end:
    putc 10
    ret
"""

ENTRY = """
%macro show 1
    mov eax, %1
    call hex32
%endmacro
%macro line 0
    putc 10
%endmacro
bits 32
org 0x100000
start:
    mov esp, stack_top
    mov [at_entry], eax
    mov [at_entry + 4], ebx
    pushfd
    pop dword [at_entry + 8]
    jmp main
"""

DATA = """
align 16
at_entry: dd 0, 0, 0
stack: times 512 db 0
stack_top:
"""

TELL_PVH = ENTRY + """
main:
    mov eax, cr0
    call hex32
    mov eax, cr4
    call hex32
    show [at_entry + 8]
    line
    mov ebp, [at_entry + 4]
    show [ebp]                  ; magic
    show [ebp + 4]              ; version
    show [ebp + 8]              ; flags
    show [ebp + 0xc]            ; modules
    show [ebp + 0x30]           ; entries of the memory map
    line
    mov esi, [ebp + 0x18]
    call string
    mov edi, [ebp + 0x28]
    mov edx, [ebp + 0x30]
    mov [count], edx
entry:
    show [edi + 4]
    show [edi]
    show [edi + 12]
    show [edi + 8]
    show [edi + 16]
    line
    add edi, 24
    dec dword [count]
    jnz entry
    cmp dword [ebp + 0xc], 0
    je done
    mov edi, [ebp + 0x10]
    show [edi + 8]              ; the module's size
    mov esi, [edi + 0x10]
    call string
    mov esi, [edi]
    call string
done:
    quit 0
count: dd 0
""" + ROUTINES + DATA

TELL_MULTIBOOT = ENTRY + """
main:
    mov eax, cr0
    call hex32
    mov eax, cr4
    call hex32
    show [at_entry + 8]
    show [at_entry]
    line
    mov ebp, [at_entry + 4]
    show [ebp]                  ; flags
    show [ebp + 4]              ; mem_lower
    show [ebp + 8]              ; mem_upper
    show [ebp + 0x14]           ; modules
    line
    mov esi, [ebp + 0x10]
    call string
    mov edi, [ebp + 0x30]
entry:
    show [edi + 8]
    show [edi + 4]
    show [edi + 16]
    show [edi + 12]
    show [edi + 20]
    line
    add edi, [edi]
    add edi, 4
    mov eax, [ebp + 0x30]
    add eax, [ebp + 0x2c]
    cmp edi, eax
    jb entry
    cmp dword [ebp + 0x14], 0
    je done
    mov edi, [ebp + 0x18]
    mov eax, [edi + 4]
    sub eax, [edi]
    call hex32
    mov esi, [edi + 8]
    call string
    mov esi, [edi]
    call string
done:
    quit 0
""" + ROUTINES + DATA


def write(tmp_path, data, name="kernel"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def pvh_kernel(tmp_path, source, bits=64, **more):
    code = assemble(tmp_path, source)
    return write(tmp_path, elf(code, bits, note=pvh_note(BASE), memory=0x8000, **more))


def multiboot_kernel(tmp_path, source, bits=32, flags=3, **more):
    code = assemble(tmp_path, source)
    return write(tmp_path, elf(code, bits, header=multiboot_header(flags), memory=0x8000, **more))


# --- what the kernel is told ---

@pytest.mark.kvm
@pytest.mark.parametrize("bits", [32, 64])
def test_pvh_start_info(bits, tmp_path):
    kernel = pvh_kernel(tmp_path, TELL_PVH, bits)
    module = write(tmp_path, b"what the module holds\0", "module.bin")
    result = boot("--kernel", kernel, "--cmd", "one two=3", "--initrd", module, "--mem", "64M")
    assert result.status == 0, result.err
    assert result.out.decode().splitlines() == [
        "00000011 00000000 00000002 ",
        "336EC578 00000001 00000000 00000001 00000002 ",
        "one two=3",
        "00000000 00000000 00000000 000A0000 00000001 ",
        "00000000 00100000 00000000 03F00000 00000001 ",
        "00000016 module.bin",
        "what the module holds"]


@pytest.mark.kvm
@pytest.mark.parametrize("bits", [32, 64])
def test_multiboot_information(bits, tmp_path):
    kernel = multiboot_kernel(tmp_path, TELL_MULTIBOOT, bits)
    module = write(tmp_path, b"what the module holds\0", "module.bin")
    result = boot("--kernel", kernel, "--cmd", "one two=3", "--initrd", module, "--mem", "64M")
    assert result.status == 0, result.err
    assert result.out.decode().splitlines() == [
        "00000011 00000000 00000002 2BADB002 ",
        "0000024D 00000280 0000FC00 00000001 ",
        "one two=3",
        "00000000 00000000 00000000 000A0000 00000001 ",
        "00000000 00100000 00000000 03F00000 00000001 ",
        "00000016 module.bin",
        "what the module holds"]


@pytest.mark.kvm
def test_memory_above_4_gib_no_module_no_command_line(tmp_path):
    result = boot("--kernel", pvh_kernel(tmp_path, TELL_PVH), "--mem", "4G")
    assert result.status == 0, result.err
    assert result.out.decode().splitlines()[1:] == [
        "336EC578 00000001 00000000 00000000 00000003 ",
        "",
        "00000000 00000000 00000000 000A0000 00000001 ",
        "00000000 00100000 00000000 AFF00000 00000001 ",
        "00000001 00000000 00000000 50000000 00000001 "]


@pytest.mark.kvm
def test_flat_image_by_address_fields(tmp_path):
    """Not an ELF file at all: the multiboot header says where it goes."""
    code = assemble(tmp_path, """
bits 32
org 0x200000
header:
    dd 0x1badb002, 0x10000, -(0x1badb002 + 0x10000)
    dd header, header, file_end, file_end + 0x1000, start
start:
    cmp eax, 0x2badb002
    jne wrong
    cmp dword [file_end + 0xffc], 0
    jne wrong
    putc 'f'
    quit 0
wrong:
    quit 1
file_end:
""")
    result = boot("--kernel", write(tmp_path, code))
    assert result.status == 0, result.err
    assert result.out == b"f"


@pytest.mark.kvm
def test_kernel_linked_high(tmp_path):
    """Virtual addresses at 3 GiB: loaded by the physical ones, entered there too."""
    code = assemble(tmp_path, "bits 32\norg 0x100000\nnop\nputc 'h'\nquit 0\n")
    kernel = write(tmp_path, elf(code, 32, address=0xc0100000, paddr=BASE, entry=0xc0100001,
                                 header=multiboot_header(0), memory=4096))
    result = boot("--kernel", kernel)
    assert result.status == 0, result.err
    assert result.out == b"h"


@pytest.mark.kvm
def test_structures_keep_out_of_a_kernel_that_is_everywhere(tmp_path):
    """A segment over all of low memory, and the module behind the one at 1 MiB."""
    tell = TELL_PVH.replace("org 0x100000", "org 0x1000")
    code = assemble(tmp_path, tell)
    kernel = write(tmp_path, elf(code, 64, address=0x1000, note=pvh_note(0x1000), memory=0x9f000))
    module = write(tmp_path, b"module\0" + bytes(3 << 20), "m")
    result = boot("--kernel", kernel, "--initrd", module, "--mem", "8M", "--cmd", "words")
    assert result.status == 0, result.err
    lines = result.out.decode().splitlines()
    assert lines[2] == "words"
    assert lines[-2:] == ["00300007 m", "module"]


# --- what the machine offers it ---

INTERRUPTS = ENTRY + """
%define LAPIC 0xfee00000
%define IOAPIC 0xfec00000
main:
    lgdt [gdt_pointer]
    jmp 8:flat
flat:
    mov ax, 16
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov edi, idt + 8 * 0x20     ; the timer through the 8259s, then through the IO-APIC, the LAPIC's own
    mov eax, on_pic
    call gate
    mov edi, idt + 8 * 0x40
    mov eax, on_apic
    call gate
    mov edi, idt + 8 * 0x41
    call gate
    lidt [idt_pointer]
    mov al, 0x11                ; 8259s: vectors 0x20 and 0x28, only the timer
    out 0x20, al
    out 0xa0, al
    mov al, 0x20
    out 0x21, al
    mov al, 0x28
    out 0xa1, al
    mov al, 4
    out 0x21, al
    mov al, 2
    out 0xa1, al
    mov al, 1
    out 0x21, al
    out 0xa1, al
    mov al, 0xfe
    out 0x21, al
    mov al, 0xff
    out 0xa1, al
    mov al, 0x34                ; PIT channel 0: rate generator, 200 Hz
    out 0x43, al
    mov al, 5966 & 0xff
    out 0x40, al
    mov al, 5966 >> 8
    out 0x40, al
    putc 'p'
    call three
    mov al, 0xff
    out 0x21, al
    mov dword [LAPIC + 0xf0], 0x1ff     ; software enable
    mov dword [IOAPIC], 1
    mov eax, [IOAPIC + 0x10]
    shr eax, 16
    cmp al, 23                  ; 24 inputs
    jne wrong
    mov dword [IOAPIC], 0x10 + 2 * 2 + 1
    mov eax, [LAPIC + 0x20]
    mov [IOAPIC + 0x10], eax    ; to this CPU
    mov dword [IOAPIC], 0x10 + 2 * 2
    mov dword [IOAPIC + 0x10], 0x40
    putc 'i'
    call three
    mov dword [IOAPIC + 0x10], 0x10000  ; masked
    mov dword [LAPIC + 0x3e0], 0xb      ; timer: divide by 1, periodic
    mov dword [LAPIC + 0x320], 0x20041
    mov dword [LAPIC + 0x380], 10000000
    putc 'l'
    call three
    quit 0
wrong:
    quit 1
gate:
    mov [edi], ax
    mov word [edi + 2], 8
    mov word [edi + 4], 0x8e00
    mov edx, eax
    shr edx, 16
    mov [edi + 6], dx
    ret
three:
    mov dword [ticks], 0
.wait:
    sti
    hlt
    jmp .wait
.woken:
    inc dword [ticks]
    cmp dword [ticks], 3
    jb .wait
    putc '3'
    ret
on_pic:                         ; comes from the hlt alone. Not iretd: a software KVM lacks it in this mode
    add esp, 12
    mov al, 0x20
    out 0x20, al
    jmp three.woken
on_apic:
    add esp, 12
    mov dword [LAPIC + 0xb0], 0
    jmp three.woken
ticks: dd 0
align 8
gdt: dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_pointer: dw 23
    dd gdt
idt_pointer: dw 8 * 0x42 - 1
    dd idt
""" + DATA + "align 8\nidt: times 8 * 0x42 db 0\n"


@pytest.mark.kvm
def test_pit_pic_ioapic_and_lapic(tmp_path):
    """The timer through the 8259s, the same through IO-APIC input 2, and the LAPIC's own, three each."""
    result = boot("--kernel", multiboot_kernel(tmp_path, INTERRUPTS), "--strict")
    assert result.status == 0, result.err
    assert result.out == b"p3i3l3"


@pytest.mark.kvm
@pytest.mark.parametrize("make", [pvh_kernel, multiboot_kernel])
def test_reset_puts_the_kernel_there_again(make, tmp_path):
    """Data, bss and entry state as the first time."""
    kernel = make(tmp_path, ENTRY + """
main:
    cmp dword [data], 0x1234
    jne wrong
    cmp dword [0x107000], 0     ; bss
    jne wrong
    mov dword [data], 1
    mov dword [0x107000], 2
    mov al, 0x40
    out 0x70, al
    in al, 0x71
    cmp al, 0x77
    je again
    mov al, 0x77
    out 0x71, al
    putc '1'
    mov dx, 0xcf9
    mov al, 6
    out dx, al
    hlt
again:
    putc '2'
    quit 0
wrong:
    quit 1
data: dd 0x1234
""" + DATA)
    result = boot("--kernel", kernel)
    assert result.status == 0, result.err
    assert result.out == b"12"


@pytest.mark.kvm
def test_no_rom_and_how_it_ends(tmp_path):
    """Nothing shows where the ROM would be; an exception without a table is a triple fault."""
    kernel = pvh_kernel(tmp_path, ENTRY + """
main:
    cmp dword [0xffff0], -1
    jne wrong
    cmp dword [0xfffffff0], -1
    jne wrong
    putc 'n'
    ud2
wrong:
    quit 1
""" + DATA)
    result, stats = boot_with_stats(tmp_path, "--kernel", kernel)
    assert result.status == 121, result.err
    assert "triple fault" in result.err and "mode=prot32" in result.err
    assert result.out == b"n"
    assert stats["rom_writes"] == 0


# --- the program itself, both ways ---

@pytest.mark.kvm
@pytest.mark.parametrize("name", ["trapline.elf", "trapline.mb.elf"])
def test_the_core_by_its_elf_files(name, everything):
    kernel = BUILD / name
    if not kernel.exists():
        pytest.skip(f"no {kernel}: not built")
    result = boot("--kernel", kernel, *everything)
    assert result.status == 0, result.err
    assert result.last_line == "TRAPLINE PASS 9"
    check_golden("host-multiboot.txt" if ".mb." in name else "host-pvh.txt", result.out)
    assert without_door(result.out) == without_door(boot(*everything).out)


# --- wrong use ---

def refused(*arguments, says):
    result = run("run", *arguments)
    assert result.status == 2, result.err
    assert result.out == b""
    lines = result.err.splitlines()
    assert len(lines) == 1, result.err
    for word in says:
        assert word in lines[0], lines[0]


CODE = b"\xb0\x00\xe6\xf4\xf4"  # exit 0


@pytest.mark.parametrize("make, reason", [
    (lambda: b"", "empty"),
    (lambda: b"#!/bin/sh\n", "neither an ELF file nor"),
    (lambda: elf(CODE), "neither a PVH entry note nor a multiboot header"),
    (lambda: elf(CODE, 64, note=pvh_note(BASE))[:60], "cut short"),
    (lambda: elf(CODE, 64, note=pvh_note(BASE))[:100], "program headers"),
    (lambda: elf(CODE, 64, note=pvh_note(BASE))[:-1], "past the end of the file"),
    (lambda: elf(CODE, 64, note=pvh_note(5)), "entry point 0x5"),
    (lambda: elf(CODE, 64, note=pvh_note(BASE), machine=183), "machine 183"),
    (lambda: elf(CODE, 32, header=multiboot_header(0x80)), "unknown"),
])
def test_files_that_are_no_kernels(make, reason, tmp_path):
    path = write(tmp_path, make())
    refused("--kernel", path, says=["--kernel", str(path), reason])


@pytest.mark.kvm
def test_kernels_that_do_not_fit(tmp_path):
    note = pvh_note(BASE)
    big = write(tmp_path, elf(CODE, 64, note=note, memory=1 << 30), "big")
    refused("--kernel", big, "--mem", "64M", says=["--kernel", str(big), "not wholly in RAM", "--mem"])
    rom = write(tmp_path, elf(CODE, 64, address=0xe0000, note=pvh_note(0xe0000)), "rom")
    refused("--kernel", rom, says=["--kernel", str(rom), "0xe0000", "not wholly in RAM"])
    good = write(tmp_path, elf(CODE, 64, note=note), "good")
    module = write(tmp_path, b"", "module")
    with open(module, "wb") as file:
        file.truncate(8 << 20)
    refused("--kernel", good, "--initrd", module, "--mem", "8M",
            says=["--initrd", str(module), "do not fit"])
    assert run("run", "--kernel", good, "--initrd", module, "--mem", "16M").status == 0


def test_option_combinations(tmp_path):
    good = write(tmp_path, elf(CODE, 64, note=pvh_note(BASE)))
    absent = tmp_path / "absent"
    refused("--kernel", absent, says=["--kernel", str(absent), "No such file"])
    refused("--kernel", tmp_path, says=["--kernel", str(tmp_path), "not a regular file"])
    refused("--kernel", good, "--initrd", absent, says=["--initrd", str(absent), "No such file"])
    refused("--kernel", good, "--firmware", good, says=["--kernel", "--firmware"])
    refused("--initrd", good, says=["--initrd", "--kernel"])


@pytest.mark.kvm
def test_elf32_for_x86_64_is_fine(tmp_path):
    """objcopy leaves the machine as it was."""
    kernel = write(tmp_path, elf(CODE, 32, header=multiboot_header(), machine=EM_X86_64))
    assert boot("--kernel", kernel).status == 0

# SPDX-License-Identifier: MIT
"""Little guests for the tests: assembled by nasm, and wrapped into the file that a machine starts from."""
import struct
import subprocess

# For 16-bit code and 32-bit code alike: al to COM1, without looking (the host's UART takes it), and the
# exit port. Nothing but al and dx is changed.
PRINT = """
%macro putc 1
    mov al, %1
    mov dx, 0x3f8
    out dx, al
%endmacro
%macro quit 1
    mov al, %1
    out 0xf4, al
    hlt
%endmacro
"""


def assemble(tmp_path, source):
    """The flat binary that nasm makes of source."""
    text = tmp_path / "guest.asm"
    flat = tmp_path / "guest.bin"
    text.write_text(PRINT + source)
    subprocess.run(["nasm", "-Werror", "-f", "bin", "-o", str(flat), str(text)], check=True,
                   timeout=60)
    return flat.read_bytes()


def boot_sector(tmp_path, source):
    """512 bytes that a BIOS starts at 0000:7C00, real mode."""
    code = assemble(tmp_path, "bits 16\norg 0x7c00\n" + source)
    assert len(code) <= 446
    return code.ljust(510, b"\0") + b"\x55\xaa"


def rom(tmp_path, source, size=65536, fill=b"\xf4"):
    """An image that starts at F000:0000, real mode. Each 64 KiB of it begins (but for the last, which
    begins with the code) with its number, counted from the top."""
    code = assemble(tmp_path, "bits 16\norg 0\n" + source)
    assert len(code) <= 0xfff0
    top = bytearray(fill * 65536)
    top[:len(code)] = code
    top[0xfff0:0xfff5] = b"\xea\x00\x00\x00\xf0"  # jmp F000:0000
    below = b"".join(bytes([number]) + fill * 65535 for number in range(size // 65536 - 1, 0, -1))
    return below + bytes(top)


# --- ELF ---

PT_LOAD, PT_NOTE = 1, 4
EM_386, EM_X86_64 = 3, 62
PHYS32_ENTRY = 18


def pvh_note(entry):
    return struct.pack("<III4sI", 4, 4, PHYS32_ENTRY, b"Xen\0", entry)


def multiboot_header(flags=0, addresses=()):
    magic = 0x1badb002
    return struct.pack(f"<III{len(addresses)}I", magic, flags, -(magic + flags) & 0xffffffff,
                       *addresses)


def elf(code, bits=32, address=0x100000, entry=None, note=b"", memory=None, header=b"", machine=None,
        paddr=None):
    """A program of one segment at address (physically at paddr), with a note segment where there is one;
    header stands where a multiboot loader looks."""
    entry = address if entry is None else entry
    paddr = address if paddr is None else paddr
    memory = len(code) if memory is None else memory
    machine = machine or (EM_386 if bits == 32 else EM_X86_64)
    header_size, phdr_size = (52, 32) if bits == 32 else (64, 56)
    count = 2 if note else 1
    note_at = header_size + count * phdr_size
    header_at = note_at + len(note)
    code_at = (header_at + len(header) + 15) // 16 * 16
    ident = b"\x7fELF" + bytes([1 if bits == 32 else 2, 1, 1]) + bytes(9)

    def phdr(kind, offset, virtual, physical, length, size):
        if bits == 32:
            return struct.pack("<8I", kind, offset, virtual, physical, length, size, 7, 4)
        return struct.pack("<II6Q", kind, 7, offset, virtual, physical, length, size, 4)

    shape = "<16sHHIIIIIHHHHHH" if bits == 32 else "<16sHHIQQQIHHHHHH"
    out = struct.pack(shape, ident, 2, machine, 1, entry, header_size, 0, 0, header_size, phdr_size,
                      count, 0, 0, 0)
    out += phdr(PT_LOAD, code_at, address, paddr, len(code), memory)
    if note:
        out += phdr(PT_NOTE, note_at, 0, 0, len(note), len(note))
    out += note + header
    return out.ljust(code_at, b"\0") + code

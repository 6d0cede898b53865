# SPDX-License-Identifier: MIT
"""PVH, multiboot and MBR: the same climb as through the ROM, but for the lines that name the door."""
import shutil
import subprocess

import pytest

from assemble import rom
from machine import BUILD, SECTOR, check_golden, disk, qemu, without_door

ELF = BUILD / "trapline.elf"
MULTIBOOT_ELF = BUILD / "trapline.mb.elf"
IMAGE = BUILD / "trapline.img"

EXIT_LOADER = 42

pytestmark = pytest.mark.qemu


@pytest.fixture
def image(tmp_path):
    return shutil.copy(IMAGE, tmp_path / "boot.img")


def kernel(path, words=None, initrd=None):
    options = ["-kernel", str(path)]
    if words is not None:
        options += ["-append", words]
    if initrd is not None:
        options += ["-initrd", initrd]
    return options


def seabios():
    """QEMU's own firmware, looking at disks alone."""
    return ["-boot", "order=c"]


def pc_disks(ata=None, virtio=None):
    options = []
    if ata:
        options += ["-drive", f"if=ide,format=raw,file={ata}"]
    if virtio:
        options += ["-drive", f"if=none,id=disk,format=raw,file={virtio}",
                    "-device", "virtio-blk-pci,disable-legacy=on,drive=disk"]
    return options


def mmio_disk(path):
    return ["-global", "virtio-mmio.force-legacy=false", "-drive", f"if=none,id=disk,format=raw,file={path}",
            "-device", "virtio-blk-device,drive=disk"]


def boot_disk(path, *devices):
    """The image as the first disk to boot from; the last device is the one that takes it."""
    *others, last = devices
    options = ["-drive", f"if=none,id=boot,format=raw,file={path}"]
    for device in others:
        options += ["-device", device]
    return options + ["-device", f"{last},drive=boot,bootindex=0"]


def check_against_rom(result, *arguments, **options):
    """The ROM on the same machine says the same but for the door."""
    assert without_door(result.out) == without_door(qemu(*arguments, **options).out)


# --- PVH and multiboot --------------------------------------------------------------------------------

KERNELS = [("pvh", ELF), ("multiboot", MULTIBOOT_ELF)]


@pytest.mark.parametrize("machine", ["pc", "q35"])
@pytest.mark.parametrize("name, path", KERNELS)
def test_kernel(name, path, machine, ata, virtio):
    disks = pc_disks(ata if machine == "pc" else None, virtio)
    result = qemu(*disks, machine=machine, firmware=kernel(path))
    assert result.status == 0, result.out + result.err.encode()
    assert result.out.startswith(f"Trapline 0.1, {'PVH' if name == 'pvh' else name} door\n".encode())
    check_golden(f"{name}-{machine}.txt", result.out)
    check_against_rom(result, *disks, machine=machine)


@pytest.mark.parametrize("machine", ["microvm", "microvm,pit=off", "microvm,pic=off,rtc=off"])
def test_pvh_on_microvm(machine, virtio):
    result = qemu(*mmio_disk(virtio), machine=machine, firmware=kernel(ELF))
    assert result.status == 0, result.out
    assert b"rung 2 long64 pci: absent" in result.out
    check_golden("pvh-microvm.txt", result.out)


def test_pvh_on_microvm_as_the_rom(virtio):
    result = qemu(*mmio_disk(virtio), machine="microvm", firmware=kernel(ELF))
    check_against_rom(result, *mmio_disk(virtio), machine="microvm")


@pytest.mark.parametrize("name, path", KERNELS)
def test_command_line(name, path):
    result = qemu(firmware=kernel(path, "require=ata  verbose"))
    assert result.last_line.startswith("TRAPLINE FAIL 7 ata")
    assert result.status == 7
    assert b"\n# TSC " in result.out


@pytest.mark.parametrize("name, path", KERNELS)
def test_command_line_of_fw_cfg_where_the_loader_has_none(name, path):
    result = qemu(firmware=kernel(path), cmd="require=chunk")
    assert result.last_line.startswith("TRAPLINE FAIL 8 chunk")


@pytest.mark.parametrize("name, path", KERNELS)
def test_unknown_word(name, path):
    result = qemu(firmware=kernel(path, "florp"))
    assert result.last_line == 'TRAPLINE FAIL 0 command line: unknown word "florp"'
    assert result.status == 41


@pytest.mark.parametrize("name, path", KERNELS)
@pytest.mark.parametrize("memory", ["8M", "2G", "5G"])
def test_memory(name, path, memory, ata, virtio):
    result = qemu(*pc_disks(ata, virtio), memory=memory, firmware=kernel(path))
    assert result.last_line == "TRAPLINE PASS 9 ABSENT chunk", result.out


def ranges(output, what):
    """The (base, length) pairs of verbose lines that begin so."""
    found = []
    for line in output.decode("ascii").splitlines():
        if line.startswith(f"# {what}"):
            words = line.replace(",", "").split()
            index = next(i for i, word in enumerate(words) if word.startswith("0x"))
            found.append((int(words[index], 16), int(words[index + 1], 16)))
    return found


@pytest.mark.parametrize("name, path, initrd, texts", [
    ("pvh", ELF, "{0}", [""]),
    ("multiboot", MULTIBOOT_ELF, "{0} with words,{1}", ["{0} with words", "{1}"]),
])
def test_modules_are_told_and_not_given_out(name, path, initrd, texts, tmp_path, ata):
    files = []
    for i in range(2):
        files.append(tmp_path / f"module{i}")
        files[-1].write_bytes(bytes([i]) * (5000 + i))
    result = qemu(*pc_disks(ata), firmware=kernel(path, "verbose", initrd.format(*files)))
    assert result.status == 0, result.out
    modules, ram = ranges(result.out, "module"), ranges(result.out, "RAM")
    assert [length for _, length in modules] == [5000 + i for i in range(len(texts))]
    for text in texts:
        assert f'"{text.format(*files)}"'.encode() in result.out
    assert ram
    for base, length in modules:
        for start, size in ram:
            assert base + length <= start or base >= start + size


def symbol(path, name):
    text = subprocess.run(["nm", str(path)], capture_output=True, check=True, timeout=60).stdout
    return next(int(line.split()[0], 16) for line in text.decode().splitlines() if line.endswith(f" {name}"))


def test_own_image_is_not_given_out():
    result = qemu(firmware=kernel(ELF, "verbose"))
    start, end = symbol(ELF, "image_start"), symbol(ELF, "image_end")
    for base, length in ranges(result.out, "RAM"):
        assert base >= end or base + length <= start


def test_both_files_hold_the_same_program(tmp_path):
    """What a loader puts into memory is the same behind the first 128 bytes: header or note."""
    content = []
    for path in (ELF, MULTIBOOT_ELF):
        flat = tmp_path / "flat"
        subprocess.run(["objcopy", "-O", "binary", "--remove-section=.head", "--remove-section=.note.Xen",
                        str(path), str(flat)], check=True, timeout=60)
        content.append(flat.read_bytes())
    assert content[0] == content[1]
    header = (0x1badb002).to_bytes(4, "little")
    assert header in MULTIBOOT_ELF.read_bytes()[:8192] and header not in ELF.read_bytes()[:8192]
    assert b"Xen\0" not in MULTIBOOT_ELF.read_bytes()
    assert ELF.read_bytes()[4] == 2 and MULTIBOOT_ELF.read_bytes()[4] == 1


@pytest.mark.parametrize("fault, name", [("ud", "invalid opcode"), ("pf", "page fault")])
@pytest.mark.parametrize("firmware", [kernel(ELF), kernel(MULTIBOOT_ELF)])
def test_exceptions(fault, name, firmware):
    result = qemu(firmware=[*firmware, "-append", f"fault={fault}"])
    assert name.encode() in result.out
    assert result.status == 40


def test_packet_device_is_not_a_disk(ata):
    result = qemu("-drive", f"if=ide,media=cdrom,format=raw,file={ata}", firmware=kernel(ELF))
    assert result.line("rung 3") == "rung 3 long64 ata: absent, drive 0 is not a disk"


def test_cpu_without_long_mode():
    result = qemu("-cpu", "qemu32", firmware=kernel(MULTIBOOT_ELF))
    assert result.last_line == "TRAPLINE FAIL 5 cpu: no long mode"
    assert result.status == 5


# --- MBR ----------------------------------------------------------------------------------------------

MBR_DISKS = {
    "ide": ("pc", ["ide-hd,bus=ide.0,unit=0"]),
    "virtio-blk": ("pc", ["virtio-blk-pci,disable-legacy=on"]),
    "ahci": ("q35", ["ide-hd"]),
    "usb": ("pc", ["qemu-xhci", "usb-storage"]),
}


@pytest.mark.parametrize("name", MBR_DISKS)
def test_mbr(name, image):
    machine, devices = MBR_DISKS[name]
    disks = boot_disk(image, *devices)
    result = qemu(*disks, machine=machine, firmware=seabios())
    assert result.status == 0, result.out + result.err.encode()
    assert result.out.startswith(b"Trapline 0.1, MBR door\nrung 1 real16 serial")
    check_golden(f"mbr-{name}.txt", result.out)
    check_against_rom(result, *disks, machine=machine)


@pytest.mark.parametrize("name", MBR_DISKS)
def test_mbr_among_other_disks(name, image, tmp_path):
    """Other disks come first in every controller's order; the boot drive is told by its content."""
    machine, devices = MBR_DISKS[name]
    others = [disk(tmp_path / f"other{i}.img", sectors=64, seed=i) for i in range(2)]
    before = [path.read_bytes() for path in [*others, image]]
    # on the pc the IDE place of the image is the first: the others are on virtio and on the second channel
    arguments = ["-drive", f"if=ide,index=2,format=raw,file={others[0]}", *pc_disks(None, others[1]),
                 *boot_disk(image, *devices)]
    result = qemu(*arguments, machine=machine, firmware=seabios())
    assert result.status == 0, result.out + result.err.encode()
    check_against_rom(result, *arguments, machine=machine)
    assert [path.read_bytes() for path in [*others, image]] == before


@pytest.mark.parametrize("place", ["bus=ide.0,unit=1", "bus=ide.1,unit=0", "bus=ide.1,unit=1"])
def test_mbr_on_each_ide_place(place, ata, image):
    arguments = ["-drive", f"if=none,id=data,format=raw,file={ata}",
                 "-device", "ide-hd,drive=data,bus=ide.0,unit=0", *boot_disk(image, f"ide-hd,{place}")]
    result = qemu(*arguments, firmware=seabios())
    assert result.status == 0, result.out
    check_against_rom(result, *arguments)


def test_mbr_with_a_packet_device_first(ata, image):
    arguments = ["-drive", f"if=none,id=cd,format=raw,media=cdrom,file={ata}",
                 "-device", "ide-cd,drive=cd,bus=ide.0,unit=0",
                 *boot_disk(image, "ide-hd,bus=ide.0,unit=1")]
    result = qemu(*arguments, firmware=seabios())
    assert result.status == 0, result.out
    check_against_rom(result, *arguments)


def test_mbr_on_a_larger_disk(image):
    """As dd leaves it: the image in front of whatever else the disk holds."""
    with open(image, "r+b") as file:
        file.truncate(64 << 20)
    result = qemu(*boot_disk(image, *MBR_DISKS["ide"][1]), firmware=seabios())
    assert result.line("rung 3").startswith("rung 3 real16 ata: 131072 sectors, LBA 0 read")
    assert result.status == 0


@pytest.mark.parametrize("memory", ["8M", "2G", "5G"])
def test_mbr_memory(memory, image):
    result = qemu(*boot_disk(image, *MBR_DISKS["ide"][1]), memory=memory, firmware=seabios())
    assert result.status == 0, result.out


def test_mbr_command_line(image):
    result = qemu(*boot_disk(image, "virtio-blk-pci"), firmware=seabios(), cmd="require=ata")
    assert result.last_line.startswith("TRAPLINE FAIL 7 ata")


def test_image_is_what_a_disk_should_be():
    data = IMAGE.read_bytes()
    assert len(data) == 1 << 20
    sector = data[:SECTOR]
    assert sector[510:] == b"\x55\xaa"
    entries = [sector[446 + 16 * i:462 + 16 * i] for i in range(4)]
    assert entries[0][0] == 0x80 and entries[0][4] != 0
    first = int.from_bytes(entries[0][8:12], "little")
    count = int.from_bytes(entries[0][12:16], "little")
    assert (first, first + count) == (1, len(data) // SECTOR)
    assert entries[1:] == [bytes(16)] * 3
    # the same again as cylinder, head, sector on 255 heads of 63 sectors
    for offset, lba in ((1, first), (5, first + count - 1)):
        head, low, high = entries[0][offset:offset + 3]
        assert ((low >> 6 << 8 | high) * 255 + head) * 63 + (low & 63) - 1 == lba


# A disk this small has no whole cylinder for SeaBIOS unless it is told of a smaller one.
GEOMETRY = ",cyls=2,heads=4,secs=10"


@pytest.mark.parametrize("name, letter", [("ide", b"P"), ("virtio-blk", b"D"), ("ahci", b"D")])
def test_short_disk(name, letter, image):
    machine, devices = MBR_DISKS[name]
    with open(image, "r+b") as file:
        file.truncate(80 * SECTOR)
    result = qemu(*boot_disk(image, devices[0] + GEOMETRY), machine=machine, firmware=seabios())
    assert result.out == letter
    assert result.status == EXIT_LOADER


def swapped_words(data):
    """Two words of the loader exchanged: a plain sum would not notice."""
    data[8192:8196], data[8200:8204] = data[8200:8204], data[8192:8196]
    return data


def changed_byte(data):
    data[20000] ^= 1
    return data


@pytest.mark.parametrize("name", ["ide", "virtio-blk"])
@pytest.mark.parametrize("damage", [swapped_words, changed_byte])
def test_damaged_loader(name, damage, image):
    before = image.read_bytes()
    image.write_bytes(damage(bytearray(before)))
    assert image.read_bytes() != before
    machine, devices = MBR_DISKS[name]
    result = qemu(*boot_disk(image, *devices), machine=machine, firmware=seabios())
    assert result.out == b"C"
    assert result.status == EXIT_LOADER


# --- the boot sector under a BIOS that can do less ------------------------------------------------------

# Vectors for INT 10h, 13h and 15h, a size of low memory, and the image's first sector where a BIOS would put
# it. What INT 10h is given shows on COM1 in brackets; INT 13h has extensions or not, and reads nothing; the
# others fail.
SMALL_BIOS = """
    xor ax, ax
    mov ss, ax
    mov sp, 0x7000
    mov es, ax
    mov word [es:0x40], int10
    mov [es:0x42], cs
    mov word [es:0x4c], int13
    mov [es:0x4e], cs
    mov word [es:0x54], int15
    mov [es:0x56], cs
    mov word [es:0x413], LOW_KIB
    push cs
    pop ds
    cld
    mov si, sector
    mov di, 0x7c00
    mov cx, 256
    rep movsw
    mov dl, 0x80
    jmp 0:0x7c00
int10:
    pusha
    push ax
    putc '['
    pop ax
    putc al
    putc ']'
    popa
    iret
int13:
    cmp ah, 0x41
    jne int15
    cmp byte [cs:extensions], 1
    jne int15
    mov bx, 0xaa55
    mov cx, 1
    clc
    retf 2
int15:
    stc
    retf 2
extensions: db EXTENSIONS
sector: incbin "IMAGE", 0, 512
"""


def small_bios(tmp_path, low_kib=639, extensions=1):
    source = SMALL_BIOS.replace("LOW_KIB", str(low_kib)).replace("EXTENSIONS", str(extensions))
    path = tmp_path / "bios.rom"
    path.write_bytes(rom(tmp_path, source.replace("IMAGE", str(IMAGE))))
    return ["-bios", str(path)]


def test_bios_without_extensions(tmp_path):
    result = qemu(firmware=small_bios(tmp_path, extensions=0))
    assert result.out == b"X[X]"  # on COM1, and on the screen
    assert result.status == EXIT_LOADER


def test_bios_that_cannot_read(tmp_path):
    result = qemu(firmware=small_bios(tmp_path))
    assert result.out == b"D[D]"
    assert result.status == EXIT_LOADER


def test_too_little_low_memory(tmp_path, image):
    result = qemu(*boot_disk(image, *MBR_DISKS["ide"][1]), firmware=small_bios(tmp_path, low_kib=511))
    assert result.out == b"M[M]"
    assert result.status == EXIT_LOADER


def test_bios_without_disks_or_a_memory_map(tmp_path, image):
    """The boot sector needs no BIOS where it finds its own drive; RAM is fw_cfg's then."""
    disks = boot_disk(image, *MBR_DISKS["ide"][1])
    result = qemu(*disks, firmware=small_bios(tmp_path, extensions=0))
    screen, banner, rest = result.out.partition(b"Trapline 0.1, MBR door\n")
    assert screen.replace(b"[", b"").replace(b"]", b"") == b"Trapline 0.1: the climb is on COM1\r\n"
    assert result.status == 0, result.out
    result.out = banner + rest
    check_against_rom(result, *disks)

# SPDX-License-Identifier: MIT
"""The UEFI application under OVMF: from the ESP image, and as QEMU's -kernel with load options."""
import pathlib
import shutil
import struct

import pytest

from machine import BUILD, GOLDEN, check_golden, qemu

EFI = BUILD / "trapline.efi"
ESP = BUILD / "trapline-esp.img"
BANNER = b"Trapline 0.1, UEFI door\n"

OVMF = [pair for pair in [("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
                          ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd")]
        if pathlib.Path(pair[0]).exists()]

needs_ovmf = pytest.mark.skipif(not OVMF, reason="no OVMF (package ovmf)")


@pytest.fixture
def uefi(tmp_path):
    """Runs a machine with OVMF; what the firmware printed before the banner is in result.before."""
    code, variables = OVMF[0]
    own_variables = shutil.copy(variables, tmp_path / "variables.fd")

    def run(*arguments, **options):
        result = qemu(*arguments, **options, firmware=[
            "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={code}",
            "-drive", f"if=pflash,unit=1,format=raw,file={own_variables}"])
        result.before, banner, rest = result.out.partition(BANNER)
        assert banner, result.out + result.err.encode()
        result.out = banner + rest
        return result
    return run


def kernel(words):
    return ["-kernel", EFI, "-append", words]


def virtio_disk(path):
    return ["-drive", f"if=none,id=disk,format=raw,file={path}",
            "-device", "virtio-blk-pci,disable-legacy=on,drive=disk"]


def ide_disk(path, index=0):
    return ["-drive", f"if=ide,index={index},format=raw,file={path}"]


@needs_ovmf
@pytest.mark.qemu
def test_q35_from_the_esp_image_on_ahci(uefi, virtio):
    result = uefi(*ide_disk(f"{ESP},snapshot=on"), *virtio_disk(virtio), machine="q35")
    assert result.status == 0, result.out
    assert result.last_line.startswith("TRAPLINE PASS 9 ABSENT")
    assert b"Trapline 0.1 leaves boot services" in result.before  # on the firmware's console
    check_golden("uefi-q35.txt", result.out)


@needs_ovmf
@pytest.mark.qemu
def test_pc_from_the_esp_image_on_a_usb_stick(uefi, ata, virtio):
    """fw_cfg has the command line where no load options come with the boot entry."""
    before = ata.read_bytes(), virtio.read_bytes()
    result = uefi(*ide_disk(ata), *virtio_disk(virtio), "-device", "qemu-xhci",
                  "-drive", f"if=none,id=stick,format=raw,snapshot=on,file={ESP}",
                  "-device", "usb-storage,drive=stick", cmd="write require=ata,virtio-blk")
    assert result.status == 0, result.out
    assert "writes agree" in result.line("rung 7")
    assert (ata.read_bytes(), virtio.read_bytes()) == before
    check_golden("uefi-pc-stick.txt", result.out)


def differs_only_in_the_door(line, from_rom):
    """The same line but for who climbed that rung, and in which mode."""
    if line.startswith(("rung 1 ", "rung 2 ", "rung 3 ")):
        return line == from_rom.replace(" real16 ", " long64 ")
    if line.startswith(("rung 4 ", "rung 5 ")):
        return line.split(":")[0] == from_rom.split(":")[0]
    if line.startswith("Trapline "):
        return line == from_rom + ", UEFI door"
    return line == from_rom


@needs_ovmf
@pytest.mark.qemu
def test_the_climb_is_the_one_of_the_rom(uefi, ata, virtio):
    """On a machine with the same devices; load options go before fw_cfg."""
    result = uefi(*ide_disk(ata), *virtio_disk(virtio), *kernel("require=ata"), cmd="require=chunk")
    assert result.status == 0, result.out
    lines = result.out.decode().splitlines()
    from_rom = (GOLDEN / "qemu-pc.txt").read_text().splitlines()
    assert len(lines) == len(from_rom)
    assert [pair for pair in zip(lines, from_rom) if not differs_only_in_the_door(*pair)] == []


@needs_ovmf
@pytest.mark.qemu
def test_required_by_load_options(uefi):
    result = uefi(*kernel("verbose require=virtio-blk"), machine="q35", memory="5G")
    assert result.status == 9
    assert result.last_line.startswith("TRAPLINE FAIL 9 virtio-blk")
    ram = [line.split()[2:4] for line in result.out.decode().splitlines()
           if line.startswith("# RAM ")]
    ranges = [(int(base.strip(","), 16), int(length, 16)) for base, length in ram]
    assert ranges == sorted(ranges)
    assert all(one[0] + one[1] < two[0] for one, two in zip(ranges, ranges[1:]))  # merged
    assert ranges[-1] == (0x100000000, 3 << 30)
    assert sum(length for _, length in ranges) > 0.98 * (5 << 30)


@needs_ovmf
@pytest.mark.qemu
def test_exceptions_reach_the_relocated_table(uefi):
    result = uefi("-cpu", "max", *kernel("verbose fault=gp"))
    assert b"exception 13 (general protection)" in result.out
    assert result.last_line == "TRAPLINE FAIL 5 exception: general protection"
    assert result.status == 40
    base = int(result.before.split(b"image at ")[1].split()[0], 16)
    rip = int(result.line("rip").split()[1], 16)
    assert base < rip < base + EFI.stat().st_size


def test_the_images_tell_no_time():
    """A build's date would make two builds differ."""
    image = EFI.read_bytes()
    header = struct.unpack_from("<I", image, 0x3c)[0]
    assert image[header:header + 4] == b"PE\0\0"
    assert struct.unpack_from("<I", image, header + 8)[0] in (0, 315532800)
    assert struct.unpack_from("<H", image, header + 24 + 68)[0] == 10  # EFI application
    fat = ESP.read_bytes()
    assert fat[510:512] == b"\x55\xaa" and fat[39:43] == b"PART"  # the serial number, 5452-4150
    for name in (b"EFI        ", b"BOOT       ", b"BOOTX64 EFI"):
        entry = fat.index(name)
        assert struct.unpack_from("<HH", fat, entry + 22) == (0, 0x21)  # 1980-01-01 00:00
    assert image in fat

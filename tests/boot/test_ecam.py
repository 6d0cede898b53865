# SPDX-License-Identifier: MIT
"""ECAM and 64-bit BARs: the same climb with other ways of configuration, and other places."""
import re

import pytest

from machine import BUILD, boot, boot_with_stats, check_golden, qemu
from test_uefi import needs_ovmf, uefi  # noqa: F401 a fixture


def virtio_pci(image):
    return ["-drive", f"if=none,id=disk,format=raw,file={image}",
            "-device", "virtio-blk-pci,disable-legacy=on,drive=disk"]


# --- ECAM -------------------------------------------------------------------------------------------


@pytest.mark.kvm
def test_host(everything):
    result = boot(*everything, "--strict", "--cmd", "ecam")
    assert result.status == 0, result.out
    check_golden("host-ecam.txt", result.out)


@pytest.mark.kvm
def test_host_prints_one_line_more_and_nothing_else(everything):
    plain = boot(*everything).out.splitlines()
    ecam = boot(*everything, "--cmd", "ecam").out.splitlines()
    assert [line for line in ecam if not line.startswith(b"rung 6 long64 ecam")] == plain


@pytest.mark.kvm
def test_host_uses_no_ports_after_the_switch(everything, tmp_path):
    _, plain = boot_with_stats(tmp_path, *everything)
    _, ecam = boot_with_stats(tmp_path, *everything, "--cmd", "ecam")
    assert "ecam" not in plain["by_device"]
    assert ecam["by_device"]["ecam"] > 100
    # what is left: rung 2, and finding and enabling the window
    assert ecam["by_device"]["pci-config"] < 16
    assert ecam["coalesced_by_device"]["pci-config"] < 16
    assert ecam["unclaimed"] == plain["unclaimed"] and ecam["odd"] == 0


@pytest.mark.kvm
@pytest.mark.parametrize("memory", ["4M", "2816M", "6G"])
def test_host_memory_sizes(everything, memory):
    """RAM ends below the window, whatever its size."""
    result = boot(*everything, "--mem", memory, "--strict", "--cmd", "ecam bar64")
    assert result.last_line == "TRAPLINE PASS 9", result.out


@pytest.mark.kvm
def test_host_copy(everything, virtio, tmp_path):
    target = tmp_path / "target.img"
    target.write_bytes(bytes(virtio.stat().st_size))
    result = boot("--virtio-blk", virtio, "--virtio-blk", target, "--cmd",
                  f"ecam bar64 copy=virtio-blk copy-length={virtio.stat().st_size}")
    assert result.status == 0, result.out
    assert target.read_bytes() == virtio.read_bytes()


@pytest.mark.qemu
@pytest.mark.parametrize("cpu", ["qemu64", "max"])  # without and with 1 GiB pages
def test_q35(ata, virtio, cpu):
    result = qemu("-cpu", cpu, *virtio_pci(virtio), machine="q35", cmd="ecam")
    assert result.status == 0, result.out
    assert result.line("rung 6 long64 ecam") == (
        "rung 6 long64 ecam: 256 buses at 0xb0000000, by register 0x60 of 00:00.0, turned on "
        "through 0xcf8: ports no more")
    assert result.last_line == "TRAPLINE PASS 9 ABSENT ata,chunk"


@pytest.mark.qemu
@pytest.mark.parametrize("memory", ["2G", "5G"])
def test_q35_memory(virtio, memory):
    result = qemu(*virtio_pci(virtio), machine="q35", memory=memory, cmd="ecam bar64")
    assert result.last_line == "TRAPLINE PASS 9 ABSENT ata,chunk", result.out


@pytest.mark.qemu
@pytest.mark.parametrize("memory", ["256M", "3G"])  # RAM where the window would be
def test_pc_has_none(ata, virtio, memory):
    """QEMU's i440FX has plain storage where this host's has the register: it is left alone."""
    result = qemu("-drive", f"if=ide,format=raw,file={ata}", *virtio_pci(virtio), memory=memory,
                  cmd="ecam")
    assert result.status == 0, result.out
    line = "rung 6 long64 ecam: absent: no MCFG table, no register that is known"
    assert result.line("rung 6 long64 ecam") == line
    if memory == "256M":
        check_golden("qemu-pc.txt", result.out.replace(line.encode() + b"\n", b""))


# --- ECAM that earlier firmware turned on ------------------------------------------------------------


@pytest.mark.qemu
@pytest.mark.parametrize("memory", ["256M", "3G"])  # tables in the first GiB, and not
def test_q35_by_mcfg(virtio, memory):
    """The PVH door is told where ACPI's root pointer is."""
    result = qemu("-append", "ecam", *virtio_pci(virtio), machine="q35", memory=memory,
                  firmware=["-kernel", str(BUILD / "trapline.elf")])
    assert result.line("rung 6 long64 ecam") == (
        "rung 6 long64 ecam: 256 buses at 0xb0000000, by MCFG: ports no more")
    assert result.last_line == "TRAPLINE PASS 9 ABSENT ata,chunk"


@pytest.mark.qemu
def test_q35_by_register_after_a_bios(virtio):
    result = qemu("-append", "ecam", *virtio_pci(virtio), machine="q35",
                  firmware=["-kernel", str(BUILD / "trapline.mb.elf")])
    assert result.line("rung 6 long64 ecam").endswith("00:00.0, on already: ports no more")
    assert result.last_line == "TRAPLINE PASS 9 ABSENT ata,chunk"


@pytest.mark.qemu
@pytest.mark.parametrize("name", ["trapline.elf", "trapline.mb.elf"])
def test_pc_has_none_with_acpi_either(virtio, name):
    """RSDP and tables are there, told or to be searched for; MCFG is not among them."""
    result = qemu("-append", "ecam", *virtio_pci(virtio), firmware=["-kernel", str(BUILD / name)])
    assert result.line("rung 6 long64 ecam").startswith("rung 6 long64 ecam: absent")
    assert result.last_line == "TRAPLINE PASS 9 ABSENT ata,chunk"


@needs_ovmf
@pytest.mark.qemu
@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_uefi(uefi, virtio, machine):  # noqa: F811
    result = uefi(*virtio_pci(virtio), "-kernel", BUILD / "trapline.efi", "-append", "ecam bar64",
                  machine=machine)
    found = {"q35": ", by MCFG: ports no more", "pc": "absent: no MCFG table, no register that is known"}
    assert result.line("rung 6 long64 ecam").endswith(found[machine])
    assert "1 of the BARs above 4 GiB" in result.line("rung 6 long64 bar64")
    assert result.last_line == "TRAPLINE PASS 9 ABSENT ata,chunk"


@pytest.mark.qemu
def test_microvm_has_no_pci_to_configure():
    result = qemu(machine="microvm", cmd="ecam")
    assert result.line("rung 6 long64 ecam") == "rung 6 long64 ecam: absent: no PCI"
    assert result.status == 0


# --- BARs above 4 GiB -------------------------------------------------------------------------------


@pytest.mark.kvm
def test_bar64_on_the_host(everything):
    result = boot(*everything, "--strict", "--cmd", "bar64")
    assert result.status == 0, result.out
    check_golden("host-bar64.txt", result.out)


@pytest.mark.kvm
@pytest.mark.parametrize("memory, base", [("1G", "0x100000000"), ("2816M", "0x100000000"),
                                          ("3G", "0x140000000"), ("6G", "0x200000000")])
def test_bar64_is_above_all_ram(virtio, memory, base):
    """Without the chunk device the first MMIO of rung 6 goes above 4 GiB, too."""
    result = boot("--virtio-blk", virtio, "--mem", memory, "--strict", "--cmd", "bar64 verbose write")
    assert result.status == 0, result.out
    assert f"from {base} on" in result.line("rung 6 long64 bar64")
    assert f"BAR4 {base}, 0x8000 bytes of memory".encode() in result.out
    assert "00:03.0 BAR4: decode off, nobody answers; decode on" in result.line("rung 6 long64 mmio")
    assert result.last_line == "TRAPLINE PASS 9 ABSENT ata,chunk"


@pytest.mark.kvm
def test_bar64_without_any():
    result = boot("--cmd", "bar64")
    assert result.line("rung 6 long64 bar64") == "rung 6 long64 bar64: absent: no 64-bit BAR"
    assert result.status == 0


@pytest.mark.qemu
@pytest.mark.parametrize("machine", ["pc", "q35"])
@pytest.mark.parametrize("cpu", ["qemu64", "max"])
@pytest.mark.parametrize("memory", ["256M", "5G"])
def test_bar64_under_qemu(virtio, machine, cpu, memory):
    result = qemu("-cpu", cpu, *virtio_pci(virtio), machine=machine, memory=memory,
                  cmd="bar64 verbose")
    assert result.status == 0, result.out
    base = int(re.search(rb"BAR4 (0x[0-9a-f]+), 0x4000 bytes", result.out).group(1), 16)
    assert base >= (1 << 32) + (0 if memory == "256M" else 2 << 30)
    assert b"rung 9 long64 virtio-blk: virtio-blk0 1048576 bytes, 65536 read, flushed" in result.out

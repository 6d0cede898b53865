# SPDX-License-Identifier: MIT
"""virtio-mmio: the same disks, driver and rung as over PCI, with other registers in between."""
import hashlib

import pytest

from machine import boot, boot_with_stats, check_golden, disk, pattern, qemu, run

FORCE_MODERN = ["-global", "virtio-mmio.force-legacy=false"]


def microvm(*images, modern=True, cmd=None):
    options = list(FORCE_MODERN) if modern else []
    for index, image in enumerate(images):
        options += ["-drive", f"if=none,id=disk{index},format=raw,file={image}",
                    "-device", f"virtio-blk-device,drive=disk{index}"]
    return qemu(*options, machine="microvm", cmd=cmd)


# --- under the host ---------------------------------------------------------------------------------


@pytest.mark.kvm
def test_all_nine_rungs(everything):
    result = boot(*everything, "--virtio-transport", "mmio", "--strict")
    assert result.status == 0, result.err
    check_golden("host-virtio-mmio.txt", result.out)


@pytest.mark.kvm
def test_only_the_lines_of_the_disk_and_of_pci_differ(everything):
    """The disk names its transport, and its PCI function is gone; the rest is the same climb."""
    over_pci = boot(*everything).out.splitlines()
    over_mmio = boot(*everything, "--virtio-transport", "mmio").out.splitlines()
    assert len(over_pci) == len(over_mmio)
    different = [line.split(b":")[0] for line, other in zip(over_pci, over_mmio) if line != other]
    assert different == [b"rung 6 long64 mmio", b"rung 9 long64 virtio-blk"]


@pytest.mark.kvm
def test_pci_is_the_default(everything):
    assert boot(*everything, "--virtio-transport=pci").out == boot(*everything).out


@pytest.mark.kvm
def test_eight_disks_each_in_its_window(tmp_path):
    options = []
    for index in range(8):
        options += ["--virtio-blk", disk(tmp_path / f"{index}.img", sectors=8 * (index + 1))]
    result = boot(*options, "--virtio-transport", "mmio", "--cmd", "write", "--strict")
    assert result.last_line == "TRAPLINE PASS 9 ABSENT mmio,ata,chunk", result.out
    for index in range(8):
        assert f"virtio-blk{index} {4096 * (index + 1)} bytes".encode() in result.out


@pytest.mark.kvm
def test_read_only(virtio):
    result = boot("--virtio-blk", f"{virtio},ro", "--virtio-transport", "mmio", "--cmd", "write")
    assert result.line("rung 9").endswith("read-only, virtio-mmio")


@pytest.mark.kvm
def test_the_exits_are_those_of_pci_less_its_configuration(everything, tmp_path):
    _, over_pci = boot_with_stats(tmp_path, *everything)
    _, over_mmio = boot_with_stats(tmp_path, *everything, "--virtio-transport", "mmio")
    assert over_mmio["by_device"]["pci-config"] < over_pci["by_device"]["pci-config"]
    assert over_mmio["by_device"]["virtio-blk0"] <= over_pci["by_device"]["virtio-blk0"] + 6
    assert over_mmio["odd"] == 0


@pytest.mark.kvm
@pytest.mark.parametrize("length", [0, 1, 511, 3_000_001])
def test_copy(tmp_path, length):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(pattern(length, seed=5))
    result = run("copy", "--via", "virtio-blk", "--virtio-transport", "mmio", "--timeout", 50, source,
                 target)
    assert result.status == 0, result.err
    assert hashlib.sha256(source.read_bytes()).digest() == hashlib.sha256(target.read_bytes()).digest()


@pytest.mark.kvm
def test_copy_a_range_of_a_large_sparse_file(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    with open(source, "wb") as file:
        file.seek((1 << 40) + 7)
        file.write(b"the end")
    result = run("copy", "--via", "virtio-blk", "--virtio-transport", "mmio", "--timeout", 50, "--offset",
                 1 << 40, source, target)
    assert result.status == 0, result.err
    with open(target, "rb") as file:
        file.seek((1 << 40) + 7)
        assert file.read() == b"the end"


@pytest.mark.kvm
def test_a_place_without_registers_is_a_failure(virtio):
    result = boot("--virtio-blk", virtio, "--virtio-transport", "mmio", "--cmd",
                  "virtio_mmio.device=512@0xfeb00200:5")
    assert result.last_line == ("TRAPLINE FAIL 9 virtio-blk: disk 0, virtio-mmio 0xfeb00200: "
                                "no virtio registers there")
    assert result.status == 16 + 9


@pytest.mark.kvm
def test_a_command_line_that_is_full(virtio, tmp_path):
    more = [x for i in range(7) for x in ("--virtio-blk", disk(tmp_path / f"{i}.img", sectors=8))]
    result = run("run", "--virtio-blk", virtio, *more, "--virtio-transport", "mmio", "--cmd",
                 "write " * 140)
    assert result.status == 2
    assert "--cmd" in result.err and "longer" in result.err and result.err.count("\n") == 1


def test_wrong_transport():
    result = run("run", "--virtio-transport", "ccw")
    assert result.status == 2
    assert result.err.count("\n") == 1
    assert "--virtio-transport" in result.err and "ccw" in result.err


# --- QEMU's microvm, which has no PCI ---------------------------------------------------------------


@pytest.mark.qemu
def test_microvm_by_its_windows(virtio):
    result = microvm(virtio)
    assert result.status == 0, result.out
    check_golden("qemu-microvm.txt", result.out)


@pytest.mark.qemu
def test_microvm_with_nothing():
    result = microvm()
    assert result.status == 0, result.out
    assert result.last_line == "TRAPLINE PASS 5 ABSENT pci,mmio,ata,chunk,virtio-blk"


@pytest.mark.qemu
def test_microvm_with_two_disks_in_the_order_they_were_given(virtio, tmp_path):
    result = microvm(virtio, disk(tmp_path / "small.img", sectors=64), cmd="write")
    assert result.status == 0, result.out
    assert result.out.count(b"rung 9") == 2
    assert b"virtio-blk0 1048576 bytes" in result.out
    assert b"virtio-blk1 32768 bytes" in result.out


@pytest.mark.qemu
def test_microvm_by_the_command_line(virtio):
    """QEMU puts the first disk into the last of its 24 windows."""
    result = microvm(virtio, cmd="virtio_mmio.device=512@0xfeb02e00:47")
    assert result.status == 0, result.out
    check_golden("qemu-microvm.txt", result.out)


@pytest.mark.qemu
def test_microvm_copy(tmp_path, virtio):
    target = tmp_path / "target.img"
    target.write_bytes(bytes(virtio.stat().st_size))
    result = microvm(virtio, target, cmd=f"copy=virtio-blk copy-length={virtio.stat().st_size}")
    assert result.status == 0, result.out
    assert target.read_bytes() == virtio.read_bytes()


@pytest.mark.qemu
def test_legacy_is_refused_in_words(virtio):
    result = microvm(virtio, modern=False)
    assert result.last_line == ("TRAPLINE FAIL 9 virtio-blk: disk 0, virtio-mmio 0xfeb02e00: "
                                "legacy (version 1), only 2 is driven")
    assert result.status == 9

# SPDX-License-Identifier: MIT
"""The same image, unchanged, under QEMU's TCG."""
import re

import pytest

from machine import check_golden, qemu

pytestmark = pytest.mark.qemu

INSTRUCTION_BUDGET = 60_000  # of a boot through rung 9


def drives(ata=None, virtio=None):
    options = []
    if ata:
        options += ["-drive", f"if=ide,format=raw,file={ata}"]
    if virtio:
        options += ["-drive", f"if=none,id=disk,format=raw,file={virtio}",
                    "-device", "virtio-blk-pci,disable-legacy=on,drive=disk"]
    return options


def test_pc(ata, virtio):
    result = qemu(*drives(ata, virtio))
    assert result.status == 0, result.out
    assert result.last_line == "TRAPLINE PASS 9 ABSENT chunk"
    check_golden("qemu-pc.txt", result.out)


def test_pc_with_nothing(tmp_path):
    result = qemu()
    assert result.status == 0, result.out
    check_golden("qemu-pc-bare.txt", result.out)


def test_pc_writing(ata, virtio):
    before = ata.read_bytes(), virtio.read_bytes()
    result = qemu(*drives(ata, virtio), cmd="write")
    assert result.status == 0, result.out
    assert (ata.read_bytes(), virtio.read_bytes()) == before


def test_pc_require(ata):
    result = qemu(*drives(ata), cmd="require=ata,virtio-blk")
    assert result.last_line.startswith("TRAPLINE FAIL 9 virtio-blk")
    assert result.status == 9


def test_pc_with_one_gigabyte_pages(ata, virtio):
    result = qemu("-cpu", "max", *drives(ata, virtio))
    assert result.status == 0
    check_golden("qemu-pc.txt", result.out)


@pytest.mark.parametrize("memory", ["8M", "2G", "5G"])
def test_pc_memory(ata, virtio, memory):
    result = qemu(*drives(ata, virtio), memory=memory)
    assert result.last_line == "TRAPLINE PASS 9 ABSENT chunk", result.out


def test_pc_without_fw_cfg_command_line_or_exit_port(ata, virtio):
    """Without isa-debug-exit the firmware halts after its last line."""
    import subprocess
    from machine import ROM
    command = ["timeout", "10", "qemu-system-x86_64", "-M", "pc", "-accel", "tcg", "-nodefaults",
               "-display", "none", "-bios", str(ROM), "-serial", "stdio", *drives(ata, virtio)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert done.stdout.splitlines()[-1] == b"TRAPLINE PASS 9 ABSENT chunk"


def test_pc_copy(tmp_path, ata):
    target = tmp_path / "target.img"
    target.write_bytes(bytes(ata.stat().st_size))
    length = ata.stat().st_size
    result = qemu(*drives(ata), "-drive", f"if=ide,format=raw,file={target}",
                  cmd=f"copy=ata copy-length={length}")
    assert result.status == 0, result.out
    assert target.read_bytes() == ata.read_bytes()


def test_instruction_budget():
    """Counted by -icount, rep by element. QEMU's disks answer from its main thread, and the polls that pass
    meanwhile count too: on a busy machine one boot may take forty times what the next one takes. So the disks
    are ones that need no file, and the first boot that fits ends the test."""
    counts = []
    for _ in range(40):
        result = qemu("-icount", "shift=0", "-drive", "if=ide,driver=null-co,size=1M,read-zeroes=on",
                      "-drive", "if=none,id=d,driver=null-co,size=1M,read-zeroes=on",
                      "-device", "virtio-blk-pci,disable-legacy=on,drive=d", cmd="ticks")
        assert result.last_line == "TRAPLINE PASS 9 ABSENT chunk"
        counts.append(int(re.search(rb"# (\d+) TSC ticks since the door", result.out).group(1)))
        if counts[-1] < INSTRUCTION_BUDGET:
            return
    assert not counts, counts


@pytest.mark.parametrize("fault, name", [("ud", "invalid opcode"), ("pf", "page fault"), ("de", "divide error"),
                                         ("gp", "general protection")])
def test_exceptions(fault, name):
    result = qemu(cmd=f"fault={fault}")
    assert name.encode() in result.out
    assert result.status == 40

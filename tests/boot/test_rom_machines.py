# SPDX-License-Identifier: MIT
"""The ROM door on QEMU's other machines."""
import pytest

from machine import check_golden, qemu

pytestmark = pytest.mark.qemu


def test_q35(virtio):
    result = qemu("-drive", f"if=none,id=disk,format=raw,file={virtio}",
                  "-device", "virtio-blk-pci,disable-legacy=on,drive=disk", machine="q35")
    assert result.status == 0, result.out
    assert result.last_line == "TRAPLINE PASS 9 ABSENT ata,chunk"
    check_golden("qemu-q35.txt", result.out)


@pytest.mark.parametrize("options", ["", ",pit=off,pic=off,rtc=off"])
def test_microvm_with_nothing(options):
    result = qemu(machine=f"microvm{options}")
    assert result.status == 0, result.out
    check_golden("qemu-microvm-bare.txt", result.out)

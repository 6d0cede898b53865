# SPDX-License-Identifier: MIT
"""Fixtures: disks, and what is skipped where there is no KVM."""
import shutil

import pytest

from machine import HOST, ROM, disk, have_kvm, pattern


def pytest_configure(config):
    config.addinivalue_line("markers", "kvm: needs /dev/kvm")
    config.addinivalue_line("markers", "qemu: needs qemu-system-x86_64")


def pytest_collection_modifyitems(items):
    for item in items:
        if "kvm" in item.keywords and not have_kvm():
            item.add_marker(pytest.mark.skip(reason="no usable /dev/kvm"))
        if "qemu" in item.keywords and not shutil.which("qemu-system-x86_64"):
            item.add_marker(pytest.mark.skip(reason="no qemu-system-x86_64"))


@pytest.fixture(scope="session", autouse=True)
def built():
    assert HOST.exists() and ROM.exists(), "run make first"


@pytest.fixture
def ata(tmp_path):
    return disk(tmp_path / "ata.img", seed=1)


@pytest.fixture
def virtio(tmp_path):
    return disk(tmp_path / "virtio-blk.img", seed=2)


@pytest.fixture
def chunk(tmp_path):
    """Input and output of the chunk device; the output is not there yet."""
    source = tmp_path / "chunk-in.bin"
    source.write_bytes(pattern(100_001, seed=3))
    return source, tmp_path / "chunk-out.bin"


@pytest.fixture
def everything(ata, virtio, chunk):
    """The options for a machine with one of each."""
    return ["--ata", ata, "--virtio-blk", virtio, "--chunk", f"in={chunk[0]},out={chunk[1]}"]

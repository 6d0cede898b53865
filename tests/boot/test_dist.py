# SPDX-License-Identifier: MIT
"""make dist: every image, sums that hold, the same bytes from another place."""
import subprocess

import pytest

from machine import BUILD, ROOT

IMAGES = {"trapline.rom", "trapline.img", "trapline.elf", "trapline.mb.elf", "trapline.efi",
          "trapline-esp.img", "README.txt", "SHA256SUMS"}


def make_dist(root, build):
    subprocess.run(["make", "-s", "-C", str(root), f"BUILD={build}", "dist"], check=True, timeout=600,
                   stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def dist():
    make_dist(ROOT, BUILD)
    return BUILD / "dist"


def test_everything_is_there_and_the_sums_hold(dist):
    assert {x.name for x in dist.iterdir()} == IMAGES
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=dist, check=True, timeout=60)


def test_another_place_gives_the_same_bytes(dist, tmp_path):
    """Neither the place nor the time of a build shows in the bytes."""
    for name in ("boot", "firmware", "drivers", "linker", "Makefile", "host-vmm", "tests"):
        subprocess.run(["cp", "-r", str(ROOT / name), str(tmp_path / name)], check=True)
    make_dist(tmp_path, "other")
    assert (tmp_path / "other" / "dist" / "SHA256SUMS").read_text() == (dist / "SHA256SUMS").read_text()

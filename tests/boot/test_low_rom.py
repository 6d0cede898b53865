# SPDX-License-Identifier: MIT
"""The ROM on a VMM that maps it only below 1 MiB and starts at F000:FFF0, with no alias at 4 GiB."""
import os
import subprocess

import pytest

from machine import ROM, ROOT, check_golden

pytestmark = pytest.mark.kvm


def test_rom_below_1_mib_alone(tmp_path):
    vmm = tmp_path / "low_rom"
    subprocess.run([os.environ.get("CC", "gcc"), "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1",
                    "-o", vmm, ROOT / "tests" / "boot" / "low_rom.c"], check=True, timeout=60)
    done = subprocess.run([vmm, ROM], stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    check_golden("low-rom.txt", done.stdout)

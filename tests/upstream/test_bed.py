# SPDX-License-Identifier: MIT
"""What the bed's own programs do when something is missing or goes wrong; nothing is booted here. Stubs take
the place of `fetch` and `boot`."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from bed_tests import TESTS  # noqa: E402

LIMIT = 60


@pytest.fixture
def bed(tmp_path):
    """A copy of the programs whose `fetch` has nothing to do; bed.build is a build directory."""
    tests = tmp_path / "tests"
    (tests / "upstream").mkdir(parents=True)
    for name in ("boot", "golden"):
        (tests / name).symlink_to(HERE.parent / name)
    for path in HERE.iterdir():
        if path.is_file():
            shutil.copy(path, tests / "upstream")

    class Bed:
        build = tmp_path / "build"
        programs = tests / "upstream"

        def stub(self, name, text):
            path = self.programs / name
            path.write_text("#!/bin/sh\n" + text)
            path.chmod(0o755)

        def start(self):
            return subprocess.Popen([sys.executable, "-B", self.programs / "run.py", self.build],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True)

    result = Bed()
    (result.build / "upstream").mkdir(parents=True)
    (result.build / "upstream" / "fetched").write_text("6.1\n")
    result.stub("fetch", "exit 0\n")
    return result


def run(bed):
    process = bed.start()
    out, err = process.communicate(timeout=LIMIT)
    return process.returncode, out, err


def test_skipped_tests_are_named(bed):
    bed.stub("fetch", "echo '  Err: no route' >&2; echo 'the mirror is away' >&2; exit 75\n")
    status, out, err = run(bed)
    assert (status, err) == (0, "")
    for name, _, _ in TESTS:
        assert f"SKIP upstream: {name}: the mirror is away\n" in out
    assert "  Err: no route\n" in out
    assert out.endswith(f"\n0 passed, 0 failed, {len(TESTS)} skipped\n")


def test_a_bed_without_kvm_is_reported_once(bed):
    bed.stub("boot", 'echo "bed: KVM does not run a VM here" >"$2/results/broken"\n')
    status, out, _ = run(bed)
    assert status == 1
    assert out.count("KVM does not run a VM here") == 1
    assert out.count(": not run\n") == len(TESTS) - 1
    assert f"\n0 passed, {len(TESTS)} failed, 0 skipped\n" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_machine_too(bed, number):
    bed.stub("boot", 'sleep 300 &\necho $! >"$2/pid.new"\nmv "$2/pid.new" "$2/pid"\nwait\n')
    process = bed.start()
    pid_file = bed.build / "upstream" / "share" / "pid"
    end = time.monotonic() + LIMIT
    while not pid_file.exists() and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, err) == (128 + number, "")
    assert out == "0 passed, 0 failed, 0 skipped\n"
    state = pathlib.Path(f"/proc/{pid_file.read_text().strip()}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_boot_needs_no_share(bed, tmp_path):
    """In a checkout where the tests never ran; and QEMU's list of what TCG cannot do is not shown."""
    bed.stub("image", 'echo made >"$2"\n')
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "qemu-system-x86_64").write_text(
        '#!/bin/sh\necho "warning: TCG doesn\'t support requested feature: CPUID" >&2\n'
        'echo "bad option" >&2\nexit 3\n')
    (tools / "qemu-system-x86_64").chmod(0o755)
    share = bed.build / "upstream" / "new" / "share"
    done = subprocess.run([bed.programs / "boot", bed.build, share, "shell"], stdin=subprocess.DEVNULL,
                          env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
                          capture_output=True, text=True, timeout=LIMIT, check=False)
    assert (done.returncode, done.stderr) == (3, "bad option\n")
    assert share.is_dir()


def test_demo_says_that_the_bed_gave_nothing(bed):
    bed.stub("boot", 'mkdir "$2/results"; echo "bed: KVM does not run a VM here" >"$2/results/broken"\n')
    demo = bed.build / "demo"
    demo.mkdir()
    for name in ("ata.img", "virtio-blk.img", "chunk-in.bin"):
        (demo / name).write_bytes(b"")
    done = subprocess.run([bed.programs / "demo", bed.build], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 125
    assert "KVM does not run a VM here" in done.stderr

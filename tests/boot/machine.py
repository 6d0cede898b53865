# SPDX-License-Identifier: MIT
"""Running the host program and QEMU with a time limit, and comparing with golden files."""
import fcntl
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TRAPLINE_BUILD", ROOT / "build"))
HOST = BUILD / "trapline"
ROM = BUILD / "trapline.rom"
GOLDEN = ROOT / "tests" / "golden"
LIMIT = 60  # seconds of wall clock that no single run may take

SECTOR = 512


def have_kvm():
    """Whether a virtual machine can be made here, not only whether the file is there."""
    try:
        with open("/dev/kvm", "rb+", buffering=0) as kvm:
            os.close(fcntl.ioctl(kvm, 0xAE01, 0))  # KVM_CREATE_VM
            return True
    except OSError:
        return False


class Result:
    """How one run ended."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err

    @property
    def last_line(self):
        lines = self.out.decode("ascii", "replace").split()
        return "" if not lines else self.out.decode("ascii", "replace").splitlines()[-1]

    def line(self, start):
        """The one line of the output that starts so."""
        found = [x for x in self.out.decode("ascii", "replace").splitlines() if x.startswith(start)]
        assert len(found) == 1, f"{len(found)} lines start with {start!r}:\n{self.out.decode()}"
        return found[0]


def run(*arguments, stdin=subprocess.DEVNULL, limit=LIMIT, cwd=None, env=None):
    """The host program with these arguments."""
    done = subprocess.run([str(HOST), *map(str, arguments)], stdin=stdin, capture_output=True,
                          timeout=limit, cwd=cwd, env=env, check=False)
    return Result(done.returncode, done.stdout, done.stderr.decode())


def boot(*arguments, limit=LIMIT):
    """`trapline run`, strict unless the arguments say otherwise."""
    return run("run", "--timeout", limit - 10, *arguments, limit=limit)


def boot_with_stats(tmp_path, *arguments):
    path = tmp_path / "stats.json"
    result = boot("--stats-json", path, *arguments)
    return result, json.loads(path.read_text())


def qemu(*arguments, machine="pc", memory="256M", cmd=None, limit=LIMIT, firmware=None):
    """The same ROM, or what these options name, under QEMU's TCG. Status as the guest gave it to the
    exit port."""
    command = ["qemu-system-x86_64", "-M", machine, "-accel", "tcg", "-m", memory, "-nodefaults",
               "-display", "none", "-no-reboot", *(firmware or ["-bios", str(ROM)]),
               "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
    if cmd is not None:
        # QEMU's options end at a comma unless it is doubled.
        doubled = cmd.replace(",", ",,")
        command += ["-fw_cfg", f"name=opt/trapline/cmdline,string={doubled}"]
    done = subprocess.run(command + list(map(str, arguments)), stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=limit, check=False)
    return Result(done.returncode >> 1 if done.returncode & 1 else None, done.stdout,
                  done.stderr.decode())


def pattern(length, seed=1):
    """Bytes in which no two places look alike, the same on every run."""
    block = bytearray()
    state = seed
    while len(block) < min(length, 1 << 16):
        state = (state * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
        block += state.to_bytes(8, "little")
    whole = bytearray()
    index = 0
    while len(whole) < length:
        block[0:8] = index.to_bytes(8, "little")
        whole += block
        index += 1
    return bytes(whole[:length])


def disk(path, sectors=2048, seed=1):
    """A disk image whose first sector is text, so that the golden output shows it."""
    path.write_bytes(pattern(sectors * SECTOR, seed))
    with open(path, "r+b") as file:
        file.write(f"Trapline test disk {seed}\n".encode())
    return path


def rom_of(tmp_path, code, at_reset=None):
    """A 64 KiB image that runs code (16-bit, at F000:0000) from the reset vector."""
    image = bytearray(b"\xf4" * 65536)
    image[0:len(code)] = code
    image[0xfff0:0xfff5] = at_reset or b"\xea\x00\x00\x00\xf0"  # jmp f000:0000
    path = tmp_path / "test.rom"
    path.write_bytes(image)
    return path


def without_door(output):
    """The output without what names a door: the banner, the mode of rungs 1 to 3, and rung 4."""
    lines = output.decode("ascii").splitlines()
    assert lines[0].startswith("Trapline 0.1")
    kept = []
    for line in lines[1:]:
        if line.startswith("rung 4 "):
            continue
        if line.startswith(("rung 1 ", "rung 2 ", "rung 3 ")):
            line = line.replace("real16", "long64")
        kept.append(line)
    return kept


def check_golden(name, output):
    """Compares with tests/golden/NAME byte for byte; TRAPLINE_GOLDEN=write writes it instead."""
    path = GOLDEN / name
    if os.environ.get("TRAPLINE_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(output)
    assert output == path.read_bytes()

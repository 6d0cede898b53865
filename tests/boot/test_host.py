# SPDX-License-Identifier: MIT
"""The host as a program: terminal, pipes, memory."""
import os
import pathlib
import pty
import select
import signal
import subprocess
import termios
import time

import pytest

from machine import HOST, boot, run


def read_until(fd, text, limit=20):
    seen = b""
    end = time.monotonic() + limit
    while text not in seen and time.monotonic() < end:
        ready, _, _ = select.select([fd], [], [], 1)
        if ready:
            try:
                seen += os.read(fd, 4096)
            except OSError:
                break
    return seen


@pytest.mark.kvm
def test_ctrl_c_restores_the_terminal(tmp_path):
    """In a terminal of its own: raw while it runs, as before after Ctrl-C."""
    pid, master = pty.fork()
    if pid == 0:
        os.execv(HOST, [str(HOST), "run", "--cmd", "fault=spin"])
    try:
        read_until(master, b"rung 5")
        during = termios.tcgetattr(master)[3]
        assert not during & termios.ICANON and not during & termios.ECHO
        start = time.monotonic()
        os.write(master, b"\x03")
        _, status = os.waitpid(pid, 0)
        pid = 0
        assert time.monotonic() - start < 2
        assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGINT
        after = termios.tcgetattr(master)[3]
        assert after & termios.ICANON and after & termios.ECHO
    finally:
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(master)


@pytest.mark.kvm
def test_serial_output_is_prompt():
    """Lines appear while the guest runs on, not when it ends."""
    process = subprocess.Popen([str(HOST), "run", "--cmd", "fault=spin"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert b"rung 5" in read_until(process.stdout.fileno(), b"rung 5", 5)
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()


@pytest.mark.kvm
def test_closed_standard_output_does_not_stop_the_guest(tmp_path):
    """Adverse case 29."""
    stats = tmp_path / "stats.json"
    process = subprocess.Popen([str(HOST), "run", "--stats-json", str(stats)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.wait(timeout=30) == 0
    process.stderr.close()
    import json
    assert json.loads(stats.read_text())["serial_dropped"] > 0


@pytest.mark.kvm
def test_full_pipe_does_not_block_the_guest(tmp_path):
    """Adverse case 29: a pipe that nobody reads, and a guest that fills it."""
    # mov dx, 0x3f8; l: out dx, al; loop l (65536 times), four times; then exit 0
    code = (b"\xba\xf8\x03\xbb\x04\x00\x31\xc9\xb0\x78\xee\xe2\xfd\x4b\x75\xf8\xb0\x00\xe6\xf4\xf4")
    image = bytearray(b"\xf4" * 65536)
    image[0:len(code)] = code
    image[0xfff0:0xfff5] = b"\xea\x00\x00\x00\xf0"
    rom = tmp_path / "noisy.rom"
    rom.write_bytes(image)
    process = subprocess.Popen([str(HOST), "run", "--firmware", str(rom)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.kvm
def test_resident_memory_under_8_mib(everything):
    """All mappings but guest RAM and file maps, while a guest is running."""
    process = subprocess.Popen([str(HOST), "run", *map(str, everything), "--cmd", "fault=spin"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    try:
        read_until(process.stdout.fileno(), b"rung 5", 10)
        total = 0
        counted = True
        for line in pathlib.Path(f"/proc/{process.pid}/smaps").read_text().splitlines():
            fields = line.split()
            if "-" in fields[0] and not fields[0].endswith(":"):
                name = fields[5] if len(fields) > 5 else ""
                counted = not name.startswith("/memfd:guest-ram")
            elif fields[0] == "Rss:" and counted:
                total += int(fields[1])
    finally:
        process.kill()
        process.communicate()
    assert 0 < total < 8 * 1024, f"{total} KiB"


@pytest.mark.kvm
def test_read_only_directory_and_other_directory(tmp_path):
    """The program finds its firmware beside itself, wherever it is called from."""
    result = run("run", cwd="/")
    assert result.status == 0


@pytest.mark.kvm
def test_stats_text(everything):
    result = boot(*everything, "--stats")
    assert result.status == 0
    for word in ("device", "exits", "uart", "pci", "chunk", "virtio-blk0", "fw_cfg", "pio_read",
                 "mmio_write"):
        assert word in result.err, word

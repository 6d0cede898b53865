# SPDX-License-Identifier: MIT
"""The host as a program: terminal, pipes, memory."""
import json
import os
import pathlib
import pty
import re
import resource
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


@pytest.mark.kvm
def test_stats_text_has_what_the_json_has_of_workers_and_interrupts(everything, tmp_path):
    path = tmp_path / "stats.json"
    result = boot(*everything, "--stats", "--stats-json", path, "--cmd", "irq")
    assert result.status == 0
    stats = json.loads(path.read_text())
    rows = [line.split() for line in result.err.splitlines()]
    assert stats["interrupts"] > 0 and len(stats["interrupts_by_device"]) > 1
    for name, raised in stats["interrupts_by_device"].items():
        assert [name, str(raised)] in rows
    assert ["all", str(stats["interrupts"])] in rows
    assert len(stats["workers"]) > 1
    for name, worker in stats["workers"].items():
        assert [name, *(str(worker[key]) for key in ("doorbells", "requests", "wakeups", "io"))] in rows


@pytest.mark.kvm
def test_too_few_file_descriptors_are_one_line(tmp_path):
    """Whatever it is that cannot be made, one line says so, and it is no other reason."""
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(1 << 20))
    failed = 0
    for limit in range(14, 34):
        done = subprocess.run([str(HOST), "run", "--testdev", "--virtio-blk", str(disk)],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                                                    (limit, limit)))
        if done.returncode == 0:
            continue
        failed += 1
        assert done.stderr.count(b"\n") == 1 and b"Too many open files" in done.stderr, done.stderr
    assert failed > 3


@pytest.mark.kvm
def test_verbose_says_what_a_virtio_disk_agreed_on(tmp_path):
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(1 << 20))
    agreed = []
    for spec, queues in (("none", 1), ("none+event_idx", 1), ("none+mq", 3)):
        text = boot("--virtio-blk", f"{disk},queues=4,features={spec}", "--cmd",
                    "verbose virtio-blk.features=all virtio-blk.queues=3").out.decode()
        found = re.findall(r"^# virtio-blk0: features 0x([0-9a-f]+), queues (\d+)$", text, re.M)
        assert len(found) == 1 and int(found[0][1]) == queues
        agreed.append(int(found[0][0], 16))
    assert agreed[0] ^ agreed[1] == 1 << 29 and agreed[0] ^ agreed[2] == 1 << 12
    assert b"features" not in boot("--virtio-blk", disk).out


@pytest.mark.kvm
def test_verbose_says_that_a_fault_of_interrupts_needs_them():
    said = b"nothing without irq"
    assert said in boot("--cmd", "verbose fault=lost-irq").out
    assert said not in boot("--cmd", "verbose fault=lost-irq irq").out
    assert said not in boot("--cmd", "fault=lost-irq").out

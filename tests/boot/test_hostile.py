# SPDX-License-Identifier: MIT
"""Hostile guests and unkind surroundings, on the whole host; each test names its adverse case."""
import fcntl
import json
import os
import pathlib
import random
import signal
import subprocess
import time

import pytest

from machine import HOST, boot, disk, pattern, rom_of, run

pytestmark = pytest.mark.kvm

MIB = 1 << 20
EXIT_0 = b"\xb0\x00\xe6\xf4\xf4"  # mov al, 0; out 0xf4, al; hlt


def resident_kib(pid):
    """Of everything but guest RAM."""
    total, counted = 0, True
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        fields = line.split()
        if "-" in fields[0] and not fields[0].endswith(":"):
            counted = not (len(fields) > 5 and fields[5].startswith("/memfd:guest-ram"))
        elif fields[0] == "Rss:" and counted:
            total += int(fields[1])
    return total


def start(*arguments, **options):
    return subprocess.Popen([str(HOST), *map(str, arguments)], **{
        "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_29_closed_descriptors_never_become_disks(closed, ata, virtio):
    before = ata.read_bytes(), virtio.read_bytes()
    subprocess.run(["sh", "-c", f"exec {HOST} run --ata {ata} --virtio-blk {virtio} --stats "
                    f"--cmd fault=ud {closed}"], timeout=30, check=False)
    assert (ata.read_bytes(), virtio.read_bytes()) == before


@pytest.mark.parametrize("closed", ["<&- >&- 2>&-", "<&- >&-"])
def test_29_closed_descriptors_and_a_copy(closed, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(pattern(5000))
    done = subprocess.run(["sh", "-c", f"exec {HOST} copy --json --via chunk {source} {target} {closed}"],
                          timeout=30, check=False)
    assert done.returncode == 1  # the result could not be printed
    assert not target.exists() or target.read_bytes() == source.read_bytes()


def test_29_slow_reader_does_not_delay_ctrl_c(tmp_path):
    # mov dx, 0x3f8; again: out dx, al; jmp again
    rom = rom_of(tmp_path, b"\xba\xf8\x03\xb0\x78\xee\xeb\xfd")
    process = start("run", "--firmware", rom)
    try:
        end = time.monotonic() + 1
        while time.monotonic() < end:
            os.read(process.stdout.fileno(), 2048)
            time.sleep(0.1)
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        while process.poll() is None and time.monotonic() - begin < 10:
            os.read(process.stdout.fileno(), 2048)
            time.sleep(0.1)
        assert time.monotonic() - begin < 2
        assert process.returncode == 128 + signal.SIGINT
    finally:
        process.kill()
        process.communicate()


def test_29_endless_input_that_nobody_reads():
    with open("/dev/zero", "rb") as zeros:
        process = start("run", "--cmd", "fault=spin", stdin=zeros, stdout=subprocess.DEVNULL)
        try:
            time.sleep(0.5)
            first = resident_kib(process.pid)
            time.sleep(1)
            assert resident_kib(process.pid) <= first + 64
            # 16 bytes fit into the receive FIFO; the rest stays with whoever sends it
            assert os.lseek(zeros.fileno(), 0, os.SEEK_CUR) <= 64
        finally:
            process.kill()
            process.communicate()


def test_30_many_bad_accesses_leave_no_log(tmp_path):
    """Some 100,000 accesses to ports and addresses where nothing is: counted, never printed."""
    # mov dx, 0x1234; mov cx, 0; again: in al, dx; out dx, ax; loop again; exit 0
    rom = rom_of(tmp_path, b"\xba\x34\x12\x31\xc9\xec\xef\xe2\xfc" + EXIT_0)
    stats = tmp_path / "stats.json"
    result = boot("--firmware", rom, "--stats-json", stats)
    assert result.status == 0
    assert result.err == "" and result.out == b""
    assert json.loads(stats.read_text())["unclaimed"] == 2 * 65536


def test_28_every_port_at_every_width(tmp_path):
    """Ports 0x0000-0xffff, read and written at each width, but for those that end the run."""
    skipped = {0xf4, 0xf5, 0xf6, 0xf7, 0x64, 0x92, 0xcf9, 0xf1, 0xf2, 0xf3, 0x91, 0x90, 0x8f, 0x61, 0x62,
               0x63, 0xcf6, 0xcf7, 0xcf8}
    # xor dx, dx; again: in al,dx; in ax,dx; in eax,dx; inc dx; jnz again; exit 0
    rom = rom_of(tmp_path, b"\x31\xd2\xec\xed\x66\xed\x42\x75\xf9" + EXIT_0)
    result = boot("--firmware", rom)
    assert result.status == 0, result.err
    # writes: a table of the allowed ports would not fit in 64 KiB beside the code: blocks of them
    for base in range(0, 0x1000, 0x100):
        ports = [p for p in range(base, base + 0x100) if p not in skipped]
        code = b""
        for port in ports:
            code += b"\xba" + port.to_bytes(2, "little") + b"\xee\xef\x66\xef"
        result = boot("--firmware", rom_of(tmp_path, b"\x31\xc0" + code + EXIT_0))
        assert result.status == 0, (hex(base), result.err)


def test_31_initialised_vcpu_is_reported(tmp_path):
    """A vCPU that sends itself an INIT waits for ever; it is reported like a halt."""
    # real mode reaches the LAPIC with a 32-bit base: enter flat protected mode first
    code = (b"\x2e\x66\x0f\x01\x16\x40\x00"      # lgdt cs:[0x40]
            b"\x0f\x20\xc0\x66\x83\xc8\x01\x0f\x22\xc0"  # cr0 |= 1
            b"\xea\x20\x00\x08\x00")             # jmp 08:0x20 (16-bit code segment, base 0xf0000)
    code = code.ljust(0x20, b"\x90")
    code += (b"\xb8\x10\x00\x8e\xd8"             # mov ax, 0x10; mov ds, ax
             b"\x67\x66\xc7\x05\x10\x03\xe0\xfe\x00\x00\x00\x00"  # mov dword [fee00310], 0
             b"\x67\x66\xc7\x05\x00\x03\xe0\xfe\x00\x45\x00\x00"  # mov dword [fee00300], INIT to 0
             b"\xeb\xfe")
    code = code.ljust(0x40, b"\x90")
    code += b"\x17\x00" + (0xf0048).to_bytes(4, "little") + b"\x00\x00"
    code += bytes(8) + bytes.fromhex("ffff00000f9b0000") + bytes.fromhex("ffff00000093cf00")
    result = boot("--firmware", rom_of(tmp_path, code), "--timeout", "4")
    assert result.status in (120, 123), result.err


def test_36_killed_copies_leave_the_destination_whole(tmp_path):
    """kill -9 at random moments: DST is the old file or the new one, never a part."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(pattern(24 * MIB, seed=4))
    old = pattern(1000, seed=8)
    chance = random.Random(7)
    for _ in range(12):
        target.write_bytes(old)
        process = start("copy", "--via", "virtio-blk", source, target)
        time.sleep(chance.uniform(0, 0.12))
        process.kill()
        process.communicate()
        found = target.read_bytes()
        assert found == old or found == source.read_bytes()


def test_36_what_a_flush_acknowledged_is_in_the_file(tmp_path, ata, virtio, chunk):
    """The climb's writes end with a FLUSH; after a kill -9 behind it they are there."""
    process = start("run", "--chunk", f"in={chunk[0]},out={chunk[1]}", "--virtio-blk", virtio)
    process.wait(timeout=30)
    process.communicate()
    assert chunk[1].read_bytes() == chunk[0].read_bytes()[:65536]


def test_32_slow_disk_does_not_delay_ctrl_c(tmp_path):
    """The source is a pipe-slow file system's stand-in: a disk that is locked in pwritev."""
    shim = tmp_path / "slow.c"
    shim.write_text("""
#define _GNU_SOURCE
#include <sys/uio.h>
#include <unistd.h>
ssize_t pwritev(int fd, const struct iovec *iov, int count, off_t offset)
{
    (void)fd, (void)iov, (void)offset;
    for (int i = 0; i < 300; i++)
        usleep(100000);
    return count;
}
ssize_t pwritev64(int fd, const struct iovec *iov, int count, off_t offset)
{
    return pwritev(fd, iov, count, offset);
}
""")
    library = tmp_path / "slow.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, shim], check=True, timeout=60)
    target = disk(tmp_path / "target.img", sectors=64)
    for arguments in (("run", "--ata", target, "--cmd", "write"),
                      ("copy", "--via", "ata", "--io-engine", "sync", disk(tmp_path / "source.img"), tmp_path / "copied")):
        process = start(*arguments, env={**os.environ, "LD_PRELOAD": str(library)})
        try:
            time.sleep(1)
            begin = time.monotonic()
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=10)
            assert time.monotonic() - begin < 2
            assert process.returncode == 128 + signal.SIGINT
            assert err.count(b"\n") == 1, err
        finally:
            process.kill()
    assert not [x for x in tmp_path.iterdir() if "trapline-" in x.name or x.name == "copied"]


def test_fifos_are_refused_not_waited_for(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for option in ("--serial", "--stats-json", "--debugcon"):
        result = run("run", option, fifo, limit=10)
        assert result.status == 2
        assert option in result.err and str(fifo) in result.err


@pytest.mark.parametrize("option", ["--serial", "--stats-json", "--debugcon"])
def test_outputs_never_destroy_a_disk(option, ata, tmp_path):
    before = ata.read_bytes()
    result = run("run", "--ata", ata, option, ata)
    assert result.status == 2 and option in result.err
    target = tmp_path / "target"
    assert run("copy", "--via", "chunk", option, ata, ata, target).status == 2
    assert ata.read_bytes() == before and not target.exists()


def test_outputs_never_destroy_the_firmware(tmp_path):
    rom = rom_of(tmp_path, EXIT_0)
    before = rom.read_bytes()
    assert run("run", "--firmware", rom, "--serial", rom).status == 2
    assert rom.read_bytes() == before


def test_one_disk_twice(ata):
    assert run("run", "--ata", ata, "--ata", ata).status == 2
    assert run("run", "--ata", ata, "--virtio-blk", f"{ata},ro").status == 2
    assert boot("--ata", f"{ata},ro", "--virtio-blk", f"{ata},ro").status == 0


def test_reset_puts_the_interrupt_controllers_back(tmp_path):
    """The PIC's mask register, changed before a reset, is as at the start after it."""
    # CMOS 0x40 counts: first pass writes 0x2b to port 0x21 and resets; second pass exits with what it reads
    code = (b"\xb0\x40\xe6\x70\xe4\x71\x3c\x5a\x74\x12"    # second pass? jump 18 further
            b"\xb0\x40\xe6\x70\xb0\x5a\xe6\x71"            # remember
            b"\xb0\x2b\xe6\x21\xb0\xfe\xe6\x64\xeb\xfe"    # mask, reset, wait
            b"\xe4\x21\x3c\x2b\xb0\x00\x75\x02\xb0\x07\xe6\xf4\xf4")
    assert boot("--firmware", rom_of(tmp_path, code), "--timeout", "5").status == 0


def test_quit_restores_the_terminal_and_cleans_up(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(pattern(64 * MIB))
    process = start("copy", "--via", "ata,mode=pio", source, tmp_path / "target")
    time.sleep(0.7)
    process.send_signal(signal.SIGQUIT)
    process.communicate(timeout=10)
    assert process.returncode == 128 + signal.SIGQUIT
    assert sorted(x.name for x in tmp_path.iterdir()) == ["source"]


def test_14_command_storm(tmp_path):
    """Disk commands and console output as fast as the guest can: nothing grows, and it can be ended."""
    # mov dx,0x1f7; again: mov al,0x20; out dx,al; mov dx,0x3f8; out dx,al; mov dx,0x1f7; jmp again
    rom = rom_of(tmp_path, b"\xba\xf7\x01\xb0\x20\xee\xba\xf8\x03\xee\xba\xf7\x01\xeb\xf3")
    process = start("run", "--firmware", rom, "--ata", disk(tmp_path / "d.img"),
                    stdout=subprocess.DEVNULL)
    try:
        time.sleep(1)
        first = resident_kib(process.pid)
        time.sleep(3)
        assert resident_kib(process.pid) <= first + 128
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        assert time.monotonic() - begin < 2
    finally:
        process.kill()


def test_fcntl_is_left_as_it_was(tmp_path):
    """Standard output keeps its flags: it is shared with the shell."""
    read_end, write_end = os.pipe()
    before = fcntl.fcntl(write_end, fcntl.F_GETFL)
    process = start("run", stdout=write_end)
    process.wait(timeout=30)
    process.stderr.close()
    assert fcntl.fcntl(write_end, fcntl.F_GETFL) == before
    os.close(read_end)
    os.close(write_end)

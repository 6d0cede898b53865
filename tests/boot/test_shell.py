# SPDX-License-Identifier: MIT
"""The monitor: sessions on a terminal and through pipes, under the host and under QEMU."""
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from machine import BUILD, HOST, ROM, boot_with_stats, run

PROMPT = "trapline> "
LIMIT = 30  # seconds for one answer
UP, DOWN, LEFT, HOME = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[H"


class Session:
    """A program whose serial line is here. Answers are what came up to the next prompt."""

    def __init__(self, command, terminal):
        self.terminal = terminal
        self.seen = ""
        self.status = None
        command = list(map(str, command))
        if terminal:
            self.pid, self.read_fd = pty.fork()
            if self.pid == 0:
                os.execvp(command[0], command)
            self.write_fd = self.read_fd
        else:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            self.pid = self.process.pid
            self.read_fd = self.process.stdout.fileno()
            self.write_fd = self.process.stdin.fileno()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self.terminal:
            os.close(self.read_fd)
        else:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.returncode = self.status

    def send(self, keys):
        os.write(self.write_fd, keys.encode("latin-1"))

    def read(self, ready, limit=LIMIT):
        """Reads until ready(text); returns and forgets what came."""
        end = time.monotonic() + limit
        while not ready(self.seen):
            left = end - time.monotonic()
            assert left > 0, f"nothing more came after:\n{self.seen[-2000:]}"
            if select.select([self.read_fd], [], [], left)[0]:
                try:
                    piece = os.read(self.read_fd, 65536)
                except OSError:
                    piece = b""
                assert piece, f"the run has ended:\n{self.seen[-2000:]}"
                self.seen += piece.decode("latin-1").replace("\r\n", "\n")
        text, self.seen = self.seen, ""
        return text

    def prompt(self):
        return self.read(lambda text: text.endswith("\n" + PROMPT))

    def ask(self, line):
        """Types a line; returns the lines of the answer."""
        self.send(line + "\r")
        lines = self.prompt().split("\n")
        return lines[1:-1]  # without what was typed, and the next prompt

    def end(self):
        """What else comes, and the exit status."""
        text = self.seen
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            if not select.select([self.read_fd], [], [], 1)[0]:
                continue
            try:
                piece = os.read(self.read_fd, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece.decode("latin-1").replace("\r\n", "\n")
        _, status = os.waitpid(self.pid, 0)
        self.status = os.waitstatus_to_exitcode(status)
        return text


def host_session(*options, cmd="shell", terminal=True):
    words = ["--cmd", cmd] if cmd else []
    return Session([HOST, "run", "--timeout", 60, *words, *options], terminal)


def qemu_session(*options, cmd="shell", terminal=True, reboot=False):
    words = ["-fw_cfg", f"name=opt/trapline/cmdline,string={cmd}"] if cmd else []
    return Session(["timeout", "--foreground", "60", "qemu-system-x86_64", "-M", "pc", "-accel",
                    "tcg", "-nodefaults", "-display", "none", "-bios", ROM, "-serial", "stdio",
                    "-device", "isa-debug-exit,iobase=0xf4,iosize=4", *words, *options,
                    *([] if reboot else ["-no-reboot"])], terminal)


SESSIONS = [pytest.param(host_session, marks=pytest.mark.kvm, id="host"),
            pytest.param(qemu_session, marks=pytest.mark.qemu, id="qemu")]


def typed(session, keys):
    """Types keys and Enter; returns the lines of the answer, whatever the editor wrote meanwhile."""
    session.send(keys + "\r")
    return session.prompt().split("\n")[1:-1]


# --- on every machine ---


@pytest.mark.parametrize("start", SESSIONS)
@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_a_session(start, terminal):
    with start(terminal=terminal) as s:
        assert "\nTRAPLINE PASS" in s.prompt()
        names = [line.split("[")[0].split(" ")[0] for line in s.ask("help")]
        for name in ("help", "pci", "in", "out", "peek", "poke", "dump", "msr", "cpuid", "ata",
                     "blk", "chunk", "virtio", "time", "climb", "reset", "exit"):
            assert name in names
        assert s.ask("help pci")[0].startswith("pci[8|16|32] ")
        assert s.ask("pci")[0].startswith("00:00.0 8086:1237 class 060000")
        assert s.ask("pci16 00.0 0") == ["0x0: 0x8086"]
        assert s.ask("out8 0x3ff 0x5a") == []
        assert s.ask("in8 0x3ff") == ["0x3ff: 0x5a"]
        assert s.ask("in 0x3ff") == ["0x3ff: 0x5a"]
        assert s.ask("poke64 2M 0x1122334455667788") == []
        assert s.ask("peek64 2M") == ["0x200000: 0x1122334455667788"]
        assert s.ask("peek16 0x200002") == ["0x200002: 0x5566"]
        assert s.ask("poke8 0x200001 0x41") == []
        assert s.ask("peek 0x200000") == ["0x200000: 0x55664188"]
        assert s.ask("dump 0x200001 5") == [
            "00200001: 41 66 55 44 33                                  |AfUD3|"]
        assert s.ask("dump32 2M 8") == [
            "00200000: 55664188 11223344                   |.AfUD3\".|"]
        assert re.fullmatch(r"eax 0x[0-9a-f]{8} ebx 0x\w{8} ecx 0x\w{8} edx 0x\w{8}",
                            s.ask("cpuid 0")[0])
        assert re.fullmatch(r"0x10: 0x[0-9a-f]{16}", s.ask("msr 0x10")[0])
        assert s.ask("") == []
        s.send("exit\r")
        s.end()
        assert s.status == (0 if start is host_session else 1)


@pytest.mark.parametrize("start", SESSIONS)
def test_bad_input_gets_a_reason(start):
    with start() as s:
        s.prompt()
        for line, reason in [
                ("florp 1", 'florp: no such command; "help" lists what there is'),
                ("in64 0", 'in64: no such command; "help" lists what there is'),
                ("in", "usage: in PORT"),
                ("peek 1 2 3", "usage: peek ADDR"),
                ("in 3f8", 'in: port "3f8" is not a number (like 12, 0x1f or 64K)'),
                ("in 0x10000", "in: port 0x10000 is too large: at most 0xffff"),
                ("out8 0x80 0x100", "out: value 0x100 is too large: at most 0xff"),
                ("dump16 0 3", "dump: length 0x3 is not a multiple of 2"),
                ("dump 0 0x10001", "dump: length 0x10001 is too large: at most 0x10000"),
                ("dump 0xffffffffffffffff 2",
                 "dump: 0x2 bytes from 0xffffffffffffffff reach past the last address"),
                ("peek 0x8000000000000000", "peek: address 0x8000000000000000 is not canonical"),
                ("pci 1f", 'pci: "1f" is not a function of bus 0 (like 02.0)'),
                ("pci 1f.7", "pci: nothing at 00:1f.7"),
                ("pci 00.0 2", "pci: register 0x2 is not a multiple of 4"),
                ("blk florp 0", 'blk: florp: not the name of a disk; "blk" lists them'),
                ("blk virtio-blk7 0", "blk: virtio-blk7: absent"),
                ("chunk", "chunk: absent"),
                ("virtio", "virtio: absent"),
                ("exit 256", "exit: value 0x100 is too large: at most 0xff"),
                (" ".join("x" * 17), "more than 16 words"),
                ("x" * 300, "a line has at most 255 characters: nothing done")]:
            assert typed(s, line)[-1] == reason
        assert s.ask("in 0x3fd") != []  # and it goes on


@pytest.mark.parametrize("start", SESSIONS)
def test_a_fault_returns_to_the_prompt(start):
    with start() as s:
        s.prompt()
        for _ in range(20):
            assert s.ask("peek 0x7ffffffff000")[0].startswith(
                "fault: page fault at address 0x7ffffffff000, error code 0x0, rip 0x")
        assert s.ask("poke 0x7ffffffff000 1")[0].startswith(
            "fault: page fault at address 0x7ffffffff000, error code 0x2, rip 0x")
        assert s.ask("dump 0x7ffffffff000 16")[0].startswith("fault: page fault")
        if start is host_session:  # QEMU's TCG takes anything
            assert s.ask("msr 0xc0000080 0xffffffffffffffff")[0].startswith(
                "fault: general protection, error code 0x0, rip 0x")
        assert s.ask("time peek 0x7ffffffff000")[0].startswith("fault: page fault")
        assert s.ask("peek 0x200000")[0].startswith("0x200000: 0x")


@pytest.mark.parametrize("start", SESSIONS)
def test_line_editing_and_history(start):
    with start() as s:
        s.prompt()
        s.ask("out8 0x3ff 0x11")
        assert s.ask("in8 0x3ff") == ["0x3ff: 0x11"]
        assert typed(s, UP) == ["0x3ff: 0x11"]
        assert typed(s, UP + UP + "\x7f2") == []  # out8 0x3ff 0x12
        assert typed(s, UP + UP) == ["0x3ff: 0x12"]
        assert typed(s, "8 0x3ff" + HOME + "in") == ["0x3ff: 0x12"]
        assert typed(s, "in8 0x3fX" + LEFT + "\x0bf") == ["0x3ff: 0x12"]
        assert typed(s, "junk junk\x15in8 0x3ff junk\x17") == ["0x3ff: 0x12"]
        assert typed(s, "pe\t0x200000")[0].startswith("0x200000: 0x")
        if not s.terminal or start is qemu_session:
            return
        s.send("half a line\x0c")
        assert "\x1b[H\x1b[J" in s.read(lambda text: "\x1b[J" in text and PROMPT in text)


@pytest.mark.parametrize("start", SESSIONS)
def test_climb_again_is_the_same_climb(start, ata, virtio):
    drives = (["--ata", ata, "--virtio-blk", virtio] if start is host_session else
              ["-drive", f"if=ide,format=raw,file={ata}", "-drive",
               f"if=none,id=disk,format=raw,file={virtio}", "-device",
               "virtio-blk-pci,disable-legacy=on,drive=disk"])
    with start(*drives) as s:
        first = s.prompt().split("\n")[:-1]
        rungs = [x for x in first if x.startswith("rung") and x[5] >= "6"] + first[-1:]
        assert len(rungs) >= 5 and rungs[-1].startswith("TRAPLINE PASS 9")
        assert s.ask("climb") == rungs
        rings = s.ask("virtio")
        for _ in range(10):
            assert s.ask("climb") == rungs
        assert s.ask("virtio") == rings  # at the same addresses: what a command takes it gives back


@pytest.mark.parametrize("start", SESSIONS)
def test_ata_and_blk(start, ata, virtio):
    drives = (["--ata", ata, "--virtio-blk", virtio] if start is host_session else
              ["-drive", f"if=ide,format=raw,file={ata}", "-drive",
               f"if=none,id=disk,format=raw,file={virtio}", "-device",
               "virtio-blk-pci,disable-legacy=on,drive=disk"])
    with start(*drives) as s:
        s.prompt()
        answer = s.ask("ata")
        assert answer[0].startswith("ata0 (port 0x1f0, drive 0): 2048 sectors, LBA28 and LBA48")
        assert answer[1] == "ata1 (port 0x1f0, drive 1): absent"
        assert s.ask("blk") == ["ata0: 1048576 bytes, blocks of 512",
                                "virtio-blk0: 1048576 bytes, blocks of 512"]
        for name, path in (("ata0", ata), ("virtio-blk0", virtio)):
            for block in (0, 3, 2047):
                text = "".join(x[10:58] for x in s.ask(f"blk {name} {block}"))
                assert bytes.fromhex(text) == path.read_bytes()[block * 512:][:512]
            assert s.ask(f"blk {name} 2048") == [f"blk: {name} has 2048 blocks of 512 bytes"]
        answer = s.ask("virtio")
        assert "virtio device type 2" in answer[0]
        assert answer[1] == "  status 0x0f ACKNOWLEDGE DRIVER FEATURES_OK DRIVER_OK"
        assert re.match(r"  offered   0x[0-9a-f]+: bits .*\b32\b", answer[2])
        assert re.match(r"  accepted  0x[0-9a-f]+: bits .*\b32\b", answer[3])
        assert re.match(r"  queue 0: \d+ entries, desc 0x", answer[4])


@pytest.mark.parametrize("start", SESSIONS)
@pytest.mark.parametrize("value", [0, 7, 200])
def test_exit_n(start, value):
    with start() as s:
        s.prompt()
        s.send(f"exit {value}\r")
        assert s.end().split("\n")[1] == f"monitor: exit {value}"
        if start is host_session:
            assert s.status == (16 + min(value, 63) if value else 0)
        else:
            assert s.status == (value << 1 | 1) & 0xff


@pytest.mark.parametrize("start", SESSIONS)
def test_reset_starts_over(start):
    options = {"reboot": True} if start is qemu_session else {}
    with start(**options) as s:
        s.prompt()
        for _ in range(2):
            s.send("reset\r")
            assert "\nrung 1 real16 serial" in s.prompt()
        assert s.ask("in 0x3fd") != []


@pytest.mark.parametrize("start", SESSIONS)
def test_exit_alone_tells_how_the_climb_went(start):
    with start(cmd="shell require=chunk") as s:
        assert "\nTRAPLINE FAIL 8 chunk" in s.prompt()
        s.send("\x04")
        s.end()
        assert s.status == (16 + 8 if start is host_session else 8 << 1 | 1)


# --- the host alone ---


@pytest.mark.kvm
def test_chunk(chunk):
    data = chunk[0].read_bytes()
    with host_session("--chunk", f"in={chunk[0]},out={chunk[1]}") as s:
        s.prompt()
        registers = dict(x.split()[1:] for x in s.ask("chunk"))
        assert registers["id"] == "0x4b4e4843" and registers["version"] == "0x1"
        assert s.ask("chunk size") == [f"{len(data)} bytes"]
        text = "".join(x[10:58] for x in s.ask("chunk read 5 100"))
        assert bytes.fromhex(text) == data[5:105]
        assert s.ask("chunk read 100000 2") == [f"chunk: the input has {len(data)} bytes"]
        assert s.ask("chunk florp") == ["usage: chunk [size | read OFFSET LENGTH]"]
        assert s.ask("peek 0xfe000040") == ["0xfe000040: 0x4b4e4843"]
        assert s.ask("dump 0xfe000040 4") == [
            "fe000040: 43 48 4e 4b                                     |CHNK|"]
        # by hand: decode off, and nobody answers
        assert s.ask("pci16 02.0 4 0") == []
        assert s.ask("peek 0xfe000040") == ["0xfe000040: 0xffffffff"]


@pytest.mark.kvm
def test_configuration_by_hand():
    """What `out` writes to 0xcf8 stays there for `in`, and does not mislead the PCI driver."""
    with host_session() as s:
        s.prompt()
        before = s.ask("pci 00.0 0")
        assert before == ["0x0: 0x12378086"]
        s.ask("out32 0xcf8 0x80000800")
        assert s.ask("in32 0xcf8") == ["0xcf8: 0x80000800"]
        assert s.ask("in32 0xcfc") == ["0xcfc: 0x70008086"]
        assert s.ask("pci 00.0 0") == before


@pytest.mark.kvm
def test_time_counts_exits_as_the_host_does():
    with host_session() as s:
        s.prompt()
        for command, exits in (("out8 0x80 1", 1),    # a port write
                               ("poke 2M 1", 0),      # memory
                               ("out32 0xcf8 0", 0),  # coalesced
                               ("pci32 01.0 0x60 0x80808080", 1)):
            line = s.ask("time " + command)[-1]
            assert re.fullmatch(rf"time: \d+ cycles, \d+ us, {exits} exits", line), command
        # what a command prints is part of it
        inner, outer = (int(x.split()[-2]) for x in s.ask("time time in 0x80")[-2:])
        assert 0 < inner < outer


@pytest.mark.qemu
def test_time_without_a_host_that_counts():
    with qemu_session() as s:
        s.prompt()
        assert re.fullmatch(r"time: \d+ cycles, \d+ us", s.ask("time in 0x80")[-1])


@pytest.mark.kvm
def test_a_script_through_a_pipe(tmp_path):
    """Typed before the firmware is there, without a byte lost; the end of the input ends the run."""
    script = tmp_path / "script"
    script.write_text("out8 0x3ff 0x42\nin8 0x3ff\n")
    with open(script, "rb") as file:
        result = run("run", "--cmd", "shell", "--timeout", 30, stdin=file)
    assert result.status == 0, result.err
    assert result.out.decode().endswith(
        "trapline> out8 0x3ff 0x42\ntrapline> in8 0x3ff\n0x3ff: 0x42\ntrapline> \n"
        "monitor: exit 0\n")


@pytest.mark.kvm
def test_no_input_at_all():
    result = run("run", "--cmd", "shell", "--timeout", 30)
    assert result.status == 0, result.err
    assert result.out.decode().endswith("trapline> \nmonitor: exit 0\n")


@pytest.mark.kvm
def test_a_key_at_the_end_of_the_climb():
    with host_session(cmd=None) as s:
        s.read(lambda text: "(any key: monitor)" in text)
        s.send(UP)
        assert s.read(lambda text: text.endswith(PROMPT)).endswith("\r\x1b[K" + PROMPT)
        assert s.ask("in 0x3fd") == ["0x3fd: 0x60"]
        s.send("exit 3\r")
        s.end()
        assert s.status == 16 + 3


@pytest.mark.kvm
@pytest.mark.parametrize("image", ["trapline.elf", "trapline.mb.elf"])
def test_the_monitor_behind_the_elf_doors(image):
    """By command line and by key: these doors have their own command line and ask fw_cfg late."""
    with host_session("--kernel", BUILD / image) as s:
        s.prompt()
        assert s.ask("peek 0x7ffffffff000")[0].startswith("fault: page fault")
        assert s.ask("time out8 0x80 1")[0].endswith(" 1 exits")
    with host_session("--kernel", BUILD / image, cmd=None) as s:
        s.read(lambda text: "(any key: monitor)" in text)
        s.send("x")
        s.read(lambda text: text.endswith(PROMPT))


@pytest.mark.kvm
def test_no_key_at_the_end_of_the_climb():
    start = time.monotonic()
    with host_session(cmd=None) as s:
        text = s.end()
        assert text.endswith("\n(any key: monitor)\r\x1b[K")
        assert s.status == 0
    assert time.monotonic() - start < 5


@pytest.mark.kvm
def test_not_interactive_means_no_wait_and_no_question(tmp_path):
    """Standard output is a pipe: nothing asks, and an ordinary boot pays nothing."""
    result, stats = boot_with_stats(tmp_path)
    assert b"monitor" not in result.out and b"\x1b" not in result.out
    assert stats["seconds"] < 1

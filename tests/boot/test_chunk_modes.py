# SPDX-License-Identifier: MIT
"""The chunk device in its four modes, polled and by interrupt: the same output, the same bytes, and exits
counted. Some tests are a driver of their own, typed into the monitor."""
import json
import re

import pytest

from machine import boot, boot_with_stats, pattern, run
from test_interrupts import counts
from test_shell import host_session

pytestmark = pytest.mark.kvm

MODES = ["trap", "eventfd", "shadow", "ring"]
SHOWN = ["shadow", "ring"]  # the guest sees the page of registers itself
WAITS = ["", "irq", "irq=pic"]
MIB = 1 << 20
MOVED = 0x10000  # bytes that the climb reads and writes

BAR, ELSEWHERE = 0xfe000000, 0xfd000000
BUFFER = 0x20000000
COMMAND, STATUS, RESULT_GPA, RESULT_LENGTH, DOORBELL = 0x00, 0x04, 0x18, 0x20, 0x28
ERROR, OFFSET, TRANSFERRED, ID, TAG, DONE_TAG, CONTROL = 0x2c, 0x30, 0x38, 0x40, 0x4c, 0x50, 0x54
RING_GPA, RING_ENTRIES = 0x60, 0x68
IDLE, COMPLETE = 0, 2
READ_CHUNK = 1
RESET, RING_ON = 1, 2


@pytest.fixture
def files(tmp_path):
    """The device's two files; the option that names them, for a mode."""
    source = tmp_path / "in"
    source.write_bytes(pattern(MIB, seed=3))

    def option(mode):
        return f"in={source},out={tmp_path / 'out'},mode={mode}"
    option.source, option.destination = source, tmp_path / "out"
    return option


# --- the climb and copy ---


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("mode", MODES)
def test_the_climb_says_and_moves_the_same(mode, wait, files):
    """Byte for byte what it says in trap mode, polled."""
    expected = boot("--chunk", files("trap"), "--cmd", "require=chunk", "--strict").out
    files.destination.unlink()
    result = boot("--chunk", files(mode), "--cmd", f"require=chunk {wait}", "--strict")
    assert result.status == 0, result.err
    assert result.out == expected
    assert files.destination.read_bytes() == files.source.read_bytes()[:MOVED]


@pytest.mark.parametrize("wait", WAITS)
def test_verbose_finds_nothing_wrong(wait, files):
    """Nothing times out or is refused on the way."""
    result = boot("--chunk", files("ring"), "--cmd", f"verbose require=chunk {wait}")
    assert result.status == 0
    assert not re.search(r"chunk: (ring|reset|command|op)", result.out.decode())


def copy(source, destination, mode, *options):
    result = run("copy", "--json", "--via", f"chunk,mode={mode}", *options, source, destination)
    assert result.status == 0, result.err
    assert destination.read_bytes() == source.read_bytes()
    return json.loads(result.out)


@pytest.mark.parametrize("irq", [["--wait", "poll"], []], ids=["polled", "irq"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", ["512", "64K", "1M"])
def test_copy(mode, irq, size, tmp_path):
    length = {"512": 50 * 512 + 1, "64K": 3 * MIB + 7, "1M": 20 * MIB + 511}[size]
    source = tmp_path / "source"
    source.write_bytes(pattern(length, seed=4))
    copy(source, tmp_path / "destination", mode, "--chunk-size", size, *irq)


@pytest.mark.parametrize("depth", [1, 2, 64])
@pytest.mark.parametrize("irq", [["--wait", "poll"], []], ids=["polled", "irq"])
@pytest.mark.parametrize("engine", ["sync", "auto"])
def test_copy_with_many_in_flight(depth, irq, engine, tmp_path):
    """More requests than the driver's ring has entries, so that it goes round."""
    source = tmp_path / "source"
    source.write_bytes(pattern(300 * 4096 + 1, seed=5))
    copy(source, tmp_path / "destination", "ring", "--chunk-size", "4K", "--depth", depth,
         "--io-engine", engine, *irq)


@pytest.mark.parametrize("irq", [["--wait", "poll"], []], ids=["polled", "irq"])
@pytest.mark.parametrize("mode", SHOWN)
def test_no_exit_reaches_user_space(mode, irq, tmp_path):
    """Between the copy's first request and its last: 0, over hundreds of requests."""
    source = tmp_path / "source"
    source.write_bytes(pattern(200 * 4096, seed=6))
    answer = copy(source, tmp_path / "destination", mode, "--chunk-size", "4K", *irq)
    assert answer["exits"] == 0


@pytest.mark.parametrize("wait", WAITS[1:])
@pytest.mark.parametrize("mode", MODES)
def test_one_message_for_each_command(mode, wait, tmp_path):
    """16 READs, 16 WRITEs and the FLUSH. In trap mode the guest never sleeps; else it takes what comes while
    it does, in some run at least one: a mebibyte takes the worker longer than the guest takes to look."""
    source = tmp_path / "source"
    source.write_bytes(pattern(16 * MIB, seed=8))
    for _ in range(8):
        result, stats = boot_with_stats(
            tmp_path, "--chunk", f"in={source},out={tmp_path / 'out'},mode={mode}", "--cmd",
            f"verbose copy=chunk copy-length={16 * MIB} copy-chunk={MIB} copy-depth=1 {wait}")
        assert result.status == 0, result.err
        assert (tmp_path / "out").read_bytes() == source.read_bytes()
        taken, _, spurious = counts(result)
        assert stats["interrupts_by_device"] == {"chunk": 33} and spurious == 0
        assert taken == 0 if mode == "trap" else taken <= 33
        if taken > 0 or mode == "trap":
            return
    raise AssertionError("none was ever taken")


def test_exits_of_a_command_in_trap_mode(tmp_path):
    """What shadow and ring mode save: 7 for a READ and 6 for a WRITE, the first ones' parameters and the
    FLUSH beside."""
    source = tmp_path / "source"
    exits = []
    for pieces in (10, 110):
        source.write_bytes(pattern(pieces * 4096, seed=7))
        exits.append(copy(source, tmp_path / "destination", "trap", "--chunk-size", "4K",
                          "--depth", 1)["exits"])
    assert exits[1] - exits[0] == 100 * 13


@pytest.mark.parametrize("mode, exits", [("trap", 34), ("shadow", 1), ("ring", 2)])
def test_exits_of_the_climb(mode, exits, files, tmp_path):
    """Rung 8 and the look at the BAR in rung 6: in shadow mode only the reset leaves the kernel, in ring
    mode the ring's bit as well. Trap mode costs what it always did."""
    result, stats = boot_with_stats(tmp_path, "--chunk", files(mode))
    assert result.status == 0
    assert stats["by_device"]["chunk"] == exits
    assert stats["chunk_ignored_doorbells"] == 0


# --- a driver of one's own ---


def fields(session, base):
    """Accessors of the registers at base."""
    def poke(register, value, size=32):
        assert session.ask(f"poke{size} {base + register:#x} {value:#x}") == []

    def peek(register, size=32):
        answer = session.ask(f"peek{size} {base + register:#x}")
        assert len(answer) == 1
        return int(answer[0].split()[-1], 0)
    return poke, peek


def until(peek, register, value):
    """The worker may take its time."""
    for _ in range(500):
        if peek(register) == value:
            return
    raise AssertionError(f"register {register:#x} never became {value}")


def open_device(session, base=BAR):
    session.prompt()
    poke, peek = fields(session, base)
    poke(CONTROL, RESET)
    until(peek, STATUS, IDLE)
    return poke, peek


def read_command(poke, length, offset, tag):
    poke(COMMAND, READ_CHUNK)
    poke(RESULT_GPA, BUFFER, 64)
    poke(RESULT_LENGTH, length, 64)
    poke(OFFSET, offset, 64)
    poke(TAG, tag)


@pytest.mark.parametrize("mode", MODES)
def test_the_same_registers_in_every_mode(mode, files):
    with host_session("--chunk", files(mode), terminal=False) as s:
        poke, peek = open_device(s)
        assert peek(ID) == 0x4b4e4843 and peek(DONE_TAG) == 0
        read_command(poke, 512, 1024, 7)
        # Case 25 and section 4: the doorbell is 32 bits wide; others are refused, and start nothing.
        poke(DOORBELL, 1, 8)
        poke(DOORBELL, 1, 16)
        poke(DOORBELL, 1, 64)
        assert peek(DONE_TAG) == 0 and peek(STATUS) == IDLE
        poke(DOORBELL, 1)
        until(peek, DONE_TAG, 7)
        assert peek(STATUS) == COMPLETE and peek(ERROR) == 0 and peek(TRANSFERRED, 64) == 512
        # The same tag again is ignored, a new one is not.
        poke(DOORBELL, 1)
        poke(OFFSET, 2048, 64)
        poke(TAG, 8)
        poke(DOORBELL, 1)
        until(peek, DONE_TAG, 8)
        answer = s.ask(f"peek64 {BUFFER:#x}")[0]
        expected = files.source.read_bytes()[2048:2056]
        assert int(answer.split()[-1], 0) == int.from_bytes(expected, "little")
        # Where there is no register all is ones; the page's plain loads are the only difference.
        assert peek(0x100) == 0xffffffff and peek(DOORBELL) == 0xffffffff
        if mode in SHOWN:
            assert peek(DONE_TAG, 8) == 8
        else:
            assert peek(DONE_TAG, 8) == 0xff
        poke(CONTROL, RESET)
        until(peek, STATUS, IDLE)
        assert peek(DONE_TAG) == peek(TRANSFERRED, 64) == peek(TAG) == 0


@pytest.mark.parametrize("mode", MODES)
def test_an_untagged_command_runs_once(mode, files):
    with host_session("--chunk", files(mode), terminal=False) as s:
        poke, peek = open_device(s)
        read_command(poke, 100, 0, 0)
        poke(DOORBELL, 1)
        until(peek, STATUS, COMPLETE)
        assert peek(TRANSFERRED, 64) == 100
        # Parameters without a doorbell are only that.
        poke(RESULT_LENGTH, 50, 64)
        assert peek(TRANSFERRED, 64) == 100
        poke(DOORBELL, 1)
        for _ in range(500):
            if peek(TRANSFERRED, 64) == 50:
                break
        assert peek(TRANSFERRED, 64) == 50 and peek(DONE_TAG) == 0


@pytest.mark.parametrize("mode", MODES)
def test_the_bar_moves_while_a_command_is_under_way(mode, files):
    """Doorbell, page and collected writes go with it; what was started at the old place ends."""
    with host_session("--chunk", files(mode), terminal=False) as s:
        poke, peek = open_device(s)
        read_command(poke, MIB, 0, 7)
        poke(DOORBELL, 1)
        assert s.ask(f"pci32 02.0 0x10 {ELSEWHERE:#x}") == []
        poke, moved_peek = fields(s, ELSEWHERE)
        until(moved_peek, DONE_TAG, 7)
        assert moved_peek(TRANSFERRED, 64) == MIB
        for register in (ID, DONE_TAG, COMMAND):
            assert peek(register) == 0xffffffff
        read_command(poke, 100, MIB - 60, 8)
        s.ask(f"poke32 {BAR + DOORBELL:#x} 1")  # nobody is there any more
        for _ in range(3):
            assert moved_peek(DONE_TAG) == 7
        poke(DOORBELL, 1)
        until(moved_peek, DONE_TAG, 8)
        assert moved_peek(TRANSFERRED, 64) == 60
        # Off and on again, and back; more often than KVM has room for what is left behind.
        for _ in range(40):
            s.ask("pci16 02.0 4 4")
            s.ask("pci16 02.0 4 6")
        assert s.ask(f"pci32 02.0 0x10 {BAR:#x}") == []
        assert peek(ID) == 0x4b4e4843 and moved_peek(ID) == 0xffffffff
        answer = s.ask("climb")
        assert answer[-1].startswith("TRAPLINE PASS 8")


@pytest.mark.parametrize("mode", MODES)
def test_the_machine_is_reset(mode, files):
    """Twice the climb: the BAR goes, the device is as after power-on, and all of it comes back."""
    with host_session("--chunk", files(mode), cmd="shell irq", terminal=False) as s:
        first = s.prompt()
        s.send("reset\r")
        second = s.prompt()
        assert "rung 8 long64 chunk: input 1048576 bytes, 65536 read, 65536 written" in first
        assert second[second.index("Trapline 0.1"):] == first


def test_a_ring_that_is_none_does_not_stick(files):
    """Case 25 with the parameters collected: they are handed on before control is looked at."""
    with host_session("--chunk", files("ring"), terminal=False) as s:
        poke, peek = open_device(s)
        for gpa, entries in ((BUFFER, 3), (BUFFER + 32, 8), (BAR, 8), (1 << 63, 8), (BUFFER, 2048)):
            poke(RING_GPA, gpa, 64)
            poke(RING_ENTRIES, entries)
            poke(CONTROL, RING_ON)
            assert peek(CONTROL) == 0
        poke(RING_GPA, BUFFER, 64)
        poke(RING_ENTRIES, 8)
        poke(CONTROL, RING_ON)
        assert peek(CONTROL) == RING_ON
        poke(RING_GPA, 0, 64)  # frozen
        poke(CONTROL, 0)
        until(peek, CONTROL, 0)
        assert peek(RING_GPA, 64) == BUFFER


@pytest.mark.parametrize("mode", MODES[:3])
def test_the_ring_is_offered_in_ring_mode_only(mode, files):
    with host_session("--chunk", files(mode), terminal=False) as s:
        poke, peek = open_device(s)
        assert peek(0x48) == 0
        poke(CONTROL, RING_ON)
        assert peek(CONTROL) == 0
        assert peek(RING_ENTRIES) == 0xffffffff


@pytest.mark.parametrize("mode", ["eventfd", "shadow", "ring"])
def test_a_doorbell_storm(mode, files):
    """Cases 14 and 25: rung again and again with whatever is in the registers; the console goes on."""
    with host_session("--chunk", files(mode), terminal=False) as s:
        poke, peek = open_device(s)
        read_command(poke, 100, 0, 9)
        for _ in range(200):
            s.ask(f"poke32 {BAR + DOORBELL:#x} 1")
        until(peek, DONE_TAG, 9)
        assert s.ask("climb")[-1].startswith("TRAPLINE PASS 8")

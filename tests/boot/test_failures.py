# SPDX-License-Identifier: MIT
"""How a run can end: each failure has its own status and one line with the registers."""
import re
import signal
import struct
import subprocess
import time

import pytest

from machine import HOST, boot, rom_of, run

pytestmark = pytest.mark.kvm


def the_line(result):
    lines = result.err.splitlines()
    assert len(lines) == 1, result.err
    return lines[0]


@pytest.mark.parametrize("fault, name", [("ud", "invalid opcode"), ("pf", "page fault"), ("de", "divide error"),
                                         ("gp", "general protection")])
def test_exceptions_are_printed(fault, name):
    result = boot("--cmd", f"fault={fault}")
    text = result.out.decode()
    assert result.status == 16 + 40
    assert name in text
    assert re.search(r"rip[ =]*[0-9a-f]{5,16}", text)
    assert result.last_line.startswith("TRAPLINE FAIL")
    if fault == "pf":
        assert re.search(r"cr2[ =]*[0-9a-f]", text)


def test_triple_fault():
    result = boot("--cmd", "fault=triple")
    assert result.status == 121
    assert "triple fault" in the_line(result) and "mode=" in the_line(result)


def test_halted_with_interrupts_off():
    result = boot("--cmd", "fault=halt")
    assert result.status == 123
    assert "halted with interrupts off" in the_line(result)
    assert "mode=long64" in the_line(result)


def test_halted_in_real_mode(tmp_path):
    result = boot("--firmware", rom_of(tmp_path, b"\xfa\xf4"))
    assert result.status == 123
    assert "mode=real16" in the_line(result)


def test_timeout():
    start = time.monotonic()
    result = run("run", "--timeout", "1", "--cmd", "fault=spin")
    assert result.status == 120
    assert "timeout after 1 s" in the_line(result) and "mode=long64" in the_line(result)
    assert time.monotonic() - start < 5


def test_halt_with_interrupts_on_is_a_timeout(tmp_path):
    result = run("run", "--timeout", "1", "--firmware",
                 rom_of(tmp_path, b"\xb0\xff\xe6\x21\xe6\xa1\xfb\xf4\xeb\xfd"))
    assert result.status == 120


def test_kvm_internal_error(tmp_path):
    """Running where there is no memory: KVM cannot fetch, and says so."""
    # jmp far c000:0000 in real mode leads to 0xc0000, which is unclaimed
    result = boot("--firmware", rom_of(tmp_path, b"\xea\x00\x00\x00\xc0"), "--timeout", "5")
    assert result.status == 122, result.err
    assert "KVM internal error" in the_line(result) and "mode=real16" in the_line(result)


@pytest.mark.parametrize("value", [1, 9, 62, 63, 64, 200])
def test_guest_failure_n(tmp_path, value):
    code = b"\xb0" + struct.pack("B", value) + b"\xe6\xf4\xf4"  # mov al, n; out 0xf4, al; hlt
    result = boot("--firmware", rom_of(tmp_path, code))
    assert result.status == 16 + min(value, 63)
    assert f"failure {value}" in the_line(result)


@pytest.mark.parametrize("code", [b"\x31\xc0\xe6\xf4\xf4", b"\x31\xc0\xe7\xf4\xf4",
                                  b"\x66\x31\xc0\x66\xe7\xf4\xf4"])
def test_exit_port_takes_any_width(tmp_path, code):
    assert boot("--firmware", rom_of(tmp_path, code)).status == 0


def test_strict_refuses_an_unclaimed_port(tmp_path):
    code = b"\xba\x34\x12\xec\xb0\x00\xe6\xf4\xf4"  # in al, 0x1234; exit 0
    rom = rom_of(tmp_path, code)
    assert boot("--firmware", rom).status == 0
    result = boot("--firmware", rom, "--strict")
    assert result.status == 1
    assert "port 0x1234" in result.err


def test_reset_by_each_port(tmp_path):
    """A guest that resets once, by each way, then passes: CMOS byte 0x40 remembers."""
    for how in (b"\xb0\x06\xba\xf9\x0c\xee",  # out 0xcf9, 6
                b"\xb0\xfe\xe6\x64",          # i8042 pulse
                b"\xb0\x01\xe6\x92"):         # fast reset
        code = (b"\xb0\x40\xe6\x70\xe4\x71\x3c\x5a\x74\x0c"  # CMOS 0x40 == 0x5a? then skip 12
                b"\xb0\x40\xe6\x70\xb0\x5a\xe6\x71" + how)
        code = code[:9] + bytes([8 + len(how) + 2]) + code[10:] + b"\xeb\xfe"
        code += b"\xb0\x00\xe6\xf4\xf4"
        result = boot("--firmware", rom_of(tmp_path, code), "--timeout", "5")
        assert result.status == 0, (how, result.err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_a_run_within_two_seconds(number):
    process = subprocess.Popen([str(HOST), "run", "--cmd", "fault=spin"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        time.sleep(0.7)
        start = time.monotonic()
        process.send_signal(number)
        _, err = process.communicate(timeout=10)
        assert time.monotonic() - start < 2
        assert process.returncode == 128 + number
        assert b"signal" in err
    finally:
        process.kill()

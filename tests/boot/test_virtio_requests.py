# SPDX-License-Identifier: MIT
"""DISCARD, WRITE_ZEROES, FLUSH and the cache mode of a virtio disk, on the whole host: little guests send
the requests, and the host's file shows holes and zeros, its system calls when it was on stable storage."""
import os
import subprocess

import pytest

from assemble import assemble, elf, pvh_note
from machine import SECTOR, pattern, run
from test_virtio_wiring import END, PCI, PCI_RING

pytestmark = pytest.mark.kvm

LENGTH = 1 << 20
FLUSH, CONFIG_WCE, DISCARD, WRITE_ZEROES = (1 << bit for bit in (9, 11, 13, 14))
DEVICE = "ebx + 0x2000"  # the configuration, whose byte 0x20 is the cache mode

# Chain 0 carries bytes that the device reads, or none.
REQUESTS = """
%macro send 4 ; type, sector, address and length of the data
    mov dword [HEADER], %1
    mov dword [HEADER + 8], %2
    mov dword [0x200010], %3
    mov dword [0x200018], %4
    mov dword [0x20001c], 0x00020001
    mov word [0x20000e], 1
%if %4 == 0
    mov word [0x20000e], 2
%endif
    offer
    RING
    await
%endmacro
%macro range 3 ; sector, sectors, flags
    mov dword [DATA], %1
    mov dword [DATA + 4], 0
    mov dword [DATA + 8], %2
    mov dword [DATA + 12], %3
%endmacro
%macro cache 1
    mov byte [DEVICE + 0x20], %1
    cmp byte [DEVICE + 0x20], %1
    jne bad_data
%endmacro
%define OUT send 1, 8, DATA, 512
%define FLUSH_IT send 4, 0, DATA, 0
"""

# What the host's process did to files of this length, one letter a call
SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <unistd.h>
static void note(char letter)
{
    int fd = open(getenv("CALLS"), O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (write(fd, &letter, 1) != 1)
        abort();
    close(fd);
}
ssize_t pwritev(int fd, const struct iovec *iov, int count, off_t offset)
{
    note('w');
    ssize_t (*real)(int, const struct iovec *, int, off_t) = dlsym(RTLD_NEXT, "pwritev");
    return real(fd, iov, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *iov, int count, off_t offset)
{
    return pwritev(fd, iov, count, offset);
}
int fallocate(int fd, int mode, off_t offset, off_t length)
{
    note('a');
    int (*real)(int, int, off_t, off_t) = dlsym(RTLD_NEXT, "fallocate");
    return real(fd, mode, offset, length);
}
int fallocate64(int fd, int mode, off_t offset, off_t length)
{
    return fallocate(fd, mode, offset, length);
}
int fdatasync(int fd)
{
    note('s');
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    return real(fd);
}
"""


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "image"
    path.write_bytes(pattern(LENGTH, seed=5))
    os.sync()
    return path


def send(tmp_path, image, features, body, *options, offered="all", env=None, end=END):
    """The guest agrees on features, runs body, and ends."""
    start = PCI.replace("mov byte [ebx + 0x14], 0xb", "mov dword [ebx + 0x08], 0\n"
                        f"    mov dword [ebx + 0x0c], {features}\n    mov byte [ebx + 0x14], 0xb")
    source = "%define COUNT 0\n%define WITH_INTERRUPTS 0\n" + start + REQUESTS + body + end
    source = source.replace("cmp dword [DATA], 'Trap'\n    jne bad_data", "")
    source = source.replace("DEVICE", DEVICE).replace("    RING\n", f"    {PCI_RING}\n")
    kernel = tmp_path / "guest.elf"
    kernel.write_bytes(elf(assemble(tmp_path, source), note=pvh_note(0x100000), memory=0x8000))
    result = run("run", "--timeout", 20, "--kernel", kernel, "--virtio-blk",
                 f"{image},features={offered}", *options, env=env)
    assert result.status == 0, result.err


@pytest.mark.parametrize("engine", ["auto", "sync"])
@pytest.mark.parametrize("request_type, flags, zeros, hole", [
    (11, 0, False, True), (13, 1, True, True), (13, 0, True, False)],
    ids=["discard", "write-zeroes-unmap", "write-zeroes"])
def test_ranges(request_type, flags, zeros, hole, engine, tmp_path, image):
    """256 KiB at 128 KiB: a hole where space may be given back, zeros where they are promised, and all
    around as it was."""
    before, blocks = image.read_bytes(), image.stat().st_blocks
    send(tmp_path, image, DISCARD | WRITE_ZEROES,
         f"range 256, 512, {flags}\nsend {request_type}, 0, DATA, 16\n", "--io-engine", engine)
    after, begin, end = image.read_bytes(), 256 * SECTOR, 768 * SECTOR
    assert after[:begin] == before[:begin] and after[end:] == before[end:]
    assert len(after) == LENGTH
    if zeros:
        assert after[begin:end] == bytes(end - begin)
    os.sync()
    assert (image.stat().st_blocks <= blocks - 512) == hole


@pytest.mark.parametrize("request_type", [11, 13])
def test_ranges_that_were_not_agreed_on(request_type, tmp_path, image):
    """UNSUPP, and nothing is done."""
    before = image.read_bytes()
    body = f"range 256, 512, 0\nsend {request_type}, 0, DATA, 16\n" + END
    send(tmp_path, image, FLUSH, body.replace("bad_status:\n    quit 3", """bad_status:
    cmp byte [STATUS], 2
    jne bad_data
    quit 0""").replace("finish:\n", "finish:\n    quit 6\n"), end="")
    assert image.read_bytes() == before


CACHE_0, CACHE_1 = "cache 0\n", "cache 1\n"
OUT, FLUSH_IT = "OUT\n", "FLUSH_IT\n"
DISCARDED = "range 256, 512, 0\nsend 11, 0, DATA, 16\n"


@pytest.mark.parametrize("features, offered, body, calls", [
    (0, "none", OUT + OUT, "wsws"),
    (0, "all", OUT + OUT, "wsws"),
    (FLUSH, "all", OUT + OUT + FLUSH_IT, "wws"),
    (CONFIG_WCE, "all", OUT + OUT, "wsws"),
    (FLUSH | CONFIG_WCE, "all", OUT + CACHE_0 + OUT + CACHE_1 + OUT + FLUSH_IT, "wwsws"),
    (DISCARD, "all", DISCARDED, "as"),
    (FLUSH | DISCARD, "all", DISCARDED + FLUSH_IT, "as"),
], ids=["nothing-offered", "nothing", "flush", "config_wce", "config_wce-written", "discard",
        "discard-and-flush"])
def test_when_writes_are_durable(features, offered, body, calls, tmp_path, image):
    """Each by itself where the driver cannot flush, or has asked for it; else with the FLUSH."""
    shim, library, log = tmp_path / "calls.c", tmp_path / "calls.so", tmp_path / "calls"
    shim.write_text(SHIM)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, shim, "-ldl"], check=True, timeout=60)
    send(tmp_path, image, features, body, "--io-engine", "sync", offered=offered,
         env={**os.environ, "LD_PRELOAD": str(library), "CALLS": str(log)})
    assert log.read_text() == calls

# SPDX-License-Identifier: MIT
"""trapline copy: every mechanism, every awkward size; the destination is complete or absent."""
import json
import os
import pty
import select
import signal
import subprocess
import termios
import time

import pytest

from machine import HOST, pattern, run

pytestmark = pytest.mark.kvm

MECHANISMS = ["ata", "chunk", "virtio-blk"]
MIB = 1 << 20


@pytest.fixture
def source(tmp_path):
    def make(length, seed=5):
        path = tmp_path / "source"
        path.write_bytes(pattern(length, seed))
        return path
    return make


def leftovers(directory):
    return [x.name for x in directory.iterdir() if "trapline-" in x.name]


@pytest.mark.parametrize("via", MECHANISMS)
@pytest.mark.parametrize("length", [0, 1, 511, 512, 513, 100_001])
def test_awkward_lengths(via, length, source, tmp_path):
    src, dst = source(length), tmp_path / "destination"
    result = run("copy", "--via", via, src, dst)
    assert result.status == 0, result.err
    assert dst.read_bytes() == src.read_bytes()
    assert result.err == ""
    text = result.out.decode()
    assert text.count("\n") == 1 and text.endswith("verified\n") and f"{length} bytes" in text
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("via", ["chunk", "virtio-blk"])
def test_one_gibibyte(via, tmp_path):
    src, dst = tmp_path / "source", tmp_path / "destination"
    with open(src, "wb") as file:
        for i in range(64):
            file.write(pattern(16 * MIB, seed=i))
    result = run("copy", "--json", "--via", via, src, dst, limit=120)
    assert result.status == 0, result.err
    answer = json.loads(result.out)
    assert set(answer) == {"bytes", "seconds", "mib_per_s", "exits", "exits_per_mib", "verified",
                           "via", "mode", "chunk_size", "depth", "wait"}
    assert answer["bytes"] == 1 << 30 and answer["verified"] is True and answer["via"] == via
    assert answer["exits_per_mib"] <= 20
    subprocess.run(["cmp", src, dst], check=True)


def test_several_mebibytes_by_ata(source, tmp_path):
    src, dst = source(2 * MIB + 7), tmp_path / "destination"
    assert run("copy", "--via", "ata", src, dst).status == 0
    assert dst.read_bytes() == src.read_bytes()


@pytest.mark.parametrize("via, size", [("chunk", "1000"), ("chunk", "7"), ("chunk", "64M"),
                                       ("virtio-blk", "512"), ("virtio-blk", "4M"),
                                       ("virtio-blk", "64M"), ("ata", "512"), ("ata", "1536"),
                                       ("ata", "1M")])
def test_chunk_sizes(via, size, source, tmp_path):
    src, dst = source(10_001), tmp_path / "destination"
    result = run("copy", "--via", via, "--chunk-size", size, src, dst)
    assert result.status == 0, result.err
    assert dst.read_bytes() == src.read_bytes()


@pytest.mark.parametrize("via", MECHANISMS)
def test_last_bytes_of_a_sparse_file_past_2_to_the_40(via, tmp_path):
    src, dst = tmp_path / "source", tmp_path / "destination"
    end = (1 << 40) + 12_345
    tail = pattern(3_000, seed=9)
    with open(src, "wb") as file:
        file.truncate(end)
        file.seek(end - len(tail))
        file.write(tail)
    offset = end - 2_999
    result = run("copy", "--via", via, "--offset", offset, "--length", 2_999, src, dst)
    assert result.status == 0, result.err
    assert dst.stat().st_size == end
    with open(dst, "rb") as file:
        file.seek(offset)
        assert file.read() == tail[1:]
        file.seek(offset - 4096)
        assert file.read(4096) == bytes(4096)
    assert dst.stat().st_blocks * 512 < MIB


@pytest.mark.parametrize("via", MECHANISMS)
@pytest.mark.parametrize("offset, length", [(0, 10), (5, 700), (512, 512), (999, 1), (1234, 0)])
def test_a_range_keeps_the_rest_of_the_destination(via, offset, length, source, tmp_path):
    src, dst = source(5_000), tmp_path / "destination"
    before = bytes(b"#" * 4_000)
    dst.write_bytes(before)
    result = run("copy", "--via", via, "--offset", offset, "--length", length, src, dst)
    assert result.status == 0, result.err
    data = src.read_bytes()
    assert dst.read_bytes() == before[:offset] + data[offset:offset + length] + before[offset + length:]


def test_whole_copy_replaces_a_longer_destination(source, tmp_path):
    src, dst = source(100), tmp_path / "destination"
    dst.write_bytes(bytes(10_000))
    dst.chmod(0o640)
    assert run("copy", "--via", "chunk", src, dst).status == 0
    assert dst.read_bytes() == src.read_bytes()
    assert dst.stat().st_mode & 0o777 == 0o640


def test_destination_behind_a_link(source, tmp_path):
    src, real, link = source(100), tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    link.symlink_to(real)
    assert run("copy", "--via", "chunk", src, link).status == 0
    assert link.is_symlink() and real.read_bytes() == src.read_bytes()


def test_new_destination_has_the_usual_mode(source, tmp_path):
    src, dst = source(1), tmp_path / "destination"
    mask = os.umask(0o027)
    try:
        assert run("copy", "--via", "chunk", src, dst).status == 0
    finally:
        os.umask(mask)
    assert dst.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("via", MECHANISMS)
def test_json(via, source, tmp_path):
    src = source(3000)
    result = run("copy", "--json", "--via", via, src, tmp_path / "destination")
    answer = json.loads(result.out)
    assert answer["bytes"] == 3000 and answer["verified"] is True
    assert answer["seconds"] > 0 and answer["mib_per_s"] > 0
    assert (answer["exits"] > 0) == (via == "ata") # the others ring doorbells that end in the kernel


def test_json_says_how_it_was_copied(source, tmp_path):
    src, dst = source(3000), tmp_path / "destination"

    def settings(*arguments):
        answer = json.loads(run("copy", "--json", *arguments, src, dst).out)
        return [answer.get(x) for x in ("mode", "features", "chunk_size", "depth", "wait")]
    assert settings("--via", "ata") == ["dma", None, 4 * MIB, 4, "irq"]
    assert settings("--via", "chunk,mode=shadow", "--depth", 7, "--wait", "poll",
                    "--chunk-size", 1000) == ["shadow", None, 1000, 7, "poll"]
    assert settings("--via", "virtio-blk,features=all-event_idx,mode=trap") == \
        ["trap", "all-event_idx", 4 * MIB, 4, "irq"]


def test_exits_are_the_same_every_time(source, tmp_path):
    src = source(3 * MIB)
    answers = [json.loads(run("copy", "--json", "--via", "chunk,mode=trap", src, tmp_path / f"d{i}").out)
               for i in range(2)]
    assert answers[0]["exits"] == answers[1]["exits"] > 0


def test_no_progress_in_a_pipe(source, tmp_path):
    result = run("copy", "--via", "ata,mode=pio", source(MIB), tmp_path / "destination")
    assert result.err == "" and b"\r" not in result.out


def test_progress_on_a_terminal(source, tmp_path):
    master, slave = pty.openpty()
    process = subprocess.Popen([str(HOST), "copy", "--via", "ata,mode=pio", str(source(2 * MIB)),
                                str(tmp_path / "destination")], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    seen = b""
    try:
        while True:
            ready, _, _ = select.select([master], [], [], 30)
            if not ready:
                break
            try:
                piece = os.read(master, 4096)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        os.close(master)
    assert b"of 2.0 MiB" in seen and b"MiB/s" in seen and b"left" in seen
    assert seen.endswith(b"\r\x1b[K\r")


@pytest.mark.parametrize("end", ["SIGTERM", "SIGINT", "--timeout"])
def test_a_stopped_terminal_does_not_hold_the_end(end, source, tmp_path):
    """Ctrl-S: nothing can be written, and signals and the time limit work all the same."""
    master, slave = pty.openpty()
    limit = ["--timeout", "1.5"] if end == "--timeout" else []
    process = subprocess.Popen([str(HOST), "copy", "--via", "ata,mode=pio", *limit,
                                str(source(64 * MIB)), str(tmp_path / "destination")],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave)
    start = time.monotonic()
    try:
        time.sleep(0.4)
        assert select.select([master], [], [], 5)[0] # there is progress, until
        termios.tcflow(slave, termios.TCOOFF)
        time.sleep(0.6)
        if limit:
            process.wait(timeout=1.5 + 2 - (time.monotonic() - start))
        else:
            process.send_signal(signal.Signals[end])
            process.wait(timeout=2)
    finally:
        process.kill()
        termios.tcflow(slave, termios.TCOON)
        os.close(slave)
        os.close(master)
    assert process.returncode == (120 if limit else 128 + signal.Signals[end])
    assert sorted(x.name for x in tmp_path.iterdir()) == ["source"]


def start_slow_copy(source, tmp_path):
    process = subprocess.Popen([str(HOST), "copy", "--via", "ata,mode=pio", str(source(64 * MIB)),
                                str(tmp_path / "destination")], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1.0)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_copy_leaves_nothing(number, source, tmp_path):
    process = start_slow_copy(source, tmp_path)
    try:
        start = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
        assert time.monotonic() - start < 2
    finally:
        process.kill()
    assert process.returncode == 128 + number
    assert out == b"" and err.count(b"\n") == 1
    assert sorted(x.name for x in tmp_path.iterdir()) == ["source"]


def test_interrupted_copy_keeps_the_old_destination(source, tmp_path):
    dst = tmp_path / "destination"
    dst.write_bytes(b"what was there")
    process = start_slow_copy(source, tmp_path)
    try:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    finally:
        process.kill()
    assert dst.read_bytes() == b"what was there"
    assert leftovers(tmp_path) == []


def test_timeout_leaves_nothing(source, tmp_path):
    result = run("copy", "--via", "ata,mode=pio", "--timeout", "0.5", source(64 * MIB),
                 tmp_path / "destination")
    assert result.status == 120
    assert sorted(x.name for x in tmp_path.iterdir()) == ["source"]


@pytest.mark.parametrize("via", MECHANISMS)
def test_full_disk_is_a_failure_and_leaves_nothing(via, source, tmp_path):
    """A file system of 100 KiB, in a mount namespace of its own."""
    if os.geteuid() != 0:
        pytest.skip("not root: cannot mount a small file system")
    small = tmp_path / "small"
    small.mkdir()
    done = subprocess.run(["unshare", "-m", "sh", "-c", f"mount -t tmpfs -o size=100k none {small} || "
                           f"exit 99; {HOST} copy --via {via} {source(300_000)} {small}/destination; "
                           f"status=$?; ls -A {small}; exit $status"], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60, check=False)
    if done.returncode in (1, 99) and b"copy" not in done.stderr:
        pytest.skip("no mount namespaces here")
    assert 16 < done.returncode < 80, done.stderr
    assert b"failure" in done.stderr and done.stdout == b""


def test_source_cut_short_while_copying(source, tmp_path):
    """Lost bytes are an error, never zeros reported as a success."""
    process = start_slow_copy(source, tmp_path)
    try:
        os.truncate(tmp_path / "source", MIB)
        _, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode != 0, err
    assert sorted(x.name for x in tmp_path.iterdir()) == ["source"]


def test_stats_of_a_copy(source, tmp_path):
    stats = tmp_path / "stats.json"
    assert run("copy", "--via", "chunk,mode=trap", "--stats-json", stats, source(MIB),
               tmp_path / "destination").status == 0
    assert json.loads(stats.read_text())["by_device"]["chunk"] > 10

# SPDX-License-Identifier: MIT
"""trapline bench: its lines, the counts that are the same on every machine, wrong use, and its traces."""
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import termios
import time

import pytest

from machine import BUILD, HOST, boot, pattern, run

pytestmark = pytest.mark.kvm

ELF = BUILD / "trapline.elf"
ARRIVED = ["virtio-console", "virtio-fs", "vsock", "vhost", "VFIO", "ivshmem"]  # not yet
HOST_LINES = ["host pread/pwrite", "host io_uring", "host memcpy"]
ALWAYS = {"name", "group", "state", "ns_min", "ns_median", "ns_p99", "cycles_min", "cycles_median",
          "cycles_p99", "ops_per_s", "exits_per_op", "kernel_exits_per_op", "interrupts_per_op",
          "samples"}
SIZES = {"512", "4096", "65536", "1048576"}


def bench(tmp_path, *arguments, limit=120):
    """Everything, or what the arguments choose: the lines by name, and the whole object."""
    path = tmp_path / "bench.json"
    result = run("bench", "--quick", "--dir", tmp_path, "--json", path, *arguments, limit=limit)
    assert result.status == 0, result.out.decode() + result.err
    answer = json.loads(path.read_text())
    return {line["name"]: line for line in answer["lines"]}, answer, result


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """One run of everything, for the tests that look at it."""
    directory = tmp_path_factory.mktemp("bench")
    start = time.monotonic()
    lines, answer, result = bench(directory)
    assert sorted(x.name for x in directory.iterdir()) == ["bench.json"]
    return lines, answer, result, time.monotonic() - start


def test_the_kind_of_kvm_is_named(whole):
    _, answer, result, _ = whole
    kvm = answer["kvm"]
    assert kvm["kind"] in ("VT-x", "SVM", "software", "unknown")
    assert kvm["cpu"] and kvm["kernel"] and kvm["tsc_khz"] > 0
    text = result.out.decode()
    assert text.startswith(f"KVM: {kvm['kind']}") and "do not carry over" in text


def test_quick_is_quick(whole):
    assert whole[3] < 30  # however busy the machine is: what there is no time for is not measured


def test_every_line_has_its_keys_and_was_measured(whole):
    for name, line in whole[0].items():
        assert ALWAYS <= set(line), name
        if line["state"] == "measured":
            assert line["ns_min"] <= line["ns_median"], name
            assert line["ns_p99"] is None or line["ns_median"] <= line["ns_p99"], name
            assert line["samples"] >= 100 or line["ns_p99"] is None, name
            assert line["cycles_median"] is not None, name
        elif line["state"] == "not measured":
            assert line["note"] == "out of time", name  # a busy machine
        elif name in ARRIVED:
            assert line["state"] == "not yet"
        else:
            # What a KVM may lack, and nothing else
            assert line["state"] == "not here" and line["note"], name
            assert name.startswith("hypercall ") or name in ("host io_uring",
                                                             "irqfd to handler, asleep"), name


def test_data_lines_have_every_size_and_depth(whole):
    for name, line in whole[0].items():
        if not name.startswith(("ata", "chunk", "virtio-")) or name in ARRIVED:
            continue
        if "cut" in line or line["state"] == "not measured":
            continue  # a busy machine
        assert set(line["mib_per_s"]) == {"read", "write"}, name
        many = name.startswith(("virtio-", "chunk ring"))
        for sizes in line["mib_per_s"].values():
            assert set(sizes) == SIZES, name
            for depths in sizes.values():
                assert set(depths) == ({"1", "32"} if many else {"1"}), name
                assert all(rate > 0 for rate in depths.values()), name
        assert line["lines_of_code"]["driver"] > 0 and line["lines_of_code"]["model"] > 0


@pytest.mark.parametrize("name, exits", [
    ("cpuid", 0), ("port read", 1), ("port write", 1), ("register read", 1), ("register write", 1),
    ("port write, ioeventfd", 0), ("port write, ioeventfd with datamatch", 0),
    ("port write, datamatch missed", 1), ("port write, ioeventfd of any width", 0),
    ("register write, ioeventfd", 0), ("register write, ioeventfd with datamatch", 0),
    ("register write, datamatch missed", 1), ("register write, ioeventfd of any width", 0),
    ("register read of a read-only page", 0), ("register write to a read-only page", 1),
    ("rep insw, 512 bytes", 1), ("doorbell, thread, memory, polled", 0),
    ("doorbell, thread, irqfd, handler", 0), ("direct memory, load", 0), ("direct memory", 0)])
def test_exits_of_one_operation(whole, name, exits):
    assert whole[0][name]["exits_per_op"] == exits


@pytest.mark.parametrize("name", ["port write, coalesced", "register write, coalesced"])
def test_coalesced_writes_hardly_exit(whole, name):
    assert whole[0][name]["exits_per_op"] < 0.02


def exits_of_requests(line):
    return [exits for sizes in line["exits_per_request"].values() for depths in sizes.values()
            for exits in depths.values()]


@pytest.mark.parametrize("irq", ["", ", irq"])
@pytest.mark.parametrize("name", ["chunk shadow", "chunk ring", "virtio-blk split",
                                  "virtio-blk split, indirect, event_idx", "virtio-blk packed",
                                  "virtio-blk 4 queues"])
def test_no_exit_for_a_request(whole, name, irq):
    assert max(exits_of_requests(whole[0][name + irq])) == 0


@pytest.mark.parametrize("features", ["split", "split, indirect, event_idx", "packed", "4 queues"])
def test_virtio_mmio_exits_only_for_interrupts(whole, features):
    assert max(exits_of_requests(whole[0]["virtio-mmio " + features])) == 0
    line = whole[0][f"virtio-mmio {features}, irq"]
    assert max(exits_of_requests(line)) <= 2
    interrupts = [value for sizes in line["interrupts_per_request"].values()
                  for depths in sizes.values() for value in depths.values()]
    for exits, irqs in zip(exits_of_requests(line), interrupts):
        # An interrupt from before the first mark may be taken after it.
        assert exits <= 2 * irqs + 2


def test_interrupts_are_counted(whole):
    lines = whole[0]
    assert lines["doorbell, thread, irqfd, handler"]["interrupts_per_op"] == pytest.approx(1, abs=.1)
    assert lines["doorbell, thread, memory, polled"]["interrupts_per_op"] == 0
    assert lines["chunk ring"]["interrupts_per_op"] == 0
    assert lines["chunk ring, irq"]["interrupts_per_op"] > 0
    assert lines["cpuid"]["interrupts_per_op"] == 0


def test_memory_lines_say_that_the_guest_is_interpreted(whole):
    note = whole[0]["direct memory, load"].get("note", "")
    assert ("interpreted" in note) == (whole[1]["kvm"]["kind"] == "software")


def test_hypercalls_are_all_tried(whole):
    for name, line in whole[0].items():
        if name.startswith("hypercall ") and line["state"] == "not here":
            assert line["note"].startswith(("does not ", "returns ", "ends the guest")), line


def test_ata_by_dma_takes_few_exits(whole):
    for name in ("ata dma", "ata dma, irq"):
        assert whole[0][name]["exits_per_mib"]["read"]["1048576"]["1"] <= 40


def test_trapped_requests_exit(whole):
    assert whole[0]["virtio-blk trap"]["exits_per_op"] == 1
    assert whole[0]["chunk trap"]["exits_per_op"] >= 1


def test_the_host_is_in_the_same_run(whole):
    for name in HOST_LINES:
        assert whole[0][name]["state"] in ("measured", "not here")
        assert whole[0][name]["exits_per_op"] is None


def test_filter(tmp_path):
    lines, _, result = bench(tmp_path, "--filter", "port write, ioeventfd")
    assert list(lines) == ["port write, ioeventfd", "port write, ioeventfd with datamatch",
                           "port write, ioeventfd of any width"]
    assert b"register" not in result.out


def test_filter_for_nothing_says_what_there_is_in_one_line(tmp_path):
    result = run("bench", "--dir", tmp_path, "--filter", "nonsense")
    assert result.status == 2 and result.out == b"" and result.err.count("\n") == 1
    for word in ("nonsense", "cpuid, port, register", "chunk", "virtio-blk", "host", "vsock"):
        assert word in result.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments, word", [
    (["--filter", ""], "--filter"), (["--json", ""], "--json"), (["--dir", ""], "--dir"),
    (["--dir", "/nonexistent"], "/nonexistent"), (["--json", "/nonexistent/x"], "/nonexistent/x"),
    (["--json", "-"], "--json -"), (["--filter", "serial"], "--filter serial"),
    (["--kernel", "/nonexistent"], "/nonexistent"), (["--kernel", "/bin/true"], "/bin/true"),
    (["extra"], "extra"), (["--chunk-size", "1"], "--chunk-size")])
def test_wrong_use(arguments, word, tmp_path):
    result = run("bench", "--filter", "host pread", *arguments, cwd=tmp_path)
    assert result.status == 2, result.err
    assert word in result.err and result.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_scratch_files_go_where_tmpdir_says(tmp_path):
    directory = tmp_path / "missing"
    result = run("bench", "--filter", "host pread", env={**os.environ, "TMPDIR": str(directory)})
    assert result.status == 2 and str(directory) in result.err


@pytest.mark.parametrize("name", ["cpuid", "host memcpy"])
def test_no_scratch_files_where_no_bytes_of_them_move(name):
    result = run("bench", "--quick", "--dir", "/nonexistent", "--filter", name)
    assert result.status == 0 and name.encode() in result.out, result.err


def test_a_full_disk_is_named(tmp_path):
    """A size that is no whole number of writes: one is cut short before the next is refused."""
    limited = ["bash", "-c", f"ulimit -f 2500; exec {HOST} bench --filter 'host pread' --dir {tmp_path}"]
    done = subprocess.run(limited, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    assert done.returncode == 1 and b"File too large" in done.stderr, done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_shows_what_there_is(number, tmp_path):
    """Ctrl-C goes to all processes of the terminal; kill to the first one only."""
    path = tmp_path / "bench.json"
    process = subprocess.Popen([str(HOST), "bench", "--dir", str(tmp_path), "--json", str(path)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, start_new_session=True)
    try:
        time.sleep(6)
        start = time.monotonic()
        if number == signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert time.monotonic() - start < 5
    finally:
        process.kill()
    assert process.returncode == 128 + number
    assert err.count(b"\n") == 1 and b"not measured: interrupted" in out
    assert [x.name for x in tmp_path.iterdir()] == ["bench.json"]
    lines = {line["name"]: line for line in json.loads(path.read_text())["lines"]}
    assert lines["cpuid"]["state"] == "measured" and b"cpuid" in out
    assert lines["host memcpy"]["state"] == "not measured"
    assert lines["host memcpy"]["note"] == "interrupted"
    with pytest.raises(ProcessLookupError):  # nobody of its session is left
        os.killpg(process.pid, 0)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def test_a_setting_that_takes_all_the_time_leaves_some_to_the_others(tmp_path):
    path = tmp_path / "bench.json"
    process = subprocess.Popen([str(HOST), "bench", "--quick", "--filter", "chunk", "--dir",
                                str(tmp_path), "--json", str(path)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    start = time.monotonic()
    try:
        while not children(process.pid):
            assert time.monotonic() - start < 10
            time.sleep(0.005)
        os.kill(children(process.pid)[0], signal.SIGSTOP)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0 and time.monotonic() - start < 30, err
    lines = {line["name"]: line for line in json.loads(path.read_text())["lines"]}
    first = lines.pop("chunk trap")
    assert "out of time" in (first.get("note"), first.get("cut")) and b"out of time" in out
    assert all(line["state"] == "measured" for line in lines.values())


def test_a_setting_that_fails_is_told_and_the_others_go_on(tmp_path):
    """A firmware that does not know one group of measurements."""
    other = tmp_path / "other.elf"
    other.write_bytes(ELF.read_bytes().replace(b"ata-single\0", b"ata-nobody\0"))
    directory = tmp_path / "scratch"
    directory.mkdir()
    result = run("bench", "--quick", "--dir", directory, "--kernel", other, "--filter", "p")
    assert result.status == 1
    assert b"FAILED" in result.out and b"host memcpy" in result.out and "ata pio: " in result.err
    assert list(directory.iterdir()) == []


def read_terminal(fd):
    try:
        return os.read(fd, 65536)
    except OSError:  # EIO: the other side is closed
        return b""


@pytest.mark.parametrize("columns", [80, 99, 120, 200])
def test_the_table_fits_its_terminal(columns, tmp_path):
    first, second = pty.openpty()
    fcntl.ioctl(second, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
    process = subprocess.Popen([str(HOST), "bench", "--quick", "--filter", "chunk ring", "--dir",
                                str(tmp_path)], stdin=subprocess.DEVNULL, stdout=second,
                               stderr=subprocess.DEVNULL)
    os.close(second)
    text = b""
    try:
        while piece := read_terminal(first):
            text += piece
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        os.close(first)
    lines = text.decode().replace("\r", "").splitlines()
    rows = [line for line in lines if line.startswith(("  chunk", "MiB/s", "one operation"))]
    assert len(rows) >= 6 and max(len(row.rstrip()) for row in rows) <= columns
    assert any("irqs" in row for row in rows)
    assert any("cycles (median)" in row for row in rows) == (columns == 200)


def test_the_rom_has_no_room_for_it():
    result = boot("--testdev", "--cmd", "bench=accesses")
    assert result.status == 16 + 6
    assert result.last_line == "TRAPLINE FAIL 6 bench: not in this image: trapline.elf has it"


def test_without_testdev_there_is_nobody_to_tell():
    result = boot("--kernel", ELF, "--cmd", "bench=accesses")
    assert result.status == 16 + 6
    assert result.last_line.startswith("TRAPLINE FAIL 6 bench: testdev: ")


def test_testdev_is_absent_unless_asked_for():
    with_it = boot("--kernel", ELF, "--testdev", "--cmd", "verbose")
    without = boot("--kernel", ELF, "--cmd", "verbose")
    assert b"1234:7471" in with_it.out and b"1234:7471" not in without.out


def test_an_unknown_group(tmp_path):
    result = boot("--kernel", ELF, "--testdev", "--cmd", "bench=nonsense")
    assert result.status == 16 + 6 and b"nonsense" in result.out


# --- direct memory ------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 100, 4096, 3 * 4096 + 100, 65536])
def test_direct_memory_is_the_file_and_cannot_be_written(length, tmp_path):
    file = tmp_path / "file"
    data = pattern(length + 8, seed=7)[8:]
    file.write_bytes(data)
    result = boot("--kernel", ELF, "--testdev", "--direct-memory", file, "--cmd",
                  "bench=direct-memory bench-ms=1")
    assert result.status == 0, result.err
    padded = data + bytes(-length % 8)
    words = (int.from_bytes(padded[i:i + 8], "little") for i in range(0, len(padded), 8))
    assert result.line("direct memory:") == (
        f"direct memory: {length} bytes at 0x4000000000, the first {length} add up to "
        f"{sum(words) % 2**64:#x}, a write changes nothing")
    assert file.read_bytes() == data


def test_without_direct_memory():
    result = boot("--kernel", ELF, "--testdev", "--cmd", "bench=direct-memory")
    assert result.status == 16 + 6 and b"direct-memory" in result.out


@pytest.mark.parametrize("what", ["missing", "empty", "directory"])
def test_direct_memory_of_nothing(what, tmp_path):
    path = tmp_path / what
    if what == "empty":
        path.write_bytes(b"")
    elif what == "directory":
        path.mkdir()
    result = run("run", "--direct-memory", path)
    assert result.status == 2 and str(path) in result.err and result.err.count("\n") == 1

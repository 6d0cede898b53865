# SPDX-License-Identifier: MIT
"""The trace of a run: everything is in it, it says when something is not, and it costs little."""
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import time

import pytest

from machine import BUILD, GOLDEN, HOST, boot, pattern, rom_of, run

pytestmark = pytest.mark.kvm

SEABIOS = pathlib.Path("/usr/share/seabios/bios-256k.bin")


def traced(tmp_path, *arguments, command="run", limit=60):
    """One traced run: its result, its statistics, its events by category, its other data."""
    trace, stats = tmp_path / "t.json", tmp_path / "stats.json"
    result = run(command, "--timeout", limit - 10, "--trace", trace, "--stats-json", stats, *arguments,
                 limit=limit)
    data = json.loads(trace.read_text())
    events = {}
    for event in data["traceEvents"]:
        events.setdefault(event.get("cat", ""), []).append(event)
    return result, json.loads(stats.read_text()), events, data["otherData"]


def accesses(events):
    return [e for e in events.get("exit", []) if "device" in e["args"]]


def names(events):
    return [e["name"] for e in events]


# --- everything is in it ----------------------------------------------------------------------------


def test_every_exit_is_there(tmp_path, everything):
    result, stats, events, other = traced(tmp_path, *everything)
    assert result.status == 0, result.err
    assert len(accesses(events)) == stats["exits"]
    collected = sum(stats["coalesced_by_device"].values())
    assert len(events["collected"]) == collected
    assert other["lost"] == 0
    assert other["exits"] == len(events["exit"])
    assert other["exit_status"] == 0
    modes = [e["args"]["mode"] for e in accesses(events)]
    assert list(dict.fromkeys(modes)) == ["real16", "prot32", "long64"]
    assert [e["name"] for e in events["rung"]] == [f"rung {n}" for n in range(1, 10)]


def test_the_words_of_the_climb(tmp_path, everything):
    _, _, events, _ = traced(tmp_path, "--trace-exact", *everything)
    said = names(events["exit"])
    for line in ["pci 00:02.0 BAR0 <- 0xffffffff (sizing)", "ata0 status -> 0x58 DRDY DSC DRQ",
                 "chunk command <- READ_CHUNK",
                 "virtio-blk0 device_status <- ACKNOWLEDGE DRIVER FEATURES_OK DRIVER_OK"]:
        assert line in said, line
    where = {e["name"]: e["args"]["where"] for e in accesses(events) if "where" in e["args"]}
    assert re.match(r"(ata_|rung3_ata)[a-z_.0-9]*\+0x", where["ata0 command <- IDENTIFY_DEVICE"]), where
    first = accesses(events)[0]
    assert first["args"]["mode"] == "real16"
    assert first["args"]["where"].startswith("rung1_serial")
    data = [e for e in accesses(events) if e["args"]["register"] == "data" and e["args"]["device"] == "ata0"]
    assert data[0]["args"]["count"] == 256 and data[0]["args"]["size"] == 2  # one line, with its count


def test_exact_means_every_access_is_an_exit(tmp_path, ata, virtio, chunk):
    """The same accesses, in the same order, but for what no exit showed: reads of the shadowed page."""
    machine = ["--ata", ata, "--virtio-blk", virtio, "--chunk", f"in={chunk[0]},out={chunk[1]},mode=eventfd"]
    (tmp_path / "exact").mkdir()
    _, stats, exact, _ = traced(tmp_path / "exact", "--trace-exact", *machine)
    _, _, usual, _ = traced(tmp_path, *machine)
    assert "collected" not in exact
    assert stats["exits"] == len(accesses(exact))
    assert not stats["coalesced_by_device"]
    assert "doorbell" in usual
    rung = [n for n in names(exact["exit"]) if n.startswith("chunk doorbell <-")]
    assert rung and not [n for n in names(usual["exit"]) if n.startswith("chunk doorbell <-")]


@pytest.mark.parametrize("mode", ["trap", "eventfd", "shadow", "ring"])
def test_requests_are_spans(tmp_path, mode):
    source, target = tmp_path / "s.bin", tmp_path / "d.bin"
    source.write_bytes(pattern(1 << 20))
    result, stats, events, _ = traced(tmp_path, "--via", f"chunk,mode={mode}", "--chunk-size", "64K", source, target,
                                      command="copy")
    assert result.status == 0, result.err
    assert target.read_bytes() == source.read_bytes()
    begun = {e["id"]: e for e in events["request"] if e["ph"] == "b"}
    ended = {e["id"]: e for e in events["request"] if e["ph"] == "e"}
    assert begun.keys() == ended.keys()
    reads = [i for i in begun if begun[i]["args"]["op"] == "read"]
    assert sum(begun[i]["args"]["length"] for i in reads) == len(source.read_bytes())
    assert all(ended[i]["args"]["error"] == 0 and ended[i]["ts"] >= begun[i]["ts"] for i in begun)
    if mode != "trap":
        worker = stats["workers"]["chunk"]
        assert len(begun) == worker["requests"]
        assert sum(e["args"]["count"] for e in events["doorbell"]) == worker["doorbells"]
        assert len(events["interrupt"]) == stats["interrupts"]


@pytest.mark.parametrize("via", ["ata", "virtio-blk", "virtio-blk,features=+ring_packed", "ata,mode=pio"])
def test_copies(tmp_path, via):
    source, target = tmp_path / "s.bin", tmp_path / "d.bin"
    source.write_bytes(pattern(256 << 10))
    result, stats, events, other = traced(tmp_path, "--via", via, source, target, command="copy")
    assert result.status == 0, result.err
    assert target.read_bytes() == source.read_bytes()
    assert len(accesses(events)) == stats["exits"] and other["lost"] == 0
    assert len(events.get("interrupt", [])) == stats["interrupts"]


def test_regions_come_and_go(tmp_path, everything):
    """BAR0 of the chunk device: there for the demonstration of rung 6, gone, there again."""
    _, _, events, _ = traced(tmp_path, *everything)
    chunk = [e["args"] for e in events["region"] if e["args"]["base"] == "0xfe000000"]
    assert [x["present"] for x in chunk] == [True, False, True]
    assert {(x["space"], x["length"]) for x in chunk} == {("memory", 0x1000)}


def test_hypercalls_and_signals_are_exits_too(tmp_path, ata):
    """Halted, with nothing to do: the host's looks at the vCPU are in the trace."""
    result, _, events, other = traced(tmp_path, "--firmware", rom_of(tmp_path, b"\xf4"))
    assert result.status == 123, result.err
    reasons = [e["args"]["reason"] for e in events["exit"] if "reason" in e["args"]]
    assert "KVM_EXIT_INTR" in reasons
    assert other["exit_status"] == 123


# --- what it costs ----------------------------------------------------------------------------------


def test_a_traced_boot_takes_less_than_twice_the_time(tmp_path, everything):
    """The least of some boots each, in turns: the machine may be busy with something else."""
    stats = tmp_path / "stats.json"
    least = {}
    for _ in range(9):
        for name, more in [("off", []), ("on", ["--trace", tmp_path / "t.json"])]:
            assert boot("--stats-json", stats, *everything, *more).status == 0
            seconds = json.loads(stats.read_text())["seconds"]
            least[name] = min(seconds, least.get(name, seconds))
    assert least["on"] < 2 * least["off"], least


# --- a firmware that is not ours ----------------------------------------------------------------------


def test_seabios(tmp_path, ata):
    """Traced and decoded without symbols: it looks at the bridge, finds the disk and reads its first sector."""
    trace = tmp_path / "t.txt"
    result = run("run", "--firmware", SEABIOS, "--ata", ata, "--timeout", "15", "--trace", trace, "--serial",
                 os.devnull, limit=40)
    assert result.status in (120, 123), result.err
    text = trace.read_text()
    assert "pci 00:00.0 vendor_id -> 8086" in text or "pci 00:00.0 id -> 8086:1237" in text
    assert "ata0 command <- IDENTIFY_DEVICE" in text
    assert "cmos " in text and "i8042 " in text
    assert "fw_cfg selector" in text
    assert not re.search(r"[a-z_]+\+0x[0-9a-f]+ +(in|out) ", text)  # no symbols, so no functions
    assert re.search(r"prot32 .*0x[0-9a-f]+ +(in|out) ", text)


# --- the formats, and several at once -------------------------------------------------------------------


def test_several_files_of_one_run(tmp_path, everything):
    files = [tmp_path / "t.txt", tmp_path / "t.json", tmp_path / "t.html"]
    more = [x for f in files for x in ("--trace", f)]
    result = boot(*everything, *more)
    assert result.status == 0, result.err
    assert files[0].read_text().startswith("# trapline run")
    assert json.loads(files[1].read_text())["otherData"]["title"].startswith("trapline run")
    assert files[2].read_text().lower().startswith("<!doctype html>")
    assert "busiest registers" in result.err and "in the guest" in result.err
    assert sorted(x.name for x in tmp_path.iterdir() if "trapline-" in x.name) == []  # nothing half-done


def test_a_format_by_name(tmp_path, everything):
    result = boot(*everything, "--trace", tmp_path / "t.out", "--trace-format", "text")
    assert result.status == 0, result.err
    assert "chunk command <- READ_CHUNK" in (tmp_path / "t.out").read_text()


def test_to_a_pipe(everything):
    done = subprocess.run([HOST, "run", *map(str, everything), "--serial", os.devnull, "--trace", "/dev/stdout",
                           "--trace-format", "text"], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert b"chunk command <- READ_CHUNK" in done.stdout
    assert done.stdout.splitlines()[-1].startswith(b"# end ")


def test_stats_alone_say_the_short_form(tmp_path, everything):
    result = boot("--stats", *everything)
    for words in ["busiest registers", "in the guest", "in host models", "in the backend", "uart LSR ->"]:
        assert words in result.err, result.err
    assert max(map(len, result.err.splitlines())) <= 80


# --- ends that are no passes ------------------------------------------------------------------------------


def test_interrupted(tmp_path):
    """Ctrl-C: what was recorded until then is written."""
    trace = tmp_path / "t.json"
    rom = rom_of(tmp_path, b"\xe4\x80\xeb\xfc")  # in al, 0x80; again
    with subprocess.Popen([HOST, "run", "--firmware", rom, "--trace", trace], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    other = json.loads(trace.read_text())["otherData"]
    assert other["exit_status"] == 128 + signal.SIGINT and other["exits"] > 1000
    assert b"busiest registers" in err


def test_triple_fault(tmp_path):
    result, _, events, other = traced(tmp_path, "--cmd", "fault=triple")
    assert result.status == 121, result.err
    assert other["exit_status"] == result.status
    assert "reason" in events["exit"][-1]["args"]


# --- wrong use ----------------------------------------------------------------------------------------------


def test_wrong_use(tmp_path, ata):
    cases = [(["--trace", "x"], "--trace-format"), (["--trace", ""], "no file named"),
             (["--trace", "a.json", "--trace", "a.json"], "given twice"),
             (["--trace-format", "json"], "needs --trace"), (["--symbols", "x"], "needs --trace"),
             (["--trace", "a.json", "--trace-format", "xml"], "not one of text, json, html"),
             (["--trace", "/nonexistent/a.json"], "No such file"),
             (["--trace", tmp_path / "t.json", "--symbols", ata], "no ELF file"),
             (["--ata", ata, "--trace", ata, "--trace-format", "text"], "that the machine uses"),
             (["--trace", tmp_path / "o.txt", "--serial", tmp_path / "o.txt"], "another output")]
    (tmp_path / "o.txt").write_text("")
    before = ata.read_bytes()
    for arguments, words in cases:
        result = run("run", *arguments, cwd=tmp_path)
        assert result.status == 2, (arguments, result.err)
        assert words in result.err and len(result.err.splitlines()) == 1, (arguments, result.err)
    assert ata.read_bytes() == before
    assert not [x.name for x in tmp_path.iterdir() if "trapline-" in x.name]


def test_a_full_disk_is_a_failure_and_costs_no_copy(tmp_path):
    source, target = tmp_path / "s.bin", tmp_path / "d.bin"
    source.write_bytes(pattern(65536))
    result = run("copy", "--via", "chunk", "--trace", "/dev/full", "--trace-format", "json", source, target)
    assert result.status == 1
    assert "--trace /dev/full" in result.err and "No space left" in result.err
    assert target.read_bytes() == source.read_bytes()


def test_not_over_the_copy(tmp_path):
    source, target = tmp_path / "s.json", tmp_path / "d.json"
    source.write_bytes(pattern(65536))
    for name in (source, target):
        result = run("copy", "--via", "chunk", "--trace", name, source, target)
        assert result.status == 2, result.err
    assert source.read_bytes() == pattern(65536)


# --- bench ----------------------------------------------------------------------------------------------------


def test_bench_traces_each_boot(tmp_path):
    result = run("bench", "--quick", "--filter", "chunk ring", "--trace", tmp_path / "p.json", cwd=tmp_path, limit=120)
    assert result.status == 0, result.err
    files = sorted(x for x in tmp_path.iterdir() if x.suffix == ".json")
    assert files and all(re.fullmatch(r"p-\d\d-[a-z0-9-]+\.json", x.name) for x in files), files
    other = json.loads(files[0].read_text())["otherData"]
    assert "[chunk ring" in other["title"] and other["lost"] == 0


# --- golden -----------------------------------------------------------------------------------------------------


def test_the_climb_is_the_same_sequence_each_time(tmp_path, ata, virtio, chunk):
    """Trap mode, exact: every access of the climb, in order, with its words; polls without their counts."""
    trace = tmp_path / "t.json"
    result = boot("--ata", ata, "--virtio-blk", f"{virtio},mode=trap", "--chunk", f"in={chunk[0]},out={chunk[1]}",
                  "--trace-exact", "--trace", trace)
    assert result.status == 0, result.err
    write = ["--write"] if os.environ.get("TRAPLINE_GOLDEN") == "write" else []
    checked = run("trace", "check", trace, "--golden", GOLDEN / "climb-trace.txt", *write)
    assert checked.status == 0, checked.out.decode() + checked.err

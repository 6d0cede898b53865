# SPDX-License-Identifier: MIT
"""The trace of a run: everything is in it, it says when something is not, and it costs little."""
import json
import os
import pathlib
import re
import resource
import shutil
import signal
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


def test_a_request_does_not_begin_before_it_was_asked_for(tmp_path):
    """ATA by DMA, one request at a time: none begins before the write of the command that it is."""
    source, target = tmp_path / "s.bin", tmp_path / "d.bin"
    source.write_bytes(pattern(4 << 20))
    result, _, events, _ = traced(tmp_path, "--via", "ata", "--chunk-size", "64K", source, target, command="copy")
    assert result.status == 0, result.err
    starts = sorted(e["ts"] for e in accesses(events) if "dma_command <-" in e["name"] and "START" in e["name"])
    begun = sorted(e["ts"] for e in events["request"] if e["ph"] == "b" and e["args"]["length"] == 65536)
    assert len(starts) >= len(begun) > 100
    for begin in begun:
        before = [x for x in starts if x <= begin]
        assert before and starts.index(before[-1]) >= begun.index(begin), (begin, before[-1:])


@pytest.mark.parametrize("via", ["ata", "virtio-blk", "virtio-blk,features=+ring_packed", "ata,mode=pio"])
def test_copies(tmp_path, via):
    source, target = tmp_path / "s.bin", tmp_path / "d.bin"
    source.write_bytes(pattern(256 << 10))
    result, stats, events, other = traced(tmp_path, "--via", via, source, target, command="copy")
    assert result.status == 0, result.err
    assert target.read_bytes() == source.read_bytes()
    assert len(accesses(events)) == stats["exits"] and other["lost"] == 0
    assert len(events.get("interrupt", [])) == stats["interrupts"]


def test_data_is_one_line_however_kvm_tells_of_it(tmp_path):
    """rep outsl and rep insl: in pieces of a page, collected element by element, or one exit for each element."""
    source, target = tmp_path / "s.bin", tmp_path / "d.bin"
    source.write_bytes(pattern(64 << 10))
    said, shown = [], []
    for exact in ([], ["--trace-exact"]):
        text, trace, golden = tmp_path / "t.txt", tmp_path / "t.json", tmp_path / "t.golden"
        traces = ["--trace", text, "--trace", trace]
        assert run("copy", "--via", "ata,mode=pio", *exact, *traces, source, target).status == 0
        assert run("trace", "check", trace, "--golden", golden, "--write").status == 0
        said.append([x for x in golden.read_text().splitlines() if " data <- " in x or " data -> " in x])
        shown.append([x for x in text.read_text().splitlines() if " ata1 data <- " in x])
    assert said[0] == said[1]
    written = [re.search(r"w32x(\d+) ata1 data <- (\d+) bytes", x) for x in said[0] if "<-" in x]
    assert sum(int(x[2]) for x in written) == 4 * sum(int(x[1]) for x in written) == source.stat().st_size
    for lines in shown:  # of 16384 elements; where KVM's ring of them is full, the next one is an exit
        assert 0 < len(lines) < 256, len(lines)
        assert sum(int(x.split(" data <- ")[1].split()[0]) for x in lines) == source.stat().st_size


def test_the_text_begins_with_what_is_there(tmp_path, everything):
    """Regions that were there before the first access are comments, no lines; BAR0 of the chunk device comes later."""
    assert boot(*everything, "--trace", tmp_path / "t.txt").status == 0
    lines = (tmp_path / "t.txt").read_text().splitlines()
    first = next(i for i, x in enumerate(lines) if not x.startswith("#"))
    assert 4 < first < 30, lines[:first]
    beginning = " ".join(x.lstrip("# ") for x in lines[:first])
    assert max(map(len, lines[3:first])) <= 100
    for region in ("at reset, ports: ", "0x60 i8042", "0x3f8-0x3ff uart", "0x70-0x71 cmos"):
        assert region in beginning, beginning
    regions = [x for x in lines[first:] if x.startswith(" ") and x.split()[3] == "region"]
    assert any("comes to addresses 0xfe000000-0xfe000fff" in x for x in regions)


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


@pytest.mark.parametrize("symbols", [[], ["--symbols", BUILD / "trapline.loader.elf"]], ids=["banner", "symbols"])
def test_the_climb_begins_behind_seabios(tmp_path, symbols):
    """What SeaBIOS does before it starts our disk image is no part of rung 1."""
    image = shutil.copy(BUILD / "trapline.img", tmp_path / "disk.img")
    result, _, events, _ = traced(tmp_path, "--firmware", SEABIOS, "--ata", image, *symbols)
    assert result.status == 0, result.err
    first = events["rung"][0]
    everything = events["exit"] + events["collected"]
    assert first["name"] == "rung 1"
    before = [e for e in everything if e["ts"] < first["ts"]]
    assert {"fw_cfg", "cmos"} <= {e["args"].get("device") for e in before}
    if symbols:
        ours = [e for e in accesses(events) if "where" in e["args"]]
        assert first["ts"] == ours[0]["ts"]
    else:
        beginning = next(e for e in everything if e["ts"] == first["ts"])
        assert re.fullmatch(r"uart THR <- ['\"]T.*", beginning["name"])


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
    assert "in user space" in result.err


def test_stats_have_one_table_by_device(tmp_path, everything):
    """The decoder's names, not the bus's; traced or not."""
    for more in ([], ["--trace", tmp_path / "t.json"]):
        rows = [x.split() for x in boot("--stats", *everything, *more).err.splitlines() if x]
        heads = [x for x in rows if x[0] == "device"]
        assert heads == [["device", "exits", "accesses", "collected", "host", "ms"]]
        names = [x[0] for x in rows]
        for word in ("pci-config", "coalesced"):
            assert word not in sum(rows, [])
        order = [names.index(x) for x in ("device", "busiest", "in", "kind", "interrupts", "worker", "seconds")]
        assert order == sorted(order)
        assert ["unclaimed", "1", "1"] in rows


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
             (["--trace", "-", "--trace-format", "text"], "/dev/stdout"),
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


# --- where a trace goes, and what may not happen to it ------------------------------------------------------


def test_links_lead_to_their_file(tmp_path):
    """The file behind a link is written, and the link stays."""
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    assert boot("--trace", tmp_path / "link.txt").status == 0
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text().startswith("# trapline run")


def test_standard_output_by_a_link(tmp_path):
    """As /dev/stdout is one: what else goes there stays, and so does the link."""
    (tmp_path / "out.txt").symlink_to("/proc/self/fd/1")
    with open(tmp_path / "cap", "wb") as cap:
        done = subprocess.run([HOST, "run", "--trace", tmp_path / "out.txt"], stdin=subprocess.DEVNULL, stdout=cap,
                              stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.txt").is_symlink()
    text = (tmp_path / "cap").read_text()
    assert text.startswith("Trapline 0.1\n") and "# trapline run" in text


def test_one_file_by_two_names(tmp_path):
    result = run("run", "--trace", "a.json", "--trace", "./a.json", cwd=tmp_path)
    assert result.status == 2 and "the same file as --trace a.json" in result.err
    assert not list(tmp_path.iterdir())


def test_not_over_the_symbols(tmp_path):
    for name in ("trapline.rom", "trapline.rom.elf"):
        (tmp_path / name).write_bytes((BUILD / name).read_bytes())
    result = run("run", "--firmware", tmp_path / "trapline.rom", "--trace", tmp_path / "trapline.rom.elf",
                 "--trace-format", "text")
    assert result.status == 2 and "names come from" in result.err
    assert (tmp_path / "trapline.rom.elf").read_bytes() == (BUILD / "trapline.rom.elf").read_bytes()


# mov bx, 4; l: mov cx, 0xffff; m: in al, 0x80; loop m; dec bx; jnz l; mov al, 0; out 0xf4, al
MANY_EXITS = b"\xbb\x04\x00\xb9\xff\xff\xe4\x80\xe2\xfc\x4b\x75\xf6\xb0\x00\xe6\xf4\xf4"


def test_lost_records_are_counted_and_a_failure(tmp_path):
    """From some moment on no file of the program's may grow; the result goes to a pipe."""
    with subprocess.Popen([HOST, "run", "--firmware", rom_of(tmp_path, MANY_EXITS), "--serial", os.devnull, "--trace",
                           "/dev/stdout", "--trace-format", "json", "--timeout", "40"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        time.sleep(0.5)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        out, err = process.communicate(timeout=60)
    trace = tmp_path / "t.json"
    trace.write_bytes(out)
    data = json.loads(out)
    lost = data["otherData"]["lost"]
    assert lost > 0
    assert [e["args"]["lost"] for e in data["traceEvents"] if e.get("cat") == "gap"] == [lost]
    kept = [e for e in data["traceEvents"] if e.get("cat") == "exit" and "device" in e["args"]]
    assert len(kept) + lost >= 4 * 0xffff + 1
    assert process.returncode == 1 and f"{lost} of ".encode() in err, err
    for arguments in (["summary", trace], ["diff", trace, trace],
                      ["check", trace, "--golden", tmp_path / "g", "--write"]):
        result = run("trace", *arguments)
        assert result.status == 2 and f"{lost} records were lost" in result.err, (arguments, result.err)
    assert not (tmp_path / "g").exists()


def test_a_signal_while_the_trace_is_written(tmp_path):
    """Whoever does not want to wait leaves nothing half-done behind."""
    rom = rom_of(tmp_path, b"\xe4\x80\xe6\x81\xeb\xfa")  # in al, 0x80; out 0x81, al; again
    folder = tmp_path / "traces"
    folder.mkdir()
    with subprocess.Popen([HOST, "run", "--firmware", rom, "--trace", folder / "t.json", "--trace", folder / "t.html"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        time.sleep(6)
        process.send_signal(signal.SIGINT)
        time.sleep(0.4)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert not [x.name for x in folder.iterdir() if "trapline-" in x.name]
    for written in folder.iterdir():  # it was fast
        assert b"</html>" in written.read_bytes() or json.loads(written.read_text())
    assert len(list(folder.iterdir())) == 2 or b"not written: ended by signal 2" in err


STUCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/uio.h>
#include <unistd.h>
ssize_t preadv64(int fd, const struct iovec *iov, int count, off_t offset)
{
    static ssize_t (*real)(int, const struct iovec *, int, off_t);
    static int calls;
    if (real == 0)
        real = dlsym(RTLD_NEXT, "preadv64");
    while (++calls >= 3)
        pause();
    return real(fd, iov, count, offset);
}
"""


def test_the_exit_that_never_ends_is_there(tmp_path, ata):
    """A disk that hangs: the access that asked for it is what one would look for."""
    (tmp_path / "stuck.c").write_text(STUCK)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", tmp_path / "stuck.so", tmp_path / "stuck.c", "-ldl"], check=True)
    trace, stats = tmp_path / "t.json", tmp_path / "stats.json"
    result = run("run", "--ata", ata, "--io-engine", "sync", "--timeout", "2", "--trace", trace, "--stats-json", stats,
                 env={**os.environ, "LD_PRELOAD": str(tmp_path / "stuck.so")})
    assert result.status == 120, result.err
    data = json.loads(trace.read_text())
    exits = [e for e in data["traceEvents"] if e.get("cat") == "exit"]
    assert exits[-1]["args"]["words"] == "the host has not come back from it"
    assert exits[-1]["args"]["device"] == "ata0" and exits[-1]["dur"] > 1e6
    assert json.loads(stats.read_text())["exit_status"] == 120
    assert "busiest registers" in result.err


def test_stats_alone_count_as_a_trace_does(tmp_path, everything):
    """What the vCPU's own thread reads and writes is no worker's."""
    alone = boot("--stats", *everything)
    traced_too = boot("--stats", "--trace", tmp_path / "t.txt", *everything)
    requests = [re.search(r"in workers .* (\d+) requests", x.err).group(1) for x in (alone, traced_too)]
    assert requests[0] == requests[1] == "3"


# --- bench ----------------------------------------------------------------------------------------------------


def test_bench_traces_each_boot(tmp_path):
    result = run("bench", "--quick", "--filter", "chunk ring", "--trace", tmp_path / "p.json", cwd=tmp_path, limit=120)
    assert result.status == 0, result.err
    files = sorted(x for x in tmp_path.iterdir() if x.suffix == ".json")
    assert "busiest registers" in result.err and "trapline bench" in result.err
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

# SPDX-License-Identifier: MIT
"""Traces as JSON: real ones against the trace event format, and the format's check against broken ones."""
import json
import subprocess

import pytest

from assemble import assemble
from machine import HOST, SECTOR, boot, boot_with_stats, disk, pattern, rom_of, run

jsonschema = pytest.importorskip("jsonschema", reason="no python3-jsonschema")
import trace_event_format  # noqa: E402 (it needs the same)

pytestmark = pytest.mark.kvm

MECHANISMS = ["ata", "ata,mode=pio", "chunk,mode=trap", "chunk,mode=eventfd", "chunk,mode=shadow",
              "chunk,mode=ring", "virtio-blk", "virtio-blk,mode=trap", "virtio-blk,queues=4",
              "virtio-blk,features=+ring_packed"]
WORDS = [["--trace-exact"], ["--io-engine", "sync"], ["--virtio-transport", "mmio"]]
COPIES = [(via, []) for via in MECHANISMS] + [(via, words) for words in WORDS for via in
                                              ("ata", "chunk,mode=shadow", "virtio-blk")]


def guest(tmp_path, source):
    """A ROM that runs source in real mode."""
    return rom_of(tmp_path, assemble(tmp_path, "bits 16\norg 0\n" + source))


def traced(tmp_path, *arguments, status=0):
    path = tmp_path / "trace.json"
    result = boot("--trace", path, *arguments)
    assert result.status == status, result.err
    return trace_event_format.check(path), result


# --- real runs -------------------------------------------------------------------------------------------


def test_the_climb(everything, tmp_path):
    path = tmp_path / "trace.json"
    result, stats = boot_with_stats(tmp_path, "--trace", path, *everything)
    assert result.status == 0, result.err
    trace = trace_event_format.check(path)
    lines = [x for x in result.out.decode().splitlines() if x.startswith("rung ")]
    assert [x["args"]["line"] for x in trace.of("rung")] == lines
    assert len([x for x in trace.of("exit") if "device" in x["args"]]) == stats["exits"]
    assert len(trace.of("collected")) == sum(stats["coalesced_by_device"].values())
    assert trace.other["exit_status"] == 0 and trace.other["lost"] == 0
    assert trace.threads(1)[1] == "climb" and trace.threads(1)[2] == "vcpu"
    tracks = set(trace.threads(2).values())
    assert {"uart", "ata0", "chunk", "virtio-blk0", "pci 00:02.0"} <= tracks
    # Neither functions that do not exist nor what is no device have tracks of their own.
    assert {"pci, nobody there", "memory, reserved"} <= tracks
    assert not {"pci 00:1f.0", "ram", "rom"} & tracks
    modes = list(dict.fromkeys(x["args"]["mode"] for x in trace.of("exit") if "mode" in x["args"]))
    assert modes == ["real16", "prot32", "long64"]
    assert trace.of("request") and trace.of("doorbell")
    assert {"virtio-blk0 read", "chunk read"} <= {x["name"] for x in trace.of("request", "b")}
    regions = [x["args"] for x in trace.of("region")]
    bars = {x["bar"] for x in regions if x["device"] == "chunk" and x["base"] != "0x0"}
    assert len(bars) == 1 and bars.pop().endswith(" BAR0")
    assert {"memory", "device", "reserved"} <= {x["what"] for x in regions}


def test_what_the_firmware_prints_is_what_the_trace_says_it_wrote(everything, tmp_path):
    trace, result = traced(tmp_path, *everything)
    written = bytearray()
    for access in trace.accesses():
        arguments = access["args"]
        if arguments["device"] == "uart" and arguments["register"] == "THR" and arguments["count"] == 1:
            written.append(int(arguments["value"], 16))
    assert result.out.decode().splitlines()[1] in written.decode("ascii", "replace")


@pytest.mark.parametrize("via, words", COPIES)
def test_copies(via, words, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(pattern(300 * SECTOR))
    path = tmp_path / "trace.json"
    result = run("copy", "--via", via, "--trace", path, *words, "--chunk-size", "16K", source,
                 tmp_path / "destination")
    assert result.status == 0, result.err
    trace = trace_event_format.check(path)
    requests = trace.of("request", "b")
    for op in ("read", "write"):
        moved = sum(x["args"]["length"] for x in requests if x["args"]["op"] == op)
        assert moved >= 300 * SECTOR, op
    if words == ["--trace-exact"]:
        assert trace.of("collected") == []


def test_a_timeout(tmp_path):
    image = guest(tmp_path, "again: in al, 0x61\n in al, 0x71\n jmp again")
    path = tmp_path / "trace.json"
    result = run("run", "--firmware", image, "--timeout", "1", "--trace", path)
    assert result.status == 120
    trace = trace_event_format.check(path)
    assert trace.other["exit_status"] == 120 and len(trace.of("exit")) > 100
    assert trace.of("rung") == []


@pytest.mark.parametrize("seconds", ["0.01", "0.03", "0.05"])
def test_a_run_that_is_cut_short(seconds, everything, tmp_path):
    """Whatever is open then is closed in the file."""
    path = tmp_path / "trace.json"
    result = run("run", *everything, "--timeout", seconds, "--trace", path)
    assert result.status in (0, 120)
    trace_event_format.check(path)


def test_a_reset(tmp_path):
    image = guest(tmp_path, "mov dx, 0xcf9\n mov al, 6\n out dx, al\n hlt")
    path = tmp_path / "trace.json"
    run("run", "--firmware", image, "--timeout", "1", "--trace", path)
    assert trace_event_format.check(path).of("reset")


def test_a_hostile_guests_text_is_only_text(tmp_path):
    line = b'rung 3 \x80\xff\xed\xa0\x80"},{"ph":"X"\\\x01</script>'
    source = ("mov si, text\n mov cx, text_end - text\n mov dx, 0x3f8\n cld\n"
              "again: mov al, [cs:si]\n inc si\n out dx, al\n loop again\n"
              "mov al, 0\n out 0xf4, al\n hlt\n"
              f"text: db {', '.join(map(str, line))}, 10\ntext_end:")
    trace, _ = traced(tmp_path, "--firmware", guest(tmp_path, source))
    assert [x["args"]["line"] for x in trace.of("rung")] == ['rung 3 ?????"},{"ph":"X"\\?</script>']


def test_a_title_that_is_no_text(tmp_path):
    name = bytes(tmp_path) + b'/disk "\xff\x01.img'
    with open(name, "wb") as file:
        file.write(disk(tmp_path / "disk").read_bytes())
    path = tmp_path / "trace.json"
    done = subprocess.run([str(HOST), "run", "--timeout", "50", "--ata", name, "--trace", str(path)],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert 'disk "\ufffd\x01.img' in trace_event_format.check(path).other["title"]


# --- the check itself ------------------------------------------------------------------------------------

EXIT = {"device": "d", "register": "r", "words": "w", "dir": "read", "port": "0x80", "size": 1, "count": 1,
        "value": "0x0", "mode": "real16", "rip": "0x0"}


def small():
    def name(process, thread, text):
        return {"name": "thread_name", "ph": "M", "pid": process, "tid": thread, "args": {"name": text}}
    return {"traceEvents": [
        {"name": "process_name", "ph": "M", "pid": 1, "tid": 1, "args": {"name": "p"}},
        {"name": "process_name", "ph": "M", "pid": 2, "tid": 1, "args": {"name": "m"}},
        name(1, 1, "climb"), name(1, 2, "vcpu"), name(2, 1, "d"), name(2, 2, "all"),
        {"name": "r", "cat": "exit", "ph": "X", "pid": 1, "tid": 2, "ts": 1.125, "dur": 2.125,
         "args": dict(EXIT)},
        {"name": "r", "cat": "device", "ph": "X", "pid": 2, "tid": 1, "ts": 1.125, "dur": 2.125},
        {"name": "d read", "cat": "request", "ph": "b", "pid": 2, "tid": 1, "ts": 1.125, "id": "0x1",
         "args": {"device": "d", "op": "read", "offset": 0, "length": 1}},
        {"name": "d read", "cat": "request", "ph": "e", "pid": 2, "tid": 1, "ts": 2.125, "id": "0x1",
         "args": {"device": "d", "moved": 1, "error": 0}}],
        "otherData": {"format": 1, "version": "0", "title": "", "exits": 1, "records": 3, "lost": 0,
                      "end_us": 9.125, "exit_status": 0}}


def write(tmp_path, trace):
    path = tmp_path / "small.json"
    path.write_text(json.dumps(trace))
    return path


def test_a_small_trace_is_right(tmp_path):
    assert len(trace_event_format.check(write(tmp_path, small())).events) == 10


def _overlap(trace):
    second = dict(trace["traceEvents"][6], ts=2.125)
    copy = dict(trace["traceEvents"][7], ts=2.125)
    trace["traceEvents"] += [second, copy]
    trace["otherData"].update(exits=2, records=4)


@pytest.mark.parametrize("breaks", [
    lambda t: t["traceEvents"][6].update(ts=-1.125),
    lambda t: t["traceEvents"][6].update(ts=1.25),
    lambda t: t["traceEvents"][6].update(ts=float("nan")),
    lambda t: t["traceEvents"][6].update(ts="1.125"),
    lambda t: t["traceEvents"][6].update(ph="Y"),
    lambda t: t["traceEvents"][6].pop("dur"),
    lambda t: t["traceEvents"][6]["args"].pop("words"),
    lambda t: t["traceEvents"][6]["args"].pop("port"),
    lambda t: t["traceEvents"][6]["args"].update(address="0x1"),
    lambda t: t["traceEvents"][6]["args"].update(value="12"),
    lambda t: t["traceEvents"][6]["args"].update(extra=1),
    lambda t: t["traceEvents"][6].update(tid=7),
    lambda t: t["traceEvents"].pop(7),
    lambda t: t["traceEvents"].pop(8),
    lambda t: t["traceEvents"].pop(9),
    lambda t: t["traceEvents"][9].update(id="0x2"),
    lambda t: t["traceEvents"][9].update(ts=0.125),
    lambda t: t["traceEvents"][9].update(tid=2),
    lambda t: (t["traceEvents"][8].update(tid=2), t["traceEvents"][9].update(tid=2)),
    lambda t: (t["traceEvents"][8].update(name="read"), t["traceEvents"][9].update(name="read")),
    lambda t: t["traceEvents"][2].update(tid=0),
    lambda t: t["traceEvents"].insert(0, t["traceEvents"].pop(6)),
    lambda t: t["traceEvents"].insert(4, t["traceEvents"][3]),
    lambda t: t["otherData"].update(exits=2),
    lambda t: t["otherData"].update(records=4),
    lambda t: t["otherData"].update(lost=1),
    lambda t: t["otherData"].update(format=2),
    lambda t: t["otherData"].update(end_us=1.125),
    lambda t: t.pop("otherData"),
    _overlap])
def test_a_broken_one_is_found(breaks, tmp_path):
    trace = small()
    breaks(trace)
    with pytest.raises((AssertionError, ValueError, jsonschema.ValidationError)):
        trace_event_format.check(write(tmp_path, trace))

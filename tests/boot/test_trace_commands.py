# SPDX-License-Identifier: MIT
"""trapline trace summary, diff and check: on small files made here, on real boots, and used wrongly."""
import json

import pytest

from machine import boot, disk, run


def access(time, register, words, **more):
    """An exit, or with collected=True a write that KVM collected."""
    collected = more.pop("collected", False)
    args = {"device": "ata0", "register": register, "words": words, "dir": "write", "port": "0x1f0",
            "size": 1, "count": 1, "value": "0x0"}
    if not collected:
        args |= {"mode": "long64", "rip": "0xf0000"}
    args |= more
    event = {"name": f"ata0 {register}", "ph": "X", "pid": 1, "tid": 1, "cat": "exit", "ts": time, "dur": 2.5}
    if collected:
        event |= {"ph": "i", "s": "t", "cat": "collected"}
        del event["dur"]
    return event | {"args": args}


def trace(path, events, indent=None, **other):
    totals = {"format": 1, "version": "0.1", "title": f"trapline run of {path.name}",
              "exits": len(events), "records": len(events), "lost": 0, "end_us": 1000.5,
              "exit_status": 0} | other
    path.write_text(json.dumps({"traceEvents": events, "otherData": totals}, indent=indent))
    return path


COMMANDS = [access(i, "LBA low", f"sector {i}") for i in range(40)]


def lines(result, *marks):
    return [x for x in result.out.decode().splitlines() if x[:1] in marks and not x.startswith(("---", "+++"))]


# --- diff ---

def test_equal_but_for_time_and_place(tmp_path):
    later = [access(i * 7 + 0.25, "LBA low", f"sector {i}", rip="0x1234", where="elsewhere+0x1",
                    backend_us=3.5) for i in range(40)]
    a, b = trace(tmp_path / "a.json", COMMANDS), trace(tmp_path / "b.json", later, indent=2)
    result = run("trace", "diff", a, b)
    assert (result.status, result.out, result.err) == (0, b"equal: 40 lines\n", "")


def test_removed_added_and_moved(tmp_path):
    changed = COMMANDS[:10] + COMMANDS[11:20] + [access(19, "command", "FLUSH")] + COMMANDS[20:30]
    changed += COMMANDS[31:38] + [COMMANDS[30]] + COMMANDS[38:]
    a, b = trace(tmp_path / "a.json", COMMANDS), trace(tmp_path / "b.json", changed)
    result = run("trace", "diff", a, b)
    assert result.status == 1 and result.err == ""
    assert lines(result, "-", "+", "<", ">") == [
        "-      11     0.000010  long64 w8 ata0 LBA low <- sector 10",
        "+      20     0.000019  long64 w8 ata0 command <- FLUSH",
        "<      31     0.000030  long64 w8 ata0 LBA low <- sector 30  (now line 38)",
        ">      38     0.000030  long64 w8 ata0 LBA low <- sector 30  (was line 31)"]
    assert lines(result, "@") == ["@@ line 8, line 8 @@", "@@ line 18, line 17 @@",
                                  "@@ line 28, line 28 @@", "@@ line 36, line 35 @@"]
    assert len(lines(result, " ")) == 3 * 2 * 3 + 3 + 2, "three lines of context, two at the end"
    out = result.out.decode().splitlines()
    assert out[:2] == [f"--- {a}: trapline run of a.json", f"+++ {b}: trapline run of b.json"]
    assert out[-1] == "differ: 1 removed, 1 added, 1 moved; 40 lines and 40 lines"
    assert "counts that differ" not in result.out.decode(), "one fewer and one more"


def test_counts_by_device(tmp_path):
    more = COMMANDS + [access(50, "data", "512 bytes", device="ide1", size=2, count=256),
                       access(51, "command", "READ", collected=True)]
    a, b = trace(tmp_path / "a.json", COMMANDS), trace(tmp_path / "b.json", more)
    result = run("trace", "diff", a, b)
    assert result.status == 1
    counts = [x.split() for x in result.out.decode().splitlines() if x.startswith(("ata0", "ide1"))]
    assert counts == [["ata0", "40", "->", "41", "40", "->", "40"],
                      ["ide1", "0", "->", "256", "0", "->", "1"]]


def poll(turns):
    return [access(i, "status", "0x80 BSY", dir="read") for i in range(turns)] + \
        [access(turns, "status", "0x58 DRQ", dir="read"), access(turns + 1, "command", "READ")]


def test_polls_and_collected_writes_are_the_same_sequence(tmp_path):
    collected = poll(7)[:-1] + [access(8, "command", "READ", collected=True)]
    a, b = trace(tmp_path / "a.json", poll(2)), trace(tmp_path / "b.json", collected)
    result = run("trace", "diff", a, b)
    assert result.status == 0
    assert result.out.decode().splitlines()[-1] == "equal: 2 lines"
    assert ["ata0", "4", "->", "9", "4", "->", "8"] in [x.split() for x in result.out.decode().splitlines()]


def test_too_different(tmp_path):
    """Bounded work: two that have nothing in common are told apart, and that is all."""
    def noise(name, seed):
        return trace(tmp_path / name, COMMANDS[:5] + [
            access(i, "data", str((i * seed) % 65537 % 500)) for i in range(60000)])

    result = run("trace", "diff", noise("a.json", 7919), noise("b.json", 104729))
    assert result.status == 1
    assert result.out.decode().splitlines()[-1] == \
        "differ: too much to say how; 60005 lines and 60005 lines"
    assert lines(result, "-")[0].endswith("data <- 419") or len(lines(result, "-")) == 8
    assert len(lines(result, "-")) == len(lines(result, "+")) == 8


# --- check ---

def test_check_writes_and_compares(tmp_path):
    golden = tmp_path / "golden"
    a = trace(tmp_path / "a.json", poll(5))
    result = run("trace", "check", a, "--golden", golden, "--write")
    assert (result.status, result.out) == (0, b"written: 2 lines\n")
    assert golden.read_text() == "long64 r8 ata0 status -> 0x58 DRQ\nlong64 w8 ata0 command <- READ\n"
    result = run("trace", "check", trace(tmp_path / "b.json", poll(1)), f"--golden={golden}")
    assert (result.status, result.out) == (0, b"equal: 2 lines\n")
    golden.write_text("long64 r8 ata0 status -> 0x50\nlong64 w8 ata0 command <- READ\n")
    result = run("trace", "check", a, "--golden", golden)
    assert result.status == 1
    assert lines(result, "-", "+") == [
        "-       1               long64 r8 ata0 status -> 0x50",
        "+       1     0.000005  long64 r8 ata0 status -> 0x58 DRQ"]


@pytest.mark.parametrize("damage", [lambda x: x[:-1], lambda x: x + "\n", lambda x: "", lambda x: x.upper(),
                                    lambda x: x.replace("\n", "\r\n"), lambda x: x + x])
def test_check_is_byte_for_byte(tmp_path, damage):
    golden = tmp_path / "golden"
    a = trace(tmp_path / "a.json", COMMANDS)
    assert run("trace", "check", a, "--golden", golden, "--write").status == 0
    golden.write_bytes(damage(golden.read_text()).encode())
    assert run("trace", "check", a, "--golden", golden).status == 1


def test_check_shows_the_first_differences_only(tmp_path):
    golden = tmp_path / "golden"
    a = trace(tmp_path / "a.json", [access(i, "data", str(i)) for i in range(1000)])
    golden.write_text("".join(f"long64 w8 ata0 data <- {i}{'!' * (i % 2)}\n" for i in range(1000)))
    result = run("trace", "check", a, "--golden", golden)
    assert result.status == 1
    assert len(lines(result, "-", "+")) == 20
    assert result.out.decode().splitlines()[-2:] == [
        "... and 980 more", "differ: 500 removed, 500 added, 0 moved; 1000 lines and 1000 lines"]


# --- summary ---

def test_summary(tmp_path):
    events = COMMANDS + [access(60, "command", "READ", collected=True),
                         {"name": "KVM_EXIT_INTR", "ph": "X", "pid": 1, "tid": 1, "cat": "exit", "ts": 61,
                          "dur": 4.0, "args": {"reason": "KVM_EXIT_INTR"}}]
    result = run("trace", "summary", trace(tmp_path / "a.json", events, exits=41, exit_status=17))
    assert result.status == 0 and result.err == ""
    out = result.out.decode().splitlines()
    assert out[0] == "trapline run of a.json"
    assert out[1] == "end 0.001001 s, exit status 17, 41 exits, 42 records, 0 lost"
    assert any(x.split()[:4] == ["ata0", "40", "41", "1"] for x in out), result.out.decode()
    assert any(x.startswith("ata0 LBA low <-") for x in out)


def test_summary_reads_from_a_pipe(tmp_path):
    path = trace(tmp_path / "a.json", COMMANDS)
    with open(path, "rb") as file:
        assert run("trace", "summary", "/dev/stdin", stdin=file).status == 0


# --- real boots ---

@pytest.fixture(scope="module")
def boots(tmp_path_factory):
    """Three of the same: as usual twice, then with every access an exit."""
    path = tmp_path_factory.mktemp("boots")
    disks = ["--ata", disk(path / "ata.img"), "--virtio-blk", disk(path / "blk.img", seed=2)]
    for name, more in (("a", []), ("b", []), ("exact", ["--trace-exact"])):
        result = boot(*disks, *more, "--trace", path / f"{name}.json", "--trace", path / f"{name}.txt")
        assert result.status == 0, result.err
    return path


def test_two_boots_are_equal(boots):
    result = run("trace", "diff", boots / "a.json", boots / "b.json")
    assert result.status == 0, result.out.decode()
    assert run("trace", "check", boots / "a.json", "--golden", boots / "golden", "--write").status == 0
    assert run("trace", "check", boots / "b.json", "--golden", boots / "golden").status == 0


def test_the_summary_is_the_short_form_of_the_run(tmp_path):
    result = boot("--ata", disk(tmp_path / "ata.img"), "--virtio-blk", disk(tmp_path / "blk.img", seed=2),
                  "--trace", tmp_path / "a.json")
    title, end, empty, short_form = run("trace", "summary", tmp_path / "a.json").out.decode().split("\n", 3)
    assert title.startswith("trapline run --timeout 50 --ata ") and empty == ""
    assert ", exit status 0, " in end and end.endswith(" 0 lost")
    assert short_form in result.err, "the same numbers, to the last digit"
    assert "in workers" in short_form or "worker" in short_form


def test_functions_that_do_not_exist_are_one_device(tmp_path):
    """Played back, summed up from JSON, and counted while the guest runs."""
    disks = ["--ata", disk(tmp_path / "ata.img"), "--virtio-blk", disk(tmp_path / "blk.img", seed=2)]
    traced = boot(*disks, "--trace", tmp_path / "a.json").err
    summed_up = run("trace", "summary", tmp_path / "a.json").out.decode()
    for text in (traced, summed_up, boot(*disks, "--stats").err):
        devices = text.split("device  ")[1].split("\nall ")[0].splitlines()[1:]
        names = [x[:24].rstrip() for x in devices]
        found = {x for x in names if x.startswith("pci")}
        assert found == {"pci", "pci, nobody there", "pci 00:00.0", "pci 00:01.0", "pci 00:01.1",
                         "pci 00:03.0"}, devices
        assert devices[names.index("pci, nobody there")].split()[3:6] == ["35", "35", "0"]


def test_an_exact_boot_differs_in_doorbells_only(boots):
    """And where a collected write is the first of a mode, which it cannot know."""
    result = run("trace", "diff", boots / "a.json", boots / "exact.json")
    assert result.status == 1
    removed = [x.split("  ")[-1].split(" ", 1)[1] for x in lines(result, "-")]
    added = [x.split("  ")[-1].split(" ", 1)[1] for x in lines(result, "+")]
    for line in removed:
        added.remove(line)
    assert added and all(" notify <- " in x for x in added), result.out.decode()


def test_the_text_has_the_same_columns_everywhere(boots):
    for name in ("a.txt", "exact.txt"):
        seen = set()
        for line in (boots / name).read_text().splitlines():
            if line.startswith("#"):
                continue
            time, mode, where, direction, place, size, value, *words = line.split()
            assert float(time.lstrip("~")) >= 0 and words
            assert (mode == "-") == where.startswith("[") or direction == "exit", line
            if direction in ("in", "out", "read", "write"):
                assert place.startswith("0x") and value.startswith("0x") and size[0].isdigit(), line
            seen.add((direction, time.startswith("~")))
        assert {("in", False), ("out", False), ("read", False), ("write", False)} <= seen
        assert (("out", True) in seen) == (name == "a.txt"), "collected writes, unless it is exact"


def test_the_text_names_functions_and_rungs(boots):
    text = (boots / "a.txt").read_text()
    rungs = [x for x in text.splitlines() if x.startswith("# ") and ": rung " in x]
    assert [x.split(": rung ")[1].split()[0] for x in rungs] == [str(i) for i in range(1, 10)]
    assert " real16 rung1_serial+0x" in text and " real16 poll_port16.quick+0x" in text
    assert "ata0 command <- " in text and "virtio-blk0 device_status <- " in text


# --- wrong use ---

def refused(*arguments, says):
    result = run("trace", *arguments)
    assert (result.status, result.out) == (2, b""), result.out
    assert len(result.err.splitlines()) == 1, result.err
    for word in says:
        assert word in result.err


def test_wrong_words(tmp_path):
    a = trace(tmp_path / "a.json", COMMANDS)
    refused(says=["trapline: trace: summary, diff or check"])
    refused("sum", a, says=["trapline: trace: sum: not one of summary, diff, check"])
    refused("summary", says=["trapline: trace summary: expected FILE.json"])
    refused("summary", a, a, says=["unexpected argument"])
    refused("diff", a, says=["trapline: trace diff: expected A.json B.json"])
    refused("diff", a, a, a, says=["unexpected argument"])
    refused("diff", "--golden", "g", a, a, says=["--golden: unknown option"])
    refused("check", a, says=["--golden: is needed"])
    refused("check", a, "--golden=", says=["--golden: no file named"])
    refused("check", a, "--golden", "g", "--golden", "h", says=["only one of them, and 'g' was given"])
    refused("check", "--golden", "g", says=["expected FILE.json"])


def test_wrong_files(tmp_path):
    a = trace(tmp_path / "a.json", COMMANDS)
    golden, text = tmp_path / "golden", tmp_path / "a.txt"
    text.write_text("# trapline run\n")
    for command in (["summary"], ["diff", a], ["check", "--golden", golden]):
        refused(*command, tmp_path / "absent", says=["absent: No such file"])
        refused(*command, tmp_path, says=[f"{tmp_path}: Is a directory"])
        refused(*command, text, says=["a.txt: no trace that this program has written as JSON"])
    refused("check", a, "--golden", golden, says=["--golden", str(golden), "No such file", "--write makes it"])
    refused("check", a, "--golden", tmp_path, says=["--golden", str(tmp_path), "directory"])
    refused("check", a, "--golden", tmp_path / "no" / "g", "--write", says=["--golden", "No such file"])
    before = a.read_bytes()
    refused("check", a, "--golden", a, "--write", says=["--golden", "the same file"])
    assert a.read_bytes() == before and not golden.exists()


def test_damaged_traces(tmp_path):
    whole = trace(tmp_path / "a.json", COMMANDS).read_text()
    cut, other, newer = (tmp_path / x for x in ("cut.json", "other.json", "newer.json"))
    cut.write_text(whole[:len(whole) // 2])
    other.write_text('{"traceEvents": [{"ph": "X", "ts": 1}], "otherData": {"version": "1.2"}}')
    newer.write_text(whole.replace('"format": 1', '"format": 2'))
    refused("summary", cut, says=["cut.json: ends too early"])
    refused("diff", tmp_path / "a.json", cut, says=["cut.json: ends too early"])
    refused("summary", other, says=["other.json: no trace that this program has written"])
    refused("summary", newer, says=["newer.json: a trace in format 2, and this program knows 1"])
    broken = tmp_path / "broken.json"
    broken.write_text(whole.replace('"words": "sector 20"', '"words" "sector 20"'))
    refused("summary", broken, says=["broken.json: damaged at byte"])


def test_a_full_disk_is_no_success(tmp_path):
    import subprocess
    from machine import HOST
    a = trace(tmp_path / "a.json", COMMANDS)
    with open("/dev/full", "wb") as full:
        done = subprocess.run([HOST, "trace", "diff", a, a], stdout=full, stderr=subprocess.PIPE,
                              timeout=30, check=False)
    assert done.returncode == 2 and b"No space left" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["summary", "--help"], ["diff", "--help"],
                                       ["check", "--help"], ["--version"], ["diff", "--version"]])
def test_help(arguments):
    result = run("trace", *arguments)
    assert result.status == 0 and result.err == "" and result.out
    if arguments[-1] == "--help":
        assert result.out.startswith(b"Usage: trapline trace ")
    if arguments[0] == "check":
        assert b"--golden GOLDEN" in result.out and b"--write" in result.out

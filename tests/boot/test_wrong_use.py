# SPDX-License-Identifier: MIT
"""Each wrong use: one line that names the option, the file and the reason; status 2."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from machine import HOST, ROM, run


def refused(*arguments, says):
    result = run(*arguments)
    assert result.status == 2, result.err
    assert result.out == b""
    lines = result.err.splitlines()
    assert len(lines) == 1, result.err
    for word in says:
        assert word in lines[0], lines[0]


def as_nobody(*arguments):
    """As a user who may do nothing here; who already is one stays so."""
    become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    with tempfile.TemporaryDirectory() as name:
        # The build may lie where another user cannot go.
        os.chmod(name, 0o755)
        program = shutil.copy(HOST, name)
        command = [program, *map(str, arguments)]
        return subprocess.run(become + command if os.geteuid() == 0 else command,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)


@pytest.mark.parametrize("arguments", [[], ["fly"], ["--florp"], ["run", "--florp"], ["copy", "--florp"],
                                       ["run", "extra"]])
def test_unknown_words(arguments):
    refused(*arguments, says=[arguments[-1]] if arguments else ["command"])


@pytest.mark.parametrize("option", ["--firmware", "--ata", "--virtio-blk"])
def test_missing_file(option, tmp_path):
    path = tmp_path / "absent"
    refused("run", option, path, says=[option, str(path), "No such file"])


@pytest.mark.parametrize("option", ["--firmware", "--ata", "--virtio-blk"])
def test_directory_for_a_file(option, tmp_path):
    refused("run", f"{option}={tmp_path}", says=[option, str(tmp_path)])


def test_missing_chunk_input(tmp_path):
    refused("run", "--chunk", f"in={tmp_path}/absent", says=["--chunk", "absent", "No such file"])


def test_chunk_output_in_missing_directory(tmp_path):
    refused("run", "--chunk", f"out={tmp_path}/no/out", says=["--chunk", "no/out", "No such file"])


def test_chunk_input_and_output_the_same(tmp_path):
    path = tmp_path / "both"
    path.write_bytes(b"x")
    refused("run", "--chunk", f"in={path},out={path}", says=["--chunk", "the same file is given twice"])


@pytest.mark.parametrize("size, reason", [(0, "empty"), (1000, "64 KiB"), (65537, "64 KiB"),
                                          (5 << 20, "4 MiB")])
def test_firmware_of_a_wrong_size(size, reason, tmp_path):
    path = tmp_path / "firmware"
    path.write_bytes(bytes(size))
    refused("run", "--firmware", path, says=["--firmware", str(path), reason])


@pytest.mark.parametrize("option", ["--ata", "--virtio-blk"])
@pytest.mark.parametrize("size, reason", [(0, "empty"), (513, "512")])
def test_disk_of_a_wrong_size(option, size, reason, tmp_path):
    path = tmp_path / "disk"
    path.write_bytes(bytes(size))
    refused("run", option, path, says=[option, str(path), reason])


def test_fifo_for_a_disk_does_not_hang(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    refused("run", "--ata", path, says=["--ata", str(path)])


@pytest.fixture
def open_directory():
    """A directory that another user can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name)
        path.chmod(0o755)
        yield path


@pytest.mark.parametrize("option", ["--firmware", "--ata", "--virtio-blk"])
def test_unreadable_files(option, open_directory):
    path = open_directory / "secret"
    path.write_bytes(bytes(65536))
    path.chmod(0)
    done = as_nobody("run", option, path)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1 and b"Permission denied" in done.stderr
    assert option.encode() in done.stderr and str(path).encode() in done.stderr


@pytest.mark.parametrize("option, keys, known", [
    ("--ata", "mode=dma", "mode=dma is no key: ro, direct"),
    ("--ata", "", "an empty key"),
    ("--virtio-blk", "rw", "rw is no key: ro, direct, mode=, queues=, features="),
    ("--virtio-blk", "rw,ro", "rw is no key")])
def test_unknown_key_of_a_disk(option, keys, known, tmp_path):
    """It is taken for a part of the file's name, because that may have commas in it."""
    path = tmp_path / "d.img"
    path.write_bytes(bytes(512))
    refused("run", option, f"{path},{keys}", says=[option, str(path), "No such file", known])


def test_commas_in_a_name_are_no_keys(tmp_path):
    result = run("run", "--ata", tmp_path / "a,b" / "absent")
    assert result.status == 2 and "No such file" in result.err and "key" not in result.err


def test_unknown_key_of_the_chunk_device(tmp_path):
    path = tmp_path / "in"
    path.write_bytes(b"x")
    refused("run", "--chunk", f"in={path},rw", says=["--chunk", "rw is no key: in=, out=, mode="])


def test_too_little_memory():
    refused("run", "--mem", "1M", says=["--mem", "1M", "too little memory"])


@pytest.mark.parametrize("target", ["--serial", "--stats-json", "--debugcon"])
def test_unwritable_outputs(target, tmp_path):
    result = run("run", target, tmp_path / "no" / "file", "--timeout", "10")
    assert result.status == 2
    assert target in result.err and "no/file" in result.err


def test_kvm_missing_or_not_permitted(tmp_path):
    """/dev/kvm hidden in a mount namespace of its own."""
    if os.geteuid() != 0:
        pytest.skip("not root: cannot hide /dev/kvm")
    for command, reason in (("mount --bind /dev/null /dev/kvm", "/dev/kvm"),
                            ("mount -t tmpfs none /dev", "No such file")):
        done = subprocess.run(["unshare", "-m", "sh", "-c", f"{command} && exec {HOST} run"],
                              capture_output=True, timeout=30, check=False)
        if b"unshare" in done.stderr or b"mount:" in done.stderr:
            pytest.skip("no mount namespaces here")
        assert done.returncode == 2, done.stderr
        assert done.stderr.count(b"\n") == 1
        assert reason.encode() in done.stderr and b"/dev/kvm" in done.stderr


# --- copy ---

def test_copy_onto_itself(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"precious")
    os.link(path, tmp_path / "other-name")
    for target in (path, tmp_path / "other-name"):
        refused("copy", "--via", "chunk", path, target, says=[str(target), "same file as SRC"])
    assert path.read_bytes() == b"precious"


def test_copy_wrong_files(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"x" * 100)
    refused("copy", "--via", "chunk", tmp_path / "absent", tmp_path / "d", says=["absent"])
    refused("copy", "--via", "chunk", tmp_path, tmp_path / "d", says=["SRC", "regular file"])
    refused("copy", "--via", "chunk", source, tmp_path, says=["DST", "regular file"])
    refused("copy", "--via", "chunk", source, tmp_path / "no" / "d", says=["DST", "No such file"])
    refused("copy", "--via", "chunk", source, "/dev/null", says=["DST", "/dev/null"])
    refused("copy", "--via", "chunk", source, says=["SRC and DST"])
    refused("copy", source, tmp_path / "d", says=["--via"])
    refused("copy", "--via", "chunk", "--offset", 101, source, tmp_path / "d",
            says=["--offset", "past the end"])
    refused("copy", "--via", "chunk", "--offset", 50, "--length", 51, source, tmp_path / "d",
            says=["--length", "past the end"])
    assert sorted(x.name for x in tmp_path.iterdir()) == ["source"]


def test_copy_into_a_read_only_directory(open_directory):
    source = open_directory / "source"
    source.write_bytes(b"x" * 100)
    source.chmod(0o644)
    closed = open_directory / "closed"
    closed.mkdir(0o555)
    done = as_nobody("copy", "--via", "chunk", source, closed / "d")
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"DST" in done.stderr and b"Permission denied" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["copy", "--help"],
                                       ["--version"], ["run", "--version"], ["copy", "--version"]])
def test_help_and_version(arguments):
    result = run(*arguments)
    assert result.status == 0 and result.err == "" and len(result.out) > 0


def test_help_names_every_option():
    text = run("run", "--help").out.decode()
    for option in ("--firmware", "--kernel", "--initrd", "--mem", "--ata", "--virtio-blk", "--chunk", "--cmd", "--serial",
                   "--timeout", "--strict", "--stats", "--stats-json", "--help", "--version"):
        assert option in text


@pytest.mark.parametrize("words", [[], ["run"], ["copy"], ["bench"], ["trace"], ["trace", "summary"],
                                   ["trace", "diff"], ["trace", "check"]])
def test_help_is_no_wider_than_a_terminal(words):
    lines = run(*words, "--help").out.decode().splitlines()
    assert [x for x in lines if len(x) > 80] == []
    options = [x for x in lines if x.startswith("  --")]
    assert all(x[31] != " " for x in options if len(x) > 31), "what they do is one column"
    assert not [x for x in lines if x != x.rstrip()]


@pytest.mark.parametrize("command", ["run", "copy"])
def test_help_says_what_a_disk_offers_by_itself(command):
    text = " ".join(run(command, "--help").out.decode().split())
    assert "optionally all or none, then +NAME and -NAME" in text and "neither" not in text
    assert "the host offers all but ring_packed" in text


def test_rom_is_exactly_64_kib():
    assert ROM.stat().st_size == 65536

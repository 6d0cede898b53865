# SPDX-License-Identifier: MIT
"""What README shows and tells to type is true."""
import shutil
import socket
import subprocess
import time

import pytest

from machine import BUILD, ROM, ROOT, boot, have_kvm

README = (ROOT / "README.md").read_text()


def block_after(words):
    """The indented block that follows a line of text."""
    lines = README[README.index(words):].splitlines()[1:]
    while not lines[0].startswith("    "):
        lines.pop(0)
    block = []
    for line in lines:
        if not line.startswith("    "):
            break
        block.append(line[4:])
    return "\n".join(block) + "\n"


def demo_files():
    """Where they are; made where they are missing."""
    demo = BUILD / "demo"
    if not (demo / "ata.img").exists():
        subprocess.run(["make", "-s", "-C", ROOT, f"BUILD={BUILD}", "demo-files"], check=True,
                       timeout=60)
    return demo


@pytest.mark.kvm
def test_the_real_run_is_one(tmp_path):
    demo = demo_files()
    result = boot("--ata", demo / "ata.img", "--virtio-blk", demo / "virtio-blk.img",
                  "--chunk", f"in={demo}/chunk-in.bin,out={tmp_path}/out")
    assert result.out.decode() == block_after("A real run:")


@pytest.mark.kvm
def test_seeing_the_climb_works_as_printed(tmp_path):
    """All of the section's commands, one after the other, in a directory that has the build and nothing else."""
    demo_files()
    section = README.split("\n## Seeing the climb\n")[1].split("\n## ")[0]
    commands = [x[4:] for x in section.splitlines() if x.startswith(("    build/", "        --"))]
    assert len(commands) >= 8 and any(" --write" in x for x in commands)
    (tmp_path / "build").symlink_to(BUILD)
    done = subprocess.run(["sh", "-ex"], input="\n".join(commands), cwd=tmp_path, text=True,
                          capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "busiest registers, by exits" in done.stdout and "equal: " in done.stdout
    assert {"climb.html", "climb.txt", "climb.json", "climb.golden"} <= {x.name for x in tmp_path.iterdir()}


def test_how_golden_files_are_renewed_is_said():
    """Where it is looked for, and as machine.py has it."""
    way = "TRAPLINE_GOLDEN=write make check"
    assert 'os.environ.get("TRAPLINE_GOLDEN") == "write"' in (ROOT / "tests/boot/machine.py").read_text()
    help_text = subprocess.run(["make", "-s", "-C", ROOT, "help"], capture_output=True, timeout=60, check=True).stdout
    assert way in help_text.decode() and way in README


def test_nothing_was_left_to_fill_in():
    assert "@@" not in README


@pytest.mark.qemu
def test_gdb_stops_where_it_says(tmp_path):
    if not shutil.which("gdb"):
        pytest.skip("no gdb")
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", 1234)) == 0:
            pytest.skip("port 1234 is in use")
    script = tmp_path / "session"
    script.write_text("source boot/real-mode.gdb\nlines\nrung rung2_pci\nlong\nkill\nquit\n")
    vm = subprocess.Popen(["qemu-system-x86_64", "-M", "pc", "-bios", ROM, "-nodefaults", "-display",
                           "none", "-serial", f"file:{tmp_path}/serial", "-S", "-s"],
                          stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        done = subprocess.run(["gdb", "-batch", "-x", script, BUILD / "trapline.rom.elf"], cwd=ROOT,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    finally:
        vm.kill()
        vm.wait()
    text = done.stdout.decode()
    for words in ("in real_entry ()", "in rung2_pci ()", "firmware_main (info="):
        assert words in text, text + done.stderr.decode()


@pytest.mark.skipif(not have_kvm(), reason="no usable /dev/kvm")
def test_make_run_falls_back_to_qemu():
    """/dev/kvm is there, but is not KVM; the same climb comes from QEMU."""
    done = subprocess.run(["unshare", "-m", "sh", "-c", "mount --bind /dev/null /dev/kvm || exit 99; "
                           f"exec host-vmm/run-demo {BUILD}"], cwd=ROOT, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=300, check=False)
    if done.returncode in (1, 99) and b"trapline" not in done.stderr:
        pytest.skip("no mount namespaces here")
    assert done.returncode == 0, done.stderr
    assert b"/dev/kvm" in done.stderr and b"no usable /dev/kvm" in done.stderr
    assert done.stdout.splitlines()[-1].startswith(b"TRAPLINE PASS 9")


def test_deps_without_root_prints_the_one_line(tmp_path):
    """A package is missing, nobody may install it: the line to run, and a failure."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in (("id", "echo 1000"), ("dpkg-query", "exit 1"), ("sudo", "exit 1")):
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    done = subprocess.run([ROOT / ".ci" / "deps", "run"], cwd=ROOT, stdin=subprocess.DEVNULL,
                          env={"PATH": f"{tools}:/usr/bin:/bin"}, capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == 1 and done.stdout == b""
    assert b"sudo apt-get install -y --no-install-recommends gcc" in done.stderr

# SPDX-License-Identifier: MIT
"""make bench: what a boot and a copy cost. Counts first, ratios next; no verdicts."""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TRAPLINE_BUILD", ROOT / "build"))
HOST = BUILD / "trapline"
ROM = BUILD / "trapline.rom"
DEMO = BUILD / "demo"
MIB = 1 << 20
LIMIT = 300
PAUSE = 2  # seconds


def boot_exits(directory, boots=9, words="", more=()):
    """One boot under the host: exits by device, and wall time over several boots."""
    stats = directory / "stats.json"
    walls = []
    for _ in range(boots):
        done = subprocess.run([HOST, "run", "--ata", DEMO / "ata.img", "--virtio-blk",
                               DEMO / "virtio-blk.img", "--chunk",
                               f"in={DEMO}/chunk-in.bin,out={directory}/chunk-out.bin",
                               "--cmd", words, "--stats-json", stats, "--timeout", "30", *more],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        if done.returncode != 0:
            sys.exit(f"the climb failed: {done.stderr.decode()}")
        walls.append(json.loads(stats.read_text())["seconds"])
    return json.loads(stats.read_text()), len(done.stdout), statistics.median(walls)


def count_instructions():
    """One boot under QEMU, where `-icount shift=0` makes the TSC count instructions. cache=unsafe:
    how long the host's disk takes is not the guest's doing, but it would spin as long."""
    done = subprocess.run(["qemu-system-x86_64", "-M", "pc", "-accel", "tcg", "-icount", "shift=0",
                           "-nodefaults", "-display", "none", "-no-reboot", "-bios", ROM,
                           "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                           "-drive", f"if=ide,format=raw,file={DEMO}/ata.img,cache=unsafe",
                           "-drive", f"if=none,id=d,format=raw,file={DEMO}/virtio-blk.img,cache=unsafe",
                           "-device", "virtio-blk-pci,disable-legacy=on,drive=d",
                           "-fw_cfg", "name=opt/trapline/cmdline,string=ticks"],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
    found = re.search(rb"# (\d+) TSC ticks since the door", done.stdout)
    return int(found.group(1)) if found else None


def boot_instructions():
    """The least: QEMU's disks answer when they like, and what the guest spins meanwhile is not its work."""
    if not shutil.which("qemu-system-x86_64"):
        return None
    return min(filter(None, [count_instructions() for _ in range(7)]), default=None)


def print_boot(directory):
    stats, serial_bytes, wall = boot_exits(directory)
    print("boot through rung 9: one ATA disk, one virtio-blk disk, the chunk device")
    print(f"  {'exits to user space':34}{stats['exits']:10}")
    for name, exits in sorted(stats["by_device"].items(), key=lambda item: -item[1]):
        print(f"    {name:32}{exits:10}")
    print(f"  {'writes collected without an exit':34}{sum(stats['coalesced_by_device'].values()):10}")
    instructions = boot_instructions()
    print(f"  {'guest instructions (QEMU -icount)':34}{instructions or 'no QEMU':>10}")
    print(f"  {'serial bytes':34}{serial_bytes:10}")
    print(f"  {'wall time, this machine':34}{wall * 1000:8.1f}ms")


def print_tracing(directory):
    """In turns, because the machine is not always equally busy; the least of each."""
    kinds = {"not recorded": (), "--stats": ("--stats",), "--trace": ("--trace", directory / "t.json")}
    least = dict.fromkeys(kinds, float("inf"))
    for _ in range(15):
        for name, more in kinds.items():
            least[name] = min(least[name], boot_exits(directory, 1, "", more)[2])
    print("the same boot, recorded (the least of 15, in turns)")
    for name, seconds in least.items():
        print(f"  {name:34}{seconds * 1000:8.1f}ms{seconds / least['not recorded']:8.2f}")


def print_configuration(directory):
    """What ECAM saves: by ports most accesses need the address register too, which KVM collects."""
    print(f"  {'PCI configuration by':22}{'exits':>12}{'collected':>12}{'exits of the boot':>20}")
    for name, words in (("0xcf8 and 0xcfc", ""), ("ECAM", "ecam")):
        stats, _, _ = boot_exits(directory, 1, words)
        exits = sum(stats["by_device"].get(device, 0) for device in ("pci-config", "ecam"))
        collected = stats["coalesced_by_device"].get("pci-config", 0)
        print(f"    {name:20}{exits:12}{collected:12}{stats['exits']:20}")


def settle():
    """Nobody is to pay for what the one before has left in the disk's queue."""
    os.sync()
    time.sleep(PAUSE)


def dd(source, target):
    settle()
    start = time.monotonic()
    subprocess.run(["dd", f"if={source}", f"of={target}", "bs=1M", "conv=fdatasync"],
                   stderr=subprocess.DEVNULL, timeout=LIMIT, check=True)
    return time.monotonic() - start


def copy(via, source, target):
    settle()
    done = subprocess.run([HOST, "copy", "--json", "--via", via, source, target],
                          capture_output=True, timeout=LIMIT, check=True)
    return json.loads(done.stdout)


def print_copies(directory, mebibytes, pairs):
    source, target = directory / "source", directory / "target"
    with open(source, "wb") as file:
        for _ in range(mebibytes):
            file.write(os.urandom(MIB))
        file.flush()
        os.fsync(file.fileno())
    # What the page cache has to do for the source is nobody's figure.
    dd(source, target)
    print(f"copy of {mebibytes} MiB against dd bs=1M conv=fdatasync, {pairs} interleaved pairs")
    print(f"  {'via':12}{'MiB/s':>10}{'dd MiB/s':>10}{'ratio min':>11}{'median':>8}{'max':>8}"
          f"{'exits/MiB':>11}")
    for via in ("chunk", "virtio-blk", "ata"):
        ratios, rates, dd_rates = [], [], []
        for _ in range(pairs):
            target.unlink(missing_ok=True)
            dd_seconds = dd(source, target)
            target.unlink(missing_ok=True)
            answer = copy(via, source, target)
            ratios.append(dd_seconds / answer["seconds"])
            rates.append(answer["mib_per_s"])
            dd_rates.append(mebibytes / dd_seconds)
        print(f"  {via:12}{statistics.median(rates):10.0f}{statistics.median(dd_rates):10.0f}"
              f"{min(ratios):11.2f}{statistics.median(ratios):8.2f}{max(ratios):8.2f}"
              f"{answer['exits_per_mib']:11.1f}")
    small = directory / "small"
    small.write_bytes(source.read_bytes()[:4 * MIB])
    target.unlink(missing_ok=True)
    answer = copy("ata,mode=pio", small, target)
    print(f"  {'PIO, 4 MiB':12}{answer['mib_per_s']:10.1f}{'':10}{'':11}{'':8}{'':8}"
          f"{answer['exits_per_mib']:11.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1024, help="size of the copies")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--no-copy", action="store_true", help="only the boot")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=BUILD) as name:
        directory = pathlib.Path(name)
        if not os.access("/dev/kvm", os.R_OK | os.W_OK):
            print(f"no usable /dev/kvm; guest instructions under QEMU: {boot_instructions()}")
            return
        print_boot(directory)
        print_configuration(directory)
        print_tracing(directory)
        if not arguments.no_copy:
            print_copies(directory, arguments.mib, arguments.pairs)


if __name__ == "__main__":
    main()

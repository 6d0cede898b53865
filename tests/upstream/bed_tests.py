# SPDX-License-Identifier: MIT
"""What runs in the bed: for each test a shell script for inside, and a check of what came back for
outside. A script starts in an empty directory with the host program on its path; /share/inputs has what
make_inputs() put there."""
import difflib
import json
import pathlib
import shutil
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "boot"))
from machine import GOLDEN, disk, pattern  # noqa: E402

INPUTS = "/share/inputs"
MIB = 1 << 20
TESTS = []


class Outcome:
    """What a test left behind."""

    def __init__(self, directory, inputs):
        self.directory = directory
        self.inputs = inputs
        self.status = int((directory / "status").read_text())
        self.out = (directory / "out").read_bytes()
        self.err = (directory / "err").read_text(errors="replace")

    def file(self, name):
        return (self.directory / name).read_bytes()

    def input(self, name):
        return (self.inputs / name).read_bytes()


class Skip(Exception):
    """Raised by a check; its text says what is missing."""


def bed_test(name, script):
    """Registers the decorated check under this name."""
    def register(check):
        TESTS.append((name, script, check))
        return check
    return register


def expect(condition, outcome):
    if not condition:
        raise AssertionError(f"status {outcome.status}\n{outcome.out.decode(errors='replace')}"
                             f"{outcome.err}")


def expect_golden(name, got):
    want = (GOLDEN / name).read_bytes()
    if got != want:
        lines = difflib.unified_diff(want.decode().splitlines(), got.decode(errors="replace").splitlines(),
                                     f"golden/{name}", "in the bed", lineterm="")
        raise AssertionError("\n".join(lines) or f"golden/{name} differs in line ends")


def expect_failure(outcome, status, *words):
    """This status, and one line on standard error with these words."""
    expect(outcome.status == status, outcome)
    expect(outcome.err.count("\n") == 1 and all(word in outcome.err for word in words), outcome)


# --- inputs -----------------------------------------------------------------------------------------

COPY_LENGTHS = [0, 1, 513, 100_001, 8 * MIB + 7]
COPY_MECHANISMS = ["ata", "ata,mode=pio", "chunk", "chunk,mode=shadow", "chunk,mode=eventfd", "chunk,mode=trap",
                   "virtio-blk", "virtio-blk,mode=trap", "virtio-blk,features=none",
                   "virtio-blk,features=none+flush", "virtio-blk,features=+ring_packed",
                   "virtio-blk,features=none+ring_packed", "virtio-blk,queues=4",
                   "virtio-blk --virtio-transport mmio",
                   "virtio-blk,features=+ring_packed --virtio-transport mmio"]

ROMS = {  # 16-bit code
    "halt-real": b"\xfa\xf4",                                             # cli; hlt
    "halt-enabled": b"\xb0\xff\xe6\x21\xe6\xa1\xfb\xf4\xeb\xfd",          # PICs masked; sti; l: hlt; jmp l
    "no-memory": b"\xea\x00\x00\x00\xc0",                                 # jmp c000:0000
    "strict": b"\xba\x34\x12\xec\xb0\x00\xe6\xf4\xf4",                    # in al, 0x1234; exit 0
}
EXIT_VALUES = [0, 1, 9, 62, 63, 64, 200]
for value in EXIT_VALUES:
    ROMS[f"exit-{value}"] = b"\xb0" + struct.pack("B", value) + b"\xe6\xf4\xf4"  # out 0xf4, value; hlt


def rom(code):
    """A 64 KiB image that runs 16-bit code at F000:0000 from the reset vector."""
    image = bytearray(b"\xf4" * 65536)
    image[0:len(code)] = code
    image[0xfff0:0xfff5] = b"\xea\x00\x00\x00\xf0"  # jmp f000:0000
    return bytes(image)


SEABIOS = pathlib.Path("/usr/share/seabios/bios-256k.bin")
# Ways in besides the ROM: the file that is started.
KERNELS = {"pvh": "trapline.elf", "multiboot": "trapline.mb.elf"}
IMAGE = "trapline.img"
TRACE = "climb-trace.txt"


def make_inputs(directory, build):
    """The same disks as tests/boot has, so that the golden files are the same."""
    for path in (SEABIOS, build / IMAGE, *(build / name for name in KERNELS.values())):
        if path.exists():
            shutil.copy(path, directory)
    disk(directory / "ata.img", seed=1)
    disk(directory / "virtio-blk.img", seed=2)
    disk(directory / "more-ata.img", sectors=64, seed=10)
    disk(directory / "more-virtio-blk.img", sectors=64, seed=11)
    (directory / "chunk-in.bin").write_bytes(pattern(100_001, seed=3))
    for length in COPY_LENGTHS + [MIB + 7]:
        (directory / f"source-{length}").write_bytes(pattern(length, seed=5))
    shutil.copy(GOLDEN / TRACE, directory)
    for name, code in ROMS.items():
        (directory / f"{name}.rom").write_bytes(rom(code))


# --- the climb, by each door ------------------------------------------------------------------------

EVERYTHING = (f"cp {INPUTS}/ata.img {INPUTS}/virtio-blk.img . && trapline run --strict --timeout 50 "
              f"--ata ata.img --virtio-blk virtio-blk.img --chunk in={INPUTS}/chunk-in.bin,out=chunk-out.bin")


def expect_climb(outcome, golden):
    expect(outcome.status == 0 and outcome.err == "", outcome)
    expect_golden(golden, outcome.out)


@bed_test("climb", f"{EVERYTHING} --stats-json stats.json")
def climb(outcome):
    expect_climb(outcome, "host-climb.txt")
    copied = outcome.file("chunk-out.bin")
    expect(len(copied) > 0 and outcome.input("chunk-in.bin").startswith(copied), outcome)
    golden = json.loads((GOLDEN / "host-climb-exits.json").read_text())
    stats = json.loads(outcome.file("stats.json"))
    expect_golden("host-climb-exits.json",
                  (json.dumps({key: stats[key] for key in golden}, indent=2) + "\n").encode())


@bed_test("climb write", f"{EVERYTHING} --cmd write")
def climb_write(outcome):
    expect_climb(outcome, "host-climb-write.txt")
    for name in ("ata.img", "virtio-blk.img"):
        assert outcome.file(name) == outcome.input(name), f"{name} is not as it was"


@bed_test("climb bare", "trapline run --strict --timeout 50")
def climb_bare(outcome):
    expect_climb(outcome, "host-bare.txt")


@bed_test("climb two disks", f"cp {INPUTS}/more-*.img . && {EVERYTHING} --ata more-ata.img "
          "--virtio-blk more-virtio-blk.img")
def climb_two_disks(outcome):
    expect_climb(outcome, "host-two-disks.txt")


def memory_test(size):
    @bed_test(f"climb {size} memory", f"{EVERYTHING} --mem {size}")
    def climb_memory(outcome):
        expect_climb(outcome, "host-climb.txt")


for memory in ("4M", "3G", "6G"):
    memory_test(memory)


def golden_climb_test(name, options, golden, chunk_mode=""):
    @bed_test(f"climb {name}", f"{EVERYTHING}{chunk_mode} {options}")
    def golden_climb(outcome):
        expect_climb(outcome, golden)


golden_climb_test("ecam", "--cmd ecam", "host-ecam.txt")
golden_climb_test("bar64", "--cmd bar64", "host-bar64.txt")
golden_climb_test("virtio-mmio", "--virtio-transport mmio", "host-virtio-mmio.txt")


for words in ("irq", "irq=pic", "irq virtio-blk.features=all", "virtio-blk.features=all"):
    golden_climb_test(words, f"--cmd '{words}'", "host-climb.txt")
for mode in ("eventfd", "shadow", "ring"):
    golden_climb_test(f"chunk {mode}", "--cmd irq", "host-climb.txt", chunk_mode=f",mode={mode}")


def kernel_test(door, name):
    @bed_test(f"climb {door} door", f"{EVERYTHING} --kernel {INPUTS}/{name}")
    def climb_by_kernel(outcome):
        expect_climb(outcome, f"host-{door}.txt")


for door, kernel in KERNELS.items():
    kernel_test(door, kernel)


def disk_image_test(option):
    @bed_test(f"climb MBR door, {option}", f"cp {INPUTS}/{IMAGE} . && trapline run --timeout 50 "
              f"--firmware {INPUTS}/{SEABIOS.name} --{option} {IMAGE}")
    def climb_by_disk_image(outcome):
        if not SEABIOS.exists():
            raise Skip(f"no {SEABIOS} (package seabios)")
        expect_climb(outcome, f"host-seabios-{option}.txt")


for disk_option in ("ata", "virtio-blk"):
    disk_image_test(disk_option)


# --- traces -----------------------------------------------------------------------------------------

TRAPPED = (f"cp {INPUTS}/ata.img {INPUTS}/virtio-blk.img . && trapline run --timeout 50 --ata ata.img --virtio-blk "
           f"virtio-blk.img,mode=trap --chunk in={INPUTS}/chunk-in.bin,out=chunk-out.bin --serial /dev/null")


def expect_whole(outcome, trace):
    """Every exit is in the trace, and where the guest was."""
    assert trace["otherData"]["lost"] == 0
    exits = [e["args"] for e in trace["traceEvents"] if e.get("cat") == "exit" and "device" in e["args"]]
    assert len(exits) == json.loads(outcome.file("stats.json"))["exits"]
    assert exits[0]["where"].startswith("rung1_serial") and exits[0]["mode"] == "real16"
    assert exits[-1]["where"].startswith("finish") and exits[-1]["mode"] == "long64"


@bed_test("trace of the climb", f"{TRAPPED} --trace-exact --trace t.json --stats-json stats.json 2>/dev/null && "
          f"trapline trace check t.json --golden {INPUTS}/{TRACE}")
def trace_climb(outcome):
    expect(outcome.status == 0, outcome)
    expect_whole(outcome, json.loads(outcome.file("t.json")))


@bed_test("trace with collected writes and doorbells", f"{EVERYTHING},mode=ring --cmd irq --trace t.json "
          "--trace t.txt --trace t.html --stats-json stats.json")
def trace_usual(outcome):
    expect(outcome.status == 0 and "busiest registers" in outcome.err, outcome)
    trace = json.loads(outcome.file("t.json"))
    expect_whole(outcome, trace)
    kinds = {e.get("cat") for e in trace["traceEvents"]}
    assert {"collected", "doorbell", "request", "interrupt", "region", "rung"} <= kinds, kinds


# --- copy -------------------------------------------------------------------------------------------

def copy_test(via, wait, length):
    @bed_test(f"copy {via} {wait} {length}", "trapline copy --json --timeout 50 --chunk-size 256K "
              f"--wait {wait} --via {via} {INPUTS}/source-{length} destination")
    def copy(outcome):
        expect(outcome.status == 0 and outcome.err == "", outcome)
        answer = json.loads(outcome.out)
        expect(answer["verified"] is True and answer["bytes"] == length, outcome)
        assert outcome.file("destination") == outcome.input(f"source-{length}")
        exits = answer["exits"]
        if via == "chunk" or "shadow" in via or ("virtio-blk" in via and "trap" not in via and
                                                 ("mmio" not in via or wait == "poll")):
            expect(exits == 0, outcome)


for mechanism in COPY_MECHANISMS:
    for how in ("poll", "irq"):
        copy_test(mechanism, how, MIB + 7 if "pio" in mechanism else 8 * MIB + 7)
for mechanism in ("ata", "chunk", "virtio-blk"):
    for size in COPY_LENGTHS[:-1]:
        copy_test(mechanism, "irq", size)


def sleeps_test(kind):
    @bed_test(f"two thousand sleeps, {kind}", f"cp {INPUTS}/source-{MIB + 7} source && truncate -s 512K source && "
              "truncate -s 512K destination && trapline run --timeout 100 --virtio-blk source,ro "
              f"--virtio-blk destination --cmd '{kind} verbose copy=virtio-blk copy-length=524288 "
              "copy-chunk=512 copy-depth=1'")
    def sleeps(outcome):
        """The guest counts what comes before the halt, if it does, and it costs no more than a tick."""
        expect(outcome.status == 0 and outcome.err == "", outcome)
        expect(b" before the halt" in outcome.out, outcome)
        expect(outcome.out.endswith(b"TRAPLINE PASS 9\n"), outcome)
        assert outcome.file("destination") == outcome.file("source")


for irq_kind in ("irq", "irq=pic"):
    sleeps_test(irq_kind)


# --- how a run can end badly ------------------------------------------------------------------------

def exception_test(fault, name):
    @bed_test(f"fault {fault}", f"trapline run --timeout 50 --cmd fault={fault}")
    def exception(outcome):
        expect(outcome.status == 16 + 40 and name in outcome.out, outcome)


for word, printed in (("ud", b"invalid opcode"), ("pf", b"page fault"), ("de", b"divide error"),
                      ("gp", b"general protection")):
    exception_test(word, printed)


def failure_test(name, options, status, *words):
    @bed_test(name, f"trapline run {options}")
    def failure(outcome):
        expect_failure(outcome, status, *words)


failure_test("fault triple", "--timeout 50 --cmd fault=triple", 121, "triple fault", "mode=")
failure_test("fault halt", "--timeout 50 --cmd fault=halt", 123, "halted with interrupts off", "mode=long64")
failure_test("fault spin, timeout", "--timeout 1 --cmd fault=spin", 120, "timeout after 1 s", "mode=long64")
failure_test("halt in real mode", f"--timeout 50 --firmware {INPUTS}/halt-real.rom", 123, "mode=real16")
failure_test("halt with interrupts on, timeout", f"--timeout 1 --firmware {INPUTS}/halt-enabled.rom", 120,
             "timeout after 1 s")
failure_test("KVM internal error", f"--timeout 50 --firmware {INPUTS}/no-memory.rom", 122,
             "KVM internal error", "mode=real16")
for value in EXIT_VALUES[1:]:
    failure_test(f"guest failure {value}", f"--timeout 50 --firmware {INPUTS}/exit-{value}.rom",
                 16 + min(value, 63), f"failure {value}")


@bed_test("guest pass", f"trapline run --timeout 50 --firmware {INPUTS}/exit-0.rom")
def guest_pass(outcome):
    expect(outcome.status == 0 and outcome.err == "", outcome)


@bed_test("strict", f"trapline run --timeout 50 --strict --firmware {INPUTS}/strict.rom")
def strict(outcome):
    expect(outcome.status == 1 and "port 0x1234" in outcome.err, outcome)


def signal_test(name, number):
    @bed_test(f"SIG{name}", f"trapline run --cmd fault=spin & sleep 2; kill -{name} $!; wait $!")
    def ended(outcome):
        expect_failure(outcome, 128 + number, "signal")


signal_test("INT", 2)
signal_test("TERM", 15)

# busybox has no script(1): its telnetd gives the program a terminal, and nc is who types.
CTRL_C = """
cat >session <<'end'
#!/bin/sh
cd "${0%/*}"
stty -g >before
trapline run --cmd fault=spin
echo $? >code.new
stty -g >after
mv code.new code
end
chmod +x session
telnetd -F -p 23 -b 127.0.0.1 -l "$PWD/session" &
sleep 1
{
    until grep -q 'rung 5' screen; do usleep 100000; done
    printf '\\003'
    until [ -e code ]; do usleep 100000; done
} | nc 127.0.0.1 23 >screen
kill $!
"""


@bed_test("Ctrl-C", CTRL_C)
def ctrl_c(outcome):
    expect(outcome.file("code") == b"130\n", outcome)
    assert outcome.file("before") == outcome.file("after"), "the terminal is not as it was"


# --- what the bed is for besides ---------------------------------------------------------------------

@bed_test("bench --quick", "trapline bench --quick --json bench.json")
def bench(outcome):
    answer = json.loads(outcome.file("bench.json"))
    lines = {line["name"]: line for line in answer["lines"]}
    assert answer["kvm"]["kind"] == "SVM"
    for line in lines.values():
        expect(line["state"] != "failed", outcome)
    # A KVM that runs the guest on its CPU counts what it handles by itself: one exit each, but for the few
    # that found the ring of collected writes full and went on to user space.
    for name in ("cpuid", "hypercall VAPIC_POLL_IRQ", "hypercall KICK_CPU", "port write, ioeventfd",
                 "register write, ioeventfd with datamatch", "port write, ioeventfd of any width",
                 "register write, coalesced"):
        line = lines[name]
        assert line["exits_per_op"] < 0.02 and 0.95 <= line["kernel_exits_per_op"] < 1.2, name
    for name in ("port write", "register read", "hypercall MAP_GPA_RANGE"):
        line = lines[name]
        assert line["exits_per_op"] == 1 and line["kernel_exits_per_op"] < 0.2, name
    read = lines["register read of a read-only page"]
    assert read["exits_per_op"] == 0 and read["kernel_exits_per_op"] < 0.05


def vfio_test(name, identity):
    @bed_test(f"vfio-pci binds {name} in a group of its own", f"""
for device in /sys/bus/pci/devices/*; do
    [ "$(cat $device/vendor)$(cat $device/device)" = {identity} ] && found=$device
done
echo vfio-pci >$found/driver_override
echo ${{found##*/}} >/sys/bus/pci/drivers_probe
basename $(readlink $found/driver)
ls $found/iommu_group/devices | wc -l
group=$(basename $(readlink $found/iommu_group))
[ -c /dev/vfio/$group ] && [ -c /dev/vfio/vfio ] && echo /dev/vfio
""")
    def vfio(outcome):
        expect(outcome.out == b"vfio-pci\n1\n/dev/vfio\n", outcome)


vfio_test("edu", "0x12340x11e8")
vfio_test("nvme", "0x1b360x0010")


# busybox has no ioctl; opening is enough to have the module's code answer.
@bed_test("vhost devices", """
ls -l /dev/vhost*
lsmod | grep ^vhost
exec 3<>/dev/vhost-net && echo vhost-net opens
exec 4<>/dev/vhost-vsock && echo vhost-vsock opens
""")
def vhost(outcome):
    expect(outcome.status == 0 and outcome.err == "", outcome)
    for words in (b"\nvhost_net ", b"\nvhost_vsock ", b"\nvhost-net opens\n", b"\nvhost-vsock opens\n"):
        expect(words in outcome.out, outcome)

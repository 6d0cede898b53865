# SPDX-License-Identifier: MIT
"""The climb with `irq` and `irq=pic`: the same bytes as by polling, through every door and controller."""
import pathlib
import re
import shutil

import pytest

from machine import BUILD, GOLDEN, boot, check_golden, disk, pattern, qemu

ELF = BUILD / "trapline.elf"
EFI = BUILD / "trapline.efi"
OVMF = pathlib.Path("/usr/share/OVMF/OVMF_CODE.fd")
OVMF_VARIABLES = pathlib.Path("/usr/share/OVMF/OVMF_VARS.fd")
KINDS = ["irq", "irq=pic"]
MIB = 1 << 20


def counts(result):
    """What a verbose run says: taken from devices, ticks, nobody's."""
    found = re.search(rb"# interrupts: (\d+) of devices, (\d+) ticks, (\d+) spurious, 0 before the halt\n", result.out)
    assert found, result.out
    return tuple(map(int, found.groups()))


def drives(ata=None, virtio=None, device="virtio-blk-pci,disable-legacy=on"):
    options = []
    if ata:
        options += ["-drive", f"if=ide,format=raw,file={ata}"]
    if virtio:
        options += ["-drive", f"if=none,id=disk,format=raw,file={virtio}",
                    "-device", f"{device},drive=disk"]
    return options


def slow(path):
    """As a drive of QEMU's: the driver has to wait for most requests."""
    return f"{path},throttling.iops-total=10"


def microvm(virtio, *arguments, machine="microvm", **options):
    return qemu(*drives(virtio=virtio, device="virtio-blk-device"), "-global",
                "virtio-mmio.force-legacy=false", *arguments, machine=machine, **options)


# --- the same bytes -----------------------------------------------------------------------------------

@pytest.mark.kvm
@pytest.mark.parametrize("words", KINDS)
def test_host(everything, words):
    result = boot(*everything, "--strict", "--cmd", words)
    assert result.status == 0, result.err
    check_golden("host-climb.txt", result.out)


@pytest.mark.kvm
@pytest.mark.parametrize("words", KINDS)
def test_host_by_the_pvh_door(everything, words):
    result = boot(*everything, "--kernel", ELF, "--cmd", words)
    assert result.status == 0, result.err
    check_golden("host-pvh.txt", result.out)


@pytest.mark.kvm
@pytest.mark.parametrize("words", KINDS)
def test_host_over_virtio_mmio(ata, virtio, words):
    polled = boot("--ata", ata, "--virtio-blk", virtio, "--virtio-transport", "mmio")
    result = boot("--ata", ata, "--virtio-blk", virtio, "--virtio-transport", "mmio", "--strict",
                  "--cmd", words)
    assert result.status == 0, result.err
    assert result.out == polled.out


@pytest.mark.qemu
@pytest.mark.parametrize("words", KINDS)
@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_qemu(ata, virtio, words, machine):
    result = qemu(*drives(ata if machine == "pc" else None, virtio), cmd=words, machine=machine)
    assert result.status == 0, result.out
    check_golden(f"qemu-{machine}.txt", result.out)


@pytest.mark.qemu
@pytest.mark.parametrize("words", KINDS)
@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_pvh_door(ata, virtio, words, machine):
    result = qemu(*drives(ata if machine == "pc" else None, virtio), "-append", words,
                  machine=machine, firmware=["-kernel", ELF])
    assert result.status == 0, result.out
    check_golden(f"pvh-{machine}.txt", result.out)


@pytest.mark.qemu
@pytest.mark.parametrize("words", KINDS)
def test_multiboot_door(ata, virtio, words):
    result = qemu(*drives(ata, virtio), "-append", words,
                  firmware=["-kernel", BUILD / "trapline.mb.elf"])
    assert result.status == 0, result.out
    check_golden("multiboot-pc.txt", result.out)


@pytest.mark.qemu
@pytest.mark.parametrize("words", KINDS)
def test_mbr_door(tmp_path, words):
    """A BIOS has used the timer, the 8259s and the disk's interrupt before."""
    image = shutil.copy(BUILD / "trapline.img", tmp_path / "boot.img")
    result = qemu("-drive", f"if=none,id=boot,format=raw,file={image}", "-device",
                  "virtio-blk-pci,disable-legacy=on,drive=boot,bootindex=0", cmd=words,
                  firmware=["-boot", "order=c"])
    assert result.status == 0, result.out
    check_golden("mbr-virtio-blk.txt", result.out)


@pytest.mark.qemu
@pytest.mark.parametrize("words", KINDS)
def test_microvm(virtio, words):
    result = microvm(virtio, cmd=words)
    assert result.status == 0, result.out
    check_golden("qemu-microvm.txt", result.out)


@pytest.mark.qemu
@pytest.mark.parametrize("words", KINDS)
def test_microvm_by_the_pvh_door(virtio, words):
    result = microvm(virtio, "-append", words, machine="microvm,auto-kernel-cmdline=off",
                     firmware=["-kernel", ELF])
    assert result.status == 0, result.out
    check_golden("pvh-microvm.txt", result.out)


@pytest.mark.qemu
@pytest.mark.skipif(not OVMF.exists(), reason="no OVMF (package ovmf)")
@pytest.mark.parametrize("words", KINDS)
def test_uefi_door(virtio, words, tmp_path):
    """OVMF has used the local APIC, the 8259s and the timer before."""
    variables = shutil.copy(OVMF_VARIABLES, tmp_path / "variables.fd")
    result = qemu(*drives(virtio=virtio), "-kernel", EFI, "-append", f"{words} verbose",
                  machine="q35", firmware=[
                      "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={OVMF}",
                      "-drive", f"if=pflash,unit=1,format=raw,file={variables}"])
    assert result.status == 0, result.out
    assert counts(result)[2] == 0
    lines = [x for x in result.out.splitlines(keepends=True) if not x.startswith(b"# ")]
    climbed = b"".join(lines).partition(b"Trapline 0.1, UEFI door\n")
    assert climbed[1] + climbed[2] == (GOLDEN / "uefi-q35.txt").read_bytes()


# --- interrupts really come ---------------------------------------------------------------------------

def comes(run, least=1):
    """None of nobody's, and so many of devices: not in every run, for a driver that finds its request done
    does not sleep."""
    seen = []
    for _ in range(10):
        result = run()
        assert result.status == 0, result.out
        seen.append(counts(result))
        assert seen[-1][2] == 0
        if seen[-1][0] >= least:
            return
    assert False, seen


@pytest.mark.kvm
@pytest.mark.parametrize("words", KINDS)
def test_each_is_somebodys(everything, words):
    comes(lambda: boot(*everything, "--cmd", f"verbose write {words}"))


@pytest.mark.kvm
def test_polling_takes_none(everything):
    result = boot(*everything, "--cmd", "verbose")
    assert b"interrupts" not in result.out


@pytest.mark.kvm
@pytest.mark.parametrize("words", KINDS)
def test_messages(virtio, words):
    comes(lambda: boot("--virtio-blk", virtio, "--cmd", f"verbose write {words}"))


@pytest.mark.kvm
@pytest.mark.parametrize("words", KINDS)
def test_lines_of_virtio_mmio(virtio, words):
    comes(lambda: boot("--virtio-blk", virtio, "--virtio-transport", "mmio", "--cmd",
                       f"verbose write {words}"))


@pytest.mark.qemu
def test_lines_of_the_second_ioapic(virtio):
    comes(lambda: microvm(slow(virtio), cmd="verbose write irq"))


@pytest.mark.qemu
@pytest.mark.parametrize("words", KINDS)
def test_lines_of_the_first_ioapic_and_the_8259s(virtio, words):
    """Without ACPI the windows have the lines from 5 on, as the command line says."""
    comes(lambda: microvm(slow(virtio), machine="microvm,acpi=off",
                          cmd=f"verbose write {words} virtio_mmio.device=512@0xfeb00e00:12"))


@pytest.mark.qemu
@pytest.mark.parametrize("words", KINDS)
def test_messages_under_qemu(virtio, words):
    comes(lambda: qemu(*drives(virtio=slow(virtio)), cmd=f"verbose write {words}"))


# --- interrupts that do not come ----------------------------------------------------------------------

@pytest.mark.kvm
@pytest.mark.parametrize("words", KINDS)
def test_lost_ones_cost_time_and_not_the_run(everything, words):
    """The tick ends each sleep, and the ring is looked at again."""
    result = boot(*everything, "--cmd", f"verbose write {words} fault=lost-irq")
    assert result.status == 0, result.err
    devices, ticks, spurious = counts(result)
    assert devices == 0 and ticks > 0 and spurious == 0
    result = boot(*everything, "--cmd", f"{words} fault=lost-irq")
    check_golden("host-climb.txt", result.out)


@pytest.mark.kvm
@pytest.mark.parametrize("words", KINDS)
def test_a_line_that_stays_up(virtio, words):
    """Adverse 47: it interrupts again and again, and still the climb goes on."""
    result = boot("--virtio-blk", virtio, "--virtio-transport", "mmio", "--cmd",
                  f"verbose {words} fault=stuck-irq")
    assert result.status == 0, result.out


@pytest.mark.qemu
@pytest.mark.parametrize("words", KINDS)
def test_a_line_that_stays_up_under_qemu(virtio, words):
    result = microvm(slow(virtio), machine="microvm,acpi=off", limit=20, cmd=f"{words} write "
                     "fault=stuck-irq virtio_mmio.device=512@0xfeb00e00:12")
    assert result.status == 0, result.out


@pytest.mark.qemu
def test_lost_ones_under_qemu(ata, virtio):
    result = qemu(*drives(ata, slow(virtio)), cmd="irq fault=lost-irq")
    assert result.status == 0, result.out
    check_golden("qemu-pc.txt", result.out)


def without_apic(virtio, **options):
    return qemu("-cpu", "qemu64,-apic", *drives(virtio=virtio), machine="q35", **options)


def without_pic(virtio, **options):
    return microvm(virtio, machine="microvm,pic=off", **options)


@pytest.mark.qemu
@pytest.mark.parametrize("machine, words, missing", [
    (without_pic, "irq=pic", "no 8259"),
    (without_apic, "irq", "no local APIC"),
    (without_apic, "irq=pic", "no local APIC"),
])
def test_what_the_machine_lacks_is_said(machine, words, missing, virtio):
    result = machine(virtio, cmd=words)
    assert result.status == 0, result.out
    line = f"interrupts: {missing}, devices are polled\n".encode()
    assert line in result.out
    assert result.out.replace(line, b"") == machine(virtio).out


@pytest.mark.qemu
def test_microvm_without_8259s(virtio):
    result = without_pic(virtio, cmd="irq")
    check_golden("qemu-microvm.txt", result.out)


@pytest.mark.kvm
@pytest.mark.parametrize("words", ["fault=ud irq", "irq fault=halt"])
def test_faults_are_reported_as_ever(words):
    polled = boot("--cmd", words.replace("irq", ""))
    result = boot("--cmd", words)
    assert (result.status, result.last_line) == (polled.status, polled.last_line)


# --- many in flight -----------------------------------------------------------------------------------

@pytest.mark.kvm
@pytest.mark.parametrize("words", ["", "irq", "irq=pic", "irq fault=lost-irq"])
@pytest.mark.parametrize("depth", [1, 3, 64])
def test_copy_by_virtio_blk(tmp_path, words, depth):
    source, target = disk(tmp_path / "a.img", sectors=8195, seed=7), tmp_path / "b.img"
    target.write_bytes(bytes(source.stat().st_size))
    result = boot("--virtio-blk", f"{source},ro", "--virtio-blk", target, "--cmd",
                  f"copy=virtio-blk copy-length={8195 * 512} copy-chunk=65536 copy-depth={depth} "
                  f"{words}")
    assert result.status == 0, result.out + result.err.encode()
    assert result.last_line == "TRAPLINE PASS 9"
    assert target.read_bytes() == source.read_bytes()


@pytest.mark.kvm
@pytest.mark.parametrize("transport", ["pci", "mmio"])
@pytest.mark.parametrize("words", KINDS)
def test_one_interrupt_after_the_other(tmp_path, words, transport):
    """Each is ended, or there would be no second one, and no tick either."""
    size = 32 * MIB
    source, target = disk(tmp_path / "a.img", sectors=size // 512), tmp_path / "b.img"
    target.write_bytes(bytes(size))
    comes(lambda: boot("--virtio-blk", f"{source},ro", "--virtio-blk", target,
                       "--virtio-transport", transport, "--cmd",
                       f"copy=virtio-blk copy-length={size} copy-depth=4 verbose {words}"), least=5)
    assert target.read_bytes() == source.read_bytes()


@pytest.mark.kvm
@pytest.mark.parametrize("words", ["", "irq"])
@pytest.mark.parametrize("depth", [1, 5, 64])
def test_copy_by_chunk(tmp_path, words, depth):
    source, target = tmp_path / "a.bin", tmp_path / "b.bin"
    source.write_bytes(pattern(3 * MIB + 777, seed=8))
    result = boot("--chunk", f"in={source},out={target}", "--cmd",
                  f"copy=chunk copy-length={3 * MIB + 777} copy-chunk=100000 copy-depth={depth} "
                  f"{words}")
    assert result.status == 0, result.out
    assert target.read_bytes() == source.read_bytes()


@pytest.mark.kvm
def test_copy_takes_fewer_pieces_where_ram_is_short(tmp_path):
    """64 pieces of 1 MiB do not fit into 32 MiB."""
    source, target = tmp_path / "a.bin", tmp_path / "b.bin"
    source.write_bytes(pattern(80 * MIB, seed=9))
    result = boot("--mem", "32M", "--chunk", f"in={source},out={target}", "--cmd",
                  f"copy=chunk copy-length={80 * MIB} copy-depth=64")
    assert result.status == 0, result.out
    assert target.read_bytes() == source.read_bytes()

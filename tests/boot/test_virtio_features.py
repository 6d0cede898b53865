# SPDX-License-Identifier: MIT
"""virtio-blk's features, queues and interrupts: each of them on and off moves the same file."""
import pytest

from machine import boot, boot_with_stats, check_golden, disk, pattern, qemu
from virtio_features import check_disks

LENGTH = 8 << 20
PIECE = 65536
JOB = f"copy=virtio-blk copy-length={LENGTH} copy-chunk={PIECE} copy-depth=16"

FEATURES = ["size_max", "seg_max", "blk_size", "flush", "config_wce", "mq", "discard", "write_zeroes",
            "indirect_desc", "event_idx", "ring_packed"]
SETS = ["none", "none+flush", "none+flush+indirect_desc", "none+flush+event_idx",
        "none+flush+ring_packed", "none+flush+ring_packed+event_idx", "all-ring_packed", "all"]
IRQ = ["", "irq", "irq=pic"]


def disks(tmp_path, key):
    return ["--virtio-blk", f"{tmp_path / 'source'},ro{key}", "--virtio-blk",
            f"{tmp_path / 'target'}{key}"]


def copy_once(tmp_path, cmd, *options, key=""):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(pattern(LENGTH, seed=7))
    target.write_bytes(bytes(LENGTH))
    result, stats = boot_with_stats(tmp_path, *disks(tmp_path, key), "--cmd", f"{JOB} {cmd}",
                                    *options)
    assert result.status == 0, result.out + result.err.encode()
    assert target.read_bytes() == source.read_bytes()
    return stats


def copy(tmp_path, driver, host, irq="", *options, queues=(1, 1), mode="eventfd"):
    """The copy job between two disks; the statistics, once the bytes have been compared, and the features
    of both sides, their queues and interrupts are those asked for. A driver that finds its request done
    does not sleep: when no disk is ever slower than the guest, another run shows interrupts."""
    cmd = f"virtio-blk.features={driver} virtio-blk.queues={queues[1]} {irq}"
    key = f",queues={queues[0]},features={host},mode={mode}"
    for _ in range(8):
        stats = copy_once(tmp_path, cmd, *options, key=key)
        check_disks(stats, host, driver, *queues)
        if stats["interrupts"] > 0 or not irq:
            break
    assert (stats["interrupts"] > 0) == bool(irq)
    return stats


def setting_up(tmp_path, cmd, *options, key=""):
    """The exits of the source's disk in a copy of nothing, after a real one."""
    result, stats = boot_with_stats(tmp_path, *disks(tmp_path, key), "--cmd",
                                    f"copy=virtio-blk copy-length=0 {cmd}", *options)
    assert result.status == 0, result.out + result.err.encode()
    return stats["by_device"]["virtio-blk0"]


# --- under the host ---------------------------------------------------------------------------------


@pytest.mark.kvm
@pytest.mark.parametrize("irq", IRQ)
@pytest.mark.parametrize("features", SETS)
def test_no_request_exits_to_user_space(tmp_path, features, irq):
    """128 reads of 64 KiB cost the source's disk what it costs to be set up, and nothing else."""
    cmd = f"virtio-blk.features={features} virtio-blk.queues=3 {irq}"
    stats = copy(tmp_path, features, "all", irq, queues=(3, 3))
    assert stats["by_device"]["virtio-blk0"] == setting_up(tmp_path, cmd, key=",queues=3,features=all")


@pytest.mark.kvm
@pytest.mark.parametrize("irq", IRQ)
@pytest.mark.parametrize("features", ["none+flush", "all"])
def test_virtio_mmio_exits_twice_an_interrupt_at_most(tmp_path, features, irq):
    cmd, options = f"virtio-blk.features={features} {irq}", ["--virtio-transport", "mmio"]
    stats = copy(tmp_path, features, "all", irq, *options)
    more = stats["by_device"]["virtio-blk0"] - setting_up(tmp_path, cmd, *options,
                                                          key=",features=all")
    raised = stats["interrupts_by_device"].get("virtio-blk0", 0)
    assert raised <= stats["virtio"]["virtio-blk0"]["requests_by_queue"][0]
    assert 0 <= more <= 2 * raised


@pytest.mark.kvm
@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("side", ["host", "driver"])
def test_each_feature_off(tmp_path, side, feature):
    without = f"all-{feature}"
    host, driver = (without, "all") if side == "host" else ("all", without)
    copy(tmp_path, driver, host, "irq", queues=(2, 2))


@pytest.mark.kvm
@pytest.mark.parametrize("queues", [(1, 3), (3, 1), (4, 2), (4, 4)])
def test_as_many_queues_as_both_have(tmp_path, queues):
    copy(tmp_path, "all", "all", queues=queues)


@pytest.mark.kvm
@pytest.mark.parametrize("mode", ["trap", "eventfd"])
@pytest.mark.parametrize("features", ["none", "all"])
def test_doorbells_by_exit_and_by_eventfd(tmp_path, mode, features):
    stats = copy(tmp_path, features, "all", mode=mode)
    doorbells = stats["by_device"]["virtio-blk0"] - setting_up(
        tmp_path, f"virtio-blk.features={features}", key=f",mode={mode},features=all")
    assert doorbells == (0 if mode == "eventfd" else LENGTH // PIECE // 16)  # one a batch


@pytest.mark.kvm
@pytest.mark.parametrize("irq", IRQ)
@pytest.mark.parametrize("features", ["none", "all"])
def test_the_climb_prints_the_same(everything, features, irq):
    result = boot(*everything, "--cmd", f"virtio-blk.features={features} virtio-blk.queues=2 {irq}")
    assert result.status == 0, result.err
    check_golden("host-climb.txt", result.out)


# --- under QEMU -------------------------------------------------------------------------------------


@pytest.mark.qemu
@pytest.mark.parametrize("irq", IRQ)
@pytest.mark.parametrize("features", ["none", "none+flush+ring_packed", "all-ring_packed", "all"])
@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_qemus_device(tmp_path, machine, features, irq):
    """Somebody else's device model, with all that it has: what the rung says does not change."""
    image = disk(tmp_path / "disk", sectors=8192)
    before = image.read_bytes()
    options = ["-drive", f"if=none,id=d,format=raw,file={image}", "-device",
               "virtio-blk-pci,disable-legacy=on,drive=d,packed=on,num-queues=3"]
    result = qemu(*options, machine=machine,
                  cmd=f"write virtio-blk.features={features} virtio-blk.queues=3 {irq}")
    assert result.line("rung 9") == (
        "rung 9 long64 virtio-blk: virtio-blk0 4194304 bytes, 65536 read, last block written, flushed")
    assert image.read_bytes() == before  # put back

# SPDX-License-Identifier: MIT
"""Every mechanism in every combination moves a file, which is compared; the combination is in use, and its
exits and interrupts are counted."""
import json

import pytest

from machine import pattern, run
from virtio_features import check_disks

MIB = 1 << 20
LENGTH = MIB + 100_001
CHUNK = 65536
PIECES = -(-LENGTH // CHUNK)
COMMANDS = 2 * PIECES + 1  # each piece in and out, and the FLUSH
BLOCKS = -(-LENGTH // 8192)  # of 16 sectors: what a disk moves by PIO between two interrupts

pytestmark = pytest.mark.kvm

WAITS = ["poll", "irq"]
FEATURES = ["none", "none+flush", "none+indirect_desc", "none+event_idx", "none+seg_max",
            "none+size_max+seg_max", "none+config_wce", "none+flush+config_wce", "none+blk_size",
            "none+discard+write_zeroes", "none+ring_packed", "none+ring_packed+indirect_desc",
            "none+ring_packed+event_idx", "+ring_packed", "-event_idx", "-indirect_desc", "-flush",
            "-flush-config_wce", "all"]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("mechanisms") / "source"
    path.write_bytes(pattern(LENGTH, seed=7))
    return path


def copy(source, tmp_path, via, *options):
    """Copies and compares: exits to user space between begin and end, and the statistics of the run."""
    target, stats = tmp_path / "target", tmp_path / "stats.json"
    target.unlink(missing_ok=True)
    result = run("copy", "--json", "--via", via, "--chunk-size", CHUNK, "--timeout", 40,
                 "--stats-json", stats, *options, source, target)
    assert result.status == 0, result.err
    assert target.read_bytes() == source.read_bytes()
    return json.loads(result.out)["exits"], json.loads(stats.read_text())


def until(condition, attempt):
    """What attempt returns, once that is as it should be: for what is so unless the host is slow just
    then, or quicker than the guest."""
    for _ in range(8):
        seen = attempt()
        if condition(*seen):
            return seen
    raise AssertionError(seen)


def copy_by_virtio(source, tmp_path, features, wait, *options, queues=1):
    """Without interrupts when polled. By interrupt there are some: not one for each request, because a
    driver that finds its request done does not sleep, and asks for none."""
    def attempt():
        exits, stats = copy(source, tmp_path, f"virtio-blk,features={features},queues={queues}",
                            "--wait", wait, *options)
        check_disks(stats, features, "all", queues, queues)
        return exits, stats
    exits, stats = until(lambda _, stats: wait == "poll" or stats["interrupts"] > 0, attempt)
    raised = stats["interrupts_by_device"]
    if wait == "poll":
        assert raised == {}
    for name, count in raised.items():
        assert count <= stats["workers"][name]["requests"]
    return exits, stats


# --- chunk ---


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("depth", [1, 8])
@pytest.mark.parametrize("mode", ["trap", "eventfd", "shadow", "ring"])
def test_chunk(mode, depth, wait, source, tmp_path):
    # One after the other 7 exits for a READ and 6 for a WRITE, and the parameters that only the first
    # ones and the last have. Of 8 pieces each has a buffer of its own, which is a parameter more; but the
    # command is the same 8 times.
    trap = {1: 13 * PIECES + 10, 8: 13 * PIECES + 26}[depth]

    def attempt():
        return copy(source, tmp_path, f"chunk,mode={mode}", "--depth", depth, "--wait", wait)

    def is_exact(exits, _):
        # The doorbell is none, else it is as in trap mode, where a command is done at the first look at
        # done_tag. By interrupt there is one look before the sleep, one after it and few more, after a
        # tick. Polled there is no limit.
        if mode == "eventfd":
            return exits >= trap - COMMANDS and (wait == "poll" or exits <= trap + COMMANDS)
        return exits == (trap if mode == "trap" else 0)
    exits, stats = until(is_exact, attempt) if mode == "eventfd" and wait == "irq" else attempt()
    assert is_exact(exits, stats)
    assert stats["interrupts_by_device"] == ({"chunk": COMMANDS} if wait == "irq" else {})
    assert stats["chunk_ignored_doorbells"] == 0
    if mode != "trap":
        worker = stats["workers"]["chunk"]
        assert worker["requests"] == COMMANDS + 1  # GET_SIZE
        if mode != "ring" or depth == 1:
            assert worker["doorbells"] >= worker["requests"]


# --- virtio-blk ---


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("features", FEATURES)
def test_virtio_blk_over_pci(features, wait, source, tmp_path):
    exits, _ = copy_by_virtio(source, tmp_path, features, wait)
    assert exits == 0


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("queues", [2, 4])
@pytest.mark.parametrize("features", ["none+flush+mq", "all"])
def test_virtio_blk_with_queues(features, queues, wait, source, tmp_path):
    exits, _ = copy_by_virtio(source, tmp_path, features, wait, "--depth", 8, queues=queues)
    assert exits == 0


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("features", ["none", "none+flush", "none+ring_packed", "-event_idx", "all"])
def test_virtio_blk_over_mmio(features, wait, source, tmp_path):
    exits, stats = copy_by_virtio(source, tmp_path, features, wait, "--virtio-transport", "mmio")
    if wait == "poll":
        assert exits == 0
    else:
        assert 0 < exits <= 2 * stats["interrupts"]


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("depth", [1, 8])
@pytest.mark.parametrize("transport", ["pci", "mmio"])
@pytest.mark.parametrize("features", ["none+flush", "all"])
def test_virtio_blk_by_exits(features, transport, depth, wait, source, tmp_path):
    """Without ioeventfd each notification is an exit, one for each batch on either disk and one for the
    FLUSH, and nothing else is. A driver never sleeps: all is done when it has rung."""
    exits, stats = copy(source, tmp_path, f"virtio-blk,mode=trap,features={features}",
                        "--virtio-transport", transport, "--depth", depth, "--wait", wait)
    assert exits == 2 * -(-PIECES // depth) + 1
    check_disks(stats, features, "all")
    assert stats["interrupts_by_device"] == {} and stats["workers"] == {}


@pytest.mark.parametrize("features, flushes", [("none", 0), ("none+flush", 1), ("-flush", 0), ("all", 1)])
def test_flushes(features, flushes, source, tmp_path):
    _, stats = copy(source, tmp_path, f"virtio-blk,features={features}")
    assert [stats["virtio"][disk]["flushes"] for disk in ("virtio-blk0", "virtio-blk1")] == [0, flushes]


# --- ATA ---


@pytest.mark.parametrize("wait", WAITS)
def test_ata_by_dma(wait, source, tmp_path):
    """The bus master's interrupt bit is INTRQ, so it is raised for a driver that polls, too."""
    _, stats = copy(source, tmp_path, "ata,mode=dma", "--wait", wait)
    assert stats["workers"]["ata"]["requests"] == COMMANDS - 1  # the FLUSH is none
    assert stats["interrupts_by_device"] == {"ata": COMMANDS}
    assert stats["by_device"]["ide-dma"] > 0


@pytest.mark.parametrize("wait", WAITS)
def test_ata_by_pio(wait, source, tmp_path):
    """Each block raises one, when nIEN allows it; nobody sleeps for it, for it is done when it was asked
    for."""
    _, stats = copy(source, tmp_path, "ata,mode=pio", "--wait", wait)
    assert stats["workers"]["ata"]["requests"] == 0 and "ide-dma" not in stats["by_device"]
    assert stats["interrupts_by_device"] == ({"ata": 2 * BLOCKS + 1} if wait == "irq" else {})


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("options", [[], ["--chunk-size", "1M"]], ids=["", "1M"])
def test_dma_costs_few_exits(options, wait, tmp_path):
    """At most 40 a mebibyte, with pieces of a mebibyte and with those that copy takes by itself: each is
    read by a command, and written by one."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(pattern(24 * MIB, seed=9))
    result = run("copy", "--json", "--via", "ata,mode=dma", "--wait", wait, *options, source, target)
    assert result.status == 0, result.err
    assert json.loads(result.out)["exits_per_mib"] <= 40


# --- engines ---


@pytest.mark.parametrize("engine, name", [("uring", "io_uring"), ("sync", "sync")])
@pytest.mark.parametrize("via", ["ata", "ata,mode=pio", "chunk,mode=eventfd", "chunk,mode=shadow", "chunk",
                                 "virtio-blk", "chunk,direct", "virtio-blk,direct", "ata,direct"])
def test_engines(via, engine, name, source, tmp_path):
    _, stats = copy(source, tmp_path, via, "--io-engine", engine, "--depth", 8)
    assert stats["workers"]
    for worker in stats["workers"].values():
        assert worker["io"] == name
        assert via == "ata,mode=pio" or worker["requests"] >= PIECES

# SPDX-License-Identifier: MIT
"""The climb under the host: serial output byte for byte, and exits by device."""
import json

import pytest

from machine import boot, boot_with_stats, check_golden

pytestmark = pytest.mark.kvm


def test_all_nine_rungs(everything):
    result = boot(*everything, "--strict")
    assert result.status == 0, result.err
    assert result.err == ""
    assert result.last_line == "TRAPLINE PASS 9"
    check_golden("host-climb.txt", result.out)


def test_writing_climb_leaves_the_disks_as_they_were(everything, ata, virtio, chunk):
    before = ata.read_bytes(), virtio.read_bytes()
    result = boot(*everything, "--strict", "--cmd", "write")
    assert result.status == 0, result.out
    assert (ata.read_bytes(), virtio.read_bytes()) == before
    check_golden("host-climb-write.txt", result.out)


def test_chunk_output_is_the_input(everything, chunk):
    assert boot(*everything).status == 0
    out = chunk[1].read_bytes()
    assert len(out) > 0
    assert chunk[0].read_bytes().startswith(out)


def test_exits_by_device(everything, tmp_path):
    result, stats = boot_with_stats(tmp_path, *everything, "--strict")
    assert result.status == 0
    assert sum(stats["by_device"].values()) == stats["exits"]
    assert sum(stats["by_kind"].values()) == stats["exits"]
    golden = {key: stats[key] for key in ("exits", "by_device", "by_kind", "coalesced_by_device",
                                          "unclaimed", "odd", "rom_writes", "guest_status")}
    check_golden("host-climb-exits.json", (json.dumps(golden, indent=2) + "\n").encode())


def test_nothing_is_ever_written_to_rom(everything, tmp_path):
    _, stats = boot_with_stats(tmp_path, *everything, "--cmd", "write verbose")
    assert stats["rom_writes"] == 0


def test_the_first_mmio(everything, tmp_path):
    """Rung 6: nobody answers while decode is off; the same read answers once it is on."""
    result, stats = boot_with_stats(tmp_path, *everything)
    line = result.line("rung 6")
    assert "decode off" in line and "nobody answers" in line and "decode on" in line
    # the unanswered read is the one access of the whole climb that no device claimed
    assert stats["unclaimed"] == 1


def test_budget(everything, tmp_path):
    result, stats = boot_with_stats(tmp_path, *everything)
    assert len(result.out) <= 2000
    assert stats["exits"] < 600


def test_bare_machine():
    result = boot("--strict")
    assert result.status == 0
    assert result.last_line == "TRAPLINE PASS 5 ABSENT mmio,ata,chunk,virtio-blk"
    check_golden("host-bare.txt", result.out)


@pytest.mark.parametrize("missing, rung", [("ata", 7), ("chunk", 8), ("virtio-blk", 9)])
def test_require_turns_absence_into_failure(missing, rung):
    result = boot("--cmd", f"require={missing}")
    assert result.last_line.startswith(f"TRAPLINE FAIL {rung} {missing}")
    assert result.status == 16 + rung


def test_require_of_what_is_there(everything):
    result = boot(*everything, "--cmd", "require=ata,chunk,virtio-blk")
    assert result.last_line == "TRAPLINE PASS 9"


def test_two_of_each_disk(everything, tmp_path):
    from machine import disk
    more = [disk(tmp_path / f"more{i}.img", sectors=64, seed=10 + i) for i in range(2)]
    result = boot(*everything, "--ata", more[0], "--virtio-blk", more[1], "--strict")
    assert result.status == 0
    check_golden("host-two-disks.txt", result.out)


def test_read_only_disks(ata, virtio):
    ata.chmod(0o444)
    result = boot("--ata", f"{ata},ro", "--virtio-blk", f"{virtio},ro")
    assert result.status == 0, result.out
    assert result.last_line == "TRAPLINE PASS 9 ABSENT chunk"


def test_writing_to_a_read_only_ata_disk_is_reported(ata):
    """An ATA disk cannot say that it is read-only: the write fails, and the climb says so."""
    result = boot("--ata", f"{ata},ro", "--cmd", "write")
    assert result.last_line.startswith("TRAPLINE FAIL 7 ata: ata0 write: I/O error")
    assert result.status == 16 + 7


@pytest.mark.parametrize("memory", ["4M", "64M", "768M", "3G", "6G"])
def test_memory_sizes(everything, memory):
    result = boot(*everything, "--mem", memory, "--strict")
    assert result.last_line == "TRAPLINE PASS 9", result.out + result.err.encode()


def test_unknown_command_word():
    result = boot("--cmd", "florp=1")
    assert result.last_line.startswith("TRAPLINE FAIL")
    assert b"florp" in result.out
    assert result.status >= 16


def test_serial_to_a_file(everything, tmp_path):
    log = tmp_path / "serial.log"
    result = boot(*everything, "--serial", log)
    assert result.out == b""
    check_golden("host-climb.txt", log.read_bytes())

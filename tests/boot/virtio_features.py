# SPDX-License-Identifier: MIT
"""What a host and a driver of virtio-blk must agree on, worked out from what either was told."""

NAMES = {"size_max", "seg_max", "blk_size", "flush", "config_wce", "mq", "discard", "write_zeroes",
         "indirect_desc", "event_idx", "ring_packed"}
HOST = {"seg_max", "blk_size", "flush", "config_wce", "indirect_desc", "event_idx"}
DRIVER = {"size_max", "seg_max", "blk_size", "flush"}
RING_SIZE = 256


def chosen(words, default):
    """none, all, or nothing; then +name and -name in turn."""
    features = set(default)
    for word in words.replace("+", " +").replace("-", " -").split():
        sign, name = (word[0], word[1:]) if word[0] in "+-" else ("", word)
        if not sign:
            features = {"none": set(), "all": set(NAMES)}[name]
        elif sign == "+":
            features |= {name}
        else:
            features -= {name}
    assert features <= NAMES
    return features


def offered(words, queues, read_only):
    default = HOST | ({"mq"} if queues > 1 else set())
    features = chosen(words, default if read_only else default | {"discard", "write_zeroes"})
    return features if "flush" in features else features - {"config_wce"}


def wanted(words, queues):
    return chosen(words, DRIVER | ({"mq"} if queues > 1 else set()))


def check_disks(stats, host, driver, host_queues=1, driver_queues=1):
    """virtio-blk0, read-only, and virtio-blk1 run with what both sides were told, and with nothing else.
    Doorbells by exit leave no count of the requests of a queue."""
    for name, read_only in (("virtio-blk0", True), ("virtio-blk1", False)):
        disk = stats["virtio"][name]
        agreed = offered(host, host_queues, read_only) & wanted(driver, driver_queues)
        assert set(disk["features"]) == agreed, name
        queues = min(host_queues, driver_queues) if "mq" in agreed else 1
        assert (disk["queues"], disk["ring_size"]) == (queues, RING_SIZE), name
        if name in stats["workers"]:
            requests = disk["requests_by_queue"]
            assert len(requests) == queues and min(requests) > 0, name
            assert sum(requests) == stats["workers"][name]["requests"], name

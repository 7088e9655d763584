"""What a node gives of its log to a peer that mends its own."""

from raftpi.core.configuration import Configuration
from raftpi.core.entry import Entry
from raftpi.core.log import RaftLog
from raftpi.core.snapshot import SnapshotMeta
from raftpi.core.timing import PROFILES
from raftpi.node.held_entries import held_entries


def log(first: int, last: int, size_bytes: int = 10) -> RaftLog:
    snapshot = SnapshotMeta(
        index=first - 1,
        term=1,
        configuration_index=1,
        configuration=Configuration(cluster_id=1, members=(), timing=PROFILES["wired"]),
    )
    entries = [Entry(index=n, term=1, command=bytes(size_bytes)) for n in range(first, last + 1)]
    return RaftLog(entries, snapshot)


def indexes(held: RaftLog, first: int, last: int, limit_bytes: int = 1 << 20) -> list[int]:
    return [entry.index for entry in held_entries(held, first, last, limit_bytes)]


def test_what_is_held_of_what_was_asked_for_is_given() -> None:
    held = log(5, 9)
    assert indexes(held, 6, 7) == [6, 7]
    assert indexes(held, 9, 9) == [9]
    assert indexes(held, 1, 6) == [5, 6]
    assert indexes(held, 8, 2**64 - 1) == [8, 9]


def test_what_is_compacted_or_not_there_yet_is_not_given() -> None:
    held = log(5, 9)
    for first, last in ((1, 4), (10, 12), (7, 6), (0, 0)):
        assert indexes(held, first, last) == []


def test_an_answer_is_bounded_but_never_empty_for_its_size() -> None:
    held = log(5, 9, size_bytes=1000)
    assert indexes(held, 5, 9, limit_bytes=2200) == [5, 6]
    assert indexes(held, 6, 9, limit_bytes=10) == [6]

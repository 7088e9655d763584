"""The packer of many frames gives the very bytes that `pack_frame` gives."""

from collections.abc import Sequence

import pytest

from raftpi.core.entry import Entry, EntryKind
from raftpi.core.messages import AppendEntries, Heartbeat
from raftpi.transport import frame_packer
from raftpi.transport.codec import pack_frame
from raftpi.transport.entries import pack_entries
from raftpi.transport.frame_packer import FramePacker

CLUSTER_ID = 2**63 + 1


def append(receiver: int, entries: tuple[Entry, ...], commit_index: int = 3) -> AppendEntries:
    return AppendEntries(
        sender=2**64 - 1,
        receiver=receiver,
        term=4,
        prev_log_index=300,
        prev_log_term=4,
        commit_index=commit_index,
        entries=entries,
    )


def commands(count: int) -> tuple[Entry, ...]:
    return tuple(Entry(index=301 + n, term=4, command=b"x" * n) for n in range(count))


def test_appends_with_the_same_entries_differ_in_their_heads_only_and_are_packed_as_ever() -> None:
    packer = FramePacker()
    for entries in (commands(1), commands(15), commands(16), commands(70_000 // 64)):
        for message in (append(7, entries), append(8, entries), append(9, entries, 200)):
            assert packer.pack(CLUSTER_ID, message) == pack_frame(CLUSTER_ID, message)


def test_the_same_entries_are_packed_once_until_they_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts: list[int] = []

    def counting(entries: Sequence[Entry]) -> bytes:
        counts.append(len(entries))
        return pack_entries(entries)

    monkeypatch.setattr(frame_packer, "pack_entries", counting)
    packer, entries = FramePacker(), commands(3)
    for receiver in (7, 8, 9):
        packer.pack(CLUSTER_ID, append(receiver, entries))
    assert counts == [3]
    packer.forget()
    packer.pack(CLUSTER_ID, append(7, entries))
    assert counts == [3, 3]


def test_other_entries_of_the_same_length_are_not_taken_for_those_before() -> None:
    packer = FramePacker()
    for command in (b"one", b"two"):
        message = append(7, (Entry(index=301, term=4, command=command),))
        assert packer.pack(CLUSTER_ID, message) == pack_frame(CLUSTER_ID, message)
    noop = append(7, (Entry(index=301, term=4, kind=EntryKind.NOOP),))
    assert packer.pack(CLUSTER_ID, noop) == pack_frame(CLUSTER_ID, noop)


def test_what_holds_no_entries_is_packed_as_ever_too() -> None:
    packer = FramePacker()
    beat = Heartbeat(sender=1, receiver=2, term=3, round=4, commit_index=5, leader_commit_index=6)
    for message in (append(7, ()), beat):
        assert packer.pack(CLUSTER_ID, message) == pack_frame(CLUSTER_ID, message)
    packer.forget()
    assert packer.pack(CLUSTER_ID, append(7, commands(2))) == pack_frame(
        CLUSTER_ID, append(7, commands(2))
    )

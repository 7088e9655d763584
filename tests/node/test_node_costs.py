"""What a hundred puts that arrive together cost three nodes: counts that no machine changes.

They are bounds, with some room above what it is now, so that what makes every put dearer does not
land unseen. What is faster may lower them.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from types import FrameType

import pytest

import raftpi
from raftpi.command import Get, Put, Stamp, pack_command, pack_query
from raftpi.core.messages import AppendEntries, AppendEntriesResponse
from raftpi.node import Committed, QueryAnswered
from raftpi.sim.cluster import VirtualCluster
from raftpi.sim.disk import VirtualDisk, VirtualFile
from raftpi.transport.codec import pack_frame

COUNT = 100
VALUE_BYTES = 256
# Codes, stamp, key and lengths of such a put.
COMMAND_OVERHEAD_BYTES = 64
PACKAGE = os.path.dirname(raftpi.__file__)  # noqa: PTH120  # as code objects have it
SIMULATOR = os.path.join(PACKAGE, "sim")  # noqa: PTH118


class Card:
    """What the nodes had their cards do."""

    def __init__(self) -> None:
        self.sync_count = 0
        self.written_bytes = 0


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> Card:
    """Counts for all cards together."""
    counts = Card()
    write_at, sync = VirtualFile.write_at, VirtualFile.sync
    sync_directory = VirtualDisk.sync_directory

    def counting_write(file: VirtualFile, offset_bytes: int, data: bytes) -> None:
        counts.written_bytes += len(data)
        write_at(file, offset_bytes, data)

    def counting_sync(file: VirtualFile) -> None:
        counts.sync_count += 1
        sync(file)

    def counting_sync_directory(disk: VirtualDisk, path: str) -> None:
        counts.sync_count += 1
        sync_directory(disk, path)

    monkeypatch.setattr(VirtualFile, "write_at", counting_write)
    monkeypatch.setattr(VirtualFile, "sync", counting_sync)
    monkeypatch.setattr(VirtualDisk, "sync_directory", counting_sync_directory)
    return counts


@pytest.fixture
def cluster() -> VirtualCluster:
    """Three nodes that have had a burst already, so that sessions and files are there."""
    cluster = VirtualCluster(3, seed=6)
    cluster.elect()
    burst(cluster, 1)
    cluster.run_for_us(500_000)
    return cluster


def burst(cluster: VirtualCluster, sequence: int) -> None:
    """A put of each of a hundred clients, and time until all are answered and applied."""
    leader = cluster.leader()
    board = cluster.boards[leader]
    node = cluster.node(leader)
    answered = len(board.outcomes)
    for client in range(1, COUNT + 1):
        stamp = Stamp(session_id=client, sequence=sequence, first_pending=sequence, began_index=1)
        put = Put(key=b"key/%07d" % client, value=b"v" * VALUE_BYTES)
        node.submit(f"client {client}", pack_command(stamp, put), board.local_us())
    cluster.advance(board)
    last_index = node.raft.state.log.last_index
    assert cluster.run_until(lambda: len(board.outcomes) == answered + COUNT)
    assert all(isinstance(outcome, Committed) for outcome in board.outcomes[answered:])
    assert cluster.run_until(lambda: all(n.applied_index == last_index for n in cluster.live()))


def sent_in(cluster: VirtualCluster, what: Callable[[], None]) -> list[object]:
    """The messages that are sent meanwhile."""
    sent = cluster.network.sent
    assert sent is not None
    begin = len(sent)
    what()
    return [message for _, _, message in sent[begin:]]


def test_one_append_to_each_follower_carries_them_all(cluster: VirtualCluster) -> None:
    messages = sent_in(cluster, lambda: burst(cluster, 2))
    kinds = Counter(type(message) for message in messages)
    carrying = [m for m in messages if isinstance(m, AppendEntries) and m.entries]
    assert [len(message.entries) for message in carrying] == [COUNT, COUNT]
    assert kinds[AppendEntriesResponse] == 2


def test_the_wire_takes_little_more_than_the_values(cluster: VirtualCluster) -> None:
    messages = sent_in(cluster, lambda: burst(cluster, 2))
    carrying = [m for m in messages if isinstance(m, AppendEntries) and m.entries]
    for message in carrying:
        size_bytes = len(pack_frame(1 << 63, message))
        assert size_bytes < COUNT * (VALUE_BYTES + COMMAND_OVERHEAD_BYTES + 8) + 64


def test_each_card_syncs_once_and_takes_little_more_than_the_values(
    cluster: VirtualCluster, cards: Card
) -> None:
    burst(cluster, 2)
    assert cards.sync_count == 3
    record_bytes = 32
    content_bytes = COUNT * (VALUE_BYTES + COMMAND_OVERHEAD_BYTES + record_bytes) + 64
    sectors = -(-content_bytes // 508)
    assert cards.written_bytes <= 3 * sectors * 512


def test_reads_that_come_together_are_one_to_the_core(cluster: VirtualCluster) -> None:
    leader = cluster.leader()
    board, node = cluster.boards[leader], cluster.node(leader)
    query = pack_query(Get(key=b"key/0000001"))
    answered = len(board.outcomes)
    for client in range(COUNT):
        node.ask(f"client {client}", query, board.local_us())
    cluster.advance(board)
    assert len(node.raft.state.reads_in_round[0][2]) == 1
    assert cluster.run_until(lambda: len(board.outcomes) == answered + COUNT)
    assert all(isinstance(outcome, QueryAnswered) for outcome in board.outcomes[answered:])


class Calls:
    """Counts the calls of raftpi's own functions, the simulator's aside."""

    def __init__(self) -> None:
        self.count = 0
        self._is_ours: dict[str, bool] = {}

    def note(self, frame: FrameType, event: str, argument: object) -> None:
        if event != "call":
            return
        name = frame.f_code.co_filename
        is_ours = self._is_ours.get(name)
        if is_ours is None:
            is_ours = name.startswith(PACKAGE) and not name.startswith(SIMULATOR)
            is_ours = is_ours and not name.endswith("invariants.py")
            self._is_ours[name] = is_ours
        self.count += is_ours


@pytest.fixture
def calls() -> Iterator[Calls]:
    """Counts from `sys.setprofile`, which is as it was at the end."""
    counts = Calls()
    before = sys.getprofile()
    yield counts
    sys.setprofile(before)


def test_a_put_takes_a_bounded_number_of_calls_on_all_three_nodes(
    cluster: VirtualCluster, calls: Calls
) -> None:
    sys.setprofile(calls.note)
    burst(cluster, 2)
    sys.setprofile(None)
    assert calls.count / COUNT < 67

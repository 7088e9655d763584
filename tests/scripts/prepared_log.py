"""Logs that boards find on their cards when they start: a figure's logs, in the paper's words.

They are written by the storage's own code, behind the founding record that the boards agreed on.
"""

from collections.abc import Sequence

from raftpi.command import Put, Stamp, pack_command
from raftpi.core.entry import Entry
from raftpi.core.ready import Batch, HardState
from raftpi.sim.board import DIRECTORY, Board
from raftpi.sim.cluster import VirtualCluster
from raftpi.storage.store import Store

FOUNDING_INDEX = 1


def found_and_switch_off(cluster: VirtualCluster) -> None:
    """Let the boards found their cluster, and switch them off before anybody campaigns."""
    assert cluster.run_until(lambda: all(_is_founded(board) for board in cluster.boards.values()))
    assert all(node.raft.current_term == 1 for node in cluster.live()), "somebody campaigned"
    for node_id in cluster.boards:
        cluster.crash(node_id)


def write_log(board: Board, terms: Sequence[int], current_term: int) -> None:
    """Put entries of these terms behind the founding record on the card of a board that is off.

    The board has seen `current_term` and has not voted in it. Entries of the same index and term
    are the same on every card, as Log Matching has it.
    """
    assert board.node is None, f"{board.name} is on"
    entries = tuple(
        prepared_entry(index, term) for index, term in enumerate(terms, FOUNDING_INDEX + 1)
    )
    store = Store.open(
        disk=board.card.disk,
        directory=DIRECTORY,
        node_id=board.node_id,
        name=board.name,
        mint_replica_id=_refuse_to_mint,
    )
    try:
        hard_state = HardState(term=current_term, voted_for=0)
        store.append([Batch(number=1, hard_state=hard_state, entries=entries)])
    finally:
        store.close()


def prepared_entry(index: int, term: int) -> Entry:
    """A put of `term TERM` under the key `entry INDEX`, by a client that asks for nothing more."""
    stamp = Stamp(session_id=1000 * term + index, sequence=1, first_pending=1, began_index=0)
    put = Put(key=f"entry{index}".encode(), value=f"term{term}".encode())
    return Entry(index=index, term=term, command=pack_command(stamp, put))


def _is_founded(board: Board) -> bool:
    return board.node is not None and board.node.raft.state.durability.durable_index == 1


def _refuse_to_mint() -> int:
    raise AssertionError("the card is fresh: found the cluster first")

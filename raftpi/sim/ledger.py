"""The invariants of the whole cluster, checked step by step, at the price of what has changed.

What was once committed is written down as (term, checksum) for each index: every replica that
commits it later is compared with that, once. So is who led which term and who voted for whom,
also across restarts, which no replica's own state can tell.
"""

from collections.abc import Sequence
from zlib import crc32

from raftpi.core import invariants
from raftpi.core.configuration import Configuration
from raftpi.core.entry import Entry
from raftpi.core.hello import Hello
from raftpi.core.messages import Message, RequestVoteResponse
from raftpi.core.state import ReplicaState
from raftpi.node import Node
from raftpi.payload import pack_payload
from raftpi.sim.violation import Violation


class Ledger:
    """What the cluster has promised so far.

    Invariant: `_committed[i]` is the term and checksum of the entry at index i + 1, and
    `_commit_terms[i]` a term in which it was committed by then. `configuration` is the newest
    one that is committed.
    """

    def __init__(self) -> None:
        """Nothing was promised."""
        self._committed: list[tuple[int, int]] = []
        self._commit_terms: list[int] = []
        self._leaders: dict[int, int] = {}
        self._votes: dict[tuple[int, int], int] = {}
        self._digests: dict[int, int] = {}
        self.configuration: Configuration | None = None
        self.configuration_index = 0

    @property
    def committed_count(self) -> int:
        """How many entries are committed."""
        return len(self._committed)

    def note_commits(self, state: ReplicaState, verified_index: int) -> int:
        """Check what this replica has committed since `verified_index`; up to where now."""
        log = state.log
        first = max(verified_index + 1, log.first_index)
        for index in range(first, state.commit_index + 1):
            entry = log.entry(index)
            found = (entry.term, checksum_of(entry))
            if index <= len(self._committed):
                known = self._committed[index - 1]
                if known != found:
                    raise Violation(
                        "invariant",
                        f"replica {state.replica_id} committed another entry at {index} than was "
                        f"committed before: of terms {found[0]} and {known[0]}",
                    )
            elif index == len(self._committed) + 1:
                self._committed.append(found)
                self._commit_terms.append(state.current_term)
                if entry.configuration is not None:
                    self.configuration = entry.configuration
                    self.configuration_index = index
            else:
                raise Violation(
                    "invariant", f"replica {state.replica_id} committed {index} after a gap"
                )
        return state.commit_index

    def note_leader(self, state: ReplicaState) -> None:
        """A replica leads: nobody else in this term, and its log held all that was committed.

        Election safety (paper 5.2) and leader completeness (paper 5.4.3); the latter when it
        is first seen to lead.
        """
        term = state.current_term
        if self._leaders.get(term) == state.replica_id:
            return
        leader = self._leaders.setdefault(term, state.replica_id)
        if leader != state.replica_id:
            raise Violation(
                "invariant", f"two leaders in term {term}: {leader} and {state.replica_id}"
            )
        log = state.log
        for index in range(log.first_index, len(self._committed) + 1):
            if self._commit_terms[index - 1] < term and (
                log.term_at(index) != self._committed[index - 1][0]
            ):
                raise Violation(
                    "invariant",
                    f"replica {state.replica_id} leads term {term} without entry {index}, which "
                    f"was committed in term {self._commit_terms[index - 1]} or before",
                )

    def note_message(self, message: Message | Hello) -> None:
        """A message leaves: a vote is given to one only, whatever happens in between."""
        if not isinstance(message, RequestVoteResponse) or not message.granted:
            return
        key = (message.sender, message.term)
        voted_for = self._votes.setdefault(key, message.receiver)
        if voted_for != message.receiver:
            raise Violation(
                "invariant",
                f"replica {message.sender} voted twice in term {message.term}: for {voted_for} "
                f"and for {message.receiver}",
            )

    def check_in_full(self, nodes: Sequence[Node]) -> None:
        """The costly part: logs pair by pair, and the state machines' states."""
        invariants.check_cluster([node.raft.state for node in nodes])
        for node in nodes:
            index = node.applied_index
            digest = getattr(node.machine, "digest", None)
            if digest is None:
                continue
            found = digest()
            if self._digests.setdefault(index, found) != found:
                raise Violation(
                    "invariant",
                    f"pi{node.node_id} has another state after entry {index} than the others had",
                )


def checksum_of(entry: Entry) -> int:
    """A checksum of an entry's kind and payload."""
    return crc32(pack_payload(entry), entry.kind.value)

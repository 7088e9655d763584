"""A single replica on the bench: what it is told, and what it says. Replica ids are 1, 2, 3, …"""

from collections.abc import Sequence

from raftpi.core import invariants
from raftpi.core.configuration import Configuration, Member
from raftpi.core.entry import Entry, EntryKind
from raftpi.core.limits import Limits
from raftpi.core.messages import (
    AppendEntries,
    AppendEntriesResponse,
    Heartbeat,
    HeartbeatResponse,
    Message,
    RequestPreVote,
    RequestPreVoteResponse,
    RequestVote,
    RequestVoteResponse,
    TimeoutNow,
)
from raftpi.core.raft import Raft
from raftpi.core.ready import HardState, Ready, Role
from raftpi.core.timing import PROFILES

TIMING = PROFILES["wired"]


class FixedRandom:
    """Always the same number."""

    def __init__(self, value: float) -> None:
        self.value = value

    def random(self) -> float:
        return self.value


def configuration(count: int) -> Configuration:
    return Configuration(
        cluster_id=7,
        members=tuple(Member(replica_id=i, node_id=i, name=f"pi{i}") for i in range(1, count + 1)),
        timing=TIMING,
    )


def log_of(count: int, terms: Sequence[int]) -> tuple[Entry, ...]:
    """The founding record, then commands of these terms."""
    founding = Entry(
        index=1, term=1, kind=EntryKind.CONFIGURATION, configuration=configuration(count)
    )
    commands = tuple(
        Entry(index=index, term=term, command=b"%d" % index)
        for index, term in enumerate(terms, start=2)
    )
    return (founding, *commands)


class Replica:
    """Replica 1 of `count`, driven by hand; invariants are checked after every input."""

    def __init__(
        self,
        count: int = 3,
        terms: Sequence[int] = (),
        *,
        term: int = 0,
        voted_for: int = 0,
        chance: float = 0.5,
        limits: Limits | None = None,
        replica_id: int = 1,
        in_doubt: bool = False,
    ) -> None:
        entries = log_of(count, terms)
        self.now_us = 1_000_000
        self.raft = Raft(
            replica_id=replica_id,
            hard_state=HardState(
                term=max(term, entries[-1].term), voted_for=voted_for, in_doubt=in_doubt
            ),
            entries=entries,
            random=FixedRandom(chance),
            now_us=self.now_us,
            limits=limits,
        )
        self.id = replica_id
        self.unsynced = 0
        self.held: list[Message] = []
        self.said: list[Message] = []
        self.ready = self.take()

    @property
    def state(self):  # type: ignore[no-untyped-def]
        return self.raft.state

    def take(self) -> Ready:
        """Take the Ready: what leaves at once goes to `said`, what waits for the card to `held`."""
        before = invariants.view(self.raft.state)
        ready = self.raft.ready()
        invariants.check_state(self.raft.state)
        invariants.check_step(before, self.raft.state)
        self.said.extend(ready.messages)
        self.held.extend(ready.messages_after_persist)
        if ready.batch is not None:
            self.unsynced = ready.batch.number
        self.ready = ready
        return ready

    def step(self, message: Message) -> None:
        before = invariants.view(self.raft.state)
        self.raft.step(message, self.now_us)
        invariants.check_state(self.raft.state)
        invariants.check_step(before, self.raft.state)
        self.take()

    def sync(self) -> None:
        """The card has caught up: everything issued so far is durable."""
        self.raft.persisted(self.unsynced, self.now_us)
        held, self.held = self.held, []
        self.said.extend(held)
        self.take()

    def pass_time(self, span_us: int) -> None:
        """Let time pass, ticking at every deadline."""
        end_us = self.now_us + span_us
        while True:
            deadline_us = self.raft.next_deadline_us()
            if deadline_us is None or deadline_us > end_us:
                break
            self.now_us = max(self.now_us + 1, deadline_us)
            self.raft.tick(self.now_us)
            self.take()
        self.now_us = end_us

    def take_said(self, kind: type | None = None) -> list[Message]:
        """What left since the last call; only of one kind, if given."""
        said, self.said = self.said, []
        return [m for m in said if kind is None or isinstance(m, kind)]

    # --- shorthand for what peers say -----------------------------------------------------

    def hear(self, leader: int, term: int, *, commit: int = 0, round: int = 1) -> None:
        self.step(
            Heartbeat(
                sender=leader,
                receiver=self.id,
                term=term,
                round=round,
                commit_index=commit,
                leader_commit_index=commit,
            )
        )

    def append(
        self, leader: int, term: int, prev: tuple[int, int], terms: Sequence[int], commit: int = 0
    ) -> None:
        entries = tuple(
            Entry(index=index, term=t, command=b"%d/%d" % (index, t))
            for index, t in enumerate(terms, start=prev[0] + 1)
        )
        self.step(
            AppendEntries(
                sender=leader,
                receiver=self.id,
                term=term,
                prev_log_index=prev[0],
                prev_log_term=prev[1],
                commit_index=commit,
                entries=entries,
            )
        )

    def acknowledge(
        self, peer: int, match: int, *, term: int | None = None, doubt_id: int = 0
    ) -> None:
        self.step(
            AppendEntriesResponse(
                sender=peer,
                receiver=self.id,
                term=term if term is not None else self.raft.current_term,
                success=True,
                match_index=match,
                rejected_index=0,
                conflict_index=0,
                conflict_term=0,
                doubt_id=doubt_id,
            )
        )

    def reject(
        self, peer: int, rejected: int, conflict: tuple[int, int], *, doubt_id: int = 0
    ) -> None:
        self.step(
            AppendEntriesResponse(
                sender=peer,
                receiver=self.id,
                term=self.raft.current_term,
                success=False,
                match_index=0,
                rejected_index=rejected,
                conflict_index=conflict[0],
                conflict_term=conflict[1],
                doubt_id=doubt_id,
            )
        )

    def answer_heartbeat(self, peer: int, round: int | None = None, *, doubt_id: int = 0) -> None:
        self.step(
            HeartbeatResponse(
                sender=peer,
                receiver=self.id,
                term=self.raft.current_term,
                round=round if round is not None else self.state.heartbeat_round,
                disk_healthy=True,
                doubt_id=doubt_id,
            )
        )

    def ask_pre_vote(self, peer: int, term: int, last: tuple[int, int]) -> None:
        self.step(
            RequestPreVote(
                sender=peer,
                receiver=self.id,
                term=term,
                last_log_index=last[0],
                last_log_term=last[1],
            )
        )

    def ask_vote(
        self, peer: int, term: int, last: tuple[int, int], *, transfer: bool = False
    ) -> None:
        self.step(
            RequestVote(
                sender=peer,
                receiver=self.id,
                term=term,
                last_log_index=last[0],
                last_log_term=last[1],
                leadership_transfer=transfer,
            )
        )

    def grant_pre_vote(self, peer: int, granted: bool = True, term: int | None = None) -> None:
        current = self.raft.current_term
        answer_term = term if term is not None else (current + 1 if granted else current)
        self.step(
            RequestPreVoteResponse(sender=peer, receiver=self.id, term=answer_term, granted=granted)
        )

    def grant_vote(self, peer: int, granted: bool = True) -> None:
        self.step(
            RequestVoteResponse(
                sender=peer, receiver=self.id, term=self.raft.current_term, granted=granted
            )
        )

    def told_to_campaign(self, leader: int, term: int) -> None:
        self.step(TimeoutNow(sender=leader, receiver=self.id, term=term))

    def time_out(self) -> None:
        """Nothing is heard for an election timeout."""
        deadline_us = self.raft.next_deadline_us()
        assert deadline_us is not None
        self.pass_time(deadline_us - self.now_us)

    def win(self) -> None:
        """Become leader, by the votes of everybody; the no-op is durable here."""
        self.time_out()
        for peer in self.state.peers():
            if self.raft.role is Role.PRE_CANDIDATE:
                self.grant_pre_vote(peer)
        self.sync()
        for peer in self.state.peers():
            if self.raft.role is Role.CANDIDATE:
                self.grant_vote(peer)
        assert self.raft.role is Role.LEADER
        self.sync()
        self.said = []

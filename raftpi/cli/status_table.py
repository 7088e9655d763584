"""What `raftpi status` shows: rows of text and the JSON that other programs rely on."""

from collections.abc import Sequence
from dataclasses import asdict

from raftpi.cli.printing import columns
from raftpi.cli.quantities import shown_duration
from raftpi.cli.seats import Seat, Whereabouts
from raftpi.cli.wear_table import wear_document
from raftpi.lamp import describe, lamp_for
from raftpi.status import NodeStatus, SyncStatus

HEAD = (
    "LAMP",
    "NODE",
    "ROLE",
    "TERM",
    "LEADER",
    "LOG",
    "COMMIT",
    "APPLIED",
    "LAG",
    "SYNC p50/p99",
    "DELAY",
)
RIGHTS = frozenset({3, 5, 6, 7, 8, 9, 10})
NONE = "-"
# A card that takes longer than this for one write is said to stall.
STALL_US = 1_000_000


class StatusView:
    """The statuses of one moment, completed with the members that do not answer."""

    def __init__(
        self,
        statuses: Sequence[NodeStatus],
        whereabouts: Whereabouts,
        silent: Sequence[Seat] = (),
    ) -> None:
        """`silent`: members besides those of `whereabouts` that did not answer."""
        self._online = {status.id: status for status in statuses}
        self._seats = _all_seats(statuses, [*whereabouts.seats, *silent])
        self.leader = _leader(statuses)
        self._highest = max((status.last_index for status in statuses), default=0)

    @property
    def answered(self) -> bool:
        """Whether any node answered."""
        return bool(self._online)

    def lines(self) -> list[str]:
        """The table, head line first."""
        return columns([HEAD, *(self._row(seat) for seat in self._seats)], RIGHTS)

    def notes(self) -> list[str]:
        """What a person should know besides: who needs help, that there is no leader."""
        notes = [
            f"{status.name} needs a person: {status.needs_person}"
            for status in self._online.values()
            if status.needs_person
        ]
        if self.answered and self.leader is None:
            notes.append(f"no leader ({len(self._online)} of {len(self._seats)} nodes answer)")
        return notes

    def nodes(self) -> list[dict[str, object]]:
        """The list `nodes` of the JSON: every member, in the order of ids."""
        return [self._item(seat) for seat in self._seats]

    def _row(self, seat: Seat) -> tuple[str, ...]:
        status = self._online.get(seat.id)
        lamp = describe(lamp_for(status, age_us=0, connected=status is not None))
        if status is None:
            return (lamp, seat.name or seat.client, "offline", *[NONE] * (len(HEAD) - 3))
        return (
            lamp,
            status.name,
            _role(status),
            str(status.term),
            self._name(status.leader),
            f"{status.last_index}/{self._highest}",
            str(status.commit_index),
            str(status.applied_index),
            str(self._highest - status.last_index),
            _syncs(status.sync),
            _duration(self._delay_us(status.id)),
        )

    def _item(self, seat: Seat) -> dict[str, object]:
        status = self._online.get(seat.id)
        lamp = describe(lamp_for(status, age_us=0, connected=status is not None))
        if status is None:
            return {
                "id": seat.id or None,
                "name": seat.name or seat.client,
                "online": False,
                "role": "offline",
                "term": None,
                "leader": None,
                "last_index": None,
                "commit_index": None,
                "applied_index": None,
                "lag": None,
                "peer_delay_us": None,
                "lamp": lamp,
            }
        values = asdict(status)
        return {
            **values,
            "cluster_id": _hex(status.cluster_id),
            "replica_id": _hex(status.replica_id),
            "peers": [{**peer, "replica_id": _hex(peer["replica_id"])} for peer in values["peers"]],
            "wear": wear_document(status.wear),
            "online": True,
            "leader": status.leader or None,
            "voted_for": status.voted_for or None,
            "lag": self._highest - status.last_index,
            "peer_delay_us": self._delay_us(status.id),
            "lamp": lamp,
        }

    def _delay_us(self, node_id: int) -> int | None:
        """How long the leader waits for this node's answers, as the leader measures it."""
        for peer in self.leader.peers if self.leader else ():
            if peer.id == node_id and peer.delay_us >= 0:
                return peer.delay_us
        return None

    def _name(self, node_id: int) -> str:
        if node_id == 0:
            return NONE
        for seat in self._seats:
            if seat.id == node_id:
                return seat.name
        return str(node_id)


def _all_seats(statuses: Sequence[NodeStatus], beforehand: Sequence[Seat]) -> list[Seat]:
    """Every member known from anywhere, by id; those known by their endpoint alone last."""
    seats = {seat.id: seat for seat in beforehand if seat.id}
    for status in statuses:
        for peer in status.peers:
            seats.setdefault(peer.id, Seat(id=peer.id, name=peer.name, client=""))
        seats[status.id] = Seat(id=status.id, name=status.name, client="")
    known = [seats[node_id] for node_id in sorted(seats)]
    return known or list(beforehand)


def _leader(statuses: Sequence[NodeStatus]) -> NodeStatus | None:
    leaders = [status for status in statuses if status.role == "leader"]
    return max(leaders, key=lambda status: status.term, default=None)


def _hex(number: int) -> str:
    """A random id as text: many readers of JSON round whole numbers beyond 2**53."""
    return f"{number:016x}"


def _role(status: NodeStatus) -> str:
    return status.role if status.condition == "running" else f"{status.role} ({status.condition})"


def _syncs(sync: SyncStatus) -> str:
    text = f"{_duration(sync.p50_us)}/{_duration(sync.p99_us)}" if sync.count else NONE
    return f"{text} stalls for {_duration(sync.pending_us)}" if sync.pending_us > STALL_US else text


def _duration(duration_us: int | None) -> str:
    return NONE if duration_us is None else shown_duration(duration_us)

"""What one board of the demo shows: a node's status as the lines that are drawn. Pure."""

from dataclasses import dataclass

from raftpi.lamp import HUNG_AFTER_US, Lamp, describe, glyph, lamp_for
from raftpi.status import NodeStatus

# A peer that was not heard for this long is not heard, when the timing is not known.
_HEARD_WITHIN_US = 1_000_000

_ROLES = {
    "leader": "leader",
    "follower": "follower",
    "pre_candidate": "pre-candidate",
    "candidate": "candidate",
    "learner": "learner",
}
_CONDITIONS = {
    "founding": "founding",
    "lost_memory": "lost its memory",
    "disk_full": "disk full",
    "stopping": "stopping",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """How long ago this board heard another one; -1: not since it started."""

    id: int
    us_ago: int
    lately: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """One board as it is to be drawn. `role` is "offline" when the lamp says so.

    An offline board keeps the numbers that it said last; all are 0 when it never spoke.
    `highest_index` is the highest last index that any board is known to have.
    `pid` is that of the daemon that spoke last.
    `mischief` says what the demo does to this board, or is empty.
    """

    id: int
    name: str
    lamp: Lamp
    online: bool
    role: str
    term: int
    last_index: int
    highest_index: int
    commit_index: int
    heard: tuple[Heard, ...]
    pid: int
    mischief: str
    trouble: str


def board_view(
    node_id: int,
    name: str,
    status: NodeStatus | None,
    *,
    age_us: int,
    connected: bool,
    highest_index: int,
    mischief: str = "",
) -> BoardView:
    """The board whose last status came `age_us` ago; None: none has come."""
    lamp = lamp_for(status, age_us=age_us, connected=connected)
    online = status is not None and connected and age_us <= HUNG_AFTER_US
    if status is None:
        return BoardView(
            id=node_id,
            name=name,
            lamp=lamp,
            online=False,
            role="offline",
            term=0,
            last_index=0,
            highest_index=highest_index,
            commit_index=0,
            heard=(),
            pid=0,
            mischief=mischief,
            trouble="",
        )
    return BoardView(
        id=node_id,
        name=name,
        lamp=lamp,
        online=online,
        role=_role(status) if online else "offline",
        term=status.term,
        last_index=status.last_index,
        highest_index=max(highest_index, status.last_index),
        commit_index=status.commit_index,
        heard=_heard(status, age_us) if online else (),
        pid=status.pid,
        mischief=mischief,
        trouble=status.needs_person,
    )


def highest_index(statuses: list[NodeStatus]) -> int:
    """The highest last index among these, 0 when there are none."""
    return max((status.last_index for status in statuses), default=0)


def _role(status: NodeStatus) -> str:
    condition = _CONDITIONS.get(status.condition)
    return condition if condition else _ROLES.get(status.role, status.role)


def _heard(status: NodeStatus, age_us: int) -> tuple[Heard, ...]:
    limit_us = status.election_max_us or _HEARD_WITHIN_US
    found = []
    for peer in sorted(status.peers, key=lambda p: p.id):
        us_ago = -1 if peer.heard_us_ago < 0 else peer.heard_us_ago + age_us
        found.append(Heard(id=peer.id, us_ago=us_ago, lately=0 <= peer.heard_us_ago <= limit_us))
    return tuple(found)


# --- as text ------------------------------------------------------------------------------


def facts(view: BoardView) -> tuple[str, ...]:
    """The lines of a roomy board below its lamp; some 22 characters each with two peers."""
    return (
        f"term {view.term}   commit {view.commit_index}",
        f"log {view.last_index}/{view.highest_index}",
        f"hears {heard_text(view)}",
        view.trouble or view.mischief,
    )


def short_facts(view: BoardView) -> tuple[str, str]:
    """The two lines of a board where there is little room."""
    numbers = f"t{view.term} {view.last_index}/{view.highest_index} c{view.commit_index}"
    beside = view.trouble or view.mischief
    return numbers, (f"{beside} · " if beside else "") + f"hears {heard_text(view)}"


def plain_line(view: BoardView) -> str:
    """The board as one line of a log: no times, so that it changes only when something did."""
    hears = [str(peer.id) for peer in view.heard if peer.lately]
    parts = [
        f"{view.name} {glyph(view.lamp)} {describe(view.lamp):<23}",
        f"{view.role:<15} term {view.term:<3} log {view.last_index}/{view.highest_index}",
        f"commit {view.commit_index}",
        f"hears {' '.join(hears) or 'nobody'}",
    ]
    beside = view.trouble or view.mischief
    return "  ".join([*parts, beside] if beside else parts)


def heard_text(view: BoardView) -> str:
    """Whom this board heard, and how long ago: "2 12ms  3 -"."""
    if not view.heard:
        return "nobody"
    return "  ".join(f"{peer.id} {_ago(peer)}" for peer in view.heard)


def _ago(peer: Heard) -> str:
    if peer.us_ago < 0:
        return "-"
    if peer.us_ago < 1_000_000:
        return f"{peer.us_ago // 1000}ms"
    return f"{min(peer.us_ago // 1_000_000, 999)}s"

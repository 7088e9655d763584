"""Client sessions: a command that is sent again takes effect once (thesis 6.3)."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from raftpi.command import SessionExpired, Stamp, pack_result
from raftpi.kv.session import Session
from raftpi.kv.session_view import SessionView

EXPIRED: bytes = pack_result(SessionExpired())
DISMANTLED_SESSIONS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionImage:
    """One session as it stands: `results` are (sequence, packed result), ascending."""

    session_id: int
    floor: int
    last_index: int
    results: tuple[tuple[int, bytes], ...]


class Sessions:
    """The sessions of all clients, bounded in number, the same on every replica.

    A session that is not known is either new or was evicted, and only its `began_index` tells
    which. That index was committed before the session's first command was sent, so each of its
    commands lies above it in the log, and an evicted session has
    `began_index < last_index <= horizon`. So `began_index < horizon` refuses every session that
    was ever evicted; `<=` would only refuse besides those that began right at the horizon, which
    cannot have been evicted.

    Invariant: the sessions stand in the order of their `last_index`, for each command moves its
    own session to the end with the highest index so far. `horizon` is the highest `last_index`
    of all sessions evicted, and never falls. A session that is evicted does not change any more.
    """

    __slots__ = ("_limit", "_sessions", "_view", "_window", "horizon")

    def __init__(self, limit: int, window: int) -> None:
        self.horizon = 0
        self._limit = limit
        self._window = window
        self._sessions: OrderedDict[int, Session] = OrderedDict()
        self._view: SessionView | None = None

    def __len__(self) -> int:
        return len(self._sessions)

    def __contains__(self, session_id: int) -> bool:
        return session_id in self._sessions

    def configure(self, limit: int, window: int) -> None:
        """Other bounds from here on; sessions beyond the limit are evicted at once."""
        self._limit = limit
        self._window = window
        self._evict_down_to(limit)

    def dismantle(self) -> bool:
        """Give up a few sessions of a table that is not used any more; False if it is empty."""
        for _ in range(min(DISMANTLED_SESSIONS, len(self._sessions))):
            self._sessions.popitem()
        return bool(self._sessions)

    def admit(self, index: int, stamp: Stamp) -> bytes | None:
        """What to answer the command at log index `index` without running it; None: run it.

        A command that is run must be followed by `remember`, before the next is admitted.
        """
        session = self._sessions.get(stamp.session_id)
        if session is None:
            # An honest client's index is below that of its command. One that is not says
            # nothing about evictions: the log it was taken from was another one.
            if stamp.began_index < self.horizon or stamp.began_index >= index:
                return EXPIRED
            self._evict_down_to(self._limit - 1)
            session = self._sessions[stamp.session_id] = Session(stamp.session_id)
        elif self._view is not None:
            self._view.keep(session)
        self._sessions.move_to_end(stamp.session_id)
        session.last_index = index
        if stamp.first_pending > session.floor:
            session.raise_floor(stamp.first_pending)
        if stamp.sequence < session.floor:
            return EXPIRED
        return session.results.get(stamp.sequence)

    def remember(self, stamp: Stamp, result: bytes) -> None:
        """Keep the result of the command that was just admitted and run."""
        self._sessions[stamp.session_id].remember(stamp.sequence, result, self._window)

    def restore(self, session: Session) -> None:
        """Put in a session of an image, which was used after all those that are there."""
        self._sessions[session.session_id] = session

    def open_view(self, moment_index: int) -> SessionView:
        """The sessions as they are, all used at `moment_index` or before, until `close_view`."""
        self._view = SessionView(list(self._sessions.values()), moment_index)
        return self._view

    def close_view(self) -> None:
        """Keep nothing for the view any more."""
        self._view = None

    def images(self) -> Iterator[SessionImage]:
        """Every session as it stands, in the order of last use."""
        for session_id, session in self._sessions.items():
            yield SessionImage(
                session_id=session_id,
                floor=session.floor,
                last_index=session.last_index,
                results=tuple((s, session.results[s]) for s in session.sequences),
            )

    def _evict_down_to(self, count: int) -> None:
        while len(self._sessions) > count:
            _, evicted = self._sessions.popitem(last=False)
            self.horizon = max(self.horizon, evicted.last_index)

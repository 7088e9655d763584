"""Client sessions: a command that is sent again takes effect once (thesis 6.3)."""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from raftpi.command import SessionExpired, Stamp, pack_result

EXPIRED: bytes = pack_result(SessionExpired())


class Session:
    """What is remembered of one client: the results that it may still ask for.

    Invariant: every sequence of this session that was ever run is in `results` or below `floor`;
    nothing below `floor` is in `results`; `sequences` are its keys, ascending.
    """

    __slots__ = ("floor", "last_index", "results", "sequences")

    def __init__(self) -> None:
        self.floor = 1
        self.last_index = 0
        self.results: dict[int, bytes] = {}
        self.sequences: list[int] = []

    def remember(self, sequence: int, result: bytes, window: int) -> None:
        """Keep a result; of more than `window`, the lowest go and the floor rises above them."""
        self.results[sequence] = result
        insort(self.sequences, sequence)
        if len(self.sequences) > window:
            self.raise_floor(self.sequences[-window - 1] + 1)

    def raise_floor(self, floor: int) -> None:
        """Forget the results below `floor`; a floor never falls."""
        if floor <= self.floor:
            return
        self.floor = floor
        count = bisect_left(self.sequences, floor)
        for sequence in self.sequences[:count]:
            del self.results[sequence]
        del self.sequences[:count]


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
    of all sessions evicted, and never falls.
    """

    __slots__ = ("_limit", "_sessions", "_window", "horizon")

    def __init__(self, limit: int, window: int) -> None:
        self.horizon = 0
        self._limit = limit
        self._window = window
        self._sessions: OrderedDict[int, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def configure(self, limit: int, window: int) -> None:
        """Other bounds from here on; sessions beyond the limit are evicted at once."""
        self._limit = limit
        self._window = window
        self._evict_down_to(limit)

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
            session = self._sessions[stamp.session_id] = Session()
        self._sessions.move_to_end(stamp.session_id)
        session.last_index = index
        session.raise_floor(stamp.first_pending)
        if stamp.sequence < session.floor:
            return EXPIRED
        return session.results.get(stamp.sequence)

    def remember(self, stamp: Stamp, result: bytes) -> None:
        """Keep the result of the command that was just admitted and run."""
        self._sessions[stamp.session_id].remember(stamp.sequence, result, self._window)

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

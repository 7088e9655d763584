"""The sessions as they were at one moment, walked while commands go on (copy on write)."""

from raftpi.kv.image import (
    BLOCK_OVERHEAD_BYTES,
    PIECE_OVERHEAD_BYTES,
    RESULT_OVERHEAD_BYTES,
    SessionPiece,
)
from raftpi.kv.session import Session


class SessionView:
    """Walks the sessions in the order of their last use.

    A session changes only in `admit`, which then gives it an index beyond the moment: so
    `last_index` alone tells whether a session still is as it was, and whether it was walked.

    Invariant: a session of the moment that was not walked to its end is unchanged, or its clone
    is in `_aside`.
    """

    __slots__ = ("_aside", "_moment_index", "_next_index", "_place", "_waiting")

    def __init__(self, sessions: list[Session], moment_index: int) -> None:
        """`sessions` ascend by `last_index`, which is `moment_index` at most. Takes the list."""
        # Taken off the end one after the other.
        sessions.reverse()
        self._waiting = sessions
        self._moment_index = moment_index
        self._aside: dict[int, Session] = {}
        self._place = 0
        self._next_index = self._index_of_next()

    def keep(self, session: Session) -> None:
        """To be called before `session` changes."""
        if self._next_index <= session.last_index <= self._moment_index:
            self._aside[session.session_id] = session.clone()

    def next_pieces(self, max_bytes: int, max_count: int) -> tuple[SessionPiece, ...]:
        """As many as go into a block of `max_bytes`, and at least one; () at the end.

        No more than `max_count` sessions and results together, and one of each at least.
        """
        pieces: list[SessionPiece] = []
        room_bytes = max_bytes - BLOCK_OVERHEAD_BYTES
        room_count = max_count
        while self._waiting:
            session = self._next()
            room_bytes -= PIECE_OVERHEAD_BYTES
            room_count -= 1
            if pieces and (room_bytes < 0 or room_count < 1):
                break
            results: list[bytes] = []
            sequences = session.sequences[self._place : self._place + max(1, room_count)]
            for sequence in sequences:
                result = session.results[sequence]
                room_bytes -= len(result) + RESULT_OVERHEAD_BYTES
                if room_bytes < 0 and (pieces or results):
                    break
                results.append(result)
            is_whole = self._place + len(results) == len(session.sequences)
            if not results and not is_whole:
                break
            room_count -= len(results)
            pieces.append(_piece(session, self._place, results))
            if not is_whole:
                self._place += len(results)
                break
            self._go_to_next()
        return tuple(pieces)

    def _go_to_next(self) -> None:
        self._aside.pop(self._waiting.pop().session_id, None)
        self._place = 0
        self._next_index = self._index_of_next()

    def _next(self) -> Session:
        """The next session as it was: it may have changed since, with an index that is later."""
        waiting = self._waiting[-1]
        return self._aside.get(waiting.session_id, waiting)

    def _index_of_next(self) -> int:
        return self._next().last_index if self._waiting else self._moment_index + 1


def _piece(session: Session, place: int, results: list[bytes]) -> SessionPiece:
    return SessionPiece(
        session_id=session.session_id,
        floor=session.floor,
        last_index=session.last_index,
        sequences=tuple(session.sequences[place : place + len(results)]),
        results=tuple(results),
    )

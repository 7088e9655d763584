"""A machine's state, read back from the blocks of its image."""

import zlib
from collections.abc import Callable
from typing import Generic, TypeVar

from raftpi.errors import ProtocolError
from raftpi.kv.image import (
    Block,
    End,
    Head,
    ItemsPart,
    SessionPiece,
    SessionsPart,
    unpack_block,
)
from raftpi.kv.session import Session
from raftpi.kv.sessions import Sessions
from raftpi.kv.settings import unpack_settings
from raftpi.kv.state import State
from raftpi.kv.store import Store

M = TypeVar("M")


class Restoration(Generic[M]):
    """Takes an image's blocks in their order, and makes the machine when all are there.

    Invariant: a block that is refused changes nothing, so that the right one may still come.
    """

    __slots__ = (
        "_crc",
        "_is_complete",
        "_last_session",
        "_machine_of",
        "_number",
        "_result_count",
        "_session_limit",
        "_state",
    )

    def __init__(self, machine_of: Callable[[State], M]) -> None:
        """`machine_of` makes the machine that has a given state."""
        self._machine_of = machine_of
        self._state = State(settings=b"", applied_index=0, sessions=Sessions(1, 1), store=Store())
        self._session_limit = 0
        self._number = 0
        self._crc = 0
        self._last_session: Session | None = None
        self._result_count = 0
        self._is_complete = False

    def take(self, block: bytes) -> None:
        """Take the next block. Raises ProtocolError if it is none, or not the next one."""
        if self._is_complete:
            raise ProtocolError("the image is complete, and another block came after its end")
        unpacked = unpack_block(block)
        self._check_place(unpacked)
        content = unpacked.content
        if isinstance(content, Head):
            self._take_head(content)
        elif isinstance(content, SessionsPart):
            self._take_sessions(content.pieces)
        elif isinstance(content, ItemsPart):
            self._take_items(content)
        else:
            self._take_end(content)
        self._number += 1
        self._crc = zlib.crc32(block)

    def machine(self) -> M:
        """The machine as it was. Raises ProtocolError while blocks are missing."""
        if not self._is_complete:
            raise ProtocolError(
                f"the image is not complete: block {self._number} is missing, or the end is; "
                "take another snapshot"
            )
        return self._machine_of(self._state)

    def _check_place(self, block: Block) -> None:
        if block.number != self._number:
            raise ProtocolError(
                f"block {block.number} of an image came where block {self._number} was expected"
            )
        if block.previous_crc != self._crc:
            raise ProtocolError(
                f"block {block.number} is of another image than the {self._number} before it"
            )
        if isinstance(block.content, Head) != (block.number == 0):
            raise ProtocolError("an image begins with its head, and has only one")

    def _take_head(self, head: Head) -> None:
        settings = unpack_settings(head.settings)
        if head.horizon > head.applied_index:
            raise ProtocolError(
                f"a session used at {head.horizon} was evicted before that: "
                f"the image was taken at {head.applied_index}"
            )
        sessions = Sessions(settings.session_limit, settings.session_window)
        sessions.horizon = head.horizon
        self._session_limit = settings.session_limit
        self._state = State(
            settings=head.settings,
            applied_index=head.applied_index,
            sessions=sessions,
            store=Store(),
        )

    def _take_sessions(self, pieces: tuple[SessionPiece, ...]) -> None:
        self._check_sessions(pieces)
        for piece in pieces:
            session = self._last_session
            if session is None or session.session_id != piece.session_id:
                session = self._last_session = Session(piece.session_id)
                session.floor = piece.floor
                session.last_index = piece.last_index
                self._state.sessions.restore(session)
            session.results.update(zip(piece.sequences, piece.results, strict=True))
            session.sequences.extend(piece.sequences)
            self._result_count += len(piece.results)

    def _check_sessions(self, pieces: tuple[SessionPiece, ...]) -> None:
        sessions, last = self._state.sessions, self._last_session
        last_index = sessions.horizon if last is None else last.last_index
        new: set[int] = set()
        for piece in pieces:
            lowest = piece.floor
            if last is not None and not new and piece.session_id == last.session_id:
                _check_that_it_goes_on(last, piece)
                if last.sequences:
                    lowest = last.sequences[-1] + 1
            elif piece.session_id in sessions or piece.session_id in new:
                raise ProtocolError(f"session {piece.session_id} is in the image twice")
            elif not last_index < piece.last_index <= self._state.applied_index:
                raise ProtocolError(f"session {piece.session_id} of the image is out of order")
            else:
                last_index = piece.last_index
                new.add(piece.session_id)
            for sequence in piece.sequences:
                if sequence < lowest:
                    raise ProtocolError(
                        f"session {piece.session_id} of the image: result {sequence} is out of "
                        "order, or is one of those that were forgotten"
                    )
                lowest = sequence + 1
        if len(sessions) + len(new) > self._session_limit:
            raise ProtocolError(
                f"the image has more sessions than its own limit of {self._session_limit}"
            )

    def _take_items(self, part: ItemsPart) -> None:
        applied_index = self._state.applied_index
        for _, revision in part.entries:
            if not 1 <= revision <= applied_index:
                raise ProtocolError(
                    f"a key was written at {revision}, and the image was taken at {applied_index}"
                )
        try:
            self._state.store.restore(part.keys, part.entries)
        except ValueError as error:
            raise ProtocolError(f"not the next keys of the image: {error}") from error

    def _take_end(self, end: End) -> None:
        counts = [
            ("sessions", len(self._state.sessions), end.session_count),
            ("results", self._result_count, end.result_count),
            ("keys", len(self._state.store), end.item_count),
        ]
        for what, taken, stated in counts:
            if taken != stated:
                raise ProtocolError(f"the image should hold {stated} {what}, and holds {taken}")
        self._is_complete = True


def _check_that_it_goes_on(session: Session, piece: SessionPiece) -> None:
    if (piece.floor, piece.last_index) != (session.floor, session.last_index):
        raise ProtocolError(f"session {piece.session_id} of the image changes in its middle")

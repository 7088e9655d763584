"""A machine's state at one moment, walked block by block while commands go on."""

import zlib

from raftpi.kv.image import Block, Content, End, Head, SessionsPart, pack_block
from raftpi.kv.state import State

# Where items and results are small, their number bounds the work of one call: this many take half
# a millisecond on a PC, with a million keys in memory, and some milliseconds on a small board.
BLOCK_COUNT = 256


class View:
    """The image of the state at the moment when the view was opened.

    Invariant: while it is open, the state's store and sessions keep for it what they change.
    """

    __slots__ = (
        "_head",
        "_is_ended",
        "_item_count",
        "_items",
        "_number",
        "_previous_crc",
        "_result_count",
        "_session_count",
        "_sessions",
        "_state",
        "is_open",
    )

    def __init__(self, state: State) -> None:
        """Open it: copies the lists of buckets and of sessions, and nothing that they hold."""
        self._state = state
        self._head = Head(
            settings=state.settings,
            applied_index=state.applied_index,
            horizon=state.sessions.horizon,
        )
        self._session_count = len(state.sessions)
        self._item_count = len(state.store)
        self._sessions = state.sessions.open_view(state.applied_index)
        self._items = state.store.open_view(state.applied_index)
        self._result_count = 0
        self._number = 0
        self._previous_crc = 0
        self._is_ended = False
        self.is_open = True

    def next_block(self, max_bytes: int) -> bytes:
        """The next block of the image, of `max_bytes` at most; b"" at the end.

        A block holds one item or result at least, and is larger if that is. The last block
        closes the view. Raises ValueError if it was closed before its end.
        """
        if self._is_ended:
            return b""
        if not self.is_open:
            raise ValueError("this view was closed before its end: open another one")
        content = self._next_content(max_bytes)
        block = pack_block(
            Block(number=self._number, previous_crc=self._previous_crc, content=content)
        )
        self._number += 1
        self._previous_crc = zlib.crc32(block)
        return block

    def close(self) -> None:
        """Forget it; commands cost from now on what they cost without a view."""
        if self.is_open:
            self.is_open = False
            self._state.sessions.close_view()
            self._state.store.close_view()

    def _next_content(self, max_bytes: int) -> Content:
        if self._number == 0:
            return self._head
        pieces = self._sessions.next_pieces(max_bytes, BLOCK_COUNT)
        if pieces:
            self._result_count += sum(len(piece.results) for piece in pieces)
            return SessionsPart(pieces=pieces)
        part = self._items.next_items(max_bytes, BLOCK_COUNT)
        if part.keys:
            return part
        self._is_ended = True
        self.close()
        return End(
            session_count=self._session_count,
            result_count=self._result_count,
            item_count=self._item_count,
        )

"""Packs frames one after the other; appends with the very same entries share their bytes."""

import msgpack

from raftpi.core.entry import Entry
from raftpi.core.hello import Hello
from raftpi.core.messages import AppendEntries, Message
from raftpi.transport.codec import append_head, pack_frame
from raftpi.transport.entries import pack_entries

# A msgpack array of nine items begins with the first of these bytes, one of ten with the second.
_NINE, _TEN = b"\x99", b"\x9a"


class FramePacker:
    """As `pack_frame`. A leader sends most entries to all followers at once, and packs them once.

    Invariant: `_packed` are the bytes of `_entries`.
    """

    def __init__(self) -> None:
        """Nothing was packed yet."""
        self._entries: tuple[Entry, ...] = ()
        self._packed = b""

    def pack(self, cluster_id: int, message: Message | Hello) -> bytes:
        """The bytes of one frame. Raises OverflowError for a number of more than 64 bits."""
        if not isinstance(message, AppendEntries) or not message.entries:
            return pack_frame(cluster_id, message)
        if message.entries is not self._entries:
            self._packed = pack_entries(message.entries)
            self._entries = message.entries
        head: bytes = msgpack.packb(append_head(cluster_id, message))
        return b"".join((_TEN, head[len(_NINE) :], self._packed))

    def forget(self) -> None:
        """Keep no entries any longer: those that follow are others."""
        self._entries, self._packed = (), b""

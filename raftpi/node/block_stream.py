"""The machine's blocks as one stream of bytes: each behind its length, four bytes little-endian."""

from raftpi.errors import ProtocolError

LENGTH_BYTES = 4
# A block holds at least one value, and values are far smaller; anything longer is a fault.
BLOCK_LIMIT_BYTES = 256 * 1024 * 1024


def framed(block: bytes) -> bytes:
    """The block with its length before it."""
    return len(block).to_bytes(LENGTH_BYTES, "little") + block


class BlockReader:
    """Takes the stream in pieces of any length and gives the blocks back."""

    def __init__(self) -> None:
        """At the stream's beginning."""
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The blocks that are whole now. Raises ProtocolError for a length that cannot be."""
        self._rest += data
        blocks: list[bytes] = []
        at = 0
        while len(self._rest) - at >= LENGTH_BYTES:
            length = int.from_bytes(self._rest[at : at + LENGTH_BYTES], "little")
            if length > BLOCK_LIMIT_BYTES:
                raise ProtocolError(f"a snapshot's block of {length} bytes: not one of raftpi's")
            if len(self._rest) - at - LENGTH_BYTES < length:
                break
            at += LENGTH_BYTES
            blocks.append(bytes(self._rest[at : at + length]))
            at += length
        del self._rest[:at]
        return blocks

    def check_end(self) -> None:
        """The stream is over. Raises ProtocolError when a block is cut off."""
        if self._rest:
            raise ProtocolError(f"a snapshot ends inside a block: {len(self._rest)} bytes remain")

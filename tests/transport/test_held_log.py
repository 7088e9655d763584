"""A part of a node's log on the wire."""

import msgpack
import pytest

from raftpi.errors import ProtocolError
from raftpi.transport.held_log import HeldLog, pack_held_log, unpack_held_log

HELD = HeldLog(
    cluster_id=2**64 - 1, first_index=3, last_index=9, entries=((3, 1, b""), (4, 2, b"\xff" * 90))
)


def test_what_was_packed_comes_out() -> None:
    assert unpack_held_log(pack_held_log(HELD)) == HELD
    empty = HeldLog(cluster_id=0, first_index=1, last_index=0, entries=())
    assert unpack_held_log(pack_held_log(empty)) == empty


@pytest.mark.parametrize(
    "document",
    [
        7,
        [],
        [1, 2, 3],
        [1, 2, 3, 4],
        [1, 2, 3, [[1, 2]]],
        [1, 2, 3, [[1, 2, "text"]]],
        [1, 2, 3, [[-1, 2, b""]]],
        [1, "2", 3, []],
        [1, 2, 3, [7]],
    ],
)
def test_anything_else_is_refused(document: object) -> None:
    with pytest.raises(ProtocolError):
        unpack_held_log(msgpack.packb(document))
    with pytest.raises(ProtocolError):
        unpack_held_log(b"\xc1")

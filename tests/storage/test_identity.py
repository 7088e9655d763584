"""The identity file: whole or refused."""

import pytest

from raftpi.storage.finding import DamageFound
from raftpi.storage.identity import Identity, IdentityFile, pack_identity, unpack_identity

CONTENT = IdentityFile(
    identity=Identity(replica_id=2**64 - 1, node_id=3, name="küche", cluster_id=5),
    newest_generation=7,
)


def test_an_identity_comes_back_from_its_bytes() -> None:
    assert unpack_identity(pack_identity(CONTENT)) == CONTENT


def test_every_flipped_bit_and_every_lost_end_is_seen() -> None:
    data = pack_identity(CONTENT)
    for bit in range(len(data) * 8):
        broken = bytearray(data)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DamageFound):
            unpack_identity(bytes(broken))
    for length in range(len(data)):
        with pytest.raises(DamageFound):
            unpack_identity(data[:length])
    with pytest.raises(DamageFound):
        unpack_identity(data + b"\0")

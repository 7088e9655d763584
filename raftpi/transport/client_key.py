"""What a client needs to speak with guarded nodes: its own pair, and the nodes' public keys."""

from dataclasses import dataclass
from pathlib import Path

from raftpi.transport.keys import KeyPair, read_key
from raftpi.transport.trust import Trust, read_trust

TRUST_NAME = "trusted.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientKey:
    """A pair and whom to expect at which address."""

    pair: KeyPair
    trust: Trust


def load_client_key(path: Path) -> ClientKey:
    """The key in `path`, with the trusted.toml beside it. Raises KeyProblem."""
    return ClientKey(
        pair=read_key(path, group_may_read=True), trust=read_trust(path.parent / TRUST_NAME)
    )

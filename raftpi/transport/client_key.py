"""What a client needs to speak with guarded nodes: its own pair, and the nodes' public keys."""

from dataclasses import dataclass
from pathlib import Path

from raftpi.errors import KeyProblem
from raftpi.transport.keys import KeyPair, read_key
from raftpi.transport.trust import Trust, read_trust

TRUST_NAME = "trusted.toml"
# What a board trusts; there a key that was carried to it needs no copy beside it.
BOARD_TRUST = Path("/etc/raftpi") / TRUST_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientKey:
    """A pair and whom to expect at which address."""

    pair: KeyPair
    trust: Trust


def load_client_key(path: Path) -> ClientKey:
    """The key in `path`, with the trusted.toml beside it, else the board's. Raises KeyProblem."""
    pair = read_key(path, group_may_read=True)
    trust_path = path.parent / TRUST_NAME
    if not trust_path.exists() and BOARD_TRUST.exists():
        trust_path = BOARD_TRUST
    if not trust_path.exists():
        raise KeyProblem(
            f"{path} needs {trust_path} beside it, which says whom to expect where: copy it from "
            "/etc/raftpi of any board"
        )
    trust = read_trust(trust_path)
    # Not being listed at all is no error here: this copy may be older than the boards'.
    user = trust.user_of(pair.public)
    if user.startswith("node:"):
        raise KeyProblem(
            f"{path} is the key of {user.replace(':', ' ')} itself, and clients have keys of their "
            "own: raftpi keys new"
        )
    return ClientKey(pair=pair, trust=trust)

"""This board's key and the keys it trusts: read at the start, the trusted ones again on SIGHUP."""

from pathlib import Path

from raftpi.config.file import Config
from raftpi.errors import KeyProblem
from raftpi.transport.curve import Credentials
from raftpi.transport.keys import KeyPair, read_key
from raftpi.transport.trust import Trust, read_trust

KEY_NAME = "node.key"


class Keyring:
    """What the sockets are guarded with. Invariant: the own key is trusted under the own id."""

    def __init__(self, config: Config, directory: Path) -> None:
        """Read both. Raises KeyProblem, which names the file and the remedy."""
        self._config = config
        self._own_path = directory / KEY_NAME
        self._own = read_key(self._own_path)
        self.credentials = self._read()

    def reload(self) -> None:
        """Read the trusted keys anew. Raises KeyProblem; then those of before stay."""
        self.credentials = self._read()

    def warnings(self) -> list[str]:
        """Members that cannot be spoken with, for nobody knows their keys."""
        trust = self.credentials.trust
        return [
            f"{member.name} (member {member.id}) has no key in {self._config.security.trusted}: "
            "there will be no link to it"
            for member in self._config.members
            if not trust.node_keys(member.id)
        ]

    def _read(self) -> Credentials:
        trust = read_trust(self._config.security.trusted)
        self._check_own(self._own, trust)
        return Credentials(own=self._own, trust=trust)

    def _check_own(self, own: KeyPair, trust: Trust) -> None:
        node_id = self._config.node.id
        if own.public in trust.node_keys(node_id):
            return
        user = trust.user_of(own.public)
        found = f"the key of {user}" if user else "not listed"
        raise KeyProblem(
            f"{self._config.security.trusted}: the key in {self._own_path} is {found} there, and "
            f"should be one of node {node_id}'s; put the right key back, or have the trusted "
            f'keys written anew (with public = "{own.public}" for node {node_id})'
        )


def open_keyring(config: Config) -> Keyring | None:
    """The keyring of a configuration with keys, None without. Raises KeyProblem."""
    directory = config.security.keys
    return Keyring(config, directory) if directory is not None else None

"""Every key of a cluster in one directory: `raftpi keys make`.

DIR/NAME/              one for each board: what goes to its /etc/raftpi
DIR/NAME/keys/node.key, DIR/NAME/client.key, DIR/NAME/trusted.toml
DIR/clients/NAME.key   people and programs elsewhere, with a trusted.toml beside them
DIR/trusted.toml       the public halves; what it names stays, also when its key is elsewhere
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from raftpi.config.file import MemberAddress, load_members
from raftpi.errors import ConfigurationError, KeyProblem, UsageError
from raftpi.transport.client_key import TRUST_NAME
from raftpi.transport.keys import make_key_pair, read_key, write_key
from raftpi.transport.trust import (
    Trust,
    TrustedClient,
    TrustedNode,
    name_problem,
    read_trust,
    write_trust,
)

CLIENTS_NAME = "clients"
KEYS_NAME, NODE_KEY_NAME, CLIENT_KEY_NAME = "keys", "node.key", "client.key"
# The group `raftpi` reads a board's client key; nobody but its owner any other.
CLIENT_KEY_MODE, KEY_MODE = 0o640, 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    """One key of the set; `shown_path` is below the directory, "" where the key is elsewhere."""

    path: str
    shown_path: str
    user: str
    public: str
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKeys:
    """What `raftpi keys make` made and kept."""

    directory: Path
    keys: tuple[MadeKey, ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """For programs."""
        keys = [
            {"path": key.path, "user": key.user, "public": key.public, "created": key.created}
            for key in self.keys
        ]
        return {
            "directory": str(self.directory),
            "trusted": str(self.directory / TRUST_NAME),
            "keys": keys,
            "notes": list(self.notes),
        }

    def next_steps(self) -> list[str]:
        """What a person does next."""
        return [
            f"{self.directory}/NAME goes to /etc/raftpi of board NAME: keys/ belongs to "
            "raftpi:raftpi there,",
            "client.key to root:raftpi, and raftpi.toml needs, below [security]:",
            '  keys = "/etc/raftpi/keys"',
            "Then remove the secret keys here: each is needed in one place only.",
        ]


def make_key_set(
    directory: Path, config: Path, *, admins: Sequence[str], ordinary: Sequence[str]
) -> MadeKeys:
    """Make what is missing. Raises UsageError, KeyProblem."""
    try:
        members = load_members(config)
    except ConfigurationError as error:
        raise UsageError(str(error)) from error
    roles = _roles(members, admins, ordinary)
    _make_directory(directory)
    trust_path = directory / TRUST_NAME
    trust = read_trust(trust_path) if trust_path.exists() else Trust(nodes=(), clients=())
    work = _Work(directory, trust)
    for member in members:
        work.add_member(member)
    for name, role in roles.items():
        work.add_client(name, role, directory / CLIENTS_NAME / f"{name}.key", KEY_MODE)
    work.note_strangers(members)
    work.write(members)
    return MadeKeys(directory=directory, keys=tuple(work.keys), notes=tuple(work.notes))


class _Work:
    """The trust as it grows. Invariant: nobody who was trusted before is left out."""

    def __init__(self, directory: Path, trust: Trust) -> None:
        self._directory = directory
        self._before = trust
        self._nodes: list[TrustedNode] = []
        self._clients = list(trust.clients)
        self.keys: list[MadeKey] = []
        self.notes: list[str] = []

    def add_member(self, member: MemberAddress) -> None:
        """A board's own key, and the key of the clients on it."""
        home = self._directory / member.name
        _make_directory(home)
        _make_directory(home / KEYS_NAME)
        known = list(self._before.node_keys(member.id))
        path = home / KEYS_NAME / NODE_KEY_NAME
        public = self._key(path, known[:1], f"node:{member.id}", KEY_MODE)
        if public not in known:
            if known:
                self.notes.append(
                    f"node {member.id} has another key than before, which is still let in: remove "
                    f'its [[node]] with public = "{known[0]}" from {self._directory / TRUST_NAME} '
                    "when no board uses it any more"
                )
            known.insert(0, public)
        self._nodes += [
            TrustedNode(
                id=member.id,
                name=member.name,
                client=member.client,
                status=member.status,
                public=key,
            )
            for key in known
        ]
        self.add_client(member.name, "admin", home / CLIENT_KEY_NAME, CLIENT_KEY_MODE)

    def add_client(self, name: str, role: str, path: Path, mode: int) -> None:
        """A client's key."""
        if mode == KEY_MODE:
            _make_directory(path.parent)
        known = [client for client in self._clients if client.name == name]
        if known and known[0].role != role:
            raise UsageError(
                f"{name} is trusted as {known[0].role} already; if it is to be {role}, change its "
                f"role in {self._directory / TRUST_NAME} first"
            )
        public = self._key(path, [client.public for client in known], f"{role}:{name}", mode)
        if public not in [client.public for client in known]:
            self._clients.append(TrustedClient(name=name, role=role, public=public))

    def note_strangers(self, members: Sequence[MemberAddress]) -> None:
        """Nodes that the configuration does not name stay trusted, and a person decides."""
        ids = {member.id for member in members}
        left = [node for node in self._before.nodes if node.id not in ids]
        self._nodes += left
        self.notes += [
            f"{node.name} (node {node.id}) is no member any more, and its key is still let in: "
            f"remove its [[node]] from {self._directory / TRUST_NAME} if it is to stay out"
            for node in left
        ]

    def write(self, members: Sequence[MemberAddress]) -> None:
        """The same trusted.toml for everybody."""
        trust = Trust(nodes=tuple(self._nodes), clients=tuple(self._clients))
        homes = [self._directory / member.name for member in members]
        clients = self._directory / CLIENTS_NAME
        for home in (self._directory, *homes, *([clients] if clients.is_dir() else [])):
            write_trust(home / TRUST_NAME, trust)

    def _key(self, path: Path, known: Sequence[str], user: str, mode: int) -> str:
        """The public key of this file, made if neither it nor a trusted key of its user exists."""
        shown_path, created = str(path.relative_to(self._directory)), False
        if os.path.lexists(path):
            public = read_key(path, group_may_read=mode == CLIENT_KEY_MODE).public
        elif known:
            # Moved to where it is used, as it should be: a new one would lock that place out.
            public, shown_path = known[0], "(not here)"
        else:
            pair = make_key_pair()
            write_key(path, pair, mode=mode)
            public, created = pair.public, True
        self.keys.append(
            MadeKey(
                path=str(path) if shown_path != "(not here)" else "",
                shown_path=shown_path,
                user=user,
                public=public,
                created=created,
            )
        )
        return public


def _roles(
    members: Sequence[MemberAddress], admins: Sequence[str], ordinary: Sequence[str]
) -> dict[str, str]:
    """The role of every client that was named. Raises UsageError."""
    taken = {member.name.lower() for member in members}
    reserved = sorted(taken & {CLIENTS_NAME, TRUST_NAME})
    if reserved:
        raise UsageError(f"a board cannot be called {reserved[0]} here; give it another name")
    roles: dict[str, str] = {}
    for role, names in (("admin", admins), ("ordinary", ordinary)):
        for name in names:
            complaint = name_problem(name)
            if complaint:
                raise UsageError(f"the name {name!r} {complaint}")
            if name.lower() in taken:
                raise UsageError(f"{name} is a board, which has a client key of its own already")
            if roles.setdefault(name, role) != role:
                raise UsageError(f"{name} is named with --admin and --client; decide for one")
    return roles


def _make_directory(path: Path) -> None:
    """A directory for secrets, open to nobody else from the first moment. Raises KeyProblem."""
    try:
        path.mkdir(mode=0o700, parents=False, exist_ok=True)
        found = path.stat(follow_symlinks=False)
    except FileNotFoundError as error:
        raise KeyProblem(f"{path}: there is no directory {path.parent}") from error
    except OSError as error:
        raise KeyProblem(f"{path}: no directory for keys: {error.strerror}") from error
    if not stat.S_ISDIR(found.st_mode):
        raise KeyProblem(f"{path} is a link, and keys go to real directories only")
    if found.st_mode & stat.S_IWOTH:
        raise KeyProblem(f"{path}: everybody may write there: chmod 700 {path}")

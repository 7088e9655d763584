"""trusted.toml: whose public keys are let in, and as whom. It holds nothing secret."""

import stat
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from raftpi.errors import KeyProblem
from raftpi.transport.keys import is_public_key

ROLES = ("admin", "ordinary")
WORLD_MAY_WRITE = stat.S_IWOTH


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedNode:
    """A member's public key and where its clients and listeners reach it."""

    id: int
    name: str
    client: str
    status: str
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedClient:
    """A client's public key; `role` is "admin" or "ordinary"."""

    name: str
    role: str
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """All keys that are let in. Invariant: no public key stands for two."""

    nodes: tuple[TrustedNode, ...]
    clients: tuple[TrustedClient, ...]

    def user_of(self, public: str) -> str:
        """Whose key this is: `node:ID`, `admin:NAME`, `ordinary:NAME`, or "" for a stranger's."""
        for node in self.nodes:
            if node.public == public:
                return f"node:{node.id}"
        for client in self.clients:
            if client.public == public:
                return f"{client.role}:{client.name}"
        return ""

    def node_keys(self, node_id: int) -> tuple[str, ...]:
        """The keys of a node; the first is the one to expect."""
        return tuple(node.public for node in self.nodes if node.id == node_id)

    def server_key_at(self, endpoint: str) -> str | None:
        """The key to expect at a client or status endpoint, None when none is known."""
        wanted = _normal(endpoint)
        for node in self.nodes:
            if wanted in (_normal(node.client), _normal(node.status)):
                return node.public
        return None


def parse_trust(text: str, source: str) -> Trust:
    """The keys in a text; `source` is what messages call it. Raises KeyProblem."""
    try:
        document = tomllib.loads(text)
    except ValueError as error:
        raise KeyProblem(f"{source} is no TOML: {error}") from error
    unknown = sorted(set(document) - {"node", "client"})
    if unknown:
        raise KeyProblem(f"{source}: {unknown[0]} is nothing known; there are [[node]], [[client]]")
    nodes = tuple(
        _row(TrustedNode, table, f"{source}: [[node]] number {number}")
        for number, table in enumerate(document.get("node", []), start=1)
    )
    clients = tuple(
        _row(TrustedClient, table, f"{source}: [[client]] number {number}")
        for number, table in enumerate(document.get("client", []), start=1)
    )
    for client in clients:
        if client.role not in ROLES:
            raise KeyProblem(
                f'{source}: the role of {client.name} is "{client.role}"; '
                f"there are {' and '.join(ROLES)}"
            )
    _check_unique(nodes, clients, source)
    return Trust(nodes=nodes, clients=clients)


def read_trust(path: Path) -> Trust:
    """The keys in a file. Raises KeyProblem."""
    try:
        if path.stat().st_mode & WORLD_MAY_WRITE:
            raise KeyProblem(f"{path}: everybody may write to it: chmod 644 {path}")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise KeyProblem(
            f"{path}: no such file; it names the public keys that are let in (raftpi keys make)"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise KeyProblem(f"{path}: cannot be read: {error}") from error
    return parse_trust(text, str(path))


def format_trust(trust: Trust) -> str:
    """The text of a trusted.toml."""
    lines = ["# Public keys that are let in: nothing here is secret.", ""]
    for node in trust.nodes:
        lines += _table("node", node)
    for client in trust.clients:
        lines += _table("client", client)
    return "\n".join(lines)


def _table(name: str, row: TrustedNode | TrustedClient) -> list[str]:
    values = [(f.name, getattr(row, f.name)) for f in fields(row)]
    body = [f'{k} = "{v}"' if isinstance(v, str) else f"{k} = {v}" for k, v in values]
    return [f"[[{name}]]", *body, ""]


def _row(kind: type[Any], table: object, where: str) -> Any:
    if not isinstance(table, dict):
        raise KeyProblem(f"{where} is no table")
    names = {f.name: f.type for f in fields(kind)}
    for name in table:
        if name not in names:
            raise KeyProblem(f"{where}: {name} is no key; there are {', '.join(names)}")
    for name, shape in names.items():
        if type(table.get(name)) is not shape:
            raise KeyProblem(f"{where}: {name} is missing, or not what it should be")
    if not is_public_key(table["public"]):
        raise KeyProblem(f"{where}: its public key is none; one has 40 characters of Z85")
    return kind(**table)


def _check_unique(
    nodes: tuple[TrustedNode, ...], clients: tuple[TrustedClient, ...], source: str
) -> None:
    owners: dict[str, str] = {}
    users = [(n.public, f"node {n.id}") for n in nodes] + [(c.public, c.name) for c in clients]
    for public, user in users:
        if public in owners:
            raise KeyProblem(f"{source}: {user} and {owners[public]} have the same key")
        owners[public] = user


def _normal(endpoint: str) -> str:
    scheme, mark, rest = endpoint.partition("://")
    return f"{scheme}://{rest.lower()}" if mark else f"tcp://{endpoint.lower()}"

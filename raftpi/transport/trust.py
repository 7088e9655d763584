"""trusted.toml: whose public keys are let in, and as whom. It holds nothing secret.

A node may have several [[node]] tables while its key is changed: all of them are let in, and
others expect the first when they connect.
"""

import os
import re
import stat
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from raftpi.errors import KeyProblem
from raftpi.transport.address import normal_endpoint
from raftpi.transport.keys import KEY_CHARACTERS, is_public_key

ROLES = ("admin", "ordinary")
TABLES = ("node", "client")
LAST_NODE_ID = 65_535
# Hundreds of keys fit into a tenth of this; more is some other file.
FILE_BYTES = 1024 * 1024

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_NAME_RULE = "1 to 63 letters, digits, dots, dashes or underscores"


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
        wanted = normal_endpoint(endpoint)
        for node in self.nodes:
            if wanted in (normal_endpoint(node.client), normal_endpoint(node.status)):
                return node.public
        return None


def name_problem(name: object) -> str:
    """Why this cannot be a node's or a client's name, "" if it can."""
    if isinstance(name, str) and _NAME.fullmatch(name):
        return ""
    return f"must be {_NAME_RULE}"


def parse_trust(text: str, source: str) -> Trust:
    """The keys in a text; `source` is what messages call it. Raises KeyProblem."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise KeyProblem(f"{source} is not valid TOML: {error}") from error
    for name in document:
        if name not in TABLES:
            raise KeyProblem(f"{source}: {name} is unknown here{_nearest(name, TABLES)}")
    nodes = tuple(
        _row(TrustedNode, table, where) for where, table in _tables(document, "node", text, source)
    )
    clients = tuple(
        _row(TrustedClient, table, where)
        for where, table in _tables(document, "client", text, source)
    )
    if not nodes:
        raise KeyProblem(f"{source} names no [[node]]; every member has one there")
    _check_together(nodes, clients, source)
    return Trust(nodes=nodes, clients=clients)


def read_trust(path: Path) -> Trust:
    """The keys in a file. Raises KeyProblem."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise KeyProblem(
            f"{path}: no such file; it names the public keys that are let in: copy it from "
            "another board, or make it with: raftpi keys make"
        ) from error
    except OSError as error:
        raise KeyProblem(f"{path}: cannot be read: {error.strerror}") from error
    if mode & stat.S_IWOTH:
        raise KeyProblem(
            f"{path}: everybody may write to it, and so let themselves in: chmod 644 {path}"
        )
    if len(data) > FILE_BYTES:
        raise KeyProblem(f"{path}: larger than 1 MiB; this is no trusted.toml")
    try:
        return parse_trust(data.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise KeyProblem(f"{path}: not UTF-8; save the file as UTF-8") from error


def write_trust(path: Path, trust: Trust) -> bool:
    """Write the file as a whole, durably; whether it was another one before.

    Raises KeyProblem when it cannot be written, or would be refused when it is read.
    """
    text = format_trust(trust)
    parse_trust(text, str(path))
    data = text.encode()
    beside = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
            return False
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(fd, 0o644)
                os.fsync(fd)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise KeyProblem(f"{path}: cannot be written: {error.strerror}") from error
    return True


def format_trust(trust: Trust) -> str:
    """The text of a trusted.toml."""
    lines = [
        "# Whose keys are let in. Public keys only: nothing here is secret.",
        "# The same on every board; after a change: systemctl reload raftpi",
        "",
    ]
    for node in trust.nodes:
        lines += _formatted("node", node)
    for client in trust.clients:
        lines += _formatted("client", client)
    return "\n".join(lines)


def _formatted(name: str, row: TrustedNode | TrustedClient) -> list[str]:
    values = [(f.name, getattr(row, f.name)) for f in fields(row)]
    body = [f'{k} = "{v}"' if isinstance(v, str) else f"{k} = {v}" for k, v in values]
    return [f"[[{name}]]", *body, ""]


def _tables(document: dict[str, Any], name: str, text: str, source: str) -> list[tuple[str, Any]]:
    """Every [[name]] table, each with how messages call its place."""
    tables = document.get(name, [])
    if not isinstance(tables, list):
        raise KeyProblem(f"{source}: write [[{name}]] with two brackets: there may be several")
    header = re.compile(rf"^\s*\[\[\s*{name}\s*\]\]")
    lines = [n for n, line in enumerate(text.splitlines(), start=1) if header.match(line)]
    # Where the headers that are seen are not the tables that were parsed, no line is told.
    places = [f"{source}:{line}" for line in lines] if len(lines) == len(tables) else []
    return [
        (f"{places[at] if places else source}: [[{name}]] number {at + 1}", table)
        for at, table in enumerate(tables)
    ]


def _row(kind: type[Any], table: object, where: str) -> Any:
    """One table as its dataclass. Raises KeyProblem for what is unknown, missing or malformed."""
    if not isinstance(table, dict):
        raise KeyProblem(f"{where} is no table")
    names = [f.name for f in fields(kind)]
    for name in table:
        if name not in names:
            raise KeyProblem(f"{where}: {name} is no key{_nearest(name, names)}")
    for name in names:
        if name not in table:
            raise KeyProblem(f"{where} lacks {name}; it needs {', '.join(names)}")
        complaint = _complaint(name, table[name])
        if complaint:
            raise KeyProblem(f"{where}: {name} {complaint}")
    return kind(**table)


def _complaint(name: str, value: object) -> str:
    """What is wrong with this value, "" if nothing is; the sentence goes on after its name."""
    if name == "id":
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not (is_whole and 1 <= value <= LAST_NODE_ID):  # type: ignore[operator]  # is whole
            return f"must be a whole number from 1 to {LAST_NODE_ID}"
    elif name == "public":
        if not is_public_key(value):
            return f"is no public key; one has {KEY_CHARACTERS} characters of Z85, in quotes"
    elif name == "role":
        if value not in ROLES:
            return "must be " + " or ".join(f'"{role}"' for role in ROLES)
    elif name == "name":
        return name_problem(value)
    elif not (isinstance(value, str) and normal_endpoint(value)):
        return 'must be an endpoint, like "tcp://10.0.0.1:7201"'
    return ""


def _check_together(
    nodes: tuple[TrustedNode, ...], clients: tuple[TrustedClient, ...], source: str
) -> None:
    """Raises KeyProblem for a key, a name or an address that would stand for two."""
    owners: dict[tuple[str, str], str] = {}

    def claim(kind: str, value: str, owner: str) -> None:
        other = owners.setdefault((kind, value), owner)
        if other != owner:
            raise KeyProblem(f"{source}: {owner} and {other} have the same {kind}")

    users = [(f"node {node.id}", node.public) for node in nodes]
    users += [(f"client {client.name}", client.public) for client in clients]
    keys: set[str] = set()
    for owner, public in users:
        claim("public key", public, owner)
        if public in keys:
            raise KeyProblem(f"{source}: {owner} has the same public key twice")
        keys.add(public)
    for node in nodes:
        owner = f"node {node.id}"
        claim("name", node.name.lower(), owner)
        for endpoint in {normal_endpoint(node.client), normal_endpoint(node.status)}:
            claim("endpoint", endpoint, owner)
    for client in clients:
        if any(other.name == client.name and other.role != client.role for other in clients):
            raise KeyProblem(f"{source}: client {client.name} has two roles; decide for one")


def _nearest(name: str, known: Any) -> str:
    import difflib  # only a mistake needs it, and it stays in memory

    near = difflib.get_close_matches(name, known, n=1)
    return f"; do you mean {near[0]}?" if near else f"; there are {', '.join(known)}"

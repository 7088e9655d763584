"""Where the cluster is: from --endpoints, --config, --dir, the environment or the usual places."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from raftpi.errors import UsageError

if TYPE_CHECKING:
    from argparse import Namespace

BOARD_CONFIG = "/etc/raftpi/raftpi.toml"
# pathlib is imported where it is needed: with --endpoints it is not.
DEFAULT_DIRECTORY = "raftpi-cluster"
SCHEMES = ("tcp", "ipc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A member as far as the caller knows it beforehand; `id` 0 and `name` "" when not known."""

    id: int
    name: str
    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Whom to ask. `complete`: these are all members, not only those that were named."""

    seats: tuple[Seat, ...]
    complete: bool

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The client endpoints, as ZeroMQ wants them."""
        return tuple(seat.client for seat in self.seats)


def find(arguments: "Namespace") -> Whereabouts:
    """Whom a command's arguments and the surroundings name. Raises UsageError."""
    given = [name for name in ("endpoints", "config", "dir") if getattr(arguments, name)]
    if len(given) > 1:
        raise UsageError(f"--{given[0]} and --{given[1]} are two places; give one of them")
    if arguments.endpoints:
        return from_endpoints(arguments.endpoints, "--endpoints")
    if arguments.config:
        return from_config(arguments.config)
    if arguments.dir:
        return from_directory(arguments.dir)
    if os.environ.get("RAFTPI_ENDPOINTS"):
        return from_endpoints(os.environ["RAFTPI_ENDPOINTS"], "RAFTPI_ENDPOINTS")
    if os.environ.get("RAFTPI_DIR"):
        return from_directory(os.environ["RAFTPI_DIR"])
    from pathlib import Path

    if Path(BOARD_CONFIG).exists():
        return from_config(BOARD_CONFIG)
    if Path(DEFAULT_DIRECTORY, "cluster.json").exists():
        return from_directory(DEFAULT_DIRECTORY)
    raise UsageError(
        "which cluster? Give --endpoints HOST:PORT,… or set RAFTPI_ENDPOINTS, "
        "or start one on this machine with: raftpi cluster start"
    )


def cluster_directory(arguments: "Namespace") -> str:
    """The directory that the `cluster` commands work in."""
    return arguments.dir or os.environ.get("RAFTPI_DIR") or DEFAULT_DIRECTORY


def from_endpoints(text: str, source: str) -> Whereabouts:
    """Endpoints parted by commas; `host:port` stands for `tcp://host:port`. Raises UsageError."""
    seats = tuple(
        Seat(id=0, name="", client=endpoint(item.strip(), source))
        for item in text.split(",")
        if item.strip()
    )
    if not seats:
        raise UsageError(f"{source} names no endpoint; it wants HOST:PORT, parted by commas")
    return Whereabouts(seats=seats, complete=False)


def from_config(path: str) -> Whereabouts:
    """The [[member]] tables of a raftpi.toml. Raises UsageError."""
    import tomllib
    from pathlib import Path

    try:
        members = tomllib.loads(Path(path).read_text(encoding="utf-8")).get("member")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{path} is no TOML: {error}") from error
    if not isinstance(members, list) or not members:
        raise UsageError(f"{path} has no [[member]] tables, so it names no endpoints")
    seats = []
    for number, member in enumerate(members, start=1):
        client = member.get("client") if isinstance(member, dict) else None
        if not isinstance(client, str):
            raise UsageError(f'{path}: [[member]] number {number} has no client = "tcp://…"')
        node_id, name = member.get("id"), member.get("name")
        seats.append(
            Seat(
                id=node_id if isinstance(node_id, int) else 0,
                name=name if isinstance(name, str) else "",
                client=endpoint(client, path),
            )
        )
    return Whereabouts(seats=tuple(seats), complete=True)


def from_directory(directory: str) -> Whereabouts:
    """The nodes of a local cluster. Raises NoCluster, a UsageError."""
    from pathlib import Path

    from raftpi.local.cluster_file import read_record

    record = read_record(Path(directory))
    seats = tuple(Seat(id=node.id, name=node.name, client=node.client) for node in record.nodes)
    return Whereabouts(seats=seats, complete=True)


def endpoint(text: str, source: str) -> str:
    """The endpoint as ZeroMQ wants it. Raises UsageError."""
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme, rest = "tcp", text
    if scheme not in SCHEMES or not rest:
        raise UsageError(f"{source}: {text!r} is no endpoint; one looks like 127.0.0.1:7201")
    if scheme == "ipc":
        return text
    host, _, port = rest.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise UsageError(f"{source}: {text!r} lacks a port; an endpoint looks like 127.0.0.1:7201")
    return f"tcp://{host}:{port}"

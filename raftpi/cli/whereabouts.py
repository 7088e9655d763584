"""Where the cluster is: from --endpoints, --config, --dir, the environment or the usual places."""

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from raftpi.cli.board_config import from_config
from raftpi.cli.seats import Seat, Whereabouts, endpoint
from raftpi.errors import UsageError

if TYPE_CHECKING:
    from argparse import Namespace

BOARD_CONFIG = "/etc/raftpi/raftpi.toml"
# pathlib is imported where it is needed: with --endpoints it is not.
DEFAULT_DIRECTORY = "raftpi-cluster"


def find(arguments: "Namespace") -> Whereabouts:
    """Whom a command's arguments and the surroundings name, and the key. Raises UsageError."""
    key = arguments.key_file or os.environ.get("RAFTPI_KEY") or ""
    found = _find_seats(arguments, key)
    return replace(found, key=key) if key else found


def _find_seats(arguments: "Namespace", key: str) -> Whereabouts:
    given = [name for name in ("endpoints", "config", "dir") if getattr(arguments, name)]
    if len(given) > 1:
        raise UsageError(f"--{given[0]} and --{given[1]} are two places; give one of them")
    if arguments.endpoints:
        return from_endpoints(arguments.endpoints, "--endpoints")
    if arguments.config:
        return from_config(arguments.config, has_key=bool(key))
    if arguments.dir:
        return from_directory(arguments.dir)
    if os.environ.get("RAFTPI_ENDPOINTS"):
        return from_endpoints(os.environ["RAFTPI_ENDPOINTS"], "RAFTPI_ENDPOINTS")
    if os.environ.get("RAFTPI_DIR"):
        return from_directory(os.environ["RAFTPI_DIR"])
    if key:
        return from_key(key)
    from pathlib import Path

    if Path(BOARD_CONFIG).exists():
        return from_config(BOARD_CONFIG, has_key=bool(key))
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


def from_key(path: str) -> Whereabouts:
    """The nodes in the trusted.toml beside a key. Raises KeyProblem."""
    from pathlib import Path

    from raftpi.transport.client_key import load_client_key

    nodes = load_client_key(Path(path)).trust.nodes
    seats = tuple(Seat(id=node.id, name=node.name, client=node.client) for node in nodes)
    return Whereabouts(seats=seats, complete=True, key=path)


def from_directory(directory: str) -> Whereabouts:
    """The nodes of a local cluster. Raises NoCluster, a UsageError."""
    from pathlib import Path

    from raftpi.local.cluster_file import read_record

    record = read_record(Path(directory))
    seats = tuple(Seat(id=node.id, name=node.name, client=node.client) for node in record.nodes)
    return Whereabouts(seats=seats, complete=True)

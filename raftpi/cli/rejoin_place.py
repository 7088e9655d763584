"""Which board `raftpi rejoin` is about: its directory, its cluster, and how its daemon starts."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from raftpi.cli.board_config import from_config
from raftpi.cli.seats import Whereabouts
from raftpi.cli.whereabouts import BOARD_CONFIG, DEFAULT_DIRECTORY, from_directory
from raftpi.errors import Refused, UsageError

if TYPE_CHECKING:
    from argparse import Namespace

UNIT = "raftpi"
UNIT_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`cluster` is the directory of a cluster on this machine, "" on a board."""

    node_id: int
    name: str
    data: str
    whereabouts: Whereabouts
    cluster: str

    @property
    def start_command(self) -> str:
        """What starts the daemon."""
        if self.cluster:
            return f"raftpi cluster start {self.node_id} --dir {self.cluster}"
        return f"sudo systemctl start {UNIT}"

    @property
    def stop_command(self) -> str:
        """What stops the daemon."""
        if self.cluster:
            return f"raftpi cluster stop {self.node_id} --dir {self.cluster}"
        return f"sudo systemctl stop {UNIT}"


def find_place(arguments: "Namespace") -> Place:
    """The board that the arguments name. Raises UsageError, ConfigurationError."""
    if arguments.dir and arguments.config:
        raise UsageError("--dir and --config are two places; give one of them")
    key = arguments.key_file or os.environ.get("RAFTPI_KEY") or ""
    directory = arguments.dir
    if not directory and not arguments.config and not Path(BOARD_CONFIG).exists():
        directory = os.environ.get("RAFTPI_DIR") or DEFAULT_DIRECTORY
    place = (
        _in_cluster(directory, arguments.node_id)
        if directory
        else _on_board(arguments.config or BOARD_CONFIG, arguments.node_id, key)
    )
    return replace(place, whereabouts=replace(place.whereabouts, key=key)) if key else place


def start_daemon(place: Place) -> None:
    """Start the board's daemon and wait for nothing. Raises Refused when that is not possible."""
    if place.cluster:
        from raftpi.local.cluster import LocalCluster

        LocalCluster.open(place.cluster).spawn(place.node_id)
        return
    import subprocess

    try:
        done = subprocess.run(
            ["systemctl", "start", "--no-block", UNIT],
            capture_output=True,
            text=True,
            timeout=UNIT_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"cannot start the daemon: {error}; do so, and run this again") from error
    if done.returncode:
        reason = done.stderr.strip() or f"systemctl ended with {done.returncode}"
        raise Refused(f"cannot start the daemon: {reason}; do so, and run this again")


@contextmanager
def as_owner(path: str) -> Iterator[None]:
    """As root: be the owner of this directory for a while, so that all that is made is theirs."""
    if os.geteuid() != 0 or not Path(path).exists():
        yield
        return
    owner = Path(path).stat()
    group_before = os.getegid()
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group_before)


def _in_cluster(directory: str, node_id: int | None) -> Place:
    from raftpi.local.cluster import LocalCluster

    cluster = LocalCluster.open(directory)
    if node_id is None:
        raise UsageError(
            f"which node of the cluster in {cluster.directory}? As in: "
            f"raftpi rejoin 2 --dir {directory}"
        )
    node = cluster.node(node_id)
    return Place(
        node_id=node.id,
        name=node.name,
        data=node.data,
        whereabouts=from_directory(str(cluster.directory)),
        cluster=str(cluster.directory),
    )


def _on_board(path: str, node_id: int | None, key: str) -> Place:
    from raftpi.config.file import load_config

    config = load_config(path)
    if node_id not in (None, config.node.id):
        raise UsageError(
            f"{path} is that of {config.me.name}: run this on the board itself, whose directory "
            "it is to set aside"
        )
    return Place(
        node_id=config.node.id,
        name=config.me.name,
        data=str(config.node.data),
        whereabouts=from_config(path, has_key=bool(key)),
        cluster="",
    )

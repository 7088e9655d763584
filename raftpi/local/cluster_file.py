"""DIR/cluster.json: which nodes there are, where they listen and which process each one is."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from raftpi.local.failures import ClusterMismatch, NoCluster

FILE_NAME = "cluster.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalNode:
    """One node as cluster.json tells it.

    `pid` is that of the daemon as last started, or None; endpoints are `tcp://host:port`;
    `config` and `data` are absolute paths.
    """

    id: int
    name: str
    pid: int | None
    peer: str
    client: str
    status: str
    http: str | None
    config: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRecord:
    """The whole of cluster.json. `directory_made`: DIR itself was made by `start`."""

    nodes: tuple[LocalNode, ...]
    directory_made: bool

    def node(self, node_id: int) -> LocalNode:
        """The node with this id. Raises ClusterMismatch when there is none."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        known = ", ".join(str(node.id) for node in self.nodes)
        raise ClusterMismatch(f"this cluster has no node {node_id}; its nodes are {known}")

    def with_pid(self, node_id: int, pid: int) -> "ClusterRecord":
        """The same with this process for this node."""
        return replace(
            self,
            nodes=tuple(replace(n, pid=pid) if n.id == node_id else n for n in self.nodes),
        )


def record_path(directory: Path) -> Path:
    """Where the record of a cluster directory lies."""
    return directory / FILE_NAME


def read_record(directory: Path) -> ClusterRecord:
    """The record in `directory`. Raises NoCluster."""
    path = record_path(directory)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        nodes = tuple(_node(item) for item in values["nodes"])
        made = bool(values.get("directory_made", False))
    except FileNotFoundError as error:
        raise NoCluster(
            f"there is no cluster in {directory} (no {FILE_NAME}); "
            f"make one with: raftpi cluster start --dir {directory}"
        ) from error
    except OSError as error:
        raise NoCluster(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise NoCluster(f"{path} is no record of a local cluster: {error}") from error
    if not nodes:
        raise NoCluster(f"{path} names no nodes")
    return ClusterRecord(nodes=nodes, directory_made=made)


def write_record(directory: Path, record: ClusterRecord) -> None:
    """Replaces the record atomically: a reader sees the old or the new one, whole."""
    path = record_path(directory)
    values = {
        "nodes": [asdict(node) for node in record.nodes],
        "directory_made": record.directory_made,
    }
    beside = path.with_name(f".{FILE_NAME}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8") as file:
            json.dump(values, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """One `start` or `clean` at a time in this directory; the lock ends with the process."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _node(item: dict[str, object]) -> LocalNode:
    pid, http = item.get("pid"), item.get("http")
    node = LocalNode(
        id=_whole(item["id"]),
        name=_text(item["name"]),
        pid=None if pid is None else _whole(pid),
        peer=_text(item["peer"]),
        client=_text(item["client"]),
        status=_text(item["status"]),
        http=None if http is None else _text(http),
        config=_text(item["config"]),
        data=_text(item["data"]),
    )
    # `clean` removes DIR/name: a name must never lead out of DIR.
    if node.name != f"pi{node.id}":
        raise ValueError(f"node {node.id} is named {node.name!r}, not 'pi{node.id}'")
    return node


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise TypeError(f"a whole number from 1 expected, not {value!r}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"a text expected, not {value!r}")
    return value

"""Laying a new cluster out in a directory, and taking it away again.

DIR/cluster.json   which nodes there are
DIR/piN/           raftpi.toml, log, data/ and run/ of node N
"""

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from raftpi.errors import UsageError
from raftpi.local import ports
from raftpi.local.cluster_file import (
    ClusterRecord,
    LocalNode,
    locked,
    record_path,
    write_record,
)
from raftpi.local.config_file import TIMINGS, chaos_enabled, config_text
from raftpi.local.failures import ClusterMismatch

LARGEST_NODE_COUNT = 9
CONFIG_NAME = "raftpi.toml"
LOG_NAME = "log"
DATA_NAME = "data"
RUNTIME_NAME = "run"


def lay_out(
    directory: Path, node_count: int, base_port: int | None, *, chaos: bool, timing: str
) -> ClusterRecord:
    """Writes the files of a new cluster; `directory` is absolute and may exist.

    Raises UsageError when something is in the way or out of range, PortInUse.
    """
    if not 1 <= node_count <= LARGEST_NODE_COUNT:
        raise UsageError(f"--nodes must lie between 1 and {LARGEST_NODE_COUNT}, not {node_count}")
    if timing not in TIMINGS:
        raise UsageError(f"--timing must be one of {', '.join(TIMINGS)}, not {timing!r}")
    _check_name(directory)
    if base_port is not None:
        ports.check_base_port(base_port, node_count)
    made = not directory.exists()
    directory.mkdir(parents=True, exist_ok=True)
    with locked(directory):
        if record_path(directory).exists():
            raise UsageError(f"there is a cluster in {directory} already")
        for node_id in range(1, node_count + 1):
            home = directory / f"pi{node_id}"
            if os.path.lexists(home):
                raise UsageError(
                    f"{home} is in the way and belongs to no cluster (there is no cluster.json); "
                    "move it away or choose another --dir"
                )
        base = ports.find_base_port(node_count) if base_port is None else base_port
        nodes = tuple(_place(directory, base, node_id) for node_id in range(1, node_count + 1))
        record = ClusterRecord(nodes=nodes, directory_made=made)
        # First the record, so that whatever follows can be cleaned away.
        write_record(directory, record)
        for node in nodes:
            home = directory / node.name
            home.mkdir()
            text = config_text(
                node, nodes, runtime=str(home / RUNTIME_NAME), chaos=chaos, timing=timing
            )
            Path(node.config).write_text(text, encoding="utf-8")
    return record


def check_same(
    directory: Path,
    record: ClusterRecord,
    *,
    node_count: int | None,
    base_port: int | None,
    chaos: bool,
    timing: str | None,
) -> None:
    """Raises ClusterMismatch when the cluster that exists is not the one asked for."""
    clean = f"run `raftpi cluster clean --dir {directory}` first, or choose another --dir"
    if node_count is not None and node_count != len(record.nodes):
        raise ClusterMismatch(
            f"the cluster in {directory} has {len(record.nodes)} nodes, not {node_count}; {clean}"
        )
    first = record.nodes[0]
    if base_port is not None:
        here = urlsplit(first.peer).port
        if here != ports.node_ports(base_port, first.id)[0]:
            raise ClusterMismatch(
                f"the cluster in {directory} has another base port "
                f"({first.name} listens at {first.peer}); {clean}"
            )
    if chaos and not all(chaos_enabled(Path(node.config)) for node in record.nodes):
        raise ClusterMismatch(f"the cluster in {directory} was made without --chaos; {clean}")
    if timing is not None and f'timing = "{timing}"' not in Path(first.config).read_text("utf-8"):
        raise ClusterMismatch(f"the cluster in {directory} was founded with other timing; {clean}")


def remove(directory: Path, record: ClusterRecord) -> tuple[Path, ...]:
    """Removes what `lay_out` and the daemons made; returns what was left, for it is not ours."""
    left: list[Path] = []
    with locked(directory):
        for node in record.nodes:
            home = directory / node.name
            if home.is_symlink() or not home.is_dir():
                left += [home] if os.path.lexists(home) else []
                continue
            for name in (DATA_NAME, RUNTIME_NAME):
                if (home / name).is_dir() and not (home / name).is_symlink():
                    shutil.rmtree(home / name)
            for name in (LOG_NAME, CONFIG_NAME):
                (home / name).unlink(missing_ok=True)
            left += _remove_if_empty(home)
        record_path(directory).unlink(missing_ok=True)
        if record.directory_made and not left:
            left += _remove_if_empty(directory)
    return tuple(left)


def _place(directory: Path, base_port: int, node_id: int) -> LocalNode:
    peer, client, status = ports.node_ports(base_port, node_id)
    home = directory / f"pi{node_id}"
    return LocalNode(
        id=node_id,
        name=home.name,
        pid=None,
        peer=f"tcp://{ports.HOST}:{peer}",
        client=f"tcp://{ports.HOST}:{client}",
        status=f"tcp://{ports.HOST}:{status}",
        http=None,
        config=str(home / CONFIG_NAME),
        data=str(home / DATA_NAME),
    )


def _check_name(directory: Path) -> None:
    try:
        str(directory).encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(f"--dir {str(directory)!a} is not UTF-8; choose another") from error
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"--dir {directory} is not a directory")


def _remove_if_empty(directory: Path) -> list[Path]:
    inside = sorted(directory.iterdir())
    if not inside:
        directory.rmdir()
    return inside

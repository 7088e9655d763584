"""`raftpi cluster …`: a local cluster in the background, for scripts."""

import sys
import time
from typing import TYPE_CHECKING

from raftpi.cli.printing import columns, print_json, print_line, print_note
from raftpi.cli.whereabouts import cluster_directory
from raftpi.errors import Unavailable, UsageError
from raftpi.local.cluster import START_TIMEOUT_S, STOP_LIMIT_S, LocalCluster, Stopped

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from raftpi.local.failures import DaemonDied
    from raftpi.status import NodeStatus

STATUS_TIMEOUT_S = 1.0
FOLLOW_POLL_S = 0.2


def start(arguments: "Namespace") -> int:
    """Starts all nodes and waits for a leader, or one node and waits until it answers."""
    directory = cluster_directory(arguments)
    timeout_s = arguments.timeout or START_TIMEOUT_S
    if arguments.node_id is not None:
        return _start_one(directory, arguments, timeout_s)
    cluster = LocalCluster.open_or_create(
        directory,
        arguments.nodes,
        arguments.base_port,
        chaos=arguments.chaos,
        timing=arguments.timing,
    )
    _warn_of_even_size(len(cluster.nodes))
    before = cluster.running()
    try:
        leader = cluster.start(timeout_s)
    except Unavailable:
        _tell_deaths(cluster.died())
        raise
    deaths = cluster.died()
    _tell_deaths(deaths)
    _print_nodes(cluster, arguments, leader)
    if len(before) == len(cluster.nodes):
        print_note(f"all {len(before)} nodes were running already")
    return deaths[0].exit_code if deaths else 0


def _start_one(directory: str, arguments: "Namespace", timeout_s: float) -> int:
    made_anew = (arguments.nodes, arguments.base_port, arguments.timing) != (None, None, None)
    if made_anew or arguments.chaos:
        raise UsageError(
            "--nodes, --base-port, --chaos and --timing are for a whole cluster, not for one node"
        )
    cluster = LocalCluster.open(directory)
    started = cluster.start_node(arguments.node_id, timeout_s)
    node = cluster.node(arguments.node_id)
    if arguments.json:
        print_json({"id": node.id, "name": node.name, "pid": node.pid, "started": started})
    elif started:
        print_line(f"{node.name} answers (pid {node.pid}, {node.client})")
    else:
        print_line(f"{node.name} was running already (pid {node.pid})")
    return 0


def status(arguments: "Namespace") -> int:
    """As `raftpi status`, and which daemons live."""
    from raftpi.cli.seats import Seat, Whereabouts
    from raftpi.cli.status_table import StatusView

    cluster = LocalCluster.open(cluster_directory(arguments))
    seats = tuple(Seat(id=node.id, name=node.name, client=node.client) for node in cluster.nodes)
    statuses = cluster.statuses(arguments.timeout or STATUS_TIMEOUT_S)
    view = StatusView(statuses, Whereabouts(seats=seats, complete=True))
    running = set(cluster.running())
    if arguments.json:
        processes = {
            node.id: {
                "pid": node.pid,
                "alive": node.id in running,
                "peer": node.peer,
                "client": node.client,
                "status": node.status,
                "config": node.config,
                "data": node.data,
            }
            for node in cluster.nodes
        }
        nodes = [{**item, **processes.get(_id(item), {})} for item in view.nodes()]
        print_json({"nodes": nodes})
    else:
        rows = [("PROCESS", "PID")]
        for node in cluster.nodes:
            alive = node.id in running
            rows.append(("alive", str(node.pid)) if alive else ("not running", "-"))
        table = view.lines()
        beside = columns(rows, frozenset({1}))
        # A member that cluster.json does not know has no process of ours.
        beside += [""] * (len(table) - len(beside))
        width = max(len(line) for line in table)
        for line, process in zip(table, beside, strict=True):
            print_line(f"{line.ljust(width)}  {process}".rstrip())
        for note in view.notes():
            print_note(note)
    return 0 if view.leader is not None else 4


def logs(arguments: "Namespace") -> int:
    """Prints the end of the logs, and with -f what is added to them."""
    from raftpi.local.log_file import Follower, last_lines, size_bytes

    cluster = LocalCluster.open(cluster_directory(arguments))
    nodes = cluster.nodes
    if arguments.node_id is not None:
        nodes = (cluster.node(arguments.node_id),)
    paths = {node.name: cluster.log(node.id) for node in nodes}
    ends = {name: size_bytes(path) for name, path in paths.items()}
    for name, path in paths.items():
        for line in last_lines(path, arguments.lines, until_bytes=ends[name]):
            _print_log_line(name, line, arguments, alone=len(paths) == 1)
    follower = Follower(paths, ends)
    while arguments.follow:
        for name, line in follower.lines():
            _print_log_line(name, line, arguments, alone=len(paths) == 1)
        time.sleep(FOLLOW_POLL_S)
    return 0


def kill(arguments: "Namespace") -> int:
    """SIGKILL."""
    cluster = LocalCluster.open(cluster_directory(arguments))
    node = cluster.node(arguments.node_id)
    killed = cluster.kill(node.id)
    if arguments.json:
        print_json({"id": node.id, "name": node.name, "killed": killed})
    else:
        print_line(f"{node.name} killed" if killed else f"{node.name} was not running")
    return 0


def stop(arguments: "Namespace") -> int:
    """SIGTERM, and SIGKILL for a daemon that does not end in time."""
    cluster = LocalCluster.open(cluster_directory(arguments))
    ids = None if arguments.node_id is None else (cluster.node(arguments.node_id).id,)
    limit_s = arguments.timeout or STOP_LIMIT_S
    went = cluster.stop_all(limit_s, ids)
    if arguments.json:
        items = [
            {"id": node_id, "name": cluster.node(node_id).name, "outcome": how.value}
            for node_id, how in went.items()
        ]
        print_json({"nodes": items})
    for node_id, how in went.items():
        name = cluster.node(node_id).name
        if how is Stopped.BY_FORCE:
            print_note(f"{name} did not stop within {limit_s:g} s and was killed")
        elif not arguments.json:
            print_line(f"{name} {'stopped' if how is Stopped.CLEANLY else 'was not running'}")
    return 0


def clean(arguments: "Namespace") -> int:
    """Stops all and removes what `start` made."""
    cluster = LocalCluster.open(cluster_directory(arguments))
    left = cluster.clean(arguments.timeout or STOP_LIMIT_S)
    if arguments.json:
        print_json({"directory": str(cluster.directory), "left": [str(path) for path in left]})
    else:
        print_line(f"stopped, and removed the cluster in {cluster.directory}")
    for path in left:
        print_note(f"left in place, for it was not made by raftpi: {path}")
    return 0


def _print_nodes(cluster: LocalCluster, arguments: "Namespace", leader: "NodeStatus") -> None:
    if arguments.json:
        nodes = [
            {
                "id": node.id,
                "name": node.name,
                "pid": node.pid,
                "alive": cluster.is_running(node.id),
                "peer": node.peer,
                "client": node.client,
                "status": node.status,
                "leader": node.id == leader.id,
            }
            for node in cluster.nodes
        ]
        print_json({"directory": str(cluster.directory), "leader": leader.id, "nodes": nodes})
        return
    rows = [("NODE", "PID", "CLIENTS", "")]
    for node in cluster.nodes:
        pid = cluster.pid(node.id)
        leads = f"leader, term {leader.term}" if node.id == leader.id else ""
        rows.append((node.name, str(pid or "-"), node.client, leads if pid else "not running"))
    for line in columns(rows, frozenset({1})):
        print_line(line)


def _print_log_line(name: str, line: str, arguments: "Namespace", *, alone: bool) -> None:
    if arguments.json:
        print_json({"name": name, "line": line})
    else:
        print_line(line if alone else f"{name} | {line}")


def _tell_deaths(deaths: "Sequence[DaemonDied]") -> None:
    for death in deaths:
        for line in death.last_lines:
            print(f"  {death.name} | {line}", file=sys.stderr)
        print_note(str(death))


def _warn_of_even_size(count: int) -> None:
    if count % 2 == 0:
        print_note(
            f"warning: {count} nodes survive no more failures than {count - 1} would; "
            "an odd number is better"
        )


def _id(item: dict[str, object]) -> int:
    value = item["id"]
    return value if isinstance(value, int) else 0

"""`LocalCluster`: real daemons on this machine, kept in one directory."""

import shutil
import signal
import time
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from raftpi.errors import RaftpiError, Unavailable
from raftpi.local import layout, ports, processes, readiness
from raftpi.local.cluster_file import (
    ClusterRecord,
    LocalNode,
    locked,
    read_record,
    record_path,
    write_record,
)
from raftpi.local.failures import ClusterMismatch, DaemonDied, NoCluster, PortInUse
from raftpi.local.log_file import last_lines, size_bytes

if TYPE_CHECKING:
    from raftpi.status import NodeStatus

DEFAULT_NODE_COUNT = 3
START_TIMEOUT_S = 15.0
STOP_LIMIT_S = 10.0
KILL_WAIT_S = 5.0
# The sockets of a daemon that was killed a moment ago may take this long to vanish.
PORT_GRACE_S = 0.5
# So long the others may go on trying for a leader after a daemon died at its start.
DEATH_GRACE_S = 3.0
SHOWN_LOG_LINES = 15


class Stopped(Enum):
    """How `stop` went for one node."""

    CLEANLY = "stopped"
    BY_FORCE = "killed"
    NOT_RUNNING = "not running"


class LocalCluster:
    """A cluster of daemon processes, described by DIR/cluster.json.

    Invariant: a process is signalled only after it was seen to be ours.
    The daemons outlive this object; `clean` stops them and removes what `create` made.
    """

    def __init__(
        self,
        directory: Path,
        record: ClusterRecord,
        *,
        command: Callable[[str], Sequence[str]] = processes.daemon_command,
        ask: readiness.AskStatuses = readiness.ask_statuses,
    ) -> None:
        """For `create` and `open`; tests hand in another daemon's `command` and `ask`."""
        self.directory = directory
        self._record = record
        self._command = command
        self._ask = ask
        self._log_starts: dict[int, int] = {}
        self._spawned: dict[int, int] = {}

    # --- making and finding ---------------------------------------------------------------

    @classmethod
    def create(
        cls,
        directory: str | Path,
        nodes: int = DEFAULT_NODE_COUNT,
        base_port: int | None = None,
        *,
        chaos: bool = False,
        timing: str = "wired",
        command: Callable[[str], Sequence[str]] = processes.daemon_command,
        ask: readiness.AskStatuses = readiness.ask_statuses,
    ) -> Self:
        """Lays a new cluster out in `directory`; starts nothing.

        Raises UsageError (also when a cluster is there already) and PortInUse.
        """
        path = Path(directory).resolve()
        record = layout.lay_out(path, nodes, base_port, chaos=chaos, timing=timing)
        return cls(path, record, command=command, ask=ask)

    @classmethod
    def open(
        cls,
        directory: str | Path,
        *,
        command: Callable[[str], Sequence[str]] = processes.daemon_command,
        ask: readiness.AskStatuses = readiness.ask_statuses,
    ) -> Self:
        """The cluster that lives in `directory`. Raises NoCluster."""
        path = Path(directory).resolve()
        return cls(path, read_record(path), command=command, ask=ask)

    @classmethod
    def open_or_create(
        cls,
        directory: str | Path,
        nodes: int | None = None,
        base_port: int | None = None,
        *,
        chaos: bool = False,
        timing: str | None = None,
        command: Callable[[str], Sequence[str]] = processes.daemon_command,
        ask: readiness.AskStatuses = readiness.ask_statuses,
    ) -> Self:
        """The cluster in `directory`, made if there is none; None and False agree with any.

        Raises ClusterMismatch when one is there that differs from what is asked for.
        """
        path = Path(directory).resolve()
        if record_path(path).exists():
            record = read_record(path)
            layout.check_same(
                path, record, node_count=nodes, base_port=base_port, chaos=chaos, timing=timing
            )
        else:
            count = DEFAULT_NODE_COUNT if nodes is None else nodes
            record = layout.lay_out(path, count, base_port, chaos=chaos, timing=timing or "wired")
        return cls(path, record, command=command, ask=ask)

    # --- what there is ----------------------------------------------------------------------

    @property
    def nodes(self) -> tuple[LocalNode, ...]:
        """The nodes, in the order of their ids."""
        return self._record.nodes

    def node(self, node_id: int) -> LocalNode:
        """One node. Raises ClusterMismatch."""
        return self._record.node(node_id)

    def endpoints(self) -> tuple[str, ...]:
        """The client endpoints of all nodes, running or not."""
        return tuple(node.client for node in self.nodes)

    def is_running(self, node_id: int) -> bool:
        """Whether the daemon of this node lives (a paused one does)."""
        return self.pid(node_id) is not None

    def running(self) -> tuple[int, ...]:
        """The ids of the nodes whose daemons live."""
        return tuple(node.id for node in self.nodes if self.is_running(node.id))

    def pid(self, node_id: int) -> int | None:
        """The pid of the living daemon of this node, or None."""
        self._refresh()
        node = self.node(node_id)
        return node.pid if processes.is_running(node.pid, node.config) else None

    def exit_code(self, node_id: int) -> int | None:
        """How the daemon that this object started ended (negative: the signal), else None."""
        return processes.exit_code(self._spawned.get(node_id))

    def home(self, node_id: int) -> Path:
        """DIR/piN, which holds all of a node's files."""
        return self.directory / self.node(node_id).name

    def log(self, node_id: int) -> Path:
        """The file that takes the daemon's standard output and error."""
        return self.home(node_id) / layout.LOG_NAME

    def statuses(self, timeout_s: float = 1.0) -> "Sequence[NodeStatus]":
        """What the nodes that answer say of themselves."""
        try:
            return self._ask(self.endpoints(), timeout_s)
        except RaftpiError:
            return ()

    # --- starting -----------------------------------------------------------------------------

    def start(self, timeout_s: float = START_TIMEOUT_S) -> "NodeStatus":
        """Starts every node that does not run, waits for a leader and returns its status.

        A daemon that died does not matter if the others have a leader: see `died`.
        Raises PortInUse, and as `wait_for_leader`.
        """
        for node in self.nodes:
            self.spawn(node.id)
        return self.wait_for_leader(timeout_s)

    def start_node(self, node_id: int, timeout_s: float = START_TIMEOUT_S) -> bool:
        """Starts one node and waits until it answers; False when it ran already.

        Raises PortInUse, DaemonDied when it ends instead, Unavailable after `timeout_s`.
        """
        started = self.spawn(node_id)
        node = self.node(node_id)

        def check() -> None:
            for death in self.died((node_id,)):
                raise death

        answer = readiness.wait_for_answer(node.client, node_id, timeout_s, self._ask, check)
        if answer is None:
            raise Unavailable(
                f"{node.name} runs (pid {node.pid}) but does not answer at {node.client} "
                f"after {timeout_s:g} s; its log is {self.log(node_id)}"
            )
        return started

    def spawn(self, node_id: int) -> bool:
        """Starts the daemon of one node and waits for nothing; False when it runs already.

        Raises PortInUse; NoCluster when the directory was cleaned away meanwhile.
        """
        with locked(self.directory):
            # Another process may have started it, and rewritten the record.
            self._record = read_record(self.directory)
            node = self.node(node_id)
            if processes.is_running(node.pid, node.config):
                return False
            _wait_for_ports(node)
            home = self.home(node_id)
            for name in (layout.DATA_NAME, layout.RUNTIME_NAME):
                (home / name).mkdir(exist_ok=True)
            self._log_starts[node_id] = size_bytes(self.log(node_id))
            pid = processes.spawn(self._command(node.config), self.log(node_id))
            self._spawned[node_id] = pid
            self._record = self._record.with_pid(node_id, pid)
            write_record(self.directory, self._record)
        return True

    def wait_for_leader(self, timeout_s: float = START_TIMEOUT_S) -> "NodeStatus":
        """The status of the leader, as soon as one is there and known to those that answer.

        Raises DaemonDied when a daemon that was started here ended and there is no quorum,
        or no leader soon after; Unavailable after `timeout_s`.
        """
        patience = time.monotonic() + DEATH_GRACE_S

        def living() -> Sequence[str]:
            return [node.client for node in self.nodes if self.is_running(node.id)]

        def check() -> None:
            hopeless = len(self.running()) * 2 <= len(self.nodes)
            if hopeless or time.monotonic() > patience:
                for death in self.died():
                    raise death

        leader = readiness.wait_for_leader(living, timeout_s, self._ask, check)
        if leader is not None:
            return leader
        raise Unavailable(
            f"no leader after {timeout_s:g} s ({len(self.running())} of {len(self.nodes)} "
            f"daemons run); see: raftpi cluster logs --dir {self.directory}"
        )

    def died(self, node_ids: Sequence[int] | None = None) -> tuple[DaemonDied, ...]:
        """One error for each daemon that this object started and that has ended by itself."""
        deaths = []
        for node in self.nodes:
            asked_for = node_ids is None or node.id in node_ids
            if asked_for and node.id in self._spawned and not self.is_running(node.id):
                since_bytes = self._log_starts.get(node.id, 0)
                lines = last_lines(self.log(node.id), SHOWN_LOG_LINES, since_bytes)
                deaths.append(DaemonDied(node.name, self.exit_code(node.id), lines))
        return tuple(deaths)

    # --- stopping and harming -------------------------------------------------------------------

    def stop(self, node_id: int, limit_s: float = STOP_LIMIT_S) -> Stopped:
        """SIGTERM, waits for the end, after `limit_s` SIGKILL."""
        return self.stop_all(limit_s, (node_id,))[node_id]

    def stop_all(
        self, limit_s: float = STOP_LIMIT_S, node_ids: Sequence[int] | None = None
    ) -> dict[int, Stopped]:
        """Stops all (or these) at the same time; tells how it went, by node id."""
        ids = [node.id for node in self.nodes] if node_ids is None else list(node_ids)
        went = dict.fromkeys(ids, Stopped.NOT_RUNNING)
        asked = [node_id for node_id in ids if self._send(node_id, signal.SIGTERM)]
        deadline = time.monotonic() + limit_s
        for node_id in asked:
            # A paused daemon takes the SIGTERM once it goes on.
            self._send(node_id, signal.SIGCONT)
        for node_id in asked:
            node = self.node(node_id)
            remaining_s = max(0.0, deadline - time.monotonic())
            went[node_id] = Stopped.CLEANLY
            if not processes.wait_for_end(node.pid, node.config, remaining_s):
                self._send(node_id, signal.SIGKILL, KILL_WAIT_S)
                went[node_id] = Stopped.BY_FORCE
            self._spawned.pop(node_id, None)
        return went

    def kill(self, node_id: int) -> bool:
        """SIGKILL, and waits until the process is gone; False when it did not run."""
        killed = self._send(node_id, signal.SIGKILL, KILL_WAIT_S)
        self._spawned.pop(node_id, None)
        return killed

    def pause(self, node_id: int) -> bool:
        """SIGSTOP: silent, but its connections stay; False when it does not run."""
        pid = self.node(node_id).pid if self._send(node_id, signal.SIGSTOP) else None
        return pid is not None and processes.wait_until_paused(pid)

    def resume(self, node_id: int) -> bool:
        """SIGCONT after `pause`; False when it does not run."""
        return self._send(node_id, signal.SIGCONT)

    def throw_away_data(self, node_id: int) -> None:
        """Removes all that this node remembers. Raises ClusterMismatch while it runs."""
        if self.is_running(node_id):
            raise ClusterMismatch(
                f"{self.node(node_id).name} runs; stop it before its data is thrown away"
            )
        data = self.home(node_id) / layout.DATA_NAME
        if data.exists():
            shutil.rmtree(data)

    def clean(self, limit_s: float = STOP_LIMIT_S) -> tuple[Path, ...]:
        """Stops all and removes what was made; returns what was left, for it is not ours."""
        self.stop_all(limit_s)
        return layout.remove(self.directory, self._record)

    # --- inside ---------------------------------------------------------------------------------

    def _send(self, node_id: int, number: signal.Signals, wait_s: float = 0.0) -> bool:
        self._refresh()
        node = self.node(node_id)
        return processes.send(node.pid, node.config, number, wait_s)

    def _refresh(self) -> None:
        """Reads the record anew: another process may have started a node meanwhile."""
        try:
            self._record = read_record(self.directory)
        except NoCluster:
            # Cleaned away: what was known is the best there is for stopping what still runs.
            return


def _wait_for_ports(node: LocalNode) -> None:
    """Raises PortInUse when a port of the node stays taken."""
    deadline = time.monotonic() + PORT_GRACE_S
    for what, endpoint in (("peer", node.peer), ("client", node.client), ("status", node.status)):
        parts = urlsplit(endpoint)
        port, host = parts.port or 0, parts.hostname or ports.HOST
        while not ports.is_free(port, host):
            if time.monotonic() >= deadline:
                raise PortInUse(
                    f"port {port} on {host}, the {what} port of {node.name}, is in use by another "
                    "program; stop that program, or make a cluster elsewhere with another --dir"
                )
            time.sleep(0.02)

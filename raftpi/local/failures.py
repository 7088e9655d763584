"""What can go wrong with a cluster on this machine."""

from raftpi.errors import RaftpiError, UsageError


class NoCluster(UsageError):
    """The directory holds no cluster.json, or one that cannot be read."""


class ClusterMismatch(UsageError):
    """The cluster that exists is not the one asked for, or has no such node."""


class PortInUse(UsageError):
    """A port that a node needs is taken by another program."""


class DaemonDied(RaftpiError):
    """A daemon ended when it should have begun.

    `exit_code_of_daemon` is its exit status (negative: the signal), None when unknown;
    `last_lines` the end of its log since that start.
    """

    exit_code = 1

    def __init__(self, name: str, exit_code_of_daemon: int | None, last_lines: list[str]) -> None:
        self.name = name
        self.exit_code_of_daemon = exit_code_of_daemon
        self.last_lines = last_lines
        if exit_code_of_daemon is None:
            how = "ended"
        elif exit_code_of_daemon < 0:
            how = f"was ended by signal {-exit_code_of_daemon}"
        else:
            how = f"ended with exit code {exit_code_of_daemon}"
        super().__init__(f"the daemon of {name} {how} at its start")

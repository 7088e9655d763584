"""`raftpi node` and `raftpi demo`: commands that are programs of their own."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace


def node(arguments: "Namespace") -> int:
    """Runs the daemon, or only checks its configuration; its exit code."""
    from raftpi.daemon.main import run

    return run(arguments.config, arguments.check)


def demo(arguments: "Namespace") -> int:
    """Runs the demo until its user leaves; its exit code."""
    from raftpi.cli.demo import run

    return run(arguments.nodes, arguments.dir, arguments.base_port)

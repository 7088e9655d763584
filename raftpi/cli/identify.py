"""`raftpi identify NODE`: flash one board's lamp white, so that hands find it."""

from typing import TYPE_CHECKING

from raftpi.cli.connection import connect
from raftpi.cli.printing import print_json, print_line

if TYPE_CHECKING:
    from argparse import Namespace


def identify(arguments: "Namespace") -> int:
    """Has the lamp flash; says which, and for how long."""
    with connect(arguments) as client:
        client.identify(arguments.node, arguments.for_s)
    if arguments.json:
        print_json({"node": arguments.node, "seconds": arguments.for_s})
    else:
        print_line(f"{arguments.node} flashes white for {arguments.for_s:g} s")
    return 0

"""`raftpi transfer [NODE]`: hand leadership over."""

from typing import TYPE_CHECKING

from raftpi.cli.connection import connect
from raftpi.cli.printing import print_json, print_line

if TYPE_CHECKING:
    from argparse import Namespace


def transfer(arguments: "Namespace") -> int:
    """Hands leadership to the node named, or to whoever is furthest along."""
    with connect(arguments) as store:
        leader = store.transfer(arguments.node)
    if arguments.json:
        print_json({"leader": leader.id, "name": leader.name, "term": leader.term})
    else:
        print_line(f"{leader.name} leads (term {leader.term})")
    return 0

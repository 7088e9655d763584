"""`raftpi status`: one line for each node, or what the nodes cost their cards."""

import sys
import time
from typing import TYPE_CHECKING

from raftpi.cli.connection import ask_all
from raftpi.cli.printing import print_json, print_line, print_note
from raftpi.cli.seats import Whereabouts
from raftpi.cli.status_table import StatusView
from raftpi.cli.wear_table import WearView
from raftpi.cli.whereabouts import find

if TYPE_CHECKING:
    from argparse import Namespace

TIMEOUT_S = 1.0
NO_LEADER = 4
CLEAR_SCREEN = "\x1b[H\x1b[2J"


def status(arguments: "Namespace") -> int:
    """Prints the nodes once, or again and again; 0 when there is a leader, else 4."""
    whereabouts = find(arguments)
    timeout_s = arguments.timeout or TIMEOUT_S
    as_json, wear = arguments.json, arguments.wear
    if not arguments.watch:
        return _show(whereabouts, timeout_s, as_json=as_json, wear=wear)
    redraw = sys.stdout.isatty() and not arguments.json
    while True:
        _show(whereabouts, timeout_s, as_json=as_json, wear=wear, redraw=redraw, watched=True)
        time.sleep(arguments.interval)


def _show(
    whereabouts: Whereabouts,
    timeout_s: float,
    *,
    as_json: bool,
    wear: bool,
    redraw: bool = False,
    watched: bool = False,
) -> int:
    statuses, silent = ask_all(whereabouts, timeout_s)
    view = StatusView(statuses, whereabouts, silent)
    shown = WearView(statuses) if wear else view
    notes = view.notes() + (shown.notes() if wear else [])
    if not view.answered:
        asked = ", ".join(whereabouts.endpoints)
        notes.append(f"no node answers; asked {asked}")
    if as_json:
        document: dict[str, object] = {"nodes": shown.nodes()}
        if not view.answered:
            document |= {"error": "unavailable", "message": notes[-1]}
        print_json(document)
    else:
        text = "\n".join(shown.lines())
        # A screen is redrawn; a pipe or file gets one block after the other.
        print_line(f"{CLEAR_SCREEN}{text}" if redraw else text + ("\n" if watched else ""))
    for note in notes:
        if redraw:
            print_line(note)
        else:
            print_note(note)
    return 0 if view.leader is not None else NO_LEADER

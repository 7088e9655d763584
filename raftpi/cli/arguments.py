"""The arguments of the `raftpi` command: which words mean which function.

Each command's own module is imported when it runs, not before.
"""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from raftpi import __version__
from raftpi.cli.board_arguments import BOARD_ADDERS
from raftpi.cli.key_arguments import KEY_ADDERS
from raftpi.cli.parser import (
    HelpFormatter,
    Parser,
    action,
    add_node_id,
    bare_command,
    command,
    seconds,
    whole,
)
from raftpi.cli.sim_arguments import SIM_ADDERS
from raftpi.errors import UsageError

if TYPE_CHECKING:
    from raftpi.cli.parser import Commands

DESCRIPTION = """\
Keep one small state identical and durable on a handful of boards: a replicated
key-value store on Raft, with a lamp that tells the truth."""
EXAMPLES = """\
examples:
  raftpi demo                       a live cluster on this machine, in the terminal
  raftpi cluster start --nodes 3    the same in the background, for scripts
  raftpi put temperature 72.5
  raftpi get temperature
  raftpi status --watch

Where the cluster is, the first of these says that is given: --endpoints, --config
or --dir; RAFTPI_ENDPOINTS; RAFTPI_DIR; --key or RAFTPI_KEY; /etc/raftpi/raftpi.toml;
./raftpi-cluster, which `raftpi cluster start` makes.

exit codes:
  0 done   1 refused or not found   2 usage or configuration
  3 no answer in time, outcome unknown   4 certainly not done: no quorum or no leader
"""


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The arguments, with `run`: a function of these that returns the exit code.

    Raises UsageError; SystemExit after it has printed the help or the version.
    """
    arguments = build(words[0] if words else "").parse_args(words)
    if not hasattr(arguments, "run"):
        raise UsageError("a command is needed (see: raftpi --help)")
    return arguments


def build(command: str = "") -> Parser:
    """The parser of this command alone, or of all if it is none of them.

    Each subparser costs about a millisecond on a fast machine, so one that is not asked for
    is not made.
    """
    parser = Parser(
        prog="raftpi",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"raftpi {__version__}")
    parser.set_defaults(
        json=False, timeout=None, endpoints=None, config=None, dir=None, key_file=None
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for add in [ADDERS[command]] if command in ADDERS else ADDERS.values():
        add(commands)
    return parser


def _add_put(commands: "Commands") -> None:
    put = command(commands, "put", "set a key", "raftpi put temperature 72.5", "kv", "put")
    put.add_argument("key", metavar="KEY")
    put.add_argument("value", metavar="VALUE", help="the value; - reads it from standard input")


def _add_get(commands: "Commands") -> None:
    get = command(commands, "get", "print a key's value", "raftpi get photo > p", "kv", "get")
    get.add_argument("key", metavar="KEY")


def _add_delete(commands: "Commands") -> None:
    delete = command(commands, "delete", "remove a key", "raftpi delete photo", "kv", "delete")
    delete.add_argument("key", metavar="KEY")


def _add_list(commands: "Commands") -> None:
    text = "print the keys that begin with PREFIX, and their values"
    listing = command(commands, "list", text, "raftpi list room/", "kv", "list_prefix")
    listing.add_argument("prefix", metavar="PREFIX", nargs="?", default="", help="default: all")


def _add_cas(commands: "Commands") -> None:
    text = "compare and swap: set a key if it holds OLD"
    example = "raftpi cas heating off on\n  raftpi cas captain --absent pi1"
    cas = command(commands, "cas", text, example, "kv", "cas")
    cas.add_argument("key", metavar="KEY")
    cas.add_argument("--absent", action="store_true", help="only if the key does not exist")
    cas.add_argument("old", metavar="OLD", nargs="?", help="what it must hold now")
    cas.add_argument("new", metavar="NEW", help="what it is to hold; - reads standard input")


def _add_status(commands: "Commands") -> None:
    status = command(
        commands, "status", "one line for each node", "raftpi status --watch", "status", "status"
    )
    status.add_argument("--watch", action="store_true", help="again and again, until Ctrl-C")
    status.add_argument("--wear", action="store_true", help="what the nodes cost their cards")
    status.add_argument(
        "--interval", type=seconds, default=1.0, metavar="SECONDS", help="of --watch (1)"
    )


def _add_transfer(commands: "Commands") -> None:
    transfer = command(
        commands,
        "transfer",
        "hand leadership over",
        "raftpi transfer pi2",
        "transfer",
        "transfer",
    )
    transfer.add_argument(
        "node", metavar="NODE", nargs="?", help="its id or name; default: whoever is furthest along"
    )


def _add_member(commands: "Commands") -> None:
    text = "who belongs to the cluster: list, add, remove, promote, replace"
    member = commands.add_parser(
        "member",
        help=text,
        description=text,
        epilog="examples:\n  raftpi member list\n  raftpi member add pi4\n"
        "  raftpi member replace pi2\n  raftpi member remove pi3",
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    actions = member.add_subparsers(title="what to do", metavar="ACTION", required=True)
    text = "the members: voters, learners, who comes and who goes"
    command(actions, "list", text, "raftpi member list", "member", "show")
    for name, meaning in (
        ("add", "take in a new board: it learns, and gets a vote once it has caught up"),
        ("remove", "take a member out for good"),
        ("promote", "give a learner a vote"),
        ("replace", "take in a board whose directory is new, in the place of its former self"),
    ):
        example = f"raftpi member {name} pi4"
        verb = command(actions, name, meaning, example, "member", "change")
        verb.set_defaults(verb=name)
        verb.add_argument("node", metavar="NODE", help="its id or name")
        if name == "add":
            verb.add_argument(
                "--learner", action="store_true", help="no vote, until `raftpi member promote`"
            )


def _add_cluster(commands: "Commands") -> None:
    text = "a cluster of real processes on this machine, in the background"
    cluster = commands.add_parser(
        "cluster",
        help=text,
        description=text,
        epilog="examples:\n  raftpi cluster start --nodes 5 --dir /tmp/five\n"
        "  raftpi cluster kill 1\n  raftpi cluster start 1\n  raftpi cluster clean",
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    actions = cluster.add_subparsers(title="what to do", metavar="ACTION", required=True)
    start = action(actions, "start", "start all nodes (or one) and wait for a leader (or it)")
    add_node_id(start, "?")
    start.add_argument("--nodes", type=whole, metavar="N", help="how many, 1 to 9 (3)")
    start.add_argument(
        "--base-port",
        type=whole,
        metavar="P",
        help="peers at P+1 …, clients "
        "at P+101 …, status feeds at P+201 … (default: free ones are found)",
    )
    start.add_argument("--chaos", action="store_true", help="let nodes misbehave on request")
    start.add_argument("--timing", choices=("wired", "wifi", "slow"), help="(wired)")
    action(actions, "status", "the nodes, their processes and what they say")
    logs = action(actions, "logs", "what the daemons wrote")
    add_node_id(logs, "?")
    logs.add_argument("-n", dest="lines", type=whole, default=50, metavar="N", help="lines (50)")
    logs.add_argument("-f", dest="follow", action="store_true", help="go on until Ctrl-C")
    kill = action(actions, "kill", "SIGKILL one node's daemon")
    add_node_id(kill, None)
    stop = action(actions, "stop", "stop all nodes, or one, cleanly")
    add_node_id(stop, "?")
    action(actions, "clean", "stop all and remove what `start` made")


def _add_demo(commands: "Commands") -> None:
    text = "a live cluster in the terminal; ends clean on Ctrl-C"
    demo = bare_command(commands, "demo", text, "raftpi demo --nodes 5", "foreground", "demo")
    demo.add_argument("--nodes", type=whole, metavar="N", help="how many, 1 to 9 (3)")
    demo.add_argument("--dir", metavar="DIR", help="where it keeps its files")
    demo.add_argument("--base-port", type=whole, metavar="P", help="as in `cluster start`")


def _add_node(commands: "Commands") -> None:
    text = "the daemon of one board, what systemd runs"
    example = "raftpi node --config /etc/raftpi/raftpi.toml --check"
    node = bare_command(commands, "node", text, example, "foreground", "node")
    node.add_argument("--config", metavar="FILE", required=True, help="this board's raftpi.toml")
    node.add_argument("--check", action="store_true", help="only check the configuration")


ADDERS = {
    "demo": _add_demo,
    "cluster": _add_cluster,
    "node": _add_node,
    "status": _add_status,
    "put": _add_put,
    "get": _add_get,
    "delete": _add_delete,
    "list": _add_list,
    "cas": _add_cas,
    "transfer": _add_transfer,
    "member": _add_member,
    **BOARD_ADDERS,
    **KEY_ADDERS,
    **SIM_ADDERS,
}

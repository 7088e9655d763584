"""The arguments of `raftpi keys`: making and showing CURVE keys."""

import argparse
from typing import TYPE_CHECKING

from raftpi.cli.parser import HelpFormatter, Parser, add_printing, bare_command

if TYPE_CHECKING:
    from raftpi.cli.parser import Commands

DESCRIPTION = """\
The keys that boards and clients are known by. A key file is secret and stays where it was
made; trusted.toml names the public keys that are let in, and is the same on every board."""
EXAMPLES = """\
examples:
  raftpi keys make cluster-keys --config raftpi.toml --admin anna
  sudo raftpi keys new /etc/raftpi/keys/node.key --owner raftpi:raftpi
  raftpi keys show /etc/raftpi/trusted.toml"""


def _add_keys(commands: "Commands") -> None:
    keys = commands.add_parser(
        "keys",
        help="make and show the keys of boards and clients",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    actions = keys.add_subparsers(title="what to do", metavar="ACTION", required=True)
    _add_new(actions)
    _add_make(actions)
    _add_show(actions)


def _add_new(actions: "Commands") -> None:
    text = "make one key, unless the file exists; prints the public half"
    example = "sudo raftpi keys new /etc/raftpi/client.key --owner root:raftpi --mode 0640"
    new = _action(actions, "new", text, example)
    new.add_argument("file", metavar="FILE")
    new.add_argument("--owner", metavar="USER[:GROUP]", help="whose the file is (yours)")
    new.add_argument(
        "--mode", type=_mode, default=0o600, metavar="MODE", help="0600 (default) or 0640"
    )


def _add_make(actions: "Commands") -> None:
    text = (
        "make every key of a cluster in one directory: a subdirectory for each board's "
        "/etc/raftpi, and one for people; what exists is kept"
    )
    example = "raftpi keys make cluster-keys --config raftpi.toml --admin anna --client dashboard"
    make = _action(actions, "make", text, example)
    make.add_argument("directory", metavar="DIR")
    make.add_argument(
        "--config", metavar="FILE", required=True, help="a raftpi.toml, for its [[member]] tables"
    )
    for name, role in (("admin", "everything"), ("client", "all but transfer, members, chaos")):
        make.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar="NAME",
            help=f"also a key for a client that may do {role}; may be repeated",
        )


def _add_show(actions: "Commands") -> None:
    text = "print public keys: of key files, of trusted.toml, or of all in a directory"
    show = _action(actions, "show", text, "raftpi keys show /etc/raftpi")
    show.add_argument("paths", metavar="PATH", nargs="+")


def _action(actions: "Commands", name: str, text: str, example: str) -> Parser:
    parser = bare_command(actions, name, text, example, "keys", name)
    add_printing(parser)
    return parser


def _mode(text: str) -> int:
    """A file mode that leaves a key secret. Raises what argparse expects."""
    try:
        mode = int(text, 8)
    except ValueError:
        mode = 0
    if mode & ~0o640 or not mode & 0o400:
        raise argparse.ArgumentTypeError(f"a key is secret: the mode is 0600 or 0640, not {text}")
    return mode


KEY_ADDERS = {"keys": _add_keys}

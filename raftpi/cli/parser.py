"""The building blocks of the command's arguments: parsers, common options, kinds of values."""

import argparse
import math
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from raftpi.errors import UsageError

NARROWEST_COLUMNS, USUAL_COLUMNS, WIDEST_COLUMNS = 20, 80, 100


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of the examples; asks for the terminal's width by itself.

    argparse would import shutil, and with it three compressors, at every start.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=min(_terminal_columns(), WIDEST_COLUMNS) - 2)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises UsageError instead of printing and leaving."""

    def error(self, message: str) -> NoReturn:
        """Raises UsageError."""
        raise UsageError(f"{message} (see: {self.prog} --help)")


if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[Parser]


def command(
    commands: "Commands",
    name: str,
    text: str,
    example: str,
    module: str,
    function: str,
) -> Parser:
    """A command that talks to a cluster."""
    parser = bare_command(commands, name, text, example, module, function)
    where = parser.add_argument_group("where the cluster is")
    where.add_argument(
        "--endpoints",
        default=argparse.SUPPRESS,
        metavar="A,B,C",
        help="client addresses, host:port, parted by commas (RAFTPI_ENDPOINTS)",
    )
    where.add_argument(
        "--config",
        default=argparse.SUPPRESS,
        metavar="FILE",
        help="a raftpi.toml, for its members (/etc/raftpi/raftpi.toml)",
    )
    where.add_argument(
        "--dir",
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="of a cluster on this machine (RAFTPI_DIR, ./raftpi-cluster)",
    )
    add_key(where, "your key")
    add_printing(parser)
    return parser


def add_key(parser: "argparse._ActionsContainer", whose: str) -> None:
    """`--key FILE`: the key of a person or a program, with what it trusts."""
    parser.add_argument(
        "--key",
        dest="key_file",
        default=argparse.SUPPRESS,
        metavar="FILE",
        help=f"{whose}; trusted.toml lies beside it, or is the board's own (RAFTPI_KEY)",
    )


def action(actions: "Commands", name: str, text: str) -> Parser:
    """An action of `raftpi cluster`."""
    parser = bare_command(actions, name, text, "", "cluster", name)
    parser.add_argument(
        "--dir",
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="the cluster's directory (RAFTPI_DIR, ./raftpi-cluster)",
    )
    add_printing(parser)
    return parser


def bare_command(
    commands: "Commands",
    name: str,
    text: str,
    example: str,
    module: str,
    function: str,
) -> Parser:
    """A command with its help, whose module is imported when it runs."""
    parser: Parser = commands.add_parser(
        name,
        help=text,
        description=text,
        epilog=f"example:\n  {example}" if example else None,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=_imported(f"raftpi.cli.{module}", function))
    return parser


def add_printing(parser: Parser) -> None:
    """--json and --timeout."""
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=argparse.SUPPRESS,
        metavar="SECONDS",
        help="how long to wait",
    )


def add_node_id(parser: Parser, count: str | None) -> None:
    """A node of a cluster on this machine; `count` as argparse's nargs."""
    parser.add_argument(
        "node_id", type=_node_id, metavar="ID", nargs=count, help="a node, as 1 or pi1"
    )


def _imported(module: str, function: str) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        import importlib

        code: int = getattr(importlib.import_module(module), function)(arguments)
        return code

    return run


def _terminal_columns() -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) >= NARROWEST_COLUMNS:
        return int(columns)
    try:
        return max(os.get_terminal_size(1).columns, NARROWEST_COLUMNS)
    except (OSError, ValueError):
        return USUAL_COLUMNS


def seconds(text: str) -> float:
    """A number of seconds above 0. Raises what argparse expects."""
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"a number of seconds above 0 is needed, not {text!r}")
    return value


def whole(text: str) -> int:
    """A whole number from 0. Raises what argparse expects."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"a number from 0 is needed, not {text!r}")
    return value


def _node_id(text: str) -> int:
    digits = text.removeprefix("pi")
    if not (digits.isascii() and digits.isdigit() and int(digits) > 0):
        raise argparse.ArgumentTypeError(f"a node's number is needed, as 1 or pi1, not {text!r}")
    return int(digits)

"""`python -m tests.boards.bench`: the bench in a person's hands."""

import argparse
import os
import sys
from collections.abc import Sequence

from tests.boards.bench import image, network, places, ssh
from tests.boards.bench.bench import Bench
from tests.boards.bench.board import Board
from tests.boards.bench.inventory import inventory
from tests.boards.bench.shell import CommandFailed
from tests.boards.bench.waiting import TookTooLong

DESCRIPTION = """\
Virtual Raspberry Pi boards on this machine: containers that boot their own systemd and sshd
on Debian trixie, each with a network cable to pull and a power switch. Needs root, and
systemd-container mmdebstrap iproute2 openssh-client."""
# word -> (what follows it, what it does)
VERBS = {
    "build": ("", "make the boards' image, if there is none of this recipe"),
    "up": ("COUNT", "boot boards pi1 … at 10.77.0.11 … (3)"),
    "pull": ("N", "pull board N's network cable"),
    "plug": ("N", "plug it in again"),
    "cut": ("N", "cut board N's power"),
    "power": ("N", "power it on again"),
    "ssh": ("N COMMAND", "run a command on board N, over the network"),
    "enter": ("N COMMAND", "the same without the network, cable pulled or not"),
    "exec": ("COMMAND", "run a command where all boards can be reached"),
    "inventory": ("", "print the boards as Ansible knows them"),
    "log": ("N", "print what board N wrote on its console"),
    "down": ("", "throw boards and network away; the image stays"),
}


def main(words: Sequence[str]) -> int:
    """Do what the words say; the exit code."""
    lines = [f"  {verb + ' ' + more:<20}{text}" for verb, (more, text) in VERBS.items()]
    parser = argparse.ArgumentParser(
        prog="python -m tests.boards.bench",
        description=DESCRIPTION,
        epilog="\n".join(["what to do:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("verb", choices=VERBS, metavar="WHAT")
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="…")
    arguments = parser.parse_args(words)
    if os.geteuid() != 0:
        parser.error("root is needed for containers and network namespaces")
    try:
        return _do(parser, arguments.verb, arguments.rest)
    except (CommandFailed, TookTooLong) as problem:
        print(problem, file=sys.stderr)
        return 1


def _do(parser: argparse.ArgumentParser, verb: str, rest: list[str]) -> int:
    bench = Bench(claim_limit_s=3)
    if verb == "build":
        print(image.ensure())
    elif verb == "up":
        bench.up(_number(parser, rest) if rest else 3)
    elif verb == "inventory":
        print(inventory({number: {} for number in bench.numbers()}), end="")
    elif verb == "down":
        bench.down()
    elif verb == "exec":
        os.execvp("ip", ssh.on_bench(rest or ["bash"]))
    else:
        _do_with_board(parser, bench, verb, rest)
    return 0


def _do_with_board(
    parser: argparse.ArgumentParser, bench: Bench, verb: str, rest: list[str]
) -> None:
    board = Board(_number(parser, rest))
    if board.number not in bench.numbers():
        parser.error(f"no board {board.number}; there are {bench.numbers()} (`up` makes some)")
    if verb == "pull":
        network.pull(board.number)
    elif verb == "plug":
        network.plug(board.number)
    elif verb == "cut":
        board.cut_power()
    elif verb == "power":
        bench.power([board])
    elif verb == "log":
        print(board.console(), end="")
    elif verb == "ssh":
        os.execvp("ip", ssh.ssh_words(board.number, rest[1:]))
    elif verb == "enter":
        os.execvp("nsenter", board.entered(*(rest[1:] or ["bash"])))


def _number(parser: argparse.ArgumentParser, rest: Sequence[str]) -> int:
    if not rest or not rest[0].isdigit() or not 1 <= int(rest[0]) <= places.LARGEST_NUMBER:
        parser.error(f"a number from 1 to {places.LARGEST_NUMBER} is needed here")
    return int(rest[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

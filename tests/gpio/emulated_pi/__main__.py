"""`python -m tests.gpio.emulated_pi`: the emulated Pi in a person's hands."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.boards.bench.shell import CommandFailed
from tests.boards.bench.waiting import TookTooLong
from tests.gpio.emulated_pi import board, console, image, machine, registers
from tests.gpio.emulated_pi.monitor import MonitorFailed
from tests.gpio.emulated_pi.packages import install_packages
from tests.gpio.emulated_pi.payload import Payload

DESCRIPTION = """\
A Raspberry Pi 3 in QEMU, the chip family of the Zero 2 W, with Debian's arm64 kernel and its
real GPIO driver; the levels of the pins are read back from the chip's registers."""
# word -> (what follows it, what it does)
VERBS = {
    "packages": ("", "install what it needs on this machine"),
    "build": ("", "make kernel and root file system, if there are none of this recipe"),
    "start": ("DIR", "boot with DIR's files in /payload; runs /payload/run, then goes off"),
    "board": ("N", "boot as board N of the bench of virtual boards, with systemd and sshd"),
    "levels": ("PIN…", "the pins now: 1 or 0 of an output, in, or alt"),
    "console": ("", "print what it printed so far"),
    "type": ("TEXT", "type a line on its console"),
    "wait": ("TEXT [S]", "wait until the console shows TEXT (60 s)"),
    "stop": ("", "cut its power"),
}


def main(words: Sequence[str]) -> int:
    """Do what the words say; the exit code."""
    lines = [f"  {verb + ' ' + more:<20}{text}" for verb, (more, text) in VERBS.items()]
    parser = argparse.ArgumentParser(
        prog="python -m tests.gpio.emulated_pi",
        description=DESCRIPTION,
        epilog="\n".join(["what to do:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("verb", choices=VERBS, metavar="WHAT")
    parser.add_argument("rest", nargs="*", metavar="…")
    arguments = parser.parse_args(words)
    if arguments.verb in ("build", "start", "board") and os.geteuid() != 0:
        parser.error("root is needed for the files of the image, and for the network")
    try:
        _do(parser, arguments.verb, arguments.rest)
    except (CommandFailed, MonitorFailed, TookTooLong) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _do(parser: argparse.ArgumentParser, verb: str, rest: list[str]) -> None:
    if verb == "packages":
        install_packages()
    elif verb == "build":
        image.ensure()
    elif verb == "stop":
        machine.switch_off()
    elif verb == "console":
        print(console.text(), end="")
    elif not rest:
        parser.error(f"{verb} needs {VERBS[verb][0]}")
    elif verb == "start":
        _start(parser, Path(rest[0]))
    elif verb == "type":
        console.type_line(" ".join(rest))
    elif verb == "wait":
        console.wait_for(rest[0], float(rest[1]) if len(rest) > 1 else 60)
    else:
        _do_with_numbers(parser, verb, rest)


def _start(parser: argparse.ArgumentParser, directory: Path) -> None:
    if not (directory / "run").is_file():
        parser.error(f"no file `run` in {directory}")
    machine.switch_on(Payload().with_directory(directory, "payload"))


def _do_with_numbers(parser: argparse.ArgumentParser, verb: str, rest: list[str]) -> None:
    if not all(word.isdigit() for word in rest):
        parser.error(f"{verb} takes numbers, not {' '.join(rest)}")
    if verb == "board":
        board.power_on(int(rest[0]))
    else:
        with machine.monitor() as monitor:
            now = monitor.registers()
        print(" ".join(f"{pin}={registers.describe(now, int(pin))}" for pin in rest))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The arguments of the commands that belong to a board: its lamp, its keys, its health."""

import argparse
from typing import TYPE_CHECKING

from raftpi.cli.parser import add_key, add_node_id, add_printing, bare_command, command, seconds

if TYPE_CHECKING:
    from raftpi.cli.parser import Commands

BOARD_CONFIG = "/etc/raftpi/raftpi.toml"


def _add_identify(commands: "Commands") -> None:
    identify = command(
        commands,
        "identify",
        "flash a board's lamp white",
        "raftpi identify pi2",
        "identify",
        "identify",
    )
    identify.add_argument("node", metavar="NODE", help="its id or name")
    identify.add_argument(
        "--for",
        dest="for_s",
        type=seconds,
        default=10.0,
        metavar="SECONDS",
        help="how long (10)",
    )


def _add_led(commands: "Commands") -> None:
    text = "the lamp of one board, what systemd runs"
    led = bare_command(commands, "led", text, "raftpi led --self-test", "led", "led")
    led.add_argument("--config", default=BOARD_CONFIG, metavar="FILE", help=f"({BOARD_CONFIG})")
    led.add_argument(
        "--self-test", action="store_true", help="show every colour and pattern once, by name"
    )


def _add_doctor(commands: "Commands") -> None:
    text = "look a board over and advise: card, clock, network, watchdog, lamp, keys, peers"
    doctor = bare_command(commands, "doctor", text, "raftpi doctor", "doctor", "doctor")
    doctor.add_argument("--config", default=BOARD_CONFIG, metavar="FILE", help=f"({BOARD_CONFIG})")
    add_printing(doctor)


REJOIN = """\
For a data directory that cannot be repaired (the daemon ends with 12), and for a board that has
lost its memory. What the directory holds is set aside in it, as set-aside-1, and nothing is
deleted; the board comes back under a new replica id, learns from the others, and takes its
former self's place once it has caught up. It has no vote before. Interrupted, it is run again."""
FORCE = """\
set aside even a whole directory, and even if the others cannot take the board in now. What only
this board remembered is then lost to the cluster. Never do this on so many boards that no quorum
is left: what they have acknowledged would be gone, and if all are fresh they begin from nothing"""


def _add_rejoin(commands: "Commands") -> None:
    text = "set a directory aside that is beyond repair, and take its board in again"
    example = "sudo raftpi rejoin --start\n  raftpi rejoin 2 --dir raftpi-cluster --start"
    rejoin = bare_command(commands, "rejoin", text, example, "rejoin", "rejoin")
    rejoin.description = REJOIN
    add_node_id(rejoin, "?")
    rejoin.add_argument(
        "--config",
        default=argparse.SUPPRESS,
        metavar="FILE",
        help=f"this board's raftpi.toml ({BOARD_CONFIG})",
    )
    rejoin.add_argument(
        "--dir",
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="of a cluster on this machine, of which ID is a node (RAFTPI_DIR, ./raftpi-cluster)",
    )
    add_key(rejoin, "an admin's key")
    rejoin.add_argument("--start", action="store_true", help="start the daemon, too")
    rejoin.add_argument("--force", action="store_true", help=FORCE)
    add_printing(rejoin)


FSCK = """\
Reads a data directory and reports every file of it and all damage, with what to do about each;
nothing is changed. Ends with 0 when it is clean, 12 with damage, 11 if DIR is no data directory,
13 if the card cannot be read, 15 if a newer raftpi wrote it."""


def _add_fsck(commands: "Commands") -> None:
    text = "check a data directory, and repair what can be"
    example = (
        "sudo raftpi fsck /var/lib/raftpi\n"
        "  sudo raftpi fsck --repair --from pi2.local:7201 /var/lib/raftpi"
    )
    fsck = bare_command(commands, "fsck", text, example, "fsck", "fsck")
    fsck.description = FSCK
    fsck.add_argument("directory", metavar="DIR", help="a data directory, as /var/lib/raftpi")
    fsck.add_argument(
        "--repair",
        action="store_true",
        help="mend what is safe, with the daemon stopped; what is changed is kept beside it",
    )
    fsck.add_argument(
        "--from",
        dest="peers",
        action="append",
        metavar="PEER",
        help="with --repair: whose log to take rotten entries from, a running daemon's client "
        "address, as HOST:PORT, or a (copy of a) data directory; may be given several times",
    )
    add_key(fsck, "an admin's key, to ask PEER with")
    add_printing(fsck)


BOARD_ADDERS = {
    "fsck": _add_fsck,
    "rejoin": _add_rejoin,
    "identify": _add_identify,
    "led": _add_led,
    "doctor": _add_doctor,
}

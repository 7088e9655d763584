"""The arguments of the commands that belong to a board: its lamp, its keys, its health."""

from typing import TYPE_CHECKING

from raftpi.cli.parser import add_printing, bare_command, command, seconds

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


BOARD_ADDERS = {
    "identify": _add_identify,
    "led": _add_led,
    "doctor": _add_doctor,
}

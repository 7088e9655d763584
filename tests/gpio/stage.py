"""Three daemons and three lamps on one emulated Pi, and a stage hand on its console."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.gpio.emulated_pi import bytecode, console, machine
from tests.gpio.emulated_pi.lamp_pins import LampPins
from tests.gpio.emulated_pi.payload import Payload

REPOSITORY = Path(__file__).parents[2]
LAMP_UNIT = REPOSITORY / "systemd" / "raftpi-led.service"
STAGE = Path(__file__).parent / "stage.sh"

# Board -> its lamp. All on pins that a header has; the third is a common anode.
LAMPS = {
    1: LampPins(red=17, green=27, blue=22),
    2: LampPins(red=5, green=6, blue=13),
    3: LampPins(red=16, green=20, blue=21, common_anode=True),
}
BOOT_LIMIT_S = 60
ANSWER_LIMIT_S = 30


class Stage:
    """The Pi with its stage hand; `scratch` is an empty directory for what it brings along.

    `daemons` are the boards whose daemon was started, and neither killed nor stopped since.
    """

    def __init__(self, scratch: Path) -> None:
        self.daemons: set[int] = set()
        self._said = 0
        self._scratch = scratch

    def open(self) -> None:
        """Boot; returns when the stage hand listens. Nothing else runs then."""
        payload = Payload().with_text("payload/run", STAGE.read_text())
        payload = payload.with_text("payload/restart_s", f"{restart_s()}\n")
        payload = payload.with_text("payload/lamp_command", f"{lamp_command()}\n")
        for board, pins in LAMPS.items():
            payload = payload.with_text(f"payload/pi{board}.toml", configuration(board, pins))
        package = self._scratch / "raftpi"
        shutil.copytree(
            REPOSITORY / "raftpi", package, ignore=shutil.ignore_patterns("__pycache__")
        )
        bytecode.compile_tree(package, seen_as="/payload/raftpi")
        payload = payload.with_directory(package, "payload/raftpi")
        machine.switch_on(payload)
        console.wait_for("stage: open", BOOT_LIMIT_S)

    def close(self) -> None:
        """Cut the power."""
        machine.switch_off()

    def say(self, verb: str, board: int, answer_limit_s: float = ANSWER_LIMIT_S) -> None:
        """Tell the stage hand to do something with a board; returns when it has been done.

        Raises AssertionError when that failed, TookTooLong when there is no answer.
        """
        number = self.whisper(verb, board)
        console.wait_for(f"stage: {number} done with ", answer_limit_s)
        done = re.search(rf"stage: {number} done with (\d+)", console.text())
        assert done is not None
        assert done[1] == "0", f"`{verb} {board}` failed; the console:\n{console.text()[-3000:]}"
        if verb == "start-node":
            self.daemons.add(board)
        elif verb in ("kill-node", "stop-node"):
            self.daemons.discard(board)

    def whisper(self, verb: str, board: int) -> int:
        """The same without waiting; the number of the answer."""
        self._said += 1
        console.type_line(f"{self._said} {verb} {board}")
        return self._said

    def logs(self) -> str:
        """The ends of what daemons and lamps wrote, for a person who looks for a fault."""
        before = len(console.text())
        self.say("logs", 0)
        return console.text()[before:]


def restart_s() -> float:
    """After how long systemd starts a lamp anew, by the unit."""
    match = re.search(r"^RestartSec=(\d+)(ms|s)?$", LAMP_UNIT.read_text(), re.MULTILINE)
    assert match is not None, f"no RestartSec that is understood in {LAMP_UNIT}"
    return int(match[1]) / (1000 if match[2] == "ms" else 1)


def lamp_command() -> str:
    """How systemd starts a lamp, by the unit."""
    match = re.search(r"^ExecStart=(.+)$", LAMP_UNIT.read_text(), re.MULTILINE)
    assert match is not None, f"no ExecStart in {LAMP_UNIT}"
    return match[1]


def configuration(board: int, pins: LampPins) -> str:
    """The raftpi.toml of a board, all of them on the Pi's loopback."""
    lines = [
        "[node]",
        f"id = {board}",
        f'data = "/tmp/pi{board}"',
        f'runtime = "/run/pi{board}"',
        "[cluster]",
        'timing = "slow"',
        "[storage]",
        "segment_bytes = 4194304",
        "[lamp]",
        f"red = {pins.red}",
        f"green = {pins.green}",
        f"blue = {pins.blue}",
        f'common = "{"anode" if pins.common_anode else "cathode"}"',
    ]
    for member in LAMPS:
        lines += ["[[member]]", f"id = {member}", f'name = "pi{member}"']
        lines += [f'{kind} = "tcp://127.0.0.1:{port}"' for kind, port in _ports(member).items()]
    return "\n".join([*lines, ""])


def _ports(board: int) -> Mapping[str, int]:
    return {"peer": 7100 + board, "client": 7200 + board, "status": 7300 + board}

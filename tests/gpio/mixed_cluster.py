"""Two virtual boards and the emulated Pi, deployed together by the real playbook over ssh."""

import json
import sys
from pathlib import Path

from tests.boards.bench import network, ssh
from tests.boards.bench.bench import Bench
from tests.boards.bench.inventory import inventory
from tests.boards.bench.shell import run
from tests.boards.playing import Play, play
from tests.gpio.emulated_pi import board
from tests.gpio.emulated_pi.lamp_pins import LampPins
from tests.wheel.built import build, copy_tree

ROOT = Path(__file__).parents[2]
PLAYBOOK = ROOT / "ansible" / "site.yml"

PI = 9
VIRTUAL = (1, 2)
# The role's own pins.
PI_LAMP = LampPins(red=17, green=27, blue=22)
CLIENT = "gpio"
PLAY_LIMIT_S = 900
COMMAND_LIMIT_S = 120


class MixedCluster:
    """The three, their playbook, and an administrator's key; `directory` is empty and its own."""

    def __init__(self, directory: Path) -> None:
        self.bench = Bench()
        self._directory = directory
        self._inventory = directory / "inventory.json"
        self._key = directory / "key" / f"{CLIENT}.key"

    def up(self) -> None:
        """Boot all three, and meanwhile make wheel and key; returns when each lets us in."""
        network.lay_switch()
        board.power_on(PI, VIRTUAL)
        self.bench.up(len(VIRTUAL))
        wheel = build(copy_tree(self._directory / "tree"), self._directory / "wheel")
        self._inventory.write_text(self._hosts(wheel, self._make_key()))
        board.wait_until_up(PI)

    def down(self) -> None:
        """Throw all of it away."""
        board.remove(PI)
        self.bench.down()

    def play(self) -> Play:
        """Run site.yml; afterwards the administrator's key knows the boards' public keys."""
        done = play(
            self.bench,
            self._directory / "ansible",
            self._inventory,
            [str(PLAYBOOK)],
            limit_s=PLAY_LIMIT_S,
        )
        if done.exit_code == 0:
            trusted = self.on_pi("cat", "/etc/raftpi/trusted.toml")
            self._key.with_name("trusted.toml").write_text(trusted)
        return done

    def on_pi(self, *words: str) -> str:
        """Run a program on the Pi, over the network. Raises CommandFailed."""
        return run(ssh.ssh_words(PI, words), timeout_s=COMMAND_LIMIT_S)

    def raftpi(self, *words: str) -> str:
        """Run the command `raftpi` beside the boards, as an administrator."""
        here = ["env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "raftpi", *words]
        return self.bench.run([*here, "--key", str(self._key)], timeout_s=COMMAND_LIMIT_S)

    def pull_pi(self) -> None:
        """Pull the Pi's cable."""
        network.pull(PI)

    def plug_pi(self) -> None:
        """Plug it in again."""
        network.plug(PI)

    def _make_key(self) -> str:
        self._key.parent.mkdir()
        words = [sys.executable, "-m", "raftpi", "keys", "new", str(self._key), "--json"]
        return str(json.loads(run(words))["public"])

    def _hosts(self, wheel: Path, public_key: str) -> str:
        # The virtual boards have no pins; their lamps are the matter of tests/boards.
        pinless = {"raftpi_lamp": False, "raftpi_pin_factory": "mock"}
        hosts: dict[int, dict[str, object]] = {number: {**pinless} for number in VIRTUAL}
        hosts[PI] = {"raftpi_ready_timeout_s": 300}
        return inventory(
            hosts,
            {
                "raftpi_timing": "slow",
                "raftpi_wheel": str(wheel),
                "raftpi_clients": [{"name": CLIENT, "role": "admin", "public": public_key}],
            },
        )

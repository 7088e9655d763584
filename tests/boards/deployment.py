"""raftpi on the boards, brought there by the real playbook over ssh."""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.boards.bench.bench import Bench
from tests.boards.bench.board import Board
from tests.boards.bench.inventory import inventory
from tests.boards.bench.shell import run
from tests.boards.playing import Play, play
from tests.wheel.built import build, copy_tree

ROOT = Path(__file__).parents[2]
CLIENT = "bench"

# gpiozero's mock pins, which write down every change (tests/led/recording_pins).
PIN_FACTORY = "recording"
PINS_SOURCE = ROOT / "tests" / "led" / "recording_pins"
PYTHON_PACKAGES = "/usr/lib/python3/dist-packages"
RECORD_DIRECTORY = "/var/lib/recording-pins"
RECORD = f"{RECORD_DIRECTORY}/changes"
# The lamp's unit may write nothing; on these boards it has to write its record.
DROP_IN = "/etc/systemd/system/raftpi-led.service.d/recording-pins.conf"
DROP_IN_TEXT = f"[Service]\nReadWritePaths={RECORD_DIRECTORY}\n"


class Deployment:
    """The wheel, the keys and the inventory of one show, in a directory of their own.

    Wheel and playbook come from a copy of the tree, so that who works on it meanwhile does not
    change what the second run finds.
    """

    def __init__(self, bench: Bench, directory: Path, timing: str = "wired") -> None:
        """Builds the wheel and makes the bench's own key, an admin's. Raises CommandFailed."""
        self._bench = bench
        self._directory = directory
        self._tree = copy_tree(directory / "tree")
        self._wheel = build(self._tree, directory / "wheel")
        (directory / "key").mkdir()
        self.key = directory / "key" / f"{CLIENT}.key"
        words = [sys.executable, "-m", "raftpi", "keys", "new", str(self.key), "--json"]
        public = json.loads(run(words))["public"]
        variables: dict[str, object] = {
            "raftpi_timing": timing,
            "raftpi_wheel": str(self._wheel),
            "raftpi_pin_factory": PIN_FACTORY,
            "raftpi_lamp_environment": {"RECORDING_PINS_FILE": RECORD},
            "raftpi_clients": [{"name": CLIENT, "role": "admin", "public": public}],
        }
        text = inventory({number: {} for number in bench.numbers()}, variables)
        self._inventory = directory / "inventory.json"
        self._inventory.write_text(text)

    def give_pins(self, board: Board) -> None:
        """Give a board pins that write down every change, before its lamp runs."""
        for source in PINS_SOURCE.iterdir():
            target = board.path(PYTHON_PACKAGES) / source.name
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            else:
                shutil.copy(source, target)
        board.run("install", "-d", "-m", "0777", RECORD_DIRECTORY)
        board.run("install", "-d", "-m", "0755", str(Path(DROP_IN).parent))
        board.path(DROP_IN).write_text(DROP_IN_TEXT)

    def play(self, *options: str) -> Play:
        """Run site.yml; afterwards the bench's key knows the boards' public keys."""
        playbook = self._tree / "ansible" / "site.yml"
        words = [*options, str(playbook)]
        return play(self._bench, self._directory / "ansible", self._inventory, words)

    def learn_boards(self, board: Board) -> None:
        """Put the boards' public keys beside the bench's key, as a person copies the file."""
        trusted = board.path("/etc/raftpi/trusted.toml").read_text()
        self.key.with_name("trusted.toml").write_text(trusted)

    def raftpi(self, *words: str, timeout_s: float = 30) -> str:
        """Run the command `raftpi` beside the boards, with the bench's key."""
        return self._bench.run(self.raftpi_words(words), timeout_s=timeout_s)

    def raftpi_words(self, words: Sequence[str]) -> list[str]:
        """The command `raftpi` with the bench's key, to be run on the bench."""
        return self.python_words("raftpi", [*words, "--key", str(self.key)])

    def python_words(self, module: str, words: Sequence[str]) -> list[str]:
        """A Python module of this repository, to be run on the bench."""
        return ["env", f"PYTHONPATH={ROOT}", sys.executable, "-m", module, *words]

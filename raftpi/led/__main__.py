"""`python3 -m raftpi.led`: the lamp's process as systemd runs it, red before anything else."""

import os
import sys

from raftpi.led import early_red

BOARD_CONFIG = "/etc/raftpi/raftpi.toml"


def config_in(words: list[str]) -> str:
    """The file that --config names; the real reading of the arguments comes later."""
    for number, word in enumerate(words):
        if word.startswith("--config="):
            return word.removeprefix("--config=")
        if word == "--config" and number + 1 < len(words):
            return words[number + 1]
    return BOARD_CONFIG


if __name__ == "__main__":
    early_red.show(config_in(sys.argv[1:]), os.environ)
    from raftpi.led.command import main

    sys.exit(main(sys.argv[1:]))

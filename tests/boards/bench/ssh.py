"""Reaching boards over the network, as a person or a playbook does."""

from collections.abc import Sequence

from tests.boards.bench import places
from tests.boards.bench.shell import attempt

# Boards are thrown away and made anew, so nobody remembers their keys.
OPTIONS = (
    "-o",
    "StrictHostKeyChecking=no",
    "-o",
    "UserKnownHostsFile=/dev/null",
    "-o",
    "LogLevel=ERROR",
)


def on_bench(words: Sequence[str]) -> list[str]:
    """The command that runs `words` where all boards can be reached."""
    return ["ip", "netns", "exec", places.NAMESPACE, *words]


def ssh_words(number: int, words: Sequence[str]) -> list[str]:
    """The command that runs `words` on a board, as root, over the network."""
    target = f"root@{places.board_address(number)}"
    options = [*OPTIONS, "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"]
    return on_bench(["ssh", "-i", str(places.ssh_key()), *options, target, *words])


def answers(number: int) -> bool:
    """Whether a board lets us in."""
    return attempt(ssh_words(number, ["true"])).returncode == 0

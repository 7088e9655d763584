"""The board that is looked at: its system files, its commands, its Python modules."""

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

COMMAND_TIMEOUT_S = 1.5
# An ordinary user's PATH lacks these, and `iw` lives there.
SYSTEM_PATHS = "/usr/sbin:/sbin"

Run = Callable[[Sequence[str]], str | None]


def run_command(words: Sequence[str]) -> str | None:
    """What a command printed; None when it is not there, fails or does not end in time."""
    environment = {**os.environ, "LC_ALL": "C"}
    environment["PATH"] = f"{environment.get('PATH', os.defpath)}:{SYSTEM_PATHS}"
    try:
        done = subprocess.run(
            words,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything that a check looks at goes through this, so that tests can stand in for it.

    `root` is where /sys, /proc, /dev, /etc and /run are; paths here are given without their first
    slash. `has_module`: whether Python could import this.
    """

    root: Path
    run: Run
    has_module: Callable[[str], bool]
    may: Callable[[Path, int], bool] = os.access

    def read(self, path: str) -> str | None:
        """The text of a system file without what surrounds it; None when it cannot be read."""
        try:
            data = (self.root / path).read_bytes()
        except OSError:
            return None
        return data.decode(errors="replace").strip("\0 \t\n")

    def names(self, path: str) -> list[str]:
        """The names in a system directory, in order; none when it cannot be read."""
        try:
            return sorted(entry.name for entry in (self.root / path).iterdir())
        except OSError:
            return []

    def exists(self, path: str) -> bool:
        """Whether there is such a system file, as far as this user may know."""
        return self.may(self.root / path, os.F_OK)

    @property
    def model(self) -> str:
        """What the firmware calls this board, "" where there is no such word."""
        return self.read("proc/device-tree/model") or ""

    @property
    def is_pi(self) -> bool:
        """Whether this is a Raspberry Pi."""
        return self.model.startswith("Raspberry Pi")

"""Running other people's programs: apt, tar, ip, fdtput."""

import subprocess
from collections.abc import Sequence
from pathlib import Path


class ProgramFailed(Exception):
    """A program ended with an error, or not in time; the text names it and what it said."""


def run(words: Sequence[str | Path], *, timeout_s: float = 60) -> str:
    """Run a program and return what it printed. Raises ProgramFailed with all that it said."""
    line = " ".join(str(word) for word in words)
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, errors="replace", timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise ProgramFailed(f"`{line}` was not done after {timeout_s:g} s") from late
    except FileNotFoundError as missing:
        raise ProgramFailed(
            f"{words[0]} is missing; `python -m tests.gpio.emulated_pi packages` installs it"
        ) from missing
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()[-4000:]
        raise ProgramFailed(f"`{line}` ended with {done.returncode}:\n{said}")
    return done.stdout

"""Running the programs that do the work: ip, mount, ssh, mmdebstrap."""

import subprocess
from collections.abc import Sequence
from pathlib import Path


class CommandFailed(Exception):
    """A program ended with an error, or not in time; the text names it and what it said."""


def run(words: Sequence[str | Path], *, timeout_s: float = 60, input_text: str = "") -> str:
    """Run a program and return what it printed. Raises CommandFailed with all that it said."""
    done = attempt(words, timeout_s=timeout_s, input_text=input_text)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()[-4000:]
        raise CommandFailed(f"`{_line(words)}` ended with {done.returncode}:\n{said}")
    return done.stdout


def attempt(
    words: Sequence[str | Path], *, timeout_s: float = 60, input_text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a program whose failure is an answer too. Raises CommandFailed if it hangs."""
    try:
        return subprocess.run(
            words,
            input=input_text,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise CommandFailed(f"`{_line(words)}` was not done after {timeout_s:g} s") from late
    except FileNotFoundError as missing:
        raise CommandFailed(
            f"{words[0]} is missing: `make images` installs what the benches need"
        ) from missing


def _line(words: Sequence[str | Path]) -> str:
    return " ".join(str(word) for word in words)

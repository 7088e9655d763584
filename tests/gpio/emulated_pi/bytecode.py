"""Compiles Python sources for the Pi on this machine, which is some twenty times as fast.

The files say that nobody shall compare them with their sources, so their times do not matter.
"""

import shutil
from pathlib import Path

from tests.boards.bench.shell import CommandFailed, run

# The Pi's Python: bytecode is of one minor version.
PYTHON = "python3.11"
COMPILE_LIMIT_S = 300


def compile_tree(top: Path, *, seen_as: str) -> None:
    """Compile all sources below `top`, which the Pi sees as `seen_as`.

    Without a Python of the Pi's version here nothing is compiled: the Pi then compiles in
    memory whatever it imports, and every start takes some times as long.
    """
    python = _python()
    if python is None:
        return
    words = [python, "-I", "-m", "compileall", "-q", "-j", "2", "--invalidation-mode"]
    words += ["unchecked-hash", "-s", str(top), "-p", seen_as, str(top)]
    run(words, timeout_s=COMPILE_LIMIT_S)


def _python() -> str | None:
    for candidate in (f"/usr/bin/{PYTHON}", shutil.which(PYTHON)):
        if candidate is None or not Path(candidate).exists():
            continue
        try:
            said = run([candidate, "-c", "import sys; print(sys.version_info[:2] == (3, 11))"])
        except CommandFailed:  # a shim of a version manager without that version
            continue
        if said.strip() == "True":
            return candidate
    return None

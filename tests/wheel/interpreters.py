"""The Pythons of this machine that boards have too, and what Debian installs beside it."""

import subprocess
import sys
from pathlib import Path

# What apt brings on Raspberry Pi OS bookworm (Python 3.11) and trixie (3.13).
BOOKWORM = ("pyzmq==24.0.1", "msgpack==1.0.3", "gpiozero==1.6.2")
TRIXIE = ("pyzmq==26.4.0", "msgpack==1.0.3", "gpiozero==1.6.2")
BOARDS = ((3, 11), (3, 13))


def find_interpreters() -> dict[str, Path]:
    """One interpreter a version, by version: this one, those of pyenv, those of the system.

    Python 3.13 is on few machines of today; where it is not, trixie's own runs the same wheel on
    the virtual boards of `make test-boards`.
    """
    found = {name_of(sys.version_info[:2]): Path(sys.executable)}
    for version in BOARDS:
        name = name_of(version)
        places = sorted(Path.home().glob(f".pyenv/versions/{name}.*/bin/python"))
        places += [
            folder / f"python{name}" for folder in (Path("/usr/local/bin"), Path("/usr/bin"))
        ]
        for place in places:
            if name not in found and is_version(place, version):
                found[name] = place
    return found


def name_of(version: tuple[int, int]) -> str:
    """3.13 for (3, 13)."""
    return ".".join(map(str, version))


def is_version(python: Path, version: tuple[int, int]) -> bool:
    """Whether this interpreter runs, is that version, and can make virtual environments."""
    ask = f"import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != {version})"
    try:
        return subprocess.run([python, "-c", ask], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def packages_of_debian(name: str) -> tuple[str, ...]:
    """The versions of the Debian release with this Python, or the nearest newer one."""
    return BOOKWORM if name == "3.11" else TRIXIE

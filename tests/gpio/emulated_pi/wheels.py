"""gpiozero and lgpio for the Pi, as wheels: Debian bookworm's own are too old or missing."""

import sys
import zipfile
from pathlib import Path

from tests.boards.bench.shell import run

# The versions of Raspberry Pi OS; lgpio has wheels for the Pi's Python 3.11.
PURE = ("gpiozero==2.0.1", "colorzero==2.0")
COMPILED = ("lgpio==0.2.2.0",)
DOWNLOAD_LIMIT_S = 300


def download_wheels(directory: Path) -> None:
    """Fetch the wheels into `directory` with pip. Raises CommandFailed."""
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
    pip += ["--disable-pip-version-check", "-d", str(directory)]
    run([*pip, *PURE], timeout_s=DOWNLOAD_LIMIT_S)
    pi = ["--python-version=3.11", "--implementation=cp", "--platform=manylinux_2_34_aarch64"]
    run([*pip, *pi, *COMPILED], timeout_s=DOWNLOAD_LIMIT_S)


def unpack_wheels(directory: Path, root: Path) -> None:
    """Lay the wheels' files where the Pi's Python looks for Debian's packages."""
    for wheel in sorted(directory.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(root / "usr/lib/python3/dist-packages")

"""The Python and the packages that raftpi runs with here."""

import sys
from collections.abc import Mapping
from importlib import metadata

import zmq

from raftpi import __version__
from raftpi.doctor.board import Board
from raftpi.doctor.finding import Finding, advice, ok, problem

NAME = "Python"
OLDEST_PYTHON = (3, 11)
OLDEST_LIBZMQ = (4, 3)
# Module -> (distribution, Debian package); the first must be there, the others have their use.
NEEDED = {"zmq": ("pyzmq", "python3-zmq"), "msgpack": ("msgpack", "python3-msgpack")}
USEFUL = {
    "systemd": ("systemd-python", "python3-systemd"),
    "gpiozero": ("gpiozero", "python3-gpiozero"),
    "lgpio": ("lgpio", "python3-lgpio"),
}
UNIT_FOLDERS = ("etc/systemd/system", "usr/lib/systemd/system", "usr/local/lib/systemd/system")
# PyPI's placeholder: an empty package that installs where there is no wheel.
EMPTY_LGPIO = "0.0.0.2"


def check_packages(board: Board) -> Finding:
    """What is installed, and in which version."""
    everything = {**NEEDED, **USEFUL}
    versions = {name: _version(board, name, everything[name][0]) for name in everything}
    return judge_packages(
        python=sys.version_info[:3],
        libzmq=zmq.zmq_version_info(),
        has_curve=bool(zmq.has("curve")),
        versions=versions,
        has_unit=any(board.exists(f"{folder}/raftpi.service") for folder in UNIT_FOLDERS),
    )


def judge_packages(
    *,
    python: tuple[int, int, int],
    libzmq: tuple[int, int, int],
    has_curve: bool,
    versions: Mapping[str, str | None],
    has_unit: bool,
) -> Finding:
    """`versions` by module: None where it is missing, "" where it does not say.

    `has_unit`: systemd runs raftpi here.
    """
    shown = ", ".join(f"{name} {v}".strip() for name, v in versions.items() if v is not None)
    text = f"raftpi {__version__}, Python {_dotted(python)}, libzmq {_dotted(libzmq)}, {shown}"
    if python[:2] < OLDEST_PYTHON:
        remedy = "use Raspberry Pi OS bookworm or newer"
        return problem(NAME, f"{text}; raftpi needs Python {_dotted(OLDEST_PYTHON)}", remedy)
    missing = [name for name in NEEDED if versions.get(name) is None]
    if missing:
        remedy = "sudo apt install " + " ".join(NEEDED[name][1] for name in missing)
        return problem(NAME, f"{text}; missing: {', '.join(missing)}", remedy)
    if not has_curve or libzmq[:2] < OLDEST_LIBZMQ:
        remedy = "take python3-zmq from Debian, whose libzmq can"
        return problem(NAME, f"{text}; this libzmq cannot encrypt (CURVE)", remedy)
    if versions.get("lgpio") == EMPTY_LGPIO:
        remedy = "pip uninstall lgpio; sudo apt install python3-lgpio"
        return advice(NAME, f"{text}; this lgpio is PyPI's empty one", remedy)
    if has_unit and versions.get("systemd") is None:
        remedy = "sudo apt install python3-systemd"
        return problem(
            NAME, f"{text}; missing: systemd, so raftpi.service never gets ready", remedy
        )
    return ok(NAME, text)


def _version(board: Board, module: str, distribution: str) -> str | None:
    if not board.has_module(module):
        return None
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))

"""A board out of files in a directory, commands out of a dictionary."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from raftpi.doctor.board import Board

PI_MODEL = "Raspberry Pi 4 Model B Rev 1.4\0"


def fake_board(
    root: Path,
    *,
    files: Mapping[str, str] | None = None,
    commands: Mapping[str, str] | None = None,
    modules: Sequence[str] = ("zmq", "msgpack", "systemd", "gpiozero", "lgpio"),
    forbidden: Sequence[Path] = (),
    is_pi: bool = True,
) -> Board:
    """A board with these system files, and commands (words parted by spaces) and their output.

    Of `forbidden` paths all is forbidden but to know that they are there.
    """
    written = {"proc/device-tree/model": PI_MODEL} if is_pi else {}
    for path, text in {**written, **(files or {})}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    answers = dict(commands or {})

    def may(path: Path, mode: int) -> bool:
        if path in forbidden and mode != os.F_OK:
            return False
        return os.access(path, mode)

    return Board(
        root=root,
        run=lambda words: answers.get(" ".join(words)),
        has_module=lambda name: name in modules,
        may=may,
    )

"""Whether the card still takes writes, keeps them over a power cut, and has failed before."""

import os
from pathlib import Path

from raftpi.doctor.board import Board
from raftpi.doctor.finding import Finding, advice, ok, problem, unknown

NAME = "card, health"
IN_MEMORY = ("tmpfs", "ramfs")


def check_health(directory: Path, board: Board) -> Finding:
    """What the kernel says of the file system that the data directory is on."""
    try:
        device = directory.stat().st_dev
    except OSError as error:
        text = f"{directory}: {error.strerror}"
        return unknown(NAME, text, "start raftpi once: it makes its data directory")
    number = f"{os.major(device)}:{os.minor(device)}"
    kind, is_read_only = _mount(board.read("proc/self/mountinfo") or "", number)
    name = (board.root / "sys/dev/block" / number).resolve().name
    errors = board.read(f"sys/fs/ext4/{name}/errors_count") or "0"
    return judge_health(
        kind=kind,
        is_read_only=is_read_only,
        error_count=int(errors) if errors.isdecimal() else 0,
    )


def judge_health(*, kind: str, is_read_only: bool, error_count: int) -> Finding:
    """`kind` is the type of the file system, "" when it is not known."""
    if is_read_only:
        return problem(
            NAME,
            "the kernel has made the card read-only, as it does with cards that fail",
            "look at the journal (dmesg); replace the card, the cluster still has the data",
        )
    if kind in IN_MEMORY:
        return problem(
            NAME,
            f"the data lie in memory ({kind}): they are gone when the power is",
            "put the data directory on the card ([node] data in raftpi.toml)",
        )
    if error_count:
        return problem(
            NAME,
            f"the file system has met {error_count} errors since it was last checked",
            "copy nothing from this card: replace it, or check it with e2fsck from elsewhere",
        )
    if kind == "overlay":
        return advice(
            NAME,
            "the data lie on an overlay; with Raspberry Pi OS's overlay that is memory, and gone "
            "when the power is",
            "turn the overlay off (raspi-config, Performance), or put the data elsewhere",
        )
    return ok(NAME, f"takes writes{f', {kind}' if kind else ''}, no errors on record")


def _mount(text: str, number: str) -> tuple[str, bool]:
    """(type, whether it is read-only) of the mount with this device number; proc(5), mountinfo."""
    for line in text.splitlines():
        before, mark, after = line.partition(" - ")
        fields = before.split()
        if mark and len(fields) > 5 and fields[2] == number:
            kind, _, options = [*after.split(), "", "", ""][:3]
            return kind, "ro" in fields[5].split(",") or "ro" in options.split(",")
    return "", False

"""What the kernel knows of the card."""

import os
from pathlib import Path

import pytest

from raftpi.doctor.card_health import check_health
from raftpi.doctor.finding import Finding, Verdict
from tests.doctor.fake_board import fake_board

LINE = "36 35 {} / / {} shared:1 - {} /dev/root {}\n"


def health(tmp_path: Path, *, kind: str, options: str = "rw", errors: str = "0") -> Finding:
    device = tmp_path.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    other = LINE.format("1:2", "ro", "tmpfs", "ro")
    board = fake_board(
        tmp_path / "root",
        files={
            "proc/self/mountinfo": other + LINE.format(number, "rw", kind, options),
            "sys/devices/mmcblk0p2/dev": number,
            "sys/fs/ext4/mmcblk0p2/errors_count": errors,
        },
    )
    (board.root / "sys/dev/block").mkdir(parents=True)
    (board.root / "sys/dev/block" / number).symlink_to("../../devices/mmcblk0p2")
    return check_health(tmp_path, board)


def test_a_sound_card_is_fine(tmp_path: Path) -> None:
    found = health(tmp_path, kind="ext4")
    assert (found.verdict, found.text) == (Verdict.OK, "takes writes, ext4, no errors on record")


@pytest.mark.parametrize(
    ("kind", "options", "errors", "told"),
    [
        ("ext4", "ro,noatime", "0", "read-only"),
        ("ext4", "rw", "3", "3 errors"),
        ("tmpfs", "rw", "0", "in memory"),
    ],
)
def test_a_card_that_fails_or_forgets_is_a_problem(
    tmp_path: Path, kind: str, options: str, errors: str, told: str
) -> None:
    found = health(tmp_path, kind=kind, options=options, errors=errors)
    assert found.verdict is Verdict.PROBLEM
    assert told in found.text


def test_an_overlay_gets_advice(tmp_path: Path) -> None:
    assert health(tmp_path, kind="overlay").verdict is Verdict.ADVICE


def test_what_the_kernel_does_not_tell_is_no_fault(tmp_path: Path) -> None:
    assert check_health(tmp_path, fake_board(tmp_path / "root")).verdict is Verdict.OK
    missing = check_health(tmp_path / "nowhere", fake_board(tmp_path / "root"))
    assert missing.verdict is Verdict.UNKNOWN

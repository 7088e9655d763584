"""Directories that were set aside are mentioned, since nothing removes them."""

from pathlib import Path

from raftpi.doctor.finding import Verdict
from raftpi.doctor.set_aside import check_set_aside


def test_where_nothing_was_set_aside_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    assert check_set_aside(tmp_path) == []
    assert check_set_aside(tmp_path / "missing") == []


def test_what_is_kept_is_named_with_its_size(tmp_path: Path) -> None:
    for name, size_bytes in (("set-aside-1", 3 << 20), ("set-aside-2", 1)):
        (tmp_path / name / "log").mkdir(parents=True)
        (tmp_path / name / "log" / "x.wal").write_bytes(bytes(size_bytes))
    (finding,) = check_set_aside(tmp_path)
    assert finding.verdict is Verdict.ADVICE
    assert "set-aside-1, set-aside-2" in finding.text
    assert "4 MiB" in finding.text

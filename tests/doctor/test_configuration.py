"""raftpi.toml as the doctor sees it."""

from pathlib import Path

from raftpi.doctor.configuration import check_configuration
from raftpi.doctor.finding import Verdict
from tests.doctor.configs import write_config


def test_a_sound_file_is_fine(tmp_path: Path) -> None:
    finding, config = check_configuration(write_config(tmp_path))
    assert finding.verdict is Verdict.OK
    assert "this is pi1, one of 3" in finding.text
    assert config is not None


def test_what_is_unwise_is_advice(tmp_path: Path) -> None:
    finding, config = check_configuration(write_config(tmp_path, count=4))
    assert finding.verdict is Verdict.ADVICE
    assert "odd number" in finding.text
    assert config is not None


def test_a_file_that_the_daemon_refuses_is_a_problem(tmp_path: Path) -> None:
    finding, config = check_configuration(tmp_path / "raftpi.toml")
    assert (finding.verdict, config) == (Verdict.PROBLEM, None)
    assert "--check" in finding.remedy

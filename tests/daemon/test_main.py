"""From a configuration file to an exit code, as far as no socket is needed."""

from pathlib import Path

import pytest

from raftpi.config.file import Config, check_text
from raftpi.core.configuration import Configuration
from raftpi.core.timing import PROFILES
from raftpi.daemon.main import machine_settings, run, settings_warnings
from tests.daemon.test_client_desk import MEMBERS


def config(cluster: str = "") -> Config:
    return check_text(f"[node]\nid = 1\n[cluster]\n{cluster}\n{MEMBERS}", "t")


def founded_with(settings: Config) -> Configuration:
    return Configuration(
        cluster_id=1,
        members=(),
        timing=settings.cluster.timing,
        machine_settings=machine_settings(settings),
    )


def test_settings_that_are_in_force_need_no_warning() -> None:
    assert settings_warnings(config(), founded_with(config())) == []
    assert settings_warnings(config(), None) == []


def test_a_timing_that_is_not_in_force_is_named_with_the_one_that_is() -> None:
    [warning] = settings_warnings(config('timing = "wifi"'), founded_with(config()))
    assert '"wifi"' in warning
    assert '"wired"' in warning
    assert founded_with(config()).timing == PROFILES["wired"]


def test_limits_that_are_not_in_force_are_named() -> None:
    [warning] = settings_warnings(config("value_bytes = 10"), founded_with(config()))
    assert "value_bytes" in warning


def test_check_says_that_a_file_is_sound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "raftpi.toml"
    file.write_text(f"[node]\nid = 1\n{MEMBERS}")
    assert run(str(file), check=True) == 0
    assert "sound; this is pi1, one of 3" in capsys.readouterr().out


def test_a_bad_file_ends_with_10(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(tmp_path / "missing.toml"), check=False) == 10
    assert "missing.toml" in capsys.readouterr().err

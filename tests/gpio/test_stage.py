"""What the stage brings to the Pi fits the product, without booting it."""

from pathlib import Path

import pytest

from raftpi.config.file import load_config
from tests.gpio.stage import LAMPS, configuration, lamp_command, restart_s


@pytest.mark.parametrize("board", sorted(LAMPS))
def test_the_configurations_are_accepted(board: int, tmp_path: Path) -> None:
    path = tmp_path / "raftpi.toml"
    path.write_text(configuration(board, LAMPS[board]))
    config = load_config(path)
    assert config.node.id == board
    assert (config.lamp.red, config.lamp.green, config.lamp.blue) == LAMPS[board].all()


def test_no_two_lamps_share_a_pin() -> None:
    pins = [pin for lamp in LAMPS.values() for pin in lamp.all()]
    assert len(pins) == len(set(pins))


def test_a_lamp_is_started_as_systemd_starts_it() -> None:
    assert lamp_command().endswith(" --config /etc/raftpi/raftpi.toml")


def test_a_lamp_is_started_anew_as_soon_as_systemd_would() -> None:
    assert 0 < restart_s() <= 1

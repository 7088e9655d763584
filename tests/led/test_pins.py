"""From [lamp] to pins."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from gpiozero.pins.mock import MockFactory

from raftpi.config.file import LampSection, check_text
from raftpi.errors import ConfigurationError, StorageFailure
from raftpi.lamp import CUT_OFF, LEADER, OFFLINE, Pattern
from raftpi.led import pins

MEMBER = (
    '[node]\nid = 1\n[[member]]\nid = 1\nname = "pi1"\npeer = "tcp://127.0.0.1:1"\n'
    'client = "tcp://127.0.0.1:2"\nstatus = "tcp://127.0.0.1:3"\n'
)


def section(text: str = "") -> LampSection:
    return check_text(f"[lamp]\n{text}\n{MEMBER}", "t").lamp


def test_the_patterns_are_the_configurations() -> None:
    style = pins.style_of(section('offline = "blipping"\ncut_off = "flickering"'))
    assert style[OFFLINE] is Pattern.BLIPPING
    assert style[CUT_OFF] is Pattern.FLICKERING
    assert style[LEADER] is Pattern.STEADY


def test_a_common_anode_is_driven_low() -> None:
    factory = MockFactory()
    lamp = pins.open_lamp(section('common = "anode"\nred = 5\ngreen = 6\nblue = 13'), factory)
    lamp.show(OFFLINE, 0)
    assert [bool(factory.pin(number).state) for number in (5, 6, 13)] == [False, True, True]


def test_pins_that_cannot_be_had_are_named() -> None:
    factory = MockFactory()
    first = pins.open_lamp(section(), factory)
    with pytest.raises(StorageFailure, match=r"GPIO 17, 27 and 22.*systemctl stop raftpi-led"):
        pins.open_lamp(section(), factory)
    first.close()


def test_a_buzzer_is_a_pin_of_its_own() -> None:
    factory = MockFactory()
    buzzer = pins.open_buzzer(section("buzzer = 18"), factory)
    buzzer.beep(0)
    assert factory.pin(18).state
    buzzer.update(10**9)
    assert not factory.pin(18).state
    pins.open_buzzer(section(), factory).beep(0)


def test_a_machine_without_gpio_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "CHIPS", tmp_path)
    with pytest.raises(ConfigurationError, match="no GPIO"):
        pins.prepare({})
    environment = {"GPIOZERO_PIN_FACTORY": "mock", "RUNTIME_DIRECTORY": "/run/raftpi-led"}
    pins.prepare(environment)
    assert environment["GPIOZERO_PIN_FACTORY"] == "mock"
    (tmp_path / "gpiochip0").touch()
    environment = {"RUNTIME_DIRECTORY": "/run/raftpi-led"}
    pins.prepare(environment)
    assert environment["GPIOZERO_PIN_FACTORY"] == "lgpio"
    assert environment["LG_WD"] == "/run/raftpi-led"


def test_factories_that_gpiozero_would_look_for_slowly_are_made_here() -> None:
    assert pins.pin_factory({"GPIOZERO_PIN_FACTORY": "native"}, section()) is None
    assert isinstance(pins.pin_factory({"GPIOZERO_PIN_FACTORY": "mock"}, section()), MockFactory)
    with pytest.raises(ConfigurationError, match="no such pin factory"):
        pins.pin_factory({"GPIOZERO_PIN_FACTORY": "nonsense"}, section())


class NoChip:
    """lgpio on a machine whose chip does not let itself be opened."""

    def __init__(self) -> None:
        raise OSError("can not open gpiochip")


@pytest.mark.parametrize(
    ("library", "said"),
    [
        (None, "cannot be driven"),
        (SimpleNamespace(LGPIOFactory=NoChip), "may not be driven"),
    ],
    ids=["not installed", "no chip"],
)
def test_an_lgpio_that_fails_is_told_with_the_pins_that_it_was_for(
    library: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", library)
    with pytest.raises(StorageFailure, match=f"GPIO 17, 27 and 22 {said}"):
        pins.pin_factory({"GPIOZERO_PIN_FACTORY": "lgpio"}, section())

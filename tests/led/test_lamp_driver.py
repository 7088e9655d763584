"""The lamp driver on gpiozero's mock pins: what the pins say, and how often they are touched."""

from typing import ClassVar

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from raftpi import lamp
from raftpi.errors import UsageError
from raftpi.lamp import Lamp
from raftpi.led.lamp_driver import LampDriver

PINS = (17, 27, 22)


ROWS = (lamp.LEADER, lamp.FOLLOWER, lamp.ELECTION, lamp.OFFLINE, lamp.IDENTIFY)


class SeenPin(MockPWMPin):  # type: ignore[misc]
    """A pin after whose every change somebody looks at all three."""

    looks: ClassVar[list[tuple[float, ...]]] = []

    def _change_state(self, value: float) -> bool:
        changed = bool(super()._change_state(value))
        found = [self.factory.pins.get(number) for number in PINS]
        self.looks.append(tuple(0.0 if pin is None else float(pin.state) for pin in found))
        return changed


@pytest.fixture
def factory() -> MockFactory:
    return MockFactory(pin_class=MockPWMPin)


def pins(factory: MockFactory) -> tuple[float, ...]:
    return tuple(float(factory.pin(number).state) for number in PINS)


def touches(factory: MockFactory) -> int:
    return sum(len(factory.pin(number).states) for number in PINS)


@pytest.mark.parametrize(
    ("row", "levels"),
    [
        (lamp.LEADER, (0, 0, 1)),
        (lamp.FOLLOWER, (0, 1, 0)),
        (lamp.ELECTION, (1, 1, 0)),
        (lamp.OFFLINE, (1, 0, 0)),
        (lamp.IDENTIFY, (1, 1, 1)),
    ],
)
def test_the_pins_are_driven_high_for_a_common_cathode(
    factory: MockFactory, row: Lamp, levels: tuple[float, float, float]
) -> None:
    driver = LampDriver(*PINS, pin_factory=factory)
    driver.show(row, 0)
    assert pins(factory) == levels
    assert driver.shown() == levels
    driver.close()


def test_a_common_anode_is_inverted_on_the_pins_and_not_in_what_is_shown(
    factory: MockFactory,
) -> None:
    driver = LampDriver(*PINS, active_high=False, pin_factory=factory)
    assert pins(factory) == (1, 1, 1)
    driver.show(lamp.LEADER, 0)
    assert pins(factory) == (1, 1, 0)
    assert driver.shown() == (0, 0, 1)
    driver.close()


def test_it_starts_dark(factory: MockFactory) -> None:
    driver = LampDriver(*PINS, pin_factory=factory)
    assert pins(factory) == (0, 0, 0)
    driver.close()


def test_pins_are_touched_only_when_the_shade_changes(factory: MockFactory) -> None:
    driver = LampDriver(*PINS, pin_factory=factory)
    driver.show(lamp.LEADER, 0)
    before = touches(factory)
    for at_us in range(0, 3_000_000, 50_000):
        driver.show(lamp.LEADER, at_us)
    assert touches(factory) == before
    driver.show(lamp.FOLLOWER, 3_000_000)
    assert touches(factory) > before
    driver.close()


@pytest.mark.parametrize("before", ROWS)
@pytest.mark.parametrize("after", ROWS)
def test_between_two_colours_nothing_is_lit_that_neither_lights(before: Lamp, after: Lamp) -> None:
    """Each pin changes by itself: what is seen in between is never another colour's truth."""
    factory = MockFactory(pin_class=SeenPin)
    driver = LampDriver(*PINS, pin_factory=factory)
    driver.show(before, 0)
    old = driver.shown()
    SeenPin.looks.clear()

    driver.show(after, 0)
    new = driver.shown()
    for look in SeenPin.looks:
        within_old = all(seen <= level for seen, level in zip(look, old, strict=True))
        within_new = all(seen <= level for seen, level in zip(look, new, strict=True))
        assert within_old or within_new, (old, look, new)
    assert bool(SeenPin.looks) == (before != after)
    driver.close()


def test_a_driver_that_sleeps_until_told_shows_every_phase(factory: MockFactory) -> None:
    driver = LampDriver(*PINS, pin_factory=factory)
    at_us: int | None = 0
    seen = []
    for _ in range(4):
        assert at_us is not None
        at_us = driver.show(lamp.NEEDS_PERSON, at_us)
        seen.append(pins(factory))
    assert seen == [(1, 0, 0), (1, 1, 0), (1, 0, 0), (1, 1, 0)]
    assert driver.show(lamp.OFFLINE, 0) is None
    driver.close()


def test_brightness_scales_every_channel(factory: MockFactory) -> None:
    driver = LampDriver(*PINS, brightness=0.25, pin_factory=factory)
    driver.show(lamp.IDENTIFY, 0)
    assert pins(factory) == (0.25, 0.25, 0.25)
    driver.close()


@pytest.mark.parametrize("brightness", [0.0, -1.0, 1.5])
def test_a_brightness_out_of_range_is_refused(factory: MockFactory, brightness: float) -> None:
    with pytest.raises(UsageError, match="brightness"):
        LampDriver(*PINS, brightness=brightness, pin_factory=factory)


def test_full_brightness_never_uses_pwm_not_even_for_the_slow_pulse(factory: MockFactory) -> None:
    driver = LampDriver(*PINS, pin_factory=factory)
    levels = set()
    for at_us in range(0, 2_560_000, 80_000):
        driver.show(lamp.LEARNER, at_us)
        levels.add(pins(factory))
    assert levels == {(0, 1, 0), (0, 0, 0)}
    assert factory.pin(PINS[1]).frequency is None
    driver.close()


def test_a_smooth_pulse_fades(factory: MockFactory) -> None:
    driver = LampDriver(*PINS, smooth=True, pin_factory=factory)
    levels = set()
    for at_us in range(0, 2_560_000, 80_000):
        driver.show(lamp.LEARNER, at_us)
        levels.add(pins(factory)[1])
    assert len(levels) > 10
    assert factory.pin(PINS[1]).frequency is not None
    driver.close()


@pytest.mark.parametrize(("active_high", "red"), [(True, (1, 0, 0)), (False, (0, 1, 1))])
def test_closing_with_a_final_lamp_leaves_it_on_the_pins(
    factory: MockFactory, active_high: bool, red: tuple[int, ...]
) -> None:
    driver = LampDriver(*PINS, active_high=active_high, pin_factory=factory)
    driver.show(lamp.LEADER, 0)
    driver.close(final=lamp.OFFLINE)
    assert pins(factory) == red
    assert all(factory.pin(number).function == "output" for number in PINS)


def test_closing_without_one_releases_the_pins(factory: MockFactory) -> None:
    driver = LampDriver(*PINS, pin_factory=factory)
    driver.close()
    again = LampDriver(*PINS, pin_factory=factory)
    again.close()

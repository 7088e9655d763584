"""The chip's GPIO registers, as the monitor prints them."""

import pytest

from tests.gpio.emulated_pi.lamp_pins import LampPins
from tests.gpio.emulated_pi.registers import EXAMINE, Function, Registers, describe, parse

# What QEMU 7.2 said while an RGBLED on 17, 27, 22 was blue; 14 and 15 are the serial line's.
SAID = """\
000000003f200000: 0x00000000 0x00224000 0x00200040 0x00000000\r
000000003f200010: 0x00000000 0x00000000 0x00000000 0x00000000\r
000000003f200020: 0x00000000 0x00000000 0x00000000 0x00000000\r
000000003f200030: 0x00000000 0x00400000\r
"""


def registers(levels: dict[int, int]) -> Registers:
    """Registers in which these pins are outputs with these levels."""
    words = [0] * 14
    for pin, level in levels.items():
        words[pin // 10] |= 1 << pin % 10 * 3
        words[13] |= level << pin
    return Registers(words=tuple(words))


def test_the_monitor_is_asked_for_functions_and_levels() -> None:
    assert EXAMINE == "xp /14wx 0x3f200000"


def test_what_the_monitor_says_is_understood() -> None:
    now = parse(SAID)
    assert [describe(now, pin) for pin in (17, 27, 22, 14, 4)] == ["0", "0", "1", "alt", "in"]
    assert now.function(17) is Function.OUTPUT
    assert now.function(14) is Function.ALTERNATE


@pytest.mark.parametrize("said", ["", "Cannot access memory", SAID.rpartition(" ")[0]])
def test_what_is_no_register_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="14 words were expected"):
        parse(said)


@pytest.mark.parametrize("pin", [-1, 28])
def test_a_pin_that_the_header_lacks_is_refused(pin: int) -> None:
    with pytest.raises(ValueError, match="0 to 27"):
        parse(SAID).level(pin)


def test_an_input_has_no_level_whatever_the_level_register_says() -> None:
    words = list(registers({5: 1}).words)
    words[0] = 0
    freed = Registers(words=tuple(words))
    assert freed.level(5) is None
    assert freed.latched(5) == 1


@pytest.mark.parametrize(
    ("levels", "color"),
    [
        ((0, 0, 0), "dark"),
        ((1, 0, 0), "red"),
        ((0, 1, 0), "green"),
        ((0, 0, 1), "blue"),
        ((1, 1, 0), "yellow"),
        ((1, 1, 1), "white"),
    ],
)
def test_a_lamp_is_what_its_pins_light(levels: tuple[int, int, int], color: str) -> None:
    cathode = LampPins(red=17, green=27, blue=22)
    anode = LampPins(red=16, green=20, blue=21, common_anode=True)
    now = registers(
        dict(zip(cathode.all(), levels, strict=True))
        | dict(zip(anode.all(), (1 - level for level in levels), strict=True))
    )
    assert cathode.color(now) == color
    assert anode.color(now) == color


def test_a_lamp_whose_pins_are_inputs_is_dark_but_known_for_what_it_was() -> None:
    for common_anode in (False, True):
        pins = LampPins(red=17, green=27, blue=22, common_anode=common_anode)
        words = [0] * 14
        words[13] = 1 << 17 if not common_anode else 1 << 27 | 1 << 22
        freed = Registers(words=tuple(words))
        assert pins.color(freed) == "dark"
        assert pins.last_color(freed) == "red"

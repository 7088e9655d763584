"""A lamp on three GPIO pins: sets an RGB diode to what `raftpi.lamp` says, on gpiozero.

Works with gpiozero 1.6.2 (Debian trixie) and 2.0.1 (Raspberry Pi OS, PyPI).
"""

from typing import Any

from gpiozero import RGBLED

from raftpi.errors import UsageError
from raftpi.lamp import Lamp, Shade, next_change_us, shade_at

# Without PWM the slow pulse is lit while above this level: long light, short dark, which
# nobody takes for the even beat of blinking.
_LIT_ABOVE = 0.3


class LampDriver:
    """One lamp: `show` it a lamp and a time, sleep until the time that it returns, repeat.

    `red`, `green`, `blue` are GPIO numbers; `active_high` False means a common anode.
    `brightness` is above 0, up to 1. `smooth` makes the slow pulse fade. Brightness below 1
    and smoothness cost software PWM, which wakes the processor every 10 ms; without them
    the pins are only ever fully on or off. `pin_factory` None takes gpiozero's default.
    Starts dark. Raises UsageError for a brightness out of range, gpiozero's own errors for
    pins that cannot be had.
    """

    def __init__(
        self,
        red: int,
        green: int,
        blue: int,
        *,
        active_high: bool = True,
        brightness: float = 1.0,
        smooth: bool = False,
        pin_factory: Any = None,
    ) -> None:
        if not 0.0 < brightness <= 1.0:
            raise UsageError(f"brightness is above 0 and at most 1, not {brightness}")
        self._brightness = brightness
        self._pwm = smooth or brightness < 1.0
        self._led = RGBLED(
            red=red,
            green=green,
            blue=blue,
            active_high=active_high,
            pwm=self._pwm,
            pin_factory=pin_factory,
        )
        self._value: Shade = (0.0, 0.0, 0.0)

    def show(self, lamp: Lamp, at_us: int) -> int | None:
        """Set the pins to `lamp` at `at_us` of a steady clock, touching them only on a change.

        Returns when to call again for the same lamp, or None: not until the lamp changes.
        """
        value = self._pin_values(shade_at(lamp, at_us))
        if value != self._value:
            self._change_to(value)
        return next_change_us(lamp, at_us)

    def _change_to(self, value: Shade) -> None:
        """First what goes dark, then what is lit.

        gpiozero sets one pin after the other, and a slow board takes its time: from green to red
        it would be yellow in between, which means something else.
        """
        common = _darker(self._value, value)
        if common not in (self._value, value):
            self._led.value = common
        self._led.value = value
        self._value = value

    def shown(self) -> Shade:
        """What the pins say now: red, green, blue, each 0 to 1, 1 being lit fully."""
        red, green, blue = self._led.value
        return (float(red), float(green), float(blue))

    def close(self, final: Lamp | None = None) -> None:
        """Release the pins, dark; or, with `final`, leave the lamp showing that and keep them.

        gpiozero turns every pin into an input when it closes a device, at the end of the
        process too; so a process that wants to leave its lamp lit calls this with `final`
        and then ends by `os._exit`. Whether the freed lines keep their level is up to the
        kernel: Raspberry Pi's does, Debian's does not.
        """
        if final is not None:
            self.show(final, 0)
            return
        self._led.close()

    def _pin_values(self, shade: Shade) -> Shade:
        if self._pwm:
            scale = self._brightness
            return (shade[0] * scale, shade[1] * scale, shade[2] * scale)
        red, green, blue = (1.0 if level > _LIT_ABOVE else 0.0 for level in shade)
        return (red, green, blue)


def _darker(one: Shade, other: Shade) -> Shade:
    """What is lit in both."""
    return (min(one[0], other[0]), min(one[1], other[1]), min(one[2], other[2]))

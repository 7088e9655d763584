"""The GPIO registers of the Pi's chip, as QEMU's monitor prints them. Pure.

BCM2835 ARM Peripherals, chapter 6: GPFSEL0 to 5 hold three bits of function a pin, ten pins a
word; GPLEV0 holds the level of pins 0 to 31. The Zero 2 W's BCM2710 and the Pi 3's BCM2837
are the same here.
"""

import re
from dataclasses import dataclass
from enum import Enum

ADDRESS = 0x3F200000
WORD_COUNT = 14
LEVEL_WORD = 13
PIN_COUNT = 28
# The monitor's command: physical memory, in words, in hexadecimal.
EXAMINE = f"xp /{WORD_COUNT}wx {ADDRESS:#x}"

_PINS_PER_WORD = 10
_LINE = re.compile(r"^[0-9a-f]+:((?: 0x[0-9a-f]{8})+)\s*$", re.MULTILINE)


class Function(Enum):
    """What a pin is connected to."""

    INPUT = "input"
    OUTPUT = "output"
    ALTERNATE = "alternate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registers:
    """The words from GPFSEL0 on, at one moment."""

    words: tuple[int, ...]

    def function(self, pin: int) -> Function:
        """What the pin is connected to. Raises ValueError for a pin that the header lacks."""
        bits = self.words[_checked(pin) // _PINS_PER_WORD] >> pin % _PINS_PER_WORD * 3 & 7
        return {0: Function.INPUT, 1: Function.OUTPUT}.get(bits, Function.ALTERNATE)

    def level(self, pin: int) -> int | None:
        """1 or 0 of an output; None where the chip drives nothing, whatever the level reads."""
        if self.function(pin) is not Function.OUTPUT:
            return None
        return self.words[LEVEL_WORD] >> pin & 1

    def latched(self, pin: int) -> int:
        """What the chip would drive if the pin were an output; a freed pin keeps its last value.

        So it is in QEMU; on the real chip the level of an input is what its wire has.
        """
        return self.words[LEVEL_WORD] >> _checked(pin) & 1


def parse(said: str) -> Registers:
    """What the monitor answered to EXAMINE. Raises ValueError when that is something else."""
    words = [int(word, 16) for line in _LINE.findall(said) for word in line.split()]
    if len(words) != WORD_COUNT:
        raise ValueError(f"{WORD_COUNT} words were expected of the monitor, which said: {said!r}")
    return Registers(words=tuple(words))


def describe(registers: Registers, pin: int) -> str:
    """A pin in a word: "1" or "0" of an output, "in" or "alt" otherwise."""
    level = registers.level(pin)
    if level is not None:
        return str(level)
    return "in" if registers.function(pin) is Function.INPUT else "alt"


def _checked(pin: int) -> int:
    if not 0 <= pin < PIN_COUNT:
        raise ValueError(f"a GPIO number is 0 to {PIN_COUNT - 1}, not {pin}")
    return pin

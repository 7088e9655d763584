"""The colour of a lamp on three pins, as the chip's registers tell it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.boards.lamp_history import COLORS
from tests.gpio.emulated_pi.registers import Registers


@dataclass(frozen=True, slots=True, kw_only=True)
class LampPins:
    """An RGB diode on three GPIO pins; `common_anode`: lit by a low level, not by a high one."""

    red: int
    green: int
    blue: int
    common_anode: bool = False

    def all(self) -> tuple[int, int, int]:
        """Red, green and blue."""
        return (self.red, self.green, self.blue)

    def color(self, registers: Registers) -> str:
        """What is lit. A pin that is no output drives no current: that diode is dark."""
        return self._color_of([registers.level(pin) for pin in self.all()])

    def last_color(self, registers: Registers) -> str:
        """What was lit last, while the pins were still driven."""
        return self._color_of([registers.latched(pin) for pin in self.all()])

    def _color_of(self, levels: Sequence[int | None]) -> str:
        lit_level = 0 if self.common_anode else 1
        red, green, blue = (level == lit_level for level in levels)
        return COLORS[red, green, blue]

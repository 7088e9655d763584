"""Watches lamps on the emulated Pi: the chip's registers, read again and again by a thread."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType

from tests.boards.bench.waiting import TookTooLong
from tests.gpio.emulated_pi import machine
from tests.gpio.emulated_pi.lamp_pins import LampPins
from tests.gpio.emulated_pi.registers import Registers

SAMPLE_S = 0.02
TOLD_CHANGES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """From `at_s` (of time.monotonic) on each lamp showed its color: number -> color."""

    at_s: float
    colors: dict[int, str]


class LampWatch:
    """Reads all lamps some ten times a second; a context manager, over when it is left.

    Invariant: `_sights` holds a sight per change, in order of time.
    """

    def __init__(self, lamps: Mapping[int, LampPins]) -> None:
        self._lamps = dict(lamps)
        self._sights: list[Sight] = []
        self._latest: Registers | None = None
        self._looked_at_s = 0.0
        self._failure: Exception | None = None
        self._changed = threading.Condition()
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="lamp watch", daemon=True)

    def __enter__(self) -> "LampWatch":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave.set()
        self._thread.join()

    def now(self) -> dict[int, str]:
        """What the lamps showed when they were last looked at."""
        with self._changed:
            return dict(self._sights[-1].colors) if self._sights else {}

    def registers(self) -> Registers:
        """The registers as they were last read. Raises TookTooLong when that was never."""
        with self._changed:
            if self._latest is None:
                raise TookTooLong("the registers were not read yet")
            return self._latest

    def wait_for(
        self,
        condition: Callable[[dict[int, str]], bool],
        what: str,
        timeout_s: float,
        *,
        hold_s: float = 0.0,
    ) -> float:
        """Wait until the lamps are as `condition` wants, without a break for `hold_s`.

        Returns how long it took until they were so (the holding does not count). Raises
        TookTooLong, which tells how the lamps went.
        """
        start_s = time.monotonic()
        end_s = start_s + timeout_s
        good_since_s: float | None = None
        with self._changed:
            while True:
                if self._failure is not None:
                    raise self._failure
                if self._sights and self._looked_at_s >= start_s:
                    good = condition(self._sights[-1].colors)
                    if not good:
                        good_since_s = None
                    elif good_since_s is None:
                        good_since_s = max(start_s, self._sights[-1].at_s)
                    if good_since_s is not None and self._looked_at_s - good_since_s >= hold_s:
                        return good_since_s - start_s
                if time.monotonic() > end_s:
                    raise TookTooLong(
                        f"waited {timeout_s:g} s in vain until {what}; the lamps went:\n"
                        + self.told(since_s=start_s)
                    )
                self._changed.wait(0.5)

    def seen(self, lamp: int, *, since_s: float) -> list[str]:
        """The colors that a lamp showed since then, in order; the first is what it showed then."""
        with self._changed:
            before = [sight for sight in self._sights if sight.at_s <= since_s][-1:]
            after = [sight for sight in self._sights if sight.at_s > since_s]
        colors: list[str] = []
        for sight in before + after:
            if not colors or colors[-1] != sight.colors[lamp]:
                colors.append(sight.colors[lamp])
        return colors

    def lit(self, lamp: int, *, since_s: float) -> list[str]:
        """As `seen`, without the dark between two colors: what is lit goes out first."""
        colors: list[str] = []
        for color in self.seen(lamp, since_s=since_s):
            if color != "dark" and color not in colors[-1:]:
                colors.append(color)
        return colors

    def told(self, *, since_s: float) -> str:
        """How the lamps went since then, a line a change."""
        with self._changed:
            sights = [sight for sight in self._sights if sight.at_s >= since_s]
            sights = sights or self._sights[-1:]
        lines = [f"  {sight.at_s - since_s:+8.2f} s  {sight.colors}" for sight in sights]
        return "\n".join(lines[-TOLD_CHANGES:])

    def _look_on(self) -> None:
        try:
            with machine.monitor() as monitor:
                while not self._leave.wait(SAMPLE_S):
                    self._note(monitor.registers())
        except Exception as error:  # noqa: BLE001  # it is raised where somebody waits
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _note(self, registers: Registers) -> None:
        colors = {lamp: pins.color(registers) for lamp, pins in self._lamps.items()}
        with self._changed:
            self._latest = registers
            self._looked_at_s = time.monotonic()
            if not self._sights or self._sights[-1].colors != colors:
                self._sights.append(Sight(at_s=self._looked_at_s, colors=colors))
            self._changed.notify_all()

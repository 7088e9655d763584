"""gpiozero's mock pins, which write down what they do: the pin factory `recording`.

Each change is a line `<microseconds of CLOCK_MONOTONIC> <GPIO number> <0 or 1>` at the end of
the file that $RECORDING_PINS_FILE names. A process that is killed leaves no line, as a kernel
that keeps a freed line would; the next one writes the state that it begins with.
"""

import os
import sys
import time
import types
from typing import Any

# gpiozero 1.6.2's mock imports it for names of pin classes, of which none is used here. A board's
# real pins do without, so a process on these shall not be measured with its 10 MB.
_without = "pkg_resources" not in sys.modules
if _without:
    sys.modules["pkg_resources"] = types.ModuleType("pkg_resources")

from gpiozero.pins.mock import MockFactory, MockPin  # noqa: E402  # after the above

if _without:
    del sys.modules["pkg_resources"]


class RecordingPin(MockPin):
    """A mock pin with a memory outside its process."""

    def _write(self, value: Any) -> None:
        line = f"{time.monotonic_ns() // 1000} {self._number} {int(bool(value))}\n"
        fd = os.open(
            os.environ["RECORDING_PINS_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666
        )
        try:
            os.write(fd, line.encode())
        finally:
            os.close(fd)

    def _change_state(self, value: Any) -> Any:
        changed = super()._change_state(value)
        if changed:
            self._write(value)
        return changed

    def output_with_state(self, state: Any) -> None:
        """Become an output: its first level is written down even where it is not new."""
        super().output_with_state(state)
        self._write(state)


class RecordingFactory(MockFactory):
    """What GPIOZERO_PIN_FACTORY=recording makes."""

    def __init__(self) -> None:
        super().__init__(pin_class=RecordingPin)

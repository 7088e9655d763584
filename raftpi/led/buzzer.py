"""A short beep when this board becomes the leader."""

from collections.abc import Callable

BEEP_US = 150_000


class Buzzer:
    """Switches something on for a moment; no thread, no waiting."""

    def __init__(self, switch: Callable[[bool], None]) -> None:
        """`switch` turns the sound on and off."""
        self._switch = switch
        self._until_us: int | None = None

    def beep(self, now_us: int) -> None:
        """Sound from now on, for a moment."""
        self._switch(True)
        self._until_us = now_us + BEEP_US

    def update(self, now_us: int) -> int | None:
        """Fall silent when it is time; when to call again, None while silent."""
        if self._until_us is not None and now_us >= self._until_us:
            self._switch(False)
            self._until_us = None
        return self._until_us

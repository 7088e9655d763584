"""QEMU's monitor: one question, one answer, over its socket (docs/interop/qmp-spec)."""

import json
import socket
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.gpio.emulated_pi import registers

ANSWER_LIMIT_S = 10.0


class MonitorFailed(Exception):
    """QEMU does not answer, or refuses."""


class Monitor:
    """A connection to the monitor; a context manager. Raises MonitorFailed, at opening too.

    QEMU listens to one at a time: a second connection is not answered before the first is over.
    """

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(ANSWER_LIMIT_S)
        self._rest = b""
        try:
            self._socket.connect(str(path))
            self._next_message()  # the greeting
        except OSError as error:
            self._socket.close()
            raise MonitorFailed(
                f"no answer at {path}: the emulated Pi is off, or somebody else asks it: {error}"
            ) from error
        except BaseException:
            self._socket.close()
            raise
        self._ask("qmp_capabilities")

    def __enter__(self) -> "Monitor":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def registers(self) -> registers.Registers:
        """The GPIO registers now."""
        said = self._ask("human-monitor-command", **{"command-line": registers.EXAMINE})
        return registers.parse(str(said))

    def _ask(self, command: str, **arguments: str) -> Any:
        question = json.dumps({"execute": command, "arguments": arguments})
        try:
            self._socket.sendall(question.encode() + b"\n")
            message = self._next_message()
            while "return" not in message and "error" not in message:  # an event
                message = self._next_message()
        except OSError as error:
            raise MonitorFailed(f"QEMU did not answer {command}: {error}") from error
        if "error" in message:
            raise MonitorFailed(f"QEMU refused {command}: {message['error']}")
        return message["return"]

    def _next_message(self) -> dict[str, Any]:
        while b"\n" not in self._rest:
            data = self._socket.recv(65536)
            if not data:
                raise MonitorFailed("QEMU hung up: the emulated Pi is off")
            self._rest += data
        line, self._rest = self._rest.split(b"\n", 1)
        message: dict[str, Any] = json.loads(line)
        return message

"""The daemon's journal: one line per event, on standard error."""

import logging
import sys

from raftpi.node import Event

LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Journal:
    """Writes events as lines; every line carries the node's name and, as fields, the rest."""

    def __init__(self, *, name: str, level: str) -> None:
        """`level` is the least severity that is written, as in `log.level`."""
        self._name = name
        self._logger = logging.getLogger(f"raftpi.{name}")
        self._logger.setLevel(level.upper())
        self._logger.propagate = False
        for handler in list(self._logger.handlers):
            self._logger.removeHandler(handler)
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        self._logger.addHandler(handler)

    def write(self, event: Event) -> None:
        """One event, with fields such as RAFT_NODE and RAFT_TERM."""
        fields = {f"RAFT_{key.upper()}": value for key, value in event.fields.items()}
        fields["RAFT_NODE"] = self._name
        self._logger.log(LEVELS[event.severity], "%s %s", self._name, event.text, extra=fields)

    def say(self, text: str, severity: str = "info") -> None:
        """One event of the process itself."""
        self.write(Event(text=text, severity=severity))

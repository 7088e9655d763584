"""Puts that the door has taken apart already, for when they are applied."""

from raftpi.command import Stamp

# So little that it is no matter if none of them ever comes back: a leader that is deposed.
LIMIT_COUNT = 1024
LIMIT_BYTES = 4096

ParsedPut = tuple[Stamp, bytes, bytes]


class ParsedPuts:
    """What was found in commands, by the very object that holds a command's bytes.

    A leader meets each of its commands twice, before and behind the log, and takes it apart once.
    Invariant: what `take` gives is what the command's bytes say.
    """

    __slots__ = ("_found",)

    def __init__(self) -> None:
        # The command is kept too, so that no other can have its id.
        self._found: dict[int, tuple[bytes, ParsedPut]] = {}

    def keep(self, command: bytes, put: ParsedPut) -> None:
        """Remember it, unless it is large; the oldest go together if there are too many."""
        if len(command) > LIMIT_BYTES:
            return
        if len(self._found) >= LIMIT_COUNT:
            self._found.clear()
        self._found[id(command)] = (command, put)

    def take(self, command: bytes) -> ParsedPut | None:
        """What was found in this command, if that is remembered; it is then forgotten."""
        found = self._found.pop(id(command), None)
        return None if found is None else found[1]

"""The trace: what happens in a run, one line an event, in the words of the node's journal.

Everything in it depends on the seed alone: no elapsed time, no path, no address. Its hash
covers every line of a full trace, or what that stands for, whether it is printed or not: two
runs with the same hash took the same course.
"""

import hashlib
from collections.abc import Callable
from dataclasses import fields
from enum import Enum, IntEnum

from raftpi.core.entry import Entry
from raftpi.core.hello import Hello
from raftpi.core.messages import Message
from raftpi.core.snapshot import SnapshotMeta

ADDRESSES = ("sender", "receiver")
# Shown only where they say something.
RARE = ("doubt_id",)
SECOND_US = 1_000_000
SHOWN_ENTRIES_COUNT = 4


class Verbosity(IntEnum):
    """How much is told. EVENTS: what journals say, and what befalls boards and links.

    ALL: besides, every message that is delivered or lost, and what clients ask and are told.
    """

    NOTHING = 0
    EVENTS = 1
    ALL = 2


class Trace:
    """Hashes what happens, and tells it line by line."""

    __slots__ = ("_hash", "_tell", "verbosity")

    def __init__(
        self,
        tell: Callable[[str], None] | None = None,
        verbosity: Verbosity = Verbosity.NOTHING,
    ) -> None:
        """`tell` is given the lines of this verbosity."""
        self._hash = hashlib.blake2b(digest_size=8)
        self._tell = tell
        self.verbosity = verbosity if tell is not None else Verbosity.NOTHING

    @property
    def digest(self) -> str:
        """The hash of all that happened so far, as 16 hexadecimal digits."""
        return self._hash.hexdigest()

    def event(self, now_us: int, who: str, text: str) -> None:
        """Something that a journal would say, or that befell a board or a link."""
        line = f"{shown_time(now_us)}  {who:<8} {text}"
        self._hash.update(line.encode() + b"\n")
        if self._tell is not None and self.verbosity >= Verbosity.EVENTS:
            self._tell(line)

    def client(self, now_us: int, client: int, text: str) -> None:
        """What a client asks or is told."""
        line = f"{shown_time(now_us)}  {f'client {client}':<8} {text}"
        self._hash.update(line.encode() + b"\n")
        if self._tell is not None and self.verbosity >= Verbosity.ALL:
            self._tell(line)

    def message(
        self, now_us: int, fate: str, source: int, target: int, message: Message | Hello
    ) -> None:
        """A message is `fate`: delivered, lost, dropped."""
        kind = type(message).__name__
        self._hash.update(f"{now_us} {fate} {source} {target} {kind}\n".encode())
        if self._tell is not None and self.verbosity >= Verbosity.ALL:
            way = f"pi{source}>pi{target}"
            self._tell(f"{shown_time(now_us)}  {way:<8} {fate}: {shown_message(message)}")


def shown_time(now_us: int) -> str:
    """Seconds with all six digits of the microsecond, so that lines stand in columns."""
    return f"{now_us // SECOND_US:>4}.{now_us % SECOND_US:06}"


def shown_message(message: Message | Hello) -> str:
    """A message in words: its name and its fields, but for the addresses."""
    shown = [
        f"{field.name}={_shown(field.name, getattr(message, field.name))}"
        for field in fields(message)
        if field.name not in ADDRESSES and (field.name not in RARE or getattr(message, field.name))
    ]
    return " ".join([type(message).__name__, *shown])


def _shown(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in ("view", "settings_digest") and isinstance(value, int):
        return f"{value:016x}"
    if isinstance(value, tuple) and name == "entries":
        return _shown_entries(value)
    if isinstance(value, SnapshotMeta):
        return f"{value.index}/{value.term}"
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, int | str) or value is None:
        return str(value)
    return f"<{type(value).__name__}>"


def _shown_entries(entries: tuple[Entry, ...]) -> str:
    """[5/2 command, 6/2 noop]: index/term and kind; the middle of many is left out."""
    shown = [f"{entry.index}/{entry.term} {entry.kind.name.lower()}" for entry in entries]
    if len(shown) > SHOWN_ENTRIES_COUNT:
        shown[2:-1] = ["…"]
    return f"[{', '.join(shown)}]"

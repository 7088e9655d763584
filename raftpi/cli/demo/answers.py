"""What became of a command, in the words of the prompt: done, certainly not done, or unknown."""

from dataclasses import dataclass

from raftpi.cli.demo.commands import ListKeys, StoreCommand
from raftpi.command import CompareAndSwap, Delete, Get, Item
from raftpi.errors import ProtocolError, RaftpiError, Refused, Timeout, Unavailable
from raftpi.lamp import CUT_OFF_TIMEOUT_COUNT
from raftpi.status import NodeStatus

_SHOWN_KEY_COUNT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A command that went through the log: committed at `index`, on `acks` of the voters."""

    changed: bool
    index: int
    acks: int
    voter_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a read saw."""

    items: tuple[Item, ...]


def done_text(command: StoreCommand, done: Done) -> str:
    """The answer to a command that was committed, whether or not it changed something."""
    where = f"({done.acks}/{done.voter_count} acks) @ index {done.index}"
    if done.changed:
        return f"✓ Committed {where}"
    if isinstance(command, Delete):
        return f"✓ Committed {where}: there was no {_text(command.key)} to delete"
    if isinstance(command, CompareAndSwap):
        return f"✓ Committed {where}: not swapped, {_why_not_swapped(command)}"
    return f"✓ Committed {where}: nothing changed"


def found_text(command: StoreCommand, found: Found) -> str:
    """The answer to a read."""
    if isinstance(command, ListKeys):
        if not found.items:
            return f"no keys begin with {_text(command.prefix)!r}" if command.prefix else "no keys"
        lines = [item_text(item) for item in found.items[:_SHOWN_KEY_COUNT]]
        left = len(found.items) - len(lines)
        return "\n".join([*lines, f"… and {left} more"] if left else lines)
    if not found.items:
        key = command.key if isinstance(command, Get) else b""
        return f"{_text(key)} does not exist"
    return item_text(found.items[0])


def item_text(item: Item) -> str:
    """A key with its value and the log index that wrote it."""
    return f"{_text(item.key)} = {_text(item.value)}  (revision {item.revision})"


def failure_text(error: RaftpiError, why: str) -> str:
    """The answer to a command that was not seen to be done.

    `why` is what the boards say about it (see `no_answer_reason`), or empty.
    """
    if isinstance(error, Timeout | ProtocolError):
        text = str(error).removeprefix("outcome unknown: ")
        return f"? Unknown: {text}" + (f" ({why})" if why else "")
    if isinstance(error, Unavailable):
        # What the nodes told the client counts more than what their feeds say a moment later.
        return f"✗ Failed: {error if 'no quorum' in str(error) or not why else why}"
    if isinstance(error, Refused):
        return f"✗ Failed: {error}"
    return f"? Unknown: {error}"


def pending_text(alive: tuple[NodeStatus, ...], board_count: int) -> str:
    """What is said while a command waits."""
    return f"⏳ Pending… ({no_answer_reason(alive, board_count) or 'waiting for the leader'})"


def no_answer_reason(alive: tuple[NodeStatus, ...], board_count: int) -> str:
    """Why the boards cannot answer just now, as far as they say; empty when they could."""
    if len(alive) * 2 <= board_count:
        return f"no quorum (only {len(alive)}/{board_count} alive)"
    if any(status.role == "leader" and status.lease_us > 0 for status in alive):
        return ""
    # Boards that live but are cut off from each other; in an election they hear each other.
    if all(_is_lonely(status) for status in alive):
        together = max(status.alive_count for status in alive)
        return f"no quorum (only {together}/{board_count} hear each other)"
    return "election in progress"


def _is_lonely(status: NodeStatus) -> bool:
    silent_for_long = status.quorum_silence_us > CUT_OFF_TIMEOUT_COUNT * status.election_max_us
    return silent_for_long and status.alive_count * 2 <= status.voter_count


def _why_not_swapped(command: CompareAndSwap) -> str:
    if command.expected is None:
        return f"{_text(command.key)} exists already"
    return f"{_text(command.key)} is not {_text(command.expected)}"


def _text(data: bytes) -> str:
    # Control characters must not reach the terminal.
    text = data.decode("utf-8", errors="replace")
    return "".join(c if c.isprintable() else "�" for c in text)

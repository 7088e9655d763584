"""Lines of the demo's prompt, and of its input when piped, as commands. Pure."""

import shlex
from dataclasses import dataclass
from enum import Enum

from raftpi.command import CompareAndSwap, Delete, Get, Put
from raftpi.errors import UsageError


class Action(Enum):
    """What can be done to a board, or to all of them."""

    KILL = "kill"
    RESTART = "restart"
    PARTITION = "partition"
    HEAL = "heal"
    SLOW = "slow"
    ROGUE = "rogue"
    QUIT = "quit"
    HELP = "help"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKeys:
    """All keys that begin with `prefix`."""

    prefix: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """An action on the board with this id; 0 means all boards, or none is needed."""

    action: Action
    board: int = 0


StoreCommand = Put | Delete | CompareAndSwap | Get | ListKeys
Command = StoreCommand | Control

USAGE = {
    "SET": "SET key value",
    "GET": "GET key",
    "DEL": "DEL key",
    "CAS": "CAS key old new   (--absent for old: the key must not exist)",
    "LIST": "LIST prefix",
    "KILL": "kill BOARD",
    "RESTART": "restart BOARD | restart all",
    "PARTITION": "partition BOARD",
    "HEAL": "heal [BOARD]",
    "SLOW": "slow BOARD",
    "ROGUE": "rogue BOARD",
    "QUIT": "quit",
    "HELP": "help",
}
_ALIASES = {"PUT": "SET", "DELETE": "DEL", "EXIT": "QUIT", "?": "HELP"}


def parse_line(line: str) -> Command | None:
    """The command in `line`; None for a blank line. Raises UsageError, which says the usage.

    Words are parted by blanks, quotes hold a word together. The value of SET is the rest
    of the line, so it needs no quotes.
    """
    head, _, rest = line.strip().partition(" ")
    if not head:
        return None
    verb = _ALIASES.get(head.upper(), head.upper())
    if verb not in USAGE:
        raise UsageError(f"unknown command {head!r}; there are: {', '.join(USAGE)}")
    if verb == "SET":
        return _parse_set(rest)
    words = _words(rest, verb)
    if verb in ("GET", "DEL", "CAS", "LIST"):
        return _parse_store(verb, words)
    return _parse_control(Action[verb], words)


def _parse_set(rest: str) -> Put:
    key, _, value = rest.strip().partition(" ")
    value = value.strip()
    if rest.strip()[:1] in ("'", '"') or value[:1] in ("'", '"'):
        words = _words(rest, "SET")
        _require(len(words) == 2, "SET")
        key, value = words
    _require(bool(key) and bool(value), "SET")
    return Put(key=key.encode(), value=value.encode())


def _parse_store(verb: str, words: list[str]) -> StoreCommand:
    if verb == "LIST":
        _require(len(words) <= 1, verb)
        return ListKeys(prefix=words[0].encode() if words else b"")
    if verb == "CAS":
        _require(len(words) == 3, verb)
        key, old, new = words
        expected = None if old == "--absent" else old.encode()
        return CompareAndSwap(key=key.encode(), expected=expected, value=new.encode())
    _require(len(words) == 1, verb)
    key_bytes = words[0].encode()
    return Get(key=key_bytes) if verb == "GET" else Delete(key=key_bytes)


def _parse_control(action: Action, words: list[str]) -> Control:
    verb = action.name
    if action in (Action.QUIT, Action.HELP):
        _require(not words, verb)
        return Control(action=action)
    may_be_all = action in (Action.RESTART, Action.HEAL)
    if may_be_all and [word.lower() for word in words] == ["all"]:
        return Control(action=action)
    if action is Action.HEAL and not words:
        return Control(action=action)
    _require(len(words) == 1 and words[0].isdecimal() and int(words[0]) > 0, verb)
    return Control(action=action, board=int(words[0]))


def _words(text: str, verb: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{error}; usage: {USAGE[verb]}") from error


def _require(holds: bool, verb: str) -> None:
    if not holds:
        raise UsageError(f"usage: {USAGE[verb]}")

"""Lines of the prompt: every command, its aliases, and what is refused with its usage."""

import pytest

from raftpi.cli.demo.commands import (
    USAGE,
    Action,
    Command,
    Control,
    ListKeys,
    parse_line,
)
from raftpi.command import CompareAndSwap, Delete, Get, Put
from raftpi.errors import UsageError


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("", None),
        ("   ", None),
        ("SET temperature 72.5", Put(key=b"temperature", value=b"72.5")),
        ("set  a   hello  world ", Put(key=b"a", value=b"hello  world")),
        ("SET a it's", Put(key=b"a", value=b"it's")),
        ("SET 'a key' \"a value\"", Put(key=b"a key", value=b"a value")),
        ("SET é ü", Put(key="é".encode(), value="ü".encode())),
        ("put a 1", Put(key=b"a", value=b"1")),
        ("GET a", Get(key=b"a")),
        ("get 'a b'", Get(key=b"a b")),
        ("DEL a", Delete(key=b"a")),
        ("delete a", Delete(key=b"a")),
        ("CAS a 1 2", CompareAndSwap(key=b"a", expected=b"1", value=b"2")),
        ("CAS a --absent 2", CompareAndSwap(key=b"a", expected=None, value=b"2")),
        ("CAS a 'old one' new", CompareAndSwap(key=b"a", expected=b"old one", value=b"new")),
        ("LIST", ListKeys(prefix=b"")),
        ("LIST temp", ListKeys(prefix=b"temp")),
        ("kill 1", Control(action=Action.KILL, board=1)),
        ("RESTART 2", Control(action=Action.RESTART, board=2)),
        ("restart all", Control(action=Action.RESTART)),
        ("partition 3", Control(action=Action.PARTITION, board=3)),
        ("heal", Control(action=Action.HEAL)),
        ("heal all", Control(action=Action.HEAL)),
        ("heal 3", Control(action=Action.HEAL, board=3)),
        ("slow 1", Control(action=Action.SLOW, board=1)),
        ("rogue 3", Control(action=Action.ROGUE, board=3)),
        ("quit", Control(action=Action.QUIT)),
        ("exit", Control(action=Action.QUIT)),
        ("help", Control(action=Action.HELP)),
        ("?", Control(action=Action.HELP)),
    ],
)
def test_lines_that_are_understood(line: str, command: Command | None) -> None:
    assert parse_line(line) == command


@pytest.mark.parametrize(
    "line",
    [
        "SET",
        "SET a",
        "SET '' 1",
        "SET 'a 1",
        "SET 'a' 1 2",
        "GET",
        "GET a b",
        "DEL",
        "CAS a 1",
        "CAS a 1 2 3",
        "LIST a b",
        "kill",
        "kill x",
        "kill 0",
        "kill all",
        "kill -1",
        "heal 1 2",
        "restart",
        "quit now",
    ],
)
def test_a_wrong_line_says_the_usage_of_its_command(line: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_line(line)
    assert USAGE[line.split()[0].upper()] in str(caught.value)


def test_an_unknown_command_says_which_there_are() -> None:
    with pytest.raises(UsageError, match=r"unknown command 'FROB'.*SET.*ROGUE"):
        parse_line("FROB 1")

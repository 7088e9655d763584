"""The core keeps to the dialect that other Pythons share."""

import pytest

from tests.house.dialect import check_dialect
from tests.house.finding import python_files, report


def test_the_core_keeps_to_the_dialect() -> None:
    findings = [
        finding
        for path, source in python_files("raftpi/core")
        for finding in check_dialect(path, source)
    ]
    assert not findings, report(findings)


INSIDE = [
    "if isinstance(x, int):\n    y = 1",
    "f(*a)",
    "f(a=1)",
    "def f(*, a: int) -> int:\n    return a",
    "x = a + [1]",
    "x, y = y, x",
    "class A(B):\n    pass",
    "@dataclass(frozen=True, slots=True)\nclass A:\n    pass",
    "class A:\n    @property\n    def x(self) -> int:\n        return 1",
    "class A:\n    @staticmethod\n    def x() -> int:\n        return 1",
    "f'{x} of {y.z[1]}'",
    "f'{x:>5} {y:.2f}'",
    "f'a={x}'",
    "try:\n    f()\nexcept ValueError as error:\n    raise KeyError from error",
    "def f():\n    yield 1",
    "from collections import deque\nfrom typing import Protocol",
    "votes: set[int] = set()\nif 3 in votes and len(votes) > 1:\n    votes.add(4)",
    "votes = {1, 2}\nfor vote in sorted(votes):\n    f(vote)",
    "votes: dict[int, bool] = {}\nfor vote in votes:\n    f(vote)",
    "queue: list[int] = []\nqueue.pop()",
]

OUTSIDE = [
    ("match x:\n    case 1:\n        pass", "match"),
    ("if (x := 1):\n    pass", ":="),
    ("async def f():\n    pass", "async"),
    ("async def f():\n    await g()", "await"),
    ("def f():\n    yield from g()", "yield from"),
    ("try:\n    f()\nexcept* ValueError:\n    pass", "except*"),
    ("x = [*a]", "starred display"),
    ("x = (*a,)", "starred display"),
    ("x = {*a}", "starred display"),
    ("x, *y = a", "starred target"),
    ("x = {**a}", "{**a}"),
    ("f(**a)", "f(**a)"),
    ("class A(B, C):\n    pass", "multiple inheritance"),
    ("class A(metaclass=M):\n    pass", "metaclass"),
    ("@cache\ndef f():\n    pass", "@cache"),
    ("class A:\n    @classmethod\n    def x(cls):\n        pass", "@classmethod"),
    ("@functools.wraps(g)\ndef f():\n    pass", "@functools.wraps"),
    ("class A:\n    @x.setter\n    def x(self, y):\n        pass", "@x.setter"),
    ("import functools", "functools"),
    ("from itertools import chain", "itertools"),
    ("def f():\n    import contextlib", "contextlib"),
    ("import random", "random"),
    ("from time import monotonic", "time"),
    ("f'{x=}'", "{x=}"),
    ("f'{x.y=}'", "{x=}"),
    ("f'{x!r}'", "conversion"),
    ("f'{x!s:>5}'", "conversion"),
    ("f'{x:>{width}}'", "computed"),
    ("for x in {1, 2}:\n    pass", "no order"),
    ("for x in set(a):\n    pass", "no order"),
    ("y = [x for x in {a for a in b}]", "no order"),
    ("votes = set()\nfor x in votes:\n    pass", "no order"),
    (
        "class A:\n    def f(self):\n        self.votes: set[int] = g()\n        list(self.votes)",
        "no order",
    ),
    ("def f(votes: frozenset[int]):\n    return tuple(votes)", "no order"),
    ("def voters() -> set[int]:\n    return g()\nx = [v for v in voters()]", "no order"),
    ("votes = {1} | other\nx = ','.join(votes)", "no order"),
    ("votes = {1}\nf(*votes)", "no order"),
    ("votes = {1}\nvotes.pop()", "no order"),
    ("votes = {1}\nfor n, v in enumerate(votes - {2}):\n    pass", "no order"),
]


@pytest.mark.parametrize("source", INSIDE)
def test_what_the_dialect_has_is_allowed(source: str) -> None:
    assert not check_dialect("raftpi/core/x.py", source)


@pytest.mark.parametrize(("source", "expected"), OUTSIDE)
def test_what_the_dialect_lacks_is_found(source: str, expected: str) -> None:
    findings = check_dialect("raftpi/core/x.py", source)
    assert any(expected in finding.text for finding in findings), report(findings)

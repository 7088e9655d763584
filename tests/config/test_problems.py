"""Problems are collected and told together."""

import pytest

from raftpi.config.lines import Lines
from raftpi.config.problems import Problems
from raftpi.errors import ConfigurationError


def test_nothing_is_raised_when_nothing_is_wrong() -> None:
    Problems("x", Lines("")).raise_if_any()


def test_problems_are_told_in_the_order_of_their_lines() -> None:
    problems = Problems("x", Lines("[a]\nb = 1\n[c]\n"))
    problems.add("c", "", "third")
    problems.add("a", "b", "second")
    problems.add("z", "", "nowhere")
    with pytest.raises(ConfigurationError) as caught:
        problems.raise_if_any()
    assert str(caught.value) == "x: nowhere\nx:2: second\nx:3: third"


def test_problems_are_counted_and_asked_for_by_section() -> None:
    problems = Problems("x", Lines(""))
    assert problems.count == 0
    problems.add("a", "b", "wrong")
    assert problems.count == 1
    assert problems.has_in("a")
    assert not problems.has_in("b")

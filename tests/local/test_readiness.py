"""When a cluster counts as ready: time comes from the fakes, not from waiting."""

from collections.abc import Sequence

import pytest

from raftpi.errors import Unavailable
from raftpi.local import readiness
from raftpi.status import NodeStatus
from tests.local.stand_in import status_of


class FakeTime:
    """A monotonic clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, duration_s: float) -> None:
        self.now_s += max(duration_s, 0.001)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(readiness, "time", fake)
    return fake


def wait(script: list[list[NodeStatus]], timeout_s: float = 10.0, living: int = 2) -> object:
    """The result when successive questions are answered by `script`, the last for ever."""

    def ask(endpoints: Sequence[str], timeout_s: float) -> list[NodeStatus]:
        return script.pop(0) if len(script) > 1 else script[0]

    endpoints = [f"tcp://127.0.0.1:{i}" for i in range(living)]
    return readiness.wait_for_leader(lambda: endpoints, timeout_s, ask)


LEADER = status_of(1, "leader", 1)


def test_all_must_know_the_leader(clock: FakeTime) -> None:
    assert wait([[LEADER, status_of(2)], [LEADER, status_of(2, leader=1)]]) is LEADER
    assert clock.now_s == pytest.approx(100.0 + readiness.POLL_S)


def test_one_that_never_learns_of_the_leader_does_not_block(clock: FakeTime) -> None:
    assert wait([[LEADER, status_of(2)]]) is LEADER
    assert clock.now_s == pytest.approx(100.0 + readiness.AGREEMENT_S, abs=readiness.POLL_S)


def test_one_that_does_not_answer_does_not_block(clock: FakeTime) -> None:
    assert wait([[LEADER]]) is LEADER
    assert clock.now_s < 102


def test_no_leader_is_none_after_the_timeout(clock: FakeTime) -> None:
    assert wait([[status_of(1), status_of(2)]], timeout_s=3.0) is None
    assert clock.now_s == pytest.approx(103.0, abs=0.01)


def test_the_leader_of_the_highest_term_counts() -> None:
    newer = status_of(2, "leader", 2, term=9)
    assert readiness.leader_of([LEADER, newer, status_of(3)]) is newer
    assert readiness.leader_of([status_of(3)]) is None


def test_errors_of_the_client_mean_nobody_answered_yet(clock: FakeTime) -> None:
    answers: list[list[NodeStatus]] = [[status_of(2)]]

    def ask(endpoints: Sequence[str], timeout_s: float) -> list[NodeStatus]:
        if clock.now_s < 101:
            raise Unavailable("nobody")
        return answers[0]

    found = readiness.wait_for_answer("tcp://127.0.0.1:1", 2, 5.0, ask, lambda: None)
    assert found is answers[0][0]


def test_another_node_at_the_endpoint_is_no_answer(clock: FakeTime) -> None:
    found = readiness.wait_for_answer(
        "tcp://127.0.0.1:1", 2, 1.0, lambda *_: [status_of(3)], lambda: None
    )
    assert found is None

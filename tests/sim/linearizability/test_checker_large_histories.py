"""The checker on histories as long as those of a real run."""

import random
from dataclasses import dataclass, replace

import pytest

from raftpi.sim.linearizability.checker import check
from raftpi.sim.linearizability.history import Kind, Operation, Outcome
from raftpi.sim.linearizability.search import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A run to imitate: `unknown` is the share of operations that are never answered."""

    clients: int = 10
    keys: int
    count: int
    unknown: float = 0.0


class Imitation:
    """A store that takes each operation at one moment between its call and its return."""

    def __init__(self, load: Load, seed: int) -> None:
        self._load = load
        self._random = random.Random(seed)
        self._present: dict[bytes, tuple[bytes, int]] = {}

    def run(self) -> list[Operation]:
        """The history; linearizable by construction, values and revisions unique."""
        free = [0.0] * self._load.clients
        calls: list[tuple[float, int, float, float]] = []
        for _ in range(self._load.count):
            client = min(range(len(free)), key=free.__getitem__)
            called_at = free[client] + self._random.random() / 10
            returned_at = free[client] = called_at + self._random.random()
            moment = called_at + (returned_at - called_at) * self._random.random()
            calls.append((moment, client, called_at, returned_at))
        calls.sort()
        return [self._take(revision, *call[1:]) for revision, call in enumerate(calls, start=1)]

    def _take(self, revision: int, client: int, called_at: float, returned_at: float) -> Operation:
        key = b"key %d" % self._random.randrange(self._load.keys)
        found, found_revision = self._present.get(key, (None, 0))
        value = b"value %d" % revision
        kind = self._random.choices(list(Kind), weights=(50, 30, 5, 15))[0]
        inputs: tuple[bytes | None, ...] = ()
        output = Outcome(done=True, revision=revision)
        if kind is Kind.GET:
            output = Outcome(done=found is not None, value=found, revision=found_revision)
        elif kind is Kind.PUT:
            inputs = (value,)
        elif kind is Kind.CAS:
            inputs = (found if self._random.random() < 0.7 else b"other", value)
        lost = kind is Kind.CAS and inputs[0] != found
        if lost or (kind is Kind.DELETE and found is None):
            output = Outcome(done=False, revision=found_revision)
        answered = self._random.random() >= self._load.unknown
        if output.done and (answered or self._random.random() < 0.5):
            if kind is Kind.DELETE:
                del self._present[key]
            elif kind is not Kind.GET:
                self._present[key] = (value, revision)
        return Operation(
            client=client,
            key=key,
            kind=kind,
            inputs=inputs,
            output=output if answered else None,
            called_at=called_at,
            returned_at=returned_at if answered else None,
        )


LOADS = {
    "ten clients": Load(keys=10, count=5000),
    "one key": Load(clients=6, keys=1, count=1500),
    "a leader killed often": Load(clients=8, keys=16, count=8000, unknown=0.02),
    "a leader killed often, few keys": Load(clients=8, keys=4, count=4000, unknown=0.02),
}


@pytest.mark.parametrize("name", LOADS)
def test_a_long_good_history_is_decided_within_few_steps(name: str) -> None:
    """Steps, not seconds: about one for each write when nothing is wrong."""
    for seed in (1, 2):
        history = Imitation(LOADS[name], seed).run()
        report = check(history)
        assert report.verdict is Verdict.LINEARIZABLE, report.text
        assert report.step_count < 6 * len(history)


@pytest.mark.parametrize("seed", range(6))
def test_one_false_read_in_a_long_history_is_found(seed: int) -> None:
    history = Imitation(LOADS["a leader killed often"], seed).run()
    reads = [
        number
        for number, operation in enumerate(history)
        if operation.kind is Kind.GET and operation.output is not None and operation.output.done
    ]
    falsified = reads[len(reads) // 2]
    # What it found, put back in time: a read of a value that was overwritten long before.
    earlier = next(
        history[number] for number in reads if history[number].key == history[falsified].key
    )
    history[falsified] = replace(history[falsified], output=earlier.output)
    report = check(history)
    assert report.verdict is Verdict.VIOLATION
    assert report.key == history[falsified].key
    assert history[falsified].text() in report.text


@pytest.mark.slow
def test_a_hundred_thousand_operations_are_checked_in_one_pass() -> None:
    history = Imitation(Load(keys=100, count=100_000, unknown=0.01), 1).run()
    report = check(history)
    assert report.verdict is Verdict.LINEARIZABLE, report.text
    assert report.operation_count == 100_000
    assert report.step_count < 100_000

"""Is there one order of all operations that every client could have seen?

Linearizability is checked key by key, which is sound (Herlihy and Wing 1990, theorem 1: locality).
Keep clients at or below 10 and values unique: a key under 30 clients at once explodes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from raftpi.sim.linearizability.history import Operation
from raftpi.sim.linearizability.revisions import contradiction
from raftpi.sim.linearizability.search import Search, Verdict

BUDGET_STEPS = 500_000
SHOWN_OPERATIONS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The verdict on a history; only LINEARIZABLE lets a run pass.

    `key` is the first key with a violation, else the first undecided one; `operations` are
    those of the shortest history of that key that shows it; `text` tells it to people.
    `step_count`: places searched, over all keys.
    """

    verdict: Verdict
    key: bytes | None = None
    operations: tuple[Operation, ...] = ()
    text: str = ""
    operation_count: int
    step_count: int


def check(operations: Iterable[Operation], budget_steps: int = BUDGET_STEPS) -> Report:
    """The verdict on what clients saw of keys that were all absent at first.

    `budget_steps` is for each key; a key that needs more is UNDECIDED, unless another key, or
    its own revisions, show a violation. The same history has the same report.
    """
    by_key: dict[bytes, list[Operation]] = {}
    operation_count = 0
    for operation in operations:
        by_key.setdefault(operation.key, []).append(operation)
        operation_count += 1
    step_count = 0
    undecided: bytes | None = None
    for key in sorted(by_key):
        search = Search(by_key[key])
        verdict = search.run(budget_steps)
        step_count += search.step_count
        found = None
        if verdict is Verdict.VIOLATION:
            found = _unexplained(by_key[key], budget_steps)
        else:
            found = contradiction(by_key[key])
        if found is not None:
            return Report(
                verdict=Verdict.VIOLATION,
                key=key,
                operations=found[0],
                text=_text(key, found[0], found[1]),
                operation_count=operation_count,
                step_count=step_count,
            )
        if verdict is Verdict.UNDECIDED and undecided is None:
            undecided = key
    if undecided is None:
        return Report(
            verdict=Verdict.LINEARIZABLE, operation_count=operation_count, step_count=step_count
        )
    sentence = f"undecided after {budget_steps} steps: too many operations overlap"
    return Report(
        verdict=Verdict.UNDECIDED,
        key=undecided,
        operations=tuple(by_key[undecided]),
        text=_text(undecided, tuple(by_key[undecided]), sentence),
        operation_count=operation_count,
        step_count=step_count,
    )


def history_until(operations: Iterable[Operation], moment: float) -> list[Operation]:
    """The history as it stood at a moment: what had not returned by then has no outcome yet."""
    return [
        o
        if o.returned_at is not None and o.returned_at <= moment
        else replace(o, output=None, returned_at=None)
        for o in operations
        if o.called_at <= moment
    ]


def _unexplained(
    operations: list[Operation], budget_steps: int
) -> tuple[tuple[Operation, ...], str]:
    """The shortest history that has no order, by bisection: what is none stays none."""
    moments = sorted({o.returned_at for o in operations if o.returned_at is not None})
    low, high = 0, len(moments) - 1
    while low < high:
        middle = (low + high) // 2
        verdict = Search(history_until(operations, moments[middle])).run(budget_steps)
        # An undecided part is taken for a good one: a longer history shows the violation too.
        if verdict is Verdict.VIOLATION:
            high = middle
        else:
            low = middle + 1
    shortest = history_until(operations, moments[high])
    last = [o for o in shortest if o.returned_at == moments[high]]
    sentence = "no order of these operations explains " + " or ".join(o.text() for o in last)
    return tuple(shortest), sentence


def _text(key: bytes, operations: tuple[Operation, ...], sentence: str) -> str:
    """The sentence, then the operations in the order of their calls, the latest if many."""
    ordered = sorted(operations, key=lambda operation: operation.called_at)
    shown = ordered[-SHOWN_OPERATIONS:]
    lines = [f"key {key!r}: {sentence}"]
    if len(shown) < len(ordered):
        lines.append(f"  … {len(ordered) - len(shown)} earlier operations are not shown …")
    lines.extend(f"  {operation.text()}" for operation in shown)
    return "\n".join(lines)

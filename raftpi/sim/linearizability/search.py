"""The search for an order of operations: Wing and Gong's, with Lowe's memo.

Sources: Wing and Gong, "Testing and Verifying Concurrent Objects" (1993); Lowe, "Testing for
linearizability" (2017). Three things are added, without which operations of unknown outcome,
which never return, would double the search each.

- An operation that fits and changes nothing is taken at once: if there is an order from here,
  there is one with it in front, for it may come first and disturbs nobody.
- An operation of unknown outcome is taken only if it changes the value and the next one taken
  looks at that value. Proof: of all orders that explain the rest take one with the fewest
  operations of unknown outcome. If one of them is last, changes nothing, or is followed by one
  that does not care what it overwrites, then the order without it (and, where that next one is
  an unknown delete of what is now absent, without both) explains the rest with fewer.
- Of operations of unknown outcome that are alike, the one called first is taken first.
"""

from collections.abc import Iterator
from enum import Enum

from raftpi.sim.linearizability.history import Operation
from raftpi.sim.linearizability.register import ABSENT, ANY, Step, steps_of

# Where a search stands: (base, taken, used, value, unseen). Of the operations that returned, in
# the order of their calls, all before `base` are taken and those whose bit, counted from `base`,
# is set in `taken`; of those of unknown outcome those whose bit is set in `used`. `value` is the
# register's; `unseen`: an operation of unknown outcome wrote it and nobody has looked yet.
Place = tuple[int, int, int, int, bool]

# A place where nothing is left that fits and changes nothing, the operations of which one must
# be taken next (by number), and when the first of these returned.
Settled = tuple[Place, list[int], float]

FOREVER = float("inf")


class Verdict(Enum):
    """What a search found; UNDECIDED when it was stopped, which must fail a run."""

    LINEARIZABLE = "linearizable"
    VIOLATION = "violation"
    UNDECIDED = "undecided"


class Search:
    """One search over the operations of one key, which is absent at first.

    An operation precedes another if it returned before the other was called; at the same
    moment, they overlap.
    """

    def __init__(self, operations: list[Operation]) -> None:
        ordered = sorted(operations, key=lambda operation: operation.called_at)
        self._steps: list[Step] = []
        self._called: list[float] = []
        self._returned: list[float] = []
        self._unknown: list[Step] = []
        self._unknown_called: list[float] = []
        for operation, step in zip(ordered, steps_of(ordered), strict=True):
            if operation.returned_at is not None:
                self._steps.append(step)
                self._called.append(operation.called_at)
                self._returned.append(operation.returned_at)
            elif step.becomes != ANY:
                self._unknown.append(step)
                self._unknown_called.append(operation.called_at)
        self.step_count = 0

    def run(self, budget_steps: int) -> Verdict:
        """The verdict; UNDECIDED when `budget_steps` places were not enough. Deterministic."""
        self.step_count = 0
        seen: set[Place] = set()
        ahead: list[Iterator[Settled]] = [iter([self._settle((0, 0, 0, ABSENT, False))])]
        while ahead:
            settled = next(ahead[-1], None)
            if settled is None:
                ahead.pop()
                continue
            place = settled[0]
            if place[0] == len(self._steps):
                return Verdict.LINEARIZABLE
            if place in seen:
                continue
            if self.step_count >= budget_steps:
                return Verdict.UNDECIDED
            self.step_count += 1
            seen.add(place)
            ahead.append(self._following(settled))
        return Verdict.VIOLATION

    def _settle(self, place: Place) -> Settled:
        """Take all that fits and changes nothing.

        One pass is enough: whoever was called later than an operation also returned later than
        that call, so it cannot close the window before it.
        """
        base, taken, used, value, unseen = place
        steps, called, returned = self._steps, self._called, self._returned
        first_return = FOREVER
        candidates: list[int] = []
        number = base
        while number < len(steps) and called[number] <= first_return:
            if not taken >> (number - base) & 1:
                step = steps[number]
                if step.becomes == ANY and step.fits(value):
                    taken |= 1 << (number - base)
                    unseen = False
                else:
                    candidates.append(number)
                    first_return = min(first_return, returned[number])
            number += 1
        while taken & 1:
            taken >>= 1
            base += 1
        return (base, taken, used, value, unseen), candidates, first_return

    def _following(self, settled: Settled) -> Iterator[Settled]:
        """Every place that one more operation leads to, the likeliest first."""
        (base, taken, used, value, unseen), candidates, first_return = settled
        candidates.sort(key=self._returned.__getitem__)
        for number in candidates:
            step = self._steps[number]
            if step.becomes == ANY or not step.fits(value) or (unseen and not step.looks()):
                continue
            now_taken = taken | 1 << (number - base)
            yield self._settle((base, now_taken, used, step.becomes, False))
        tried: set[Step] = set()
        for number, step in enumerate(self._unknown):
            if self._unknown_called[number] > first_return:
                break
            if used >> number & 1 or step in tried:
                continue
            tried.add(step)
            if not step.fits(value) or step.becomes == value or (unseen and step.equals == ANY):
                continue
            yield self._settle((base, taken, used | 1 << number, step.becomes, True))

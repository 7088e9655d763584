"""One key as a register: each operation as a condition on the value and the value it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from raftpi.sim.linearizability.history import Kind, Operation

# Values are numbered as they are met. These stand for no value, for no condition or change,
# and for any value that no operation asks for by name: which one it is makes no difference.
ABSENT = 0
ANY = -1
UNNAMED = -2


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an operation says of the register, with values as numbers.

    It fits where the value is `equals` and is not `differs` (ANY: no such condition), and
    leaves the value `becomes` (ANY: as it was).
    """

    equals: int
    differs: int
    becomes: int

    def fits(self, value: int) -> bool:
        """Can the operation take effect, with the outcome that was seen, on this value?"""
        return self.equals in (ANY, value) and self.differs != value

    def looks(self) -> bool:
        """Does it depend on the value that it finds?"""
        return self.equals != ANY or self.differs != ANY


class Values:
    """Numbers for the values of one key, so that comparing them costs nothing."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}

    def number(self, value: bytes | None) -> int:
        """The number of a value: the same for the same value, ABSENT for None."""
        if value is None:
            return ABSENT
        return self._numbers.setdefault(value, len(self._numbers) + 1)


def steps_of(operations: Sequence[Operation]) -> list[Step]:
    """The step of each operation on one key. Raises ValueError for what cannot have happened."""
    values = Values()
    steps = [_step(operation, values) for operation in operations]
    named = {ABSENT, ANY}
    for step in steps:
        named.add(step.equals)
        named.add(step.differs)
    return [s if s.becomes in named else replace(s, becomes=UNNAMED) for s in steps]


def _step(operation: Operation, values: Values) -> Step:
    output = operation.output
    failed = output is not None and not output.done
    if operation.kind is Kind.GET:
        seen = ANY if output is None else values.number(output.value)
        return Step(equals=seen, differs=ANY, becomes=ANY)
    if operation.kind is Kind.PUT:
        if failed:
            raise ValueError(f"a put that was not done has no place here: {operation.text()}")
        return Step(equals=ANY, differs=ANY, becomes=values.number(operation.inputs[0]))
    if operation.kind is Kind.DELETE:
        if failed:
            return Step(equals=ABSENT, differs=ANY, becomes=ANY)
        return Step(equals=ANY, differs=ABSENT, becomes=ABSENT)
    expected, value = (values.number(i) for i in operation.inputs)
    if failed:
        return Step(equals=ANY, differs=expected, becomes=ANY)
    return Step(equals=expected, differs=ANY, becomes=value)

"""The table of what was measured in a show: printed at its end, and kept in a file on demand."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One thing measured, in milliseconds or another unit; `limit` None: there is no bound."""

    what: str
    values: tuple[float, ...]
    limit: float | None
    unit: str
    judged_by: str

    @property
    def judged(self) -> float:
        """The value that the limit holds for: the median or the worst."""
        return median(self.values) if self.judged_by == "median" else max(self.values)

    @property
    def is_kept(self) -> bool:
        """Whether the limit is kept."""
        return self.limit is None or self.judged <= self.limit


class Measurements:
    """What was measured so far, in order."""

    def __init__(self) -> None:
        self.rows: list[Measurement] = []

    def add(
        self,
        what: str,
        values: Sequence[float],
        *,
        limit: float | None = None,
        unit: str = "ms",
        judged_by: str = "worst",
    ) -> Measurement:
        """Note a measurement; the row, so that a test may assert `is_kept`."""
        row = Measurement(
            what=what, values=tuple(values), limit=limit, unit=unit, judged_by=judged_by
        )
        self.rows.append(row)
        return row

    def lines(self) -> list[str]:
        """The table; no lines when nothing was measured."""
        if not self.rows:
            return []
        head = ("", "n", "best", "median", "worst", "limit", "unit")
        cells = [head, *map(_cells, self.rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
        return [_line(row, widths) for row in cells]


def _cells(row: Measurement) -> tuple[str, ...]:
    limit = "" if row.limit is None else f"{row.limit:g}"
    if row.limit is not None:
        limit += f" ({row.judged_by})" + ("" if row.is_kept else " BROKEN")
    numbers = (min(row.values), median(row.values), max(row.values))
    return (row.what, str(len(row.values)), *(f"{n:.0f}" for n in numbers), limit, row.unit)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *numbers = row
    *numbers, limit, unit = numbers
    cells = [name.ljust(widths[0])]
    cells += [cell.rjust(width) for cell, width in zip(numbers, widths[1:-2], strict=True)]
    return "  ".join([*cells, limit.ljust(widths[-2]), unit]).rstrip()

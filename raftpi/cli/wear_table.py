"""What `raftpi status --wear` shows: what the nodes cost their cards, and how the cards behave."""

from collections.abc import Sequence

from raftpi.cli.printing import columns
from raftpi.cli.quantities import shown_bytes, shown_duration
from raftpi.status import WRITE_BOUNDS_US, NodeStatus, SyncStatus, WearSpan, WearStatus

NONE = "-"
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
COSTS_HEAD = (
    "NODE",
    "SPAN",
    "OVER",
    "HANDED OVER",
    "PAGES",
    "KERNEL",
    "AN HOUR",
    "A DAY",
    "PER BYTE",
    "SYNCS",
    "PER BATCH",
)
CARD_HEAD = ("NODE", "WRITES", "p50", "p99", "MEAN", "MAX", "NOW", "CARD'S LIFE")
SPANS = (("since_start", "start"), ("last_hour", "hour"), ("last_day", "day"))
LEGEND = """\
HANDED OVER is what the node wrote; PAGES the whole pages of 4 KB that it wrote to, of which a
synced put costs one at the least; KERNEL what the kernel charges the process with, which on
some kernels is many pages for one. AN HOUR, A DAY, PER BYTE (of committed commands) and the
card's life go by PAGES. What the file system and other programs write comes on top. All of it
counts from the node's start. WRITES are batches with their syncs; p50 and p99 are of them all."""
HINT = (
    "no card's endurance is configured, so its life cannot be estimated: set "
    "`card_endurance_tbw` in [storage] to the terabytes that its maker allows to be written"
)
LEAST_SPAN_US = HOUR_US


class WearView:
    """The wear of the nodes that answer."""

    def __init__(self, statuses: Sequence[NodeStatus]) -> None:
        """In the order of ids."""
        self._statuses = sorted(statuses, key=lambda status: status.id)

    def lines(self) -> list[str]:
        """Two tables and what their words mean."""
        costs = [
            COSTS_HEAD,
            *(
                (status.name, label, *_costs(span))
                for status in self._statuses
                for label, span in _spans(status.wear)
            ),
        ]
        cards = [CARD_HEAD, *(_card_row(status) for status in self._statuses)]
        return [
            *columns(costs, frozenset(range(2, len(COSTS_HEAD)))),
            "",
            *columns(cards, frozenset(range(1, len(CARD_HEAD) - 1))),
            "",
            *LEGEND.split("\n"),
        ]

    def notes(self) -> list[str]:
        """What a person should know besides."""
        has_endurance = any(status.wear.endurance_bytes for status in self._statuses)
        return [] if has_endurance or not self._statuses else [HINT]

    def nodes(self) -> list[dict[str, object]]:
        """The list `nodes` of the JSON."""
        return [
            {
                "id": status.id,
                "name": status.name,
                "wear": wear_document(status.wear),
                "sync": sync_document(status.sync),
            }
            for status in self._statuses
        ]


def wear_document(wear: WearStatus) -> dict[str, object]:
    """The figures by name, with what follows from them; null for what cannot be told."""
    life_years = wear.life_years()
    return {
        **{name: _span_document(getattr(wear, name)) for name, _ in SPANS},
        "endurance_bytes": wear.endurance_bytes or None,
        "life_years": None if life_years is None else round(life_years, 2),
    }


def sync_document(sync: SyncStatus) -> dict[str, object]:
    """The latency of writes; `at_most_us` null is the bucket of what took longer than any."""
    bounds: list[int | None] = [*WRITE_BOUNDS_US, None]
    return {
        "write_count": sum(sync.histogram),
        "sum_us": sync.sum_us,
        "max_us": sync.max_us,
        "p50_us": sync.quantile_us(0.5),
        "p99_us": sync.quantile_us(0.99),
        "pending_us": sync.pending_us,
        "histogram": [
            {"at_most_us": bound_us, "count": count}
            for bound_us, count in zip(bounds, sync.histogram, strict=False)
        ],
    }


def _span_document(span: WearSpan) -> dict[str, object]:
    return {
        **span._asdict(),
        "kernel_bytes": None if span.kernel_bytes < 0 else span.kernel_bytes,
        "page_bytes_per_hour": span.page_bytes_in(HOUR_US),
        "page_bytes_per_day": span.page_bytes_in(DAY_US),
        "syncs_per_hour": span.sync_count * HOUR_US // span.over_us if span.over_us else None,
        "page_bytes_per_acknowledged_byte": _ratio(span.page_bytes, span.acknowledged_bytes),
        "syncs_per_batch": _ratio(span.sync_count, span.batch_count),
    }


def _spans(wear: WearStatus) -> list[tuple[str, WearSpan]]:
    """The spans with their labels, but for those that are the whole life of a young node."""
    spans = [(label, getattr(wear, name)) for name, label in SPANS]
    return [spans[0], *(pair for pair in spans[1:] if pair[1].over_us != spans[0][1].over_us)]


def _costs(span: WearSpan) -> tuple[str, ...]:
    if not span.over_us:
        return (NONE,) * (len(COSTS_HEAD) - 2)
    return (
        shown_duration(span.over_us),
        shown_bytes(span.handed_bytes),
        shown_bytes(span.page_bytes),
        shown_bytes(span.kernel_bytes) if span.kernel_bytes >= 0 else NONE,
        _or_none(span.page_bytes_in(HOUR_US)),
        _or_none(span.page_bytes_in(DAY_US)),
        _quotient(span.page_bytes, span.acknowledged_bytes),
        str(span.sync_count),
        _quotient(span.sync_count, span.batch_count),
    )


def _card_row(status: NodeStatus) -> tuple[str, ...]:
    sync = status.sync
    count = sum(sync.histogram)
    times = (NONE,) * 4
    if count:
        p50_us, p99_us = sync.quantile_us(0.5) or 0, sync.quantile_us(0.99) or 0
        times_us = (p50_us, p99_us, sync.sum_us // count, sync.max_us)
        p50, p99, mean, longest = map(shown_duration, times_us)
        times = (f"≤{p50}", f"≤{p99}", mean, longest)
    now = f"writing for {shown_duration(sync.pending_us)}" if sync.pending_us else "free"
    return (status.name, str(count), *times, now, _life(status.wear))


def _life(wear: WearStatus) -> str:
    """A sentence on how long a new card would last."""
    if not wear.endurance_bytes:
        return NONE
    span = wear.last_day
    years = wear.life_years()
    rate = f"as in the last {shown_duration(span.over_us)}"
    if years is None:
        return f"no wear, {rate}" if span.over_us else NONE
    life = "more than 1000 years" if years > 1000 else f"{years:.1f} years"
    early = "; early to say" if span.over_us < LEAST_SPAN_US else ""
    return f"{life} of {shown_bytes(wear.endurance_bytes)}, {rate}{early}"


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None


def _quotient(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else NONE


def _or_none(size_bytes: int | None) -> str:
    return NONE if size_bytes is None else shown_bytes(size_bytes)

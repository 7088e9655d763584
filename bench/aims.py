"""What raftpi should reach, as ratios to its peers in the same run."""

from collections.abc import Callable
from dataclasses import dataclass

# Medians by peer; a peer that does not do the work is not among them.
Medians = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """`text` for people; `is_met` of the medians, which raises KeyError where one is missing."""

    text: str
    is_met: Callable[[Medians], bool]


def times(factor: float, peer: str) -> Aim:
    """So many times the peer's rate, or more."""
    return Aim(
        text=f"≥ {factor:g} × {peer}", is_met=lambda row: row["raftpi"] >= factor * row[peer]
    )


def part(factor: float, peer: str) -> Aim:
    """So many times the peer's cost or wait, or less."""
    return Aim(
        text=f"≤ {factor:g} × {peer}", is_met=lambda row: row["raftpi"] <= factor * row[peer]
    )


def under(limit: float, unit: str) -> Aim:
    """Less than this."""
    return Aim(text=f"< {limit:g} {unit}", is_met=lambda row: row["raftpi"] < limit)


def every(*aims: Aim) -> Aim:
    """All of them."""
    return Aim(
        text=", ".join(aim.text for aim in aims),
        is_met=lambda row: all(aim.is_met(row) for aim in aims),
    )


AIMS = {
    "puts_1280B_500c": every(times(6, "etcd"), times(0.5, "floor"), times(3, "pysyncobj")),
    "slow_card_puts_1280B_500c": times(5, "etcd"),
    "put_256B_1c_p50": every(part(0.5, "etcd"), part(1.5, "floor")),
    "reads_256B_64c": times(5, "etcd"),
    "put_256B_p99_at_1500": part(1, "etcd"),
    "sigkill_to_next_write": under(30, "ms"),
    "hand_over_longest_gap": part(1, "etcd"),
    "resident_after_overwrites": under(64, "MB"),
    "idle_processor": part(1, "etcd"),
    "idle_processor_wifi": part(1 / 3, "etcd"),
    "growth_by_keys": under(1.25, "times"),
    "growth_by_log": under(1.25, "times"),
    "start_1M_entries_open_s_one_a_batch": under(10, "s"),
    "device_bytes_at_10_per_s": part(1 / 6, "etcd"),
}

"""Which `cluster.timing` fits what was measured, and why. Pure."""

from dataclasses import dataclass

from raftpi.core.timing import PROFILES, Timing
from raftpi.doctor.finding import Finding, advice, ok, problem, unknown
from raftpi.doctor.processor import SLOW_US
from raftpi.doctor.sync_speed import Latencies, shown_ms

NAME = "timing"
# Radios lose single frames and pause for scans: below this election time each would cost a leader.
WIFI_ELECTION_MIN_US = 1_000_000
SYNC_PERCENT = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the advice rests on; None or 0 for what could not be measured."""

    syncs: Latencies | None
    round_trip_us: int
    processor_us: int
    over_wifi: bool


def misfit(timing: Timing, measured: Measured) -> str:
    """Why this timing is too fast for what was measured, "" if it is not.

    An election takes the candidate's sync, a round trip and the voter's sync, and must be over
    before the next candidate stands; an answer to a heartbeat must be back before the next one.
    Every card stalls now and then: what counts is that nine syncs of ten are quick enough, for
    an election that fails is held again.
    """
    sync_us = measured.syncs.percentile_us(SYNC_PERCENT) if measured.syncs else 0
    election_us = 2 * sync_us + measured.round_trip_us
    if election_us > timing.election_min_us:
        return (
            f"two syncs and a round trip take {shown_ms(election_us)}, and it allows an election "
            f"{shown_ms(timing.election_min_us)}"
        )
    if measured.round_trip_us > timing.heartbeat_us:
        return (
            f"round trips take up to {shown_ms(measured.round_trip_us)}, and its heartbeats come "
            f"every {shown_ms(timing.heartbeat_us)}"
        )
    if measured.over_wifi and timing.election_min_us < WIFI_ELECTION_MIN_US:
        return "a member is reached by Wi-Fi, which now and then pauses for longer than it allows"
    if measured.processor_us > SLOW_US and timing != _SLOWEST:
        return "the processor is too slow"
    return ""


def fitting(measured: Measured) -> str:
    """The fastest profile that fits, "" if none does."""
    for name, timing in _BY_SPEED:
        if not misfit(timing, measured):
            return name
    return ""


def judge_timing(configured: str, founded: str, measured: Measured) -> Finding:
    """`configured`: the file's profile; `founded`: the one in force, "" if nobody says."""
    if measured.syncs is None and not measured.round_trip_us:
        return unknown(NAME, "neither the card nor a round trip was measured", "run this with sudo")
    current = founded or configured
    best = fitting(measured)
    basis = _basis(measured)
    if not best:
        why = misfit(_SLOWEST, measured)
        return problem(NAME, f'not even "slow" fits: {why}', "mend the card or the network first")
    if current not in PROFILES:
        return ok(NAME, f'"{current}"; "{best}" would fit ({basis})')
    why = misfit(PROFILES[current], measured)
    if why:
        remedy = f'set timing = "{best}" below [cluster]; it is read when the cluster is founded'
        return advice(NAME, f'"{current}" is too fast: {why}; "{best}" fits ({basis})', remedy)
    if best == current:
        return ok(NAME, f'"{current}" fits ({basis})')
    text = f'"{current}" fits; here even "{best}" would, with quicker failover ({basis})'
    return ok(NAME, text)


def _basis(measured: Measured) -> str:
    parts = []
    if measured.syncs:
        sync_us = measured.syncs.percentile_us(SYNC_PERCENT)
        parts.append(f"sync p{SYNC_PERCENT} {shown_ms(sync_us)}")
    if measured.round_trip_us:
        parts.append(f"round trip {shown_ms(measured.round_trip_us)}")
    if measured.over_wifi:
        parts.append("over Wi-Fi")
    return ", ".join(parts)


_BY_SPEED = sorted(PROFILES.items(), key=lambda item: item[1].election_min_us)
_SLOWEST = _BY_SPEED[-1][1]

"""Which timing fits, and why."""

from dataclasses import replace

import pytest

from raftpi.core.timing import PROFILES
from raftpi.doctor.finding import Verdict
from raftpi.doctor.sync_speed import Latencies
from raftpi.doctor.timing import Measured, fitting, judge_timing, misfit


def measured(
    sync_ms: float | None = 8,
    round_trip_ms: float = 1,
    processor_ms: float = 5,
    over_wifi: bool = False,
) -> Measured:
    return Measured(
        syncs=None if sync_ms is None else Latencies(sorted_us=(int(sync_ms * 1000),)),
        round_trip_us=int(round_trip_ms * 1000),
        processor_us=int(processor_ms * 1000),
        over_wifi=over_wifi,
    )


@pytest.mark.parametrize(
    ("what", "best"),
    [
        (measured(), "wired"),
        (measured(sync_ms=70), "wired"),
        (measured(sync_ms=80), "wifi"),
        (measured(sync_ms=900), "slow"),
        (measured(sync_ms=1600), ""),
        (measured(round_trip_ms=51), "wifi"),
        (measured(round_trip_ms=251), "slow"),
        (measured(round_trip_ms=501), ""),
        (measured(over_wifi=True), "wifi"),
        (measured(processor_ms=100), "slow"),
        (measured(sync_ms=None), "wired"),
    ],
)
def test_the_fastest_that_fits_is_advised(what: Measured, best: str) -> None:
    assert fitting(what) == best


def test_a_single_stall_does_not_count() -> None:
    syncs = Latencies(sorted_us=(8000,) * 59 + (400_000,))
    assert fitting(replace(measured(), syncs=syncs)) == "wired"
    assert fitting(replace(measured(), syncs=Latencies(sorted_us=(80_000,) * 7))) == "wifi"


def test_the_reason_is_told() -> None:
    wired = PROFILES["wired"]
    assert "two syncs and a round trip take 161 ms" in misfit(wired, measured(sync_ms=80))
    assert "heartbeats come every 50 ms" in misfit(wired, measured(round_trip_ms=60))
    assert "Wi-Fi" in misfit(wired, measured(over_wifi=True))
    assert misfit(wired, measured()) == ""


def test_a_timing_that_fits_is_fine_with_its_numbers() -> None:
    finding = judge_timing("wired", "", measured())
    assert finding.verdict is Verdict.OK
    assert finding.text == '"wired" fits (sync p90 8 ms, round trip 1 ms)'


def test_a_timing_too_fast_is_advised_against() -> None:
    finding = judge_timing("wired", "", measured(over_wifi=True))
    assert finding.verdict is Verdict.ADVICE
    assert 'timing = "wifi"' in finding.remedy


def test_a_timing_slower_than_needed_is_fine() -> None:
    finding = judge_timing("slow", "", measured())
    assert finding.verdict is Verdict.OK
    assert 'even "wired" would' in finding.text


def test_what_the_cluster_was_founded_with_counts() -> None:
    assert judge_timing("slow", "wired", measured(over_wifi=True)).verdict is Verdict.ADVICE
    assert judge_timing("wired", "slow", measured(over_wifi=True)).verdict is Verdict.OK
    assert '"custom"' in judge_timing("wired", "custom", measured()).text


def test_a_card_that_no_timing_fits_is_a_problem() -> None:
    finding = judge_timing("slow", "", measured(sync_ms=5000))
    assert finding.verdict is Verdict.PROBLEM


def test_without_measurements_there_is_no_advice() -> None:
    finding = judge_timing("wired", "", measured(sync_ms=None, round_trip_ms=0))
    assert finding.verdict is Verdict.UNKNOWN

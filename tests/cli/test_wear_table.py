"""What `raftpi status --wear` shows."""

import json
from dataclasses import replace

from raftpi.cli.wear_table import HINT, WearView
from raftpi.status import WRITE_BOUNDS_US, NodeStatus, SyncStatus, WearSpan, WearStatus
from tests.local.stand_in import status_of

HOUR_US = 3_600_000_000
HOUR = WearSpan(
    over_us=HOUR_US,
    handed_bytes=18_000_000,
    page_bytes=144_000_000,
    kernel_bytes=200_000_000,
    sync_count=36_000,
    batch_count=36_000,
    acknowledged_bytes=9_000_000,
)
LONGER = HOUR._replace(over_us=30 * HOUR_US, kernel_bytes=-1)
DAY = HOUR._replace(over_us=24 * HOUR_US, page_bytes=10 * 10**9)


def status(**wear: object) -> NodeStatus:
    counts = [0] * (len(WRITE_BOUNDS_US) + 1)
    counts[3] = 100
    sync = SyncStatus(count=100, max_us=9_000, sum_us=700_000, histogram=tuple(counts))
    spans = {"since_start": LONGER, "last_hour": HOUR, "last_day": DAY}
    return replace(status_of(1), sync=sync, wear=WearStatus(**{**spans, **wear}))


def test_every_span_has_a_row_with_its_rates() -> None:
    rows = [" ".join(line.split()) for line in WearView([status()]).lines()[1:4]]
    assert rows == [
        "pi1 start 30.0h 18.0MB 144MB - 4.8MB 115MB 16.00 36000 1.00",
        "pi1 hour 60min 18.0MB 144MB 200MB 144MB 3.5GB 16.00 36000 1.00",
        "pi1 day 24.0h 18.0MB 10.0GB 200MB 417MB 10.0GB 1111.11 36000 1.00",
    ]


def test_a_young_node_has_one_row() -> None:
    young = status(since_start=HOUR, last_hour=HOUR, last_day=HOUR)
    lines = WearView([young]).lines()
    assert [line.split()[:2] for line in lines[1:3]] == [["pi1", "start"], []]


def test_a_node_that_tells_nothing_has_dashes_and_no_division_by_zero() -> None:
    lines = WearView([status_of(1)]).lines()
    assert lines[1].split() == ["pi1", "start", *["-"] * 9]
    assert lines[4].split() == ["pi1", "0", "-", "-", "-", "-", "free", "-"]
    [node] = WearView([status_of(1)]).nodes()
    assert json.loads(json.dumps(node))["wear"]["life_years"] is None


def test_the_latencies_stand_beside_the_life_of_the_card() -> None:
    line = WearView([status(endurance_bytes=73 * 10**12)]).lines()[6]
    assert line.split()[:7] == ["pi1", "100", "≤9.0ms", "≤9.0ms", "7.0ms", "9.0ms", "free"]
    assert line.endswith("20.0 years of 73.0TB, as in the last 24.0h")


def test_a_write_that_is_under_way_is_told() -> None:
    stalled = replace(status(), sync=SyncStatus(pending_us=12_300_000))
    assert "writing for 12.3s" in WearView([stalled]).lines()[6]


def test_an_estimate_from_less_than_an_hour_is_called_early() -> None:
    minute = DAY._replace(over_us=60_000_000, page_bytes=1000)
    line = WearView([status(last_day=minute, endurance_bytes=10**12)]).lines()[6]
    assert line.endswith("more than 1000 years of 1.0TB, as in the last 60.0s; early to say")


def test_an_idle_node_wears_nothing() -> None:
    idle = DAY._replace(page_bytes=0)
    line = WearView([status(last_day=idle, endurance_bytes=10**12)]).lines()[6]
    assert line.endswith("no wear, as in the last 24.0h")


def test_without_a_configured_endurance_there_is_a_hint_how_to_set_it() -> None:
    assert WearView([status()]).notes() == [HINT]
    assert "card_endurance_tbw" in HINT
    assert WearView([status(endurance_bytes=10**12)]).notes() == []
    assert WearView([]).notes() == []


def test_the_json_has_the_figures_by_name() -> None:
    [node] = json.loads(json.dumps(WearView([status(endurance_bytes=73 * 10**12)]).nodes()))
    assert (node["id"], node["name"]) == (1, "pi1")
    wear, sync = node["wear"], node["sync"]
    assert wear["life_years"] == 20
    assert wear["endurance_bytes"] == 73 * 10**12
    assert wear["since_start"]["kernel_bytes"] is None
    assert wear["last_hour"] == {
        **HOUR._asdict(),
        "page_bytes_per_hour": 144_000_000,
        "page_bytes_per_day": 24 * 144_000_000,
        "syncs_per_hour": 36_000,
        "page_bytes_per_acknowledged_byte": 16,
        "syncs_per_batch": 1,
    }
    assert sync["write_count"] == 100
    assert (sync["p50_us"], sync["max_us"]) == (9_000, 9_000)
    assert sync["histogram"][3] == {"at_most_us": 10_000, "count": 100}
    assert sync["histogram"][-1] == {"at_most_us": None, "count": 0}

"""Durations and sizes as people read them."""

import pytest

from raftpi.cli.quantities import shown_bytes, shown_duration


@pytest.mark.parametrize(
    ("duration_us", "text"),
    [
        (0, "0µs"),
        (999, "999µs"),
        (6_400, "6.4ms"),
        (1_500_000, "1.5s"),
        (119_000_000, "119.0s"),
        (600_000_000, "10min"),
        (9_000_000_000, "2.5h"),
        (3 * 86_400_000_000, "3.0days"),
    ],
)
def test_durations(duration_us: int, text: str) -> None:
    assert shown_duration(duration_us) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0B"),
        (999, "999B"),
        (4096, "4.1KB"),
        (262_144, "262KB"),
        (16 * 10**12, "16.0TB"),
        (16 * 10**15, "16000.0TB"),
    ],
)
def test_sizes(size_bytes: int, text: str) -> None:
    assert shown_bytes(size_bytes) == text

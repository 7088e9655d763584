"""The table of measurements."""

from tests.boards.measurements import Measurements


def test_nothing_measured_is_no_table() -> None:
    assert Measurements().lines() == []


def test_the_table_shows_best_median_worst_and_the_limit() -> None:
    table = Measurements()
    table.add("pull to write", [210.4, 190, 350], limit=400, judged_by="median")
    table.add("memory of the daemon", [21], unit="MB")
    head, first, second = table.lines()
    assert head.split() == ["n", "best", "median", "worst", "limit", "unit"]
    assert first.split("  ")[0] == "pull to write"
    assert first.split()[3:] == ["3", "190", "210", "350", "400", "(median)", "ms"]
    assert second.split() == ["memory", "of", "the", "daemon", "1", "21", "21", "21", "MB"]


def test_a_limit_holds_for_the_worst_unless_the_median_is_asked_for() -> None:
    table = Measurements()
    assert table.add("a", [1, 2, 900], limit=400, judged_by="median").is_kept
    broken = table.add("b", [1, 2, 900], limit=400)
    assert not broken.is_kept
    assert "400 (worst) BROKEN" in table.lines()[2]
    assert table.add("c", [900]).is_kept

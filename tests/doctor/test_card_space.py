"""Room on the card, against what the log needs."""

from pathlib import Path

from raftpi.doctor.card_space import check_space, judge_space
from raftpi.doctor.finding import Finding, Verdict

MIB = 1 << 20


def judged(free_mib: int, total_mib: int = 1000) -> Finding:
    return judge_space(
        free_bytes=free_mib * MIB, total_bytes=total_mib * MIB, segment_bytes=8 * MIB
    )


def test_a_card_with_room_is_fine() -> None:
    assert judged(700).verdict is Verdict.OK
    assert judged(700).text == "700 MiB of 1000 MiB free (70%)"


def test_a_card_that_fills_up_gets_advice() -> None:
    assert judged(200).verdict is Verdict.ADVICE
    assert judged(900, 32_000).verdict is Verdict.ADVICE


def test_a_card_without_room_for_segments_is_a_problem() -> None:
    assert judged(31).verdict is Verdict.PROBLEM
    assert "raftpi needs 32 MiB" in judged(31).text


def test_a_real_directory_has_some_size_and_a_missing_one_none(tmp_path: Path) -> None:
    assert "free" in check_space(tmp_path, MIB).text
    assert check_space(tmp_path / "nowhere", MIB).verdict is Verdict.UNKNOWN

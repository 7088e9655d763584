"""What a board shows for a status, roomy, short and as a plain line."""

from dataclasses import replace

from raftpi.cli.demo.board_view import (
    BoardView,
    board_view,
    facts,
    heard_text,
    highest_index,
    plain_line,
    short_facts,
)
from raftpi.lamp import FOLLOWER, LEADER, OFFLINE
from raftpi.status import NodeStatus
from tests.cli_demo.fakes import make_status


def view(status: NodeStatus | None, age_us: int = 0, connected: bool = True) -> BoardView:
    return board_view(
        1, "pi1", status, age_us=age_us, connected=connected, highest_index=12, mischief=""
    )


def test_a_leader_shows_lamp_role_term_log_and_commit() -> None:
    shown = view(make_status(1))
    assert (shown.lamp, shown.role, shown.online) == (LEADER, "leader", True)
    assert facts(shown)[:3] == ("term 4   commit 10", "log 10/12", "hears 2 12ms  3 12ms")
    assert short_facts(shown) == ("t4 10/12 c10", "hears 2 12ms  3 12ms")


def test_the_log_is_shown_against_the_highest_index_that_any_board_has() -> None:
    assert highest_index([make_status(1, last_index=48), make_status(2, last_index=47)]) == 48
    assert highest_index([]) == 0
    assert "log 20/20" in facts(view(make_status(1, last_index=20)))


def test_a_board_that_never_spoke_is_offline_with_nothing_known() -> None:
    shown = view(None)
    assert (shown.lamp, shown.role, shown.online, shown.term) == (OFFLINE, "offline", False, 0)
    assert heard_text(shown) == "nobody"


def test_a_silent_board_keeps_its_numbers_and_hears_nobody() -> None:
    shown = view(make_status(1), age_us=400_001)
    assert (shown.lamp, shown.role, shown.online) == (OFFLINE, "offline", False)
    assert (shown.term, shown.last_index, shown.heard) == (4, 10, ())


def test_a_dropped_feed_is_offline_at_once() -> None:
    assert view(make_status(1), connected=False).role == "offline"


def test_whom_a_board_heard_grows_older_with_its_status() -> None:
    peers = make_status(1).peers
    status = make_status(
        1, peers=(replace(peers[0], heard_us_ago=-1), replace(peers[1], heard_us_ago=2_500_000))
    )
    shown = view(status, age_us=100_000)
    assert heard_text(shown) == "2 -  3 2s"
    assert [peer.lately for peer in shown.heard] == [False, False]


def test_conditions_come_before_roles() -> None:
    assert view(make_status(2, condition="lost_memory")).role == "lost its memory"
    assert view(make_status(2, condition="founding")).role == "founding"
    assert view(make_status(2, role="pre_candidate", leader=0)).role == "pre-candidate"


def test_trouble_is_shown_before_what_the_demo_does() -> None:
    slow = replace(view(make_status(2)), mischief="slow 500 ms")
    assert facts(slow)[3] == "slow 500 ms"
    assert facts(replace(slow, trouble="disk full"))[3] == "disk full"
    assert short_facts(slow)[1].startswith("slow 500 ms · hears 1")


def test_a_plain_line_holds_everything_but_times() -> None:
    shown = view(make_status(2))
    assert shown.lamp == FOLLOWER
    line = plain_line(shown)
    for wanted in ("pi1", "● green", "follower", "term 4", "log 10/12", "commit 10", "hears 1 3"):
        assert wanted in line
    later = view(make_status(2), age_us=50_000)
    assert plain_line(later) == line

"""What two looks at a board tell."""

from dataclasses import replace

import pytest

from raftpi.cli.demo.board_view import BoardView, board_view
from raftpi.cli.demo.events import status_events, view_events
from raftpi.status import NodeStatus
from tests.cli_demo.fakes import make_status

FOLLOWER = make_status(2)


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (None, FOLLOWER, ("pi2 up, follows pi1, term 4",)),
        (None, make_status(3, condition="lost_memory"), ("pi3 up, lost memory",)),
        (FOLLOWER, FOLLOWER, ()),
        (FOLLOWER, make_status(2, last_index=11, commit_index=11), ()),
        (FOLLOWER, make_status(2, leader=0), ("pi2 hears no leader, term 4",)),
        (
            FOLLOWER,
            make_status(2, role="pre_candidate", leader=0),
            ("pi2 pre-votes; its term stays 4",),
        ),
        (
            FOLLOWER,
            make_status(2, role="candidate", term=5, leader=0),
            ("pi2 asks for votes in term 5",),
        ),
        (
            make_status(2, role="candidate", term=5, leader=0),
            make_status(2, role="leader", term=5, leader=2),
            ("pi2 leads term 5",),
        ),
        (
            make_status(1),
            make_status(1, role="follower", leader=2, term=5),
            ("pi1 leads no longer: follows pi2, term 5",),
        ),
        (
            make_status(1),
            make_status(1, role="follower", leader=0),
            ("pi1 leads no longer: no leader, term 4",),
        ),
        (FOLLOWER, make_status(2, leader=3, term=5), ("pi2 follows pi3, term 5",)),
        (
            make_status(2, leader=0),
            make_status(2, role="learner"),
            ("pi2 learns from pi1, term 4",),
        ),
        (make_status(2, leader=0), make_status(2, leader=0, term=5), ()),
        (
            make_status(2, role="pre_candidate", leader=0),
            make_status(2, leader=0),
            (),
        ),
        (
            FOLLOWER,
            make_status(2, needs_person="the disk is full"),
            ("pi2 needs a person: the disk is full",),
        ),
        (
            make_status(2, needs_person="the disk is full"),
            FOLLOWER,
            ("pi2 needs nobody any more",),
        ),
        (
            FOLLOWER,
            make_status(2, condition="lost_memory"),
            ("pi2 has lost its memory: it will not vote",),
        ),
        (FOLLOWER, make_status(2, condition="stopping"), ("pi2 is stopping",)),
        (FOLLOWER, make_status(2, condition="founding"), ("pi2 waits to found the cluster",)),
        (
            make_status(2, condition="founding"),
            FOLLOWER,
            ("pi2 is a member of the cluster",),
        ),
        (FOLLOWER, make_status(2, pid=77), ("pi2 back with log 10, follows pi1, term 4",)),
        (
            make_status(2, role="leader", leader=2),
            make_status(2, pid=77),
            ("pi2 back with log 10, follows pi1, term 4",),
        ),
        (FOLLOWER, make_status(2, leader=9), ("pi2 follows node 9, term 4",)),
    ],
)
def test_status_events(
    before: NodeStatus | None, after: NodeStatus, lines: tuple[str, ...]
) -> None:
    assert status_events(before, after) == lines


def test_a_board_that_falls_silent_and_is_heard_again_is_told() -> None:
    def seen(connected: bool) -> BoardView:
        return board_view(2, "pi2", FOLLOWER, age_us=0, connected=connected, highest_index=10)

    online, offline = seen(True), seen(False)
    assert view_events(online, offline) == ("pi2 is offline",)
    assert view_events(offline, online) == ("pi2 is heard again",)
    assert view_events(online, online) == ()
    assert view_events(None, online) == ()
    assert view_events(replace(offline, pid=0), online) == ()

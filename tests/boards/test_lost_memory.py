"""A board whose disk was thrown away does not vote, shows that it needs a person, and gets one.

It comes last (conftest.py): it is the only one that changes who the members are.
"""

import json

import pytest

from tests.boards.bench import network
from tests.boards.clock import now_us
from tests.boards.lamp_history import GREEN, RED_AND_YELLOW, RED_BLINKING
from tests.boards.show import Show

pytestmark = [pytest.mark.root, pytest.mark.boards, pytest.mark.slow]

PATIENCE_S = 30


def test_a_board_that_lost_its_memory_does_not_vote_until_a_person_takes_it_in_again(
    show: Show, leader: int
) -> None:
    forgetful, other = show.followers(leader)
    board = show.board(forgetful)
    with show.writing() as writing:
        board.throw_disk_away()
        show.bench.power([board])
        show.deployment.give_pins(board)
        play = show.deployment.play()
        assert play.exit_code == 0, play.printed[-6000:]
        assert f"pi{forgetful}" in play.printed
        assert "NEEDS A PERSON" in play.printed
        show.wait_for_lamp(forgetful, RED_AND_YELLOW, PATIENCE_S)
        # It has a new key, made on the board; the bench learns of it as a person does.
        show.deployment.learn_boards(board)
        told = json.loads(show.deployment.raftpi("status", "--json"))["nodes"]
        [seen] = [node for node in told if node["id"] == forgetful]
        assert seen["condition"] == "lost_memory"
        assert seen["role"] not in ("leader", "candidate", "pre_candidate")
        writing.wait_for_progress()

        # It is no third voter: without the other one, the leader has no quorum.
        now_leading = show.seen()[-1].leader()
        network.pull(other if now_leading == leader else leader)
        cut_us = now_us()
        show.wait_for_lamp(now_leading, RED_BLINKING, PATIENCE_S)
        assert writing.record().acknowledged_after(cut_us) == []
        assert show.lamp(forgetful).shows(RED_AND_YELLOW, now_us())
        network.plug(other if now_leading == leader else leader)
        writing.wait_for_progress()

        # Taken in again, it is one: now the leader needs the other one no more.
        printed = show.deployment.raftpi("member", "replace", f"pi{forgetful}", timeout_s=60)
        assert f"pi{forgetful}" in printed
        show.wait_for_lamp(forgetful, GREEN, PATIENCE_S)
        now_leading = show.seen()[-1].leader()
        [absent] = {1, 2, 3} - {forgetful, now_leading}
        network.pull(absent)
        writing.wait_for_progress()
        network.plug(absent)
    writing.assert_kept()

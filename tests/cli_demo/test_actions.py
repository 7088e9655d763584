"""What each key does to the cluster, and what it tells."""

import pytest

from raftpi.cli.demo.actions import ROGUE_MS, Misbehaviour
from raftpi.cli.demo.commands import Action, Control
from raftpi.errors import RaftpiError, Timeout, UsageError
from tests.cli_demo.fakes import Stage, make_status


@pytest.fixture
def stage() -> Stage:
    made = Stage()
    made.watch.look()
    return made


def mischief(stage: Stage) -> dict[int, str]:
    stage.watch.look()
    return {view.id: view.mischief for view in stage.watch.views() if view.mischief}


def test_kill_is_sigkill_on_one_board(stage: Stage) -> None:
    assert "pi2 killed" in stage.actions.do(Control(action=Action.KILL, board=2))
    assert stage.cluster.deeds == ["kill 2"]
    assert stage.events()[-1] == "pi2 is killed (SIGKILL)"
    assert stage.actions.do(Control(action=Action.KILL, board=2)) == "pi2 did not run"


def test_restart_starts_a_dead_board_and_kills_a_living_one_first(stage: Stage) -> None:
    stage.cluster.alive.discard(2)
    stage.actions.do(Control(action=Action.RESTART, board=2))
    assert stage.cluster.deeds == ["start 2"]
    stage.actions.do(Control(action=Action.RESTART, board=2))
    assert stage.cluster.deeds[1:] == ["kill 2", "start 2"]


def test_restart_all_goes_on_when_one_board_refuses(stage: Stage) -> None:
    stage.cluster.refuses_to_start = {2}
    with pytest.raises(RaftpiError, match="pi2: its log is damaged"):
        stage.actions.do(Control(action=Action.RESTART))
    assert stage.cluster.alive == {1, 3}


def test_partition_cuts_the_board_off_from_all_others(stage: Stage) -> None:
    stage.actions.do(Control(action=Action.PARTITION, board=1))
    assert [(node, how.cut_from) for node, how in stage.told] == [(1, (2, 3))]
    assert mischief(stage) == {1: "cut off"}


def test_a_board_can_be_slow_and_cut_off_at_once_and_is_healed_of_both(stage: Stage) -> None:
    stage.actions.do(Control(action=Action.SLOW, board=2))
    stage.actions.do(Control(action=Action.PARTITION, board=2))
    assert (stage.told[-1][1].cut_from, stage.told[-1][1].delay_ms) == ((1, 3), 500)
    assert mischief(stage) == {2: "cut off, slow 500 ms"}
    assert stage.actions.do(Control(action=Action.HEAL, board=2)) == "healed: pi2"
    assert stage.told[-1] == (2, Misbehaviour(duration_ms=0))
    assert mischief(stage) == {}


def test_heal_without_a_board_heals_all(stage: Stage) -> None:
    assert "nothing to heal" in stage.actions.do(Control(action=Action.HEAL))
    stage.actions.do(Control(action=Action.SLOW, board=1))
    stage.actions.do(Control(action=Action.PARTITION, board=3))
    assert stage.actions.do(Control(action=Action.HEAL)) == "healed: pi1, pi3"


def test_a_killed_board_forgets_its_partition(stage: Stage) -> None:
    stage.actions.do(Control(action=Action.PARTITION, board=3))
    stage.actions.do(Control(action=Action.KILL, board=3))
    assert mischief(stage) == {}
    stage.told.clear()
    stage.actions.do(Control(action=Action.HEAL))
    assert stage.told == []


def test_what_stands_is_asked_for_again_before_it_ends_by_itself(stage: Stage) -> None:
    stage.actions.do(Control(action=Action.PARTITION, board=3))
    stage.told.clear()
    stage.actions.renew()
    assert [(node, how.cut_from) for node, how in stage.told] == [(3, (1, 2))]


def test_a_board_that_does_not_answer_keeps_no_other_from_being_renewed(stage: Stage) -> None:
    stage.actions.do(Control(action=Action.PARTITION, board=2))
    stage.actions.do(Control(action=Action.SLOW, board=3))
    told: list[int] = []

    def tell(node_id: int, _how: Misbehaviour) -> None:
        told.append(node_id)
        if node_id == 2:
            raise Timeout("no answer")

    stage.actions._tell = tell
    stage.actions.renew()
    assert told == [2, 3]
    assert stage.events()[-1] == "✗ what was done to pi2 will end by itself: no answer"


def test_a_rogue_node_that_disturbs_nobody_is_told_so(stage: Stage) -> None:
    said = stage.actions.do(Control(action=Action.ROGUE, board=3))
    assert said == "✓ pi3 disturbed nobody: pi1 led all along, the term is still 4"
    assert stage.told == [(3, Misbehaviour(cut_from=(1, 2), duration_ms=ROGUE_MS))]
    assert stage.slept_s[0] == ROGUE_MS / 1000
    assert mischief(stage) == {}
    assert stage.events()[-1] == said


def test_a_rogue_node_that_disturbs_is_told_too(stage: Stage) -> None:
    def disturb(_seconds: float) -> None:
        stage.feeds.waiting = {1: make_status(1, term=6)}
        stage.watch.look()

    stage.actions._sleep = disturb
    said = stage.actions.do(Control(action=Action.ROGUE, board=3))
    assert said.startswith("✗ the leader changed meanwhile: pi1 in term 4, now pi1 in term 6")


def test_the_leader_is_no_rogue_node(stage: Stage) -> None:
    with pytest.raises(UsageError, match="pi1 leads"):
        stage.actions.do(Control(action=Action.ROGUE, board=1))
    assert stage.told == []


@pytest.mark.parametrize("action", [Action.PARTITION, Action.SLOW, Action.ROGUE])
def test_a_board_that_does_not_run_cannot_misbehave(stage: Stage, action: Action) -> None:
    stage.cluster.alive.discard(3)
    with pytest.raises(UsageError, match="pi3 does not run"):
        stage.actions.do(Control(action=action, board=3))


def test_a_board_that_is_not_there_is_refused(stage: Stage) -> None:
    with pytest.raises(UsageError, match="no board 8; the boards are 1, 2, 3"):
        stage.actions.do(Control(action=Action.KILL, board=8))

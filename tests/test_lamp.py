"""Each row of the design's lamp table, and each pattern over time."""

import itertools

import pytest

from raftpi import lamp
from raftpi.lamp import Color, Lamp, Pattern, lamp_for
from raftpi.status import NodeStatus

ELECTION_MAX_US = 300_000


def status(**changes: object) -> NodeStatus:
    """A healthy follower of node 2, with `changes`."""
    values: dict[str, object] = {
        "id": 1,
        "name": "pi1",
        "cluster_id": 9,
        "replica_id": 11,
        "condition": "running",
        "role": "follower",
        "term": 4,
        "leader": 2,
        "voted_for": 2,
        "last_index": 10,
        "commit_index": 10,
        "applied_index": 10,
        "durable_index": 10,
        "election_max_us": ELECTION_MAX_US,
    }
    return NodeStatus(**{**values, **changes})  # type: ignore[arg-type]


def leader(**changes: object) -> NodeStatus:
    return status(**{"role": "leader", "leader": 1, "lease_us": 120_000, **changes})


def shown(node: NodeStatus | None, age_us: int = 0, connected: bool = True) -> str:
    return lamp.describe(lamp_for(node, age_us=age_us, connected=connected))


# --- the rows -----------------------------------------------------------------------------


def test_a_leader_with_a_lease_is_blue() -> None:
    assert shown(leader()) == "blue"
    assert shown(leader(), age_us=119_999) == "blue"


def test_a_leader_whose_lease_lapsed_is_not_blue_even_if_no_status_says_so() -> None:
    assert shown(leader(), age_us=120_000) == "yellow, blinking"


def test_a_leader_that_has_not_committed_in_its_term_blinks_yellow() -> None:
    assert shown(leader(lease_us=0)) == "yellow, blinking"


def test_a_lease_without_the_role_is_not_blue() -> None:
    assert shown(status(lease_us=500_000)) == "green"


def test_a_leader_that_lost_its_quorum_for_long_blinks_red() -> None:
    assert shown(leader(lease_us=0, quorum_silence_us=900_001)) == "red, blinking"


def test_a_follower_that_hears_a_leader_is_green() -> None:
    assert shown(status()) == "green"
    assert shown(status(quorum_silence_us=50_000), age_us=390_000) == "green"


def test_a_follower_that_has_lacked_entries_for_an_election_timeout_pulses() -> None:
    assert shown(status(behind_us=ELECTION_MAX_US)) == "green"
    assert shown(status(behind_us=ELECTION_MAX_US + 1)) == "green, slow pulse"


def test_a_follower_without_a_leader_blinks_yellow() -> None:
    assert shown(status(leader=0)) == "yellow, blinking"


def test_a_follower_whose_leader_has_been_silent_for_an_election_timeout_blinks_yellow() -> None:
    assert shown(status(quorum_silence_us=ELECTION_MAX_US)) == "green"
    assert shown(status(quorum_silence_us=ELECTION_MAX_US + 1)) == "yellow, blinking"


def test_a_learner_pulses_green_slowly() -> None:
    assert shown(status(role="learner")) == "green, slow pulse"


def test_a_learner_that_hears_no_leader_does_not_look_well() -> None:
    assert shown(status(role="learner", leader=0)) == "yellow, blinking"
    assert shown(status(role="learner", quorum_silence_us=400_000)) == "yellow, blinking"
    assert shown(status(role="learner", quorum_silence_us=1_000_000)) == "red, blinking"


@pytest.mark.parametrize("role", ["pre_candidate", "candidate"])
def test_an_election_blinks_yellow(role: str) -> None:
    assert shown(status(role=role, leader=0)) == "yellow, blinking"


def test_founding_blinks_yellow() -> None:
    assert shown(status(condition="founding", leader=0)) == "yellow, blinking"


@pytest.mark.parametrize("node", [status(), leader(), status(identify_us=9_000_000)])
def test_a_dropped_connection_is_red_at_once(node: NodeStatus) -> None:
    assert shown(node, age_us=0, connected=False) == "red"


def test_silence_of_more_than_400_ms_is_red() -> None:
    assert shown(status(), age_us=400_000) == "green"
    assert shown(status(), age_us=400_001) == "red"
    assert shown(leader(lease_us=10_000_000), age_us=400_001) == "red"


def test_a_board_that_never_said_anything_is_red() -> None:
    assert shown(None) == "red"
    assert shown(None, connected=False) == "red"


def test_a_stopping_daemon_is_red() -> None:
    assert shown(leader(condition="stopping")) == "red"
    assert shown(status(condition="stopping", identify_us=1_000_000)) == "red"


def test_no_leader_and_no_quorum_for_three_election_timeouts_blinks_red() -> None:
    silent = status(role="pre_candidate", leader=0, quorum_silence_us=3 * ELECTION_MAX_US)
    assert shown(silent) == "yellow, blinking"
    assert shown(silent, age_us=1) == "red, blinking"


def test_cut_off_needs_to_know_the_election_timeout() -> None:
    unknown = status(role="candidate", leader=0, quorum_silence_us=10**9, election_max_us=0)
    assert shown(unknown) == "yellow, blinking"


def test_a_board_that_needs_a_person_shows_red_and_yellow_in_turn() -> None:
    assert shown(status(needs_person="the disk is full")) == "red and yellow in turn"
    assert shown(leader(needs_person="the disk is full")) == "red and yellow in turn"
    assert shown(status(condition="lost_memory", leader=0)) == "red and yellow in turn"


def test_identify_flashes_white_over_everything_that_lives() -> None:
    assert shown(leader(identify_us=5_000_000)) == "white, flashing"
    assert shown(status(needs_person="x", identify_us=5_000_000)) == "white, flashing"
    assert shown(status(condition="founding", identify_us=5_000_000)) == "white, flashing"


def test_identify_ends_by_itself() -> None:
    assert shown(status(identify_us=100_000), age_us=99_999) == "white, flashing"
    assert shown(status(identify_us=100_000), age_us=100_000) == "green"


def test_every_status_gives_a_lamp_of_the_table() -> None:
    roles = ["leader", "follower", "learner", "candidate", "pre_candidate", "a role of tomorrow"]
    conditions = ["founding", "running", "lost_memory", "stopping", "a condition of tomorrow"]
    for role, condition, node, silence_us, lease_us, age_us in itertools.product(
        roles, conditions, [0, 1, 2], [0, 10**6], [0, 10**5], [0, 300_000, 500_000]
    ):
        made = status(
            role=role,
            condition=condition,
            leader=node,
            quorum_silence_us=silence_us,
            lease_us=lease_us,
        )
        for connected in (True, False):
            found = lamp_for(made, age_us=age_us, connected=connected)
            assert lamp.meaning(found)
            blue = found.color is Color.BLUE
            assert not blue or (role == "leader" and lease_us > age_us and connected)


# --- the patterns ---------------------------------------------------------------------------

ROWS = [
    lamp.LEADER,
    lamp.FOLLOWER,
    lamp.LEARNER,
    lamp.ELECTION,
    lamp.OFFLINE,
    lamp.CUT_OFF,
    lamp.NEEDS_PERSON,
    lamp.IDENTIFY,
]


def shades(shown_lamp: Lamp, duration_us: int = 2_560_000, step_us: int = 10_000) -> set[object]:
    return {lamp.shade_at(shown_lamp, at_us) for at_us in range(0, duration_us, step_us)}


def test_steady_colours_are_full_on_or_off_and_never_change() -> None:
    assert shades(lamp.LEADER) == {(0.0, 0.0, 1.0)}
    assert shades(lamp.FOLLOWER) == {(0.0, 1.0, 0.0)}
    assert shades(lamp.OFFLINE) == {(1.0, 0.0, 0.0)}
    assert lamp.next_change_us(lamp.LEADER, 77) is None


def test_blinking_goes_dark_every_half_second() -> None:
    assert lamp.shade_at(lamp.ELECTION, 499_999) == (1.0, 1.0, 0.0)
    assert lamp.shade_at(lamp.ELECTION, 500_000) == (0.0, 0.0, 0.0)
    assert lamp.shade_at(lamp.CUT_OFF, 1_000_000) == (1.0, 0.0, 0.0)


def test_red_and_yellow_take_turns_and_never_go_dark() -> None:
    assert lamp.shade_at(lamp.NEEDS_PERSON, 0) == (1.0, 0.0, 0.0)
    assert lamp.shade_at(lamp.NEEDS_PERSON, 500_000) == (1.0, 1.0, 0.0)
    assert shades(lamp.NEEDS_PERSON) == {(1.0, 0.0, 0.0), (1.0, 1.0, 0.0)}


def test_flashing_stays_below_three_flashes_a_second() -> None:
    lit = [lamp.shade_at(lamp.IDENTIFY, at_us)[0] for at_us in range(0, 1_000_000, 1_000)]
    rises = sum(1 for before, after in zip([0.0, *lit], lit, strict=False) if after > before)
    assert rises == 2


def test_the_slow_pulse_breathes_green_between_dim_and_full() -> None:
    levels = [lamp.shade_at(lamp.LEARNER, at_us)[1] for at_us in range(0, 2_560_000, 80_000)]
    assert max(levels) == 1.0
    assert min(levels) == 0.125
    assert shades(lamp.LEARNER) <= {(0.0, level, 0.0) for level in levels}


@pytest.mark.parametrize("row", ROWS)
def test_the_shade_stays_until_the_next_change(row: Lamp) -> None:
    for at_us in range(0, 3_000_000, 7_919):
        change_us = lamp.next_change_us(row, at_us)
        if change_us is None:
            assert shades(row) == {lamp.shade_at(row, 0)}
            continue
        assert at_us < change_us
        assert lamp.shade_at(row, change_us - 1) == lamp.shade_at(row, at_us)
        assert lamp.shade_at(row, change_us) != lamp.shade_at(row, at_us)


def test_every_row_has_words_and_a_glyph_of_its_own() -> None:
    for word in (lamp.describe, lamp.meaning, lamp.glyph):
        assert len({word(row) for row in ROWS}) == len(ROWS)
    assert lamp.glyph(Lamp(color=Color.WHITE, pattern=Pattern.STEADY)) == "?"
    assert lamp.meaning(Lamp(color=Color.WHITE, pattern=Pattern.STEADY)) == ""

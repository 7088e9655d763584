"""The protocol's behaviour, pinned trace by trace; `--rewrite` takes over what happens now."""

import re
from pathlib import Path

import pytest

from tests.scripts.player import replay

SCRIPTS = sorted(Path(__file__).parent.glob("*.txt"))
# A line that a journal, a message or a client's answer leaves: it begins with its time.
HAPPENED = re.compile(r" *\d+\.\d{6}  ")

# What a complete Raft shows, and the scripts that pin it.
BEHAVIOURS: dict[str, tuple[str, ...]] = {
    "a single node commits nothing before it is stable": (
        "single_node_commits_nothing_before_its_card",
    ),
    "a vote is granted, and asked for, only when the card has it": (
        "vote_is_granted_after_the_card_has_it",
        "candidate_asks_when_its_card_has_its_own_vote",
        "restart_keeps_term_vote_and_log",
        "vote_outlives_a_power_cut",
    ),
    "a promoted learner that does not know it yet still votes": (
        "promoted_learner_that_does_not_know_it_votes",
    ),
    "a leader is heard by who does not know it as a member": (
        "newcomer_that_leads_is_heard_by_who_missed_its_coming",
    ),
    "a learner neither votes nor counts": ("learner_neither_votes_nor_counts",),
    "pre-vote is refused by a stale-log check": ("pre_vote_refused_by_a_longer_log",),
    "pre-vote is refused by who hears a live leader": (
        "false_hint_refused_by_who_hears_the_leader",
    ),
    "pre-vote leaves the term alone": ("cut_off_board_comes_back_without_a_term",),
    "a quorum of pre-candidates does elect": ("quorum_of_pre_candidates_elects",),
    "voters are counted, not their answers": ("doubled_answers_count_once",),
    "a leader that is gone is replaced": ("election_after_a_kill", "election_after_a_power_cut"),
    "check-quorum steps down after silence": ("check_quorum_steps_down",),
    "Figure 7's seven logs converge": ("figure_7_logs_converge",),
    "Figure 8's old entry is not committed by counting": (
        "figure_8_old_terms_entry_is_not_committed_by_counting",
    ),
    "a deposed leader's suffix is replaced": ("divergent_logs_converge",),
    "appends and answers may overtake each other": ("reordered_appends_end_in_order",),
    "the in-flight window pauses replication and resumes it": (
        "inflight_window_pauses_and_resumes",
    ),
    "a heartbeat response gets a follower going again": (
        "heartbeat_response_gets_a_probing_follower_going",
        "lost_append_after_unreachable_is_probed_again",
    ),
    "a follower behind the compacted log gets a snapshot": (
        "follower_behind_the_compacted_log_gets_a_snapshot",
        "entry_before_the_first_one_held_needs_the_snapshot",
        "entry_behind_the_compacted_ones_needs_no_snapshot",
    ),
    "a follower returns to replication, even by a snapshot that is older than expected": (
        "older_snapshot_than_expected_brings_back_to_entries",
        "snapshot_that_it_has_already_changes_nothing",
    ),
    "an old acknowledgement does not release entries that were overwritten since": (
        "old_write_does_not_vouch_for_overwritten_entries",
        "old_acknowledgement_does_not_count_for_what_came_after",
    ),
    "a removed leader does not count itself and steps down": ("removed_leader_steps_down",),
    "who is removed campaigns as long as that may not be committed": (
        "removed_board_elects_who_stays",
    ),
    "a joint configuration needs both majorities, and leaves itself": (
        "joint_configuration_needs_the_old_voters_too",
        "joint_configuration_is_left_by_itself",
    ),
    "a second change during the first is refused": ("second_change_during_the_first_is_refused",),
    "leadership is transferred, also while joint": (
        "transfer",
        "transfer_waits_until_the_target_has_everything",
        "transfer_while_joint",
    ),
    "a removed node cannot campaign": (
        "removed_board_cannot_disturb",
        "removed_board_does_not_campaign",
        "removed_board_that_starts_again_is_not_heard",
    ),
    "a newcomer learns first, then votes": (
        "new_board_learns_and_joins",
        "board_with_a_new_card_takes_its_own_place",
    ),
    "reads are linearizable, without a log write": (
        "follower_reads",
        "read_of_a_cut_off_leader_is_not_answered",
        "new_leader_waits_for_its_first_commit",
    ),
    "a lease answers without a round, and ends by time and by TimeoutNow": (
        "lease_answers_a_read_without_a_round",
        "lease_ends_with_timeout_now",
        "hint_is_ignored_where_leases_are_on",
        "restarted_voter_keeps_the_lease",
        "transfer_where_leases_are_on",
    ),
    "a stalled card does not stop the cluster": ("stalled_card_of_the_leader",),
    "the preferred board gets the lead": ("preferred_board_gets_the_lead_back",),
}


def complaint_of(text: str) -> str:
    """What is wrong with a script: that it pins nothing, or that something else happens; or ""."""
    if not any(HAPPENED.match(line) for line in text.splitlines()):
        return "it pins nothing: no line below its steps says what happened"
    found = replay(text)
    lines = zip(found.splitlines(), text.splitlines(), strict=False)
    for number, (line, expected) in enumerate(lines, 1):
        if line != expected:
            return f"line {number} is\n{expected}\nbut what happens is\n{line}"
    return "" if found == text else "it ends elsewhere than what happens"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_leads_to_its_trace(script: Path, pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--rewrite", default=False):
        script.write_text(replay(script.read_text()))
    complaint = complaint_of(script.read_text())
    advice = f"run pytest {script.parent} --rewrite, and look at the difference"
    assert not complaint, f"{complaint}\n{advice}"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_says_first_what_it_shows(script: Path) -> None:
    assert script.read_text().startswith("# ")


def test_each_behaviour_has_its_scripts_and_each_script_its_behaviour() -> None:
    named = [stem for stems in BEHAVIOURS.values() for stem in stems]
    assert sorted(named) == [script.stem for script in SCRIPTS]


SMALL = replay("# One board.\n> boards 1\n> put a=1 at pi1\n> run 5\n> show\n")


def test_a_script_with_its_own_trace_is_right() -> None:
    assert "Committed index=3" in SMALL
    assert complaint_of(SMALL) == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [("index=3", "index=4"), ("commit 3", "commit 2"), ("client", "client ")],
    ids=["another index", "another state", "a blank"],
)
def test_a_trace_that_differs_by_a_character_is_found(before: str, after: str) -> None:
    assert "but what happens is" in complaint_of(SMALL.replace(before, after))


@pytest.mark.parametrize(
    "other",
    [
        "\n".join(line for line in SMALL.splitlines() if "commit 3" not in line) + "\n",
        SMALL + "   9.000000  pi1      leads term 9\n",
    ],
    ids=["a line too few", "a line too many"],
)
def test_a_trace_of_another_length_is_found(other: str) -> None:
    assert complaint_of(other) == "it ends elsewhere than what happens"


def test_a_script_without_a_trace_is_found() -> None:
    assert "pins nothing" in complaint_of("# Nothing.\n\n> boards 1\n\n> run 5\n")


def test_a_step_that_is_none_is_refused() -> None:
    with pytest.raises(KeyError, match="campaign"):
        replay("> boards 1\n> campaign pi1\n")
    with pytest.raises(AssertionError, match="options are"):
        replay("> boards 1 colour 7\n")

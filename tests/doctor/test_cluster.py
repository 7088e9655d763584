"""What the members say of themselves."""

from pathlib import Path
from typing import Any

import pytest

from raftpi import __version__
from raftpi.doctor.cluster import Survey, ask_members, judge_cluster, worst_delay_us
from raftpi.doctor.finding import Finding, Verdict
from raftpi.status import NodeStatus, PeerStatus
from tests.doctor.configs import config_in
from tests.doctor.fake_board import fake_board


def status(node_id: int, **values: Any) -> NodeStatus:
    usual: dict[str, Any] = {
        **{"id": node_id, "name": f"pi{node_id}", "cluster_id": 1, "replica_id": node_id},
        **{"condition": "running", "role": "follower", "term": 3, "leader": 2, "voted_for": 0},
        **{"last_index": 1, "commit_index": 1, "applied_index": 1, "durable_index": 1},
        "version": __version__,
    }
    return NodeStatus(**{**usual, **values})


def judged(tmp_path: Path, *statuses: NodeStatus, **values: Any) -> Finding:
    return judge_cluster(config_in(tmp_path), Survey(statuses=statuses, **values))


def test_a_cluster_with_a_leader_is_fine(tmp_path: Path) -> None:
    finding = judged(tmp_path, status(1), status(2), status(3))
    assert finding.verdict is Verdict.OK
    assert finding.text == "3 of 3 members asked and answering, pi2 leads"


@pytest.mark.parametrize(
    ("statuses", "silent", "told"),
    [
        ((), (), "nobody answers"),
        ((status(2), status(3)), ("pi1",), "pi1, this board's own daemon"),
        ((status(1), status(2)), ("pi3",), "no answer from pi3"),
        ((status(1, leader=0), status(2)), (), "knows of no leader"),
        ((status(1), status(2, needs_person="disk full")), (), "pi2 needs a person: disk full"),
    ],
)
def test_what_is_amiss_is_a_problem(
    tmp_path: Path, statuses: tuple[NodeStatus, ...], silent: tuple[str, ...], told: str
) -> None:
    finding = judged(tmp_path, *statuses, silent=silent)
    assert finding.verdict is Verdict.PROBLEM
    assert told in finding.text


def test_another_version_elsewhere_is_advice(tmp_path: Path) -> None:
    finding = judged(tmp_path, status(1), status(2, version="9.9"), status(3))
    assert finding.verdict is Verdict.ADVICE
    assert "raftpi 9.9" in finding.text


def test_without_a_key_only_this_board_is_asked_and_others_are_not_blamed(tmp_path: Path) -> None:
    finding = judged(tmp_path, status(1), silent=("pi2", "pi3"), may_ask_all=False)
    assert finding.verdict is Verdict.OK
    finding = judged(tmp_path, error="you have no key", may_ask_all=False)
    assert (finding.verdict, finding.remedy) == (Verdict.UNKNOWN, "run this with sudo")


def test_who_may_not_read_the_key_asks_nobody(tmp_path: Path) -> None:
    config = config_in(
        tmp_path, security=f'keys = "{tmp_path}/keys"\ntrusted = "{tmp_path}/trusted.toml"'
    )
    survey = ask_members(config, tmp_path / "raftpi.toml", fake_board(tmp_path / "root"))
    assert (survey.statuses, survey.may_ask_all) == ((), False)


def test_the_longest_delay_a_leader_told_of_is_taken() -> None:
    peers = tuple(
        PeerStatus(
            **{"id": i, "name": f"pi{i}", "replica_id": i, "voter": True, "heard_us_ago": 0},
            match_index=0,
            delay_us=delay_us,
        )
        for i, delay_us in ((1, 700), (3, -1))
    )
    assert worst_delay_us(Survey(statuses=(status(1), status(2, peers=peers)))) == 700
    assert worst_delay_us(Survey()) == 0

"""Findings about the other members' addresses."""

from pathlib import Path

import pytest

from raftpi.doctor.finding import Finding, Verdict
from raftpi.doctor.peers import endpoints_to_reach, judge_peers
from raftpi.doctor.reach import Reach
from tests.doctor.configs import config_in


def judged(tmp_path: Path, errors: dict[str, str]) -> Finding:
    """What is found of pi2, whose addresses end like the keys of `errors`."""
    config = config_in(tmp_path)
    reached = {
        endpoint: Reach(
            endpoint=endpoint,
            address="127.0.0.1",
            error=(error := errors.get(endpoint[-4:], "")),
            round_trips_us=() if error else (400, 1500),
        )
        for endpoint in endpoints_to_reach(config)
    }
    findings = judge_peers(config, reached)
    assert [finding.name for finding in findings] == ["reach pi2", "reach pi3"]
    assert findings[1].verdict is Verdict.OK
    return findings[0]


def test_all_others_are_asked_at_their_peer_and_client_addresses(tmp_path: Path) -> None:
    assert endpoints_to_reach(config_in(tmp_path)) == [
        *("tcp://127.0.0.1:7102", "tcp://127.0.0.1:7202"),
        *("tcp://127.0.0.1:7103", "tcp://127.0.0.1:7203"),
    ]


def test_a_member_that_answers_is_fine(tmp_path: Path) -> None:
    finding = judged(tmp_path, {})
    assert (finding.verdict, finding.text) == (Verdict.OK, "answers; round trip up to 1.5 ms")


@pytest.mark.parametrize(
    ("errors", "remedy"),
    [
        ({"7102": "nobody listens there", "7202": "nobody listens there"}, "systemctl status"),
        ({"7102": "no answer in time", "7202": "no answer in time"}, "its cable in"),
        ({"7202": "the name pi2 is not known"}, "IP address"),
    ],
)
def test_a_member_that_does_not_is_a_problem_with_a_fitting_remedy(
    tmp_path: Path, errors: dict[str, str], remedy: str
) -> None:
    finding = judged(tmp_path, errors)
    assert finding.verdict is Verdict.PROBLEM
    assert remedy in finding.remedy
    assert all(error in finding.text for error in errors.values())

"""`raftpi rejoin`: what it refuses, what it waits for, and whose the files stay."""

import json
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from raftpi.cli import rejoin as command
from raftpi.cli.rejoin_place import as_owner
from raftpi.cli.rejoin_quorum import why_not_without
from raftpi.errors import Refused, UsageError
from raftpi.status import NodeStatus, PeerStatus
from raftpi.transport.keys import make_key_pair, write_key
from raftpi.transport.trust import Trust, TrustedClient, TrustedNode, format_trust
from tests.cli.conftest import Run
from tests.cli.fake_client import FakeClient
from tests.storage.script import batch, founding, open_store

BOARDS = {1: "pi1", 2: "pi2", 3: "pi3"}


def status(node_id: int, **changes: Any) -> NodeStatus:
    values: dict[str, Any] = {
        "id": node_id,
        "name": BOARDS[node_id],
        "cluster_id": 7,
        "replica_id": 100 + node_id,
        "condition": "running",
        "role": "follower",
        "term": 4,
        "leader": 2,
        "voted_for": 0,
        "last_index": 9,
        "commit_index": 9,
        "applied_index": 9,
        "durable_index": 9,
        "election_max_us": 300_000,
    }
    return NodeStatus(**values | changes)


def peer(node_id: int, **changes: Any) -> PeerStatus:
    values: dict[str, Any] = {
        "id": node_id,
        "name": BOARDS[node_id],
        "replica_id": 100 + node_id,
        "voter": True,
        "heard_us_ago": -1,
        "match_index": 9,
        "delay_us": 900,
    }
    return PeerStatus(**values | changes)


def leading(*peers: PeerStatus, **changes: Any) -> NodeStatus:
    return status(2, role="leader", peers=peers, **changes)


# --- whether the others can --------------------------------------------------------------------


def test_two_of_three_can_do_without_the_third() -> None:
    assert why_not_without([leading(peer(1), peer(3)), status(3)], 1) == ""
    # It need not answer us, if the leader hears it.
    assert why_not_without([leading(peer(1), peer(3, heard_us_ago=40_000))], 1) == ""


@pytest.mark.parametrize(
    ("statuses", "reason"),
    [
        ([], "no other board answers"),
        ([status(1)], "no other board answers"),
        ([leading(peer(1), peer(3))], r"1 of 3 voters .* 2 must \(pi3: silent\)"),
        ([leading(peer(1), peer(3, heard_us_ago=9_000_000))], "pi3: silent"),
        ([leading(peer(1))], "1 of 2 voters answers besides it, 2 must"),
        ([status(2, peers=(peer(1), peer(3))), status(3)], "the others have no leader"),
        ([leading(peer(1), peer(3), quorum_silence_us=400_000), status(3)], "no leader"),
        ([leading(peer(3)), status(3)], "it is no member .* `raftpi member add`"),
        (
            [leading(peer(1), peer(3, standing="learner")), status(3, standing="learner")],
            "1 of 2 voters",
        ),
    ],
)
def test_why_they_cannot_is_told(statuses: Sequence[NodeStatus], reason: str) -> None:
    assert re.search(reason, why_not_without(statuses, 1))


# --- the directory -----------------------------------------------------------------------------


def config(tmp_path: Path, *, more: str = "") -> Path:
    path = tmp_path / "raftpi.toml"
    members = "".join(
        f'[[member]]\nid = {i}\nname = "{name}"\npeer = "tcp://127.0.0.1:{7100 + i}"\n'
        f'client = "tcp://127.0.0.1:{7200 + i}"\nstatus = "tcp://127.0.0.1:{7300 + i}"\n'
        for i, name in BOARDS.items()
    )
    path.write_text(
        f'[node]\nid = 1\ndata = "{tmp_path}/data"\nruntime = "{tmp_path}/run"\n{more}{members}'
    )
    return path


def damaged(tmp_path: Path) -> None:
    from raftpi.storage.disk import RealDisk

    store = open_store(RealDisk(), str(tmp_path / "data"))
    store.append((batch(founding(), term=1),))
    store.close()
    segment = tmp_path / "data" / "log" / "0000000000000001.wal"
    data = bytearray(segment.read_bytes())
    data[40] ^= 1
    segment.write_bytes(data)


class Cluster(FakeClient):
    """Two boards that lead and follow; the third comes back when it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, int | str]] = []
        self.refusals: list[str] = []
        self.begin([leading(peer(1), peer(3)), status(3)])

    def begin(self, members: list[NodeStatus]) -> None:
        self.members = list(members)

    def change_members(self, verb: str, node: int | str) -> None:
        self.asked.append((verb, node))
        if self.refusals:
            raise Refused(f"no change: {self.refusals.pop(0)}")
        own = status(1, replica_id=555)
        self.begin([own, leading(peer(1, replica_id=555), peer(3)), status(3)])


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    fake = Cluster()
    monkeypatch.setattr("raftpi.cli.connection.open_client", fake.open)
    monkeypatch.setattr(command, "POLL_S", 0.001)
    monkeypatch.setattr(command, "ELECTION_S", 0.01)
    return fake


def came_back(cluster: Cluster) -> None:
    """The daemon runs with a fresh directory."""
    lost = status(1, condition="lost_memory", role="none", standing="none", replica_id=555)
    cluster.begin([lost, *cluster.status()])


def test_it_is_set_aside_taken_in_and_told(cluster: Cluster, run: Run, tmp_path: Path) -> None:
    damaged(tmp_path)
    came_back(cluster)
    cluster.refusals = [
        "no fresh board with the id 1 was heard of: start its daemon",
        "another change of the membership is under way",
    ]
    code, out, err = run("rejoin", "--config", str(config(tmp_path)))
    assert code == 0, err
    assert "pi1 is a voter again, as replica 000000000000022b" in out
    assert "a node cannot start on this directory" in err
    assert f"kept in {tmp_path}/data/set-aside-1" in err
    assert cluster.asked == [("replace", 1)] * 3
    assert (tmp_path / "data" / "set-aside-1" / "log" / "0000000000000001.wal").exists()


def test_json_is_one_document(cluster: Cluster, run: Run, tmp_path: Path) -> None:
    came_back(cluster)
    code, out, _ = run("rejoin", "--json", "--config", str(config(tmp_path)))
    assert code == 0
    told = json.loads(out)
    assert (told["id"], told["name"], told["set_aside"]) == (1, "pi1", None)
    assert told["replica_id"] == f"{555:016x}"
    assert len(told["members"]) == 3


def test_what_the_leader_will_never_do_ends_it(cluster: Cluster, run: Run, tmp_path: Path) -> None:
    came_back(cluster)
    cluster.refusals = ["node 1 is no member: use `raftpi member add`"]
    code, _, err = run("rejoin", "--config", str(config(tmp_path)))
    assert code == 1
    assert "member add" in err


def test_a_daemon_that_is_not_started_is_waited_for_and_told_how(
    cluster: Cluster, run: Run, tmp_path: Path
) -> None:
    code, _, err = run("rejoin", "--timeout", "0.05", "--config", str(config(tmp_path)))
    assert code == 4
    assert "sudo systemctl start raftpi" in err
    assert cluster.asked == []


def test_one_that_learns_for_too_long_goes_on_by_itself(
    cluster: Cluster, run: Run, tmp_path: Path
) -> None:
    own = status(1, replica_id=555, role="learner", standing="joining")
    learner = peer(1, replica_id=555, voter=False, standing="joining", match_index=2)
    cluster.begin([own, leading(peer(1), learner, peer(3)), status(3)])
    code, _, err = run("rejoin", "--timeout", "0.05", "--config", str(config(tmp_path)))
    assert code == 3
    assert "7 entries behind" in err
    assert "goes on by itself" in err
    assert cluster.asked == []


def test_an_ordinary_key_is_refused_before_anything_is_touched(
    cluster: Cluster, run: Run, tmp_path: Path
) -> None:
    damaged(tmp_path)
    pair = make_key_pair()
    write_key(tmp_path / "client.key", pair)
    trust = Trust(
        nodes=(
            TrustedNode(
                id=2,
                name="pi2",
                client="tcp://127.0.0.1:7202",
                status="tcp://127.0.0.1:7302",
                public=make_key_pair().public,
            ),
        ),
        clients=(TrustedClient(name="bob", role="ordinary", public=pair.public),),
    )
    (tmp_path / "trusted.toml").write_text(format_trust(trust))
    words = ("rejoin", "--config", str(config(tmp_path)), "--key", str(tmp_path / "client.key"))
    code, _, err = run(*words)
    assert code == 1
    assert "an admin's with --key" in err
    assert not (tmp_path / "data" / "set-aside-1").exists()


def test_another_boards_id_is_refused(cluster: Cluster, run: Run, tmp_path: Path) -> None:
    code, _, err = run("rejoin", "2", "--config", str(config(tmp_path)))
    assert code == UsageError.exit_code
    assert "on the board itself" in err


def test_start_runs_systemctl_and_its_failure_is_told(
    cluster: Cluster, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bin_path = tmp_path / "bin"
    bin_path.mkdir()
    fake = bin_path / "systemctl"
    fake.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\necho no such unit >&2\nexit 5\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_path}:{os.environ['PATH']}")
    code, _, err = run("rejoin", "--start", "--config", str(config(tmp_path)))
    assert code == 1
    assert "no such unit" in err
    assert (tmp_path / "asked").read_text() == "start --no-block raftpi\n"


@pytest.mark.root
def test_as_root_everything_stays_the_daemons(cluster: Cluster, run: Run, tmp_path: Path) -> None:
    damaged(tmp_path)
    came_back(cluster)
    daemon = 12_345
    data = tmp_path / "data"
    for parent in (tmp_path, *tmp_path.parents):
        if stat.S_IMODE(parent.stat().st_mode) & 0o005 != 0o005:
            parent.chmod(0o755)
    (data / "lock").unlink(missing_ok=True)
    for path in (data, *data.rglob("*")):
        os.chown(path, daemon, daemon)
    assert run("rejoin", "--config", str(config(tmp_path)))[0] == 0
    owners = {(path.stat().st_uid, path.stat().st_gid) for path in (data, *data.rglob("*"))}
    assert owners == {(daemon, daemon)}
    assert (data / "set-aside-1" / "log").is_dir()
    assert os.geteuid() == 0


def test_without_a_directory_nobody_becomes_anybody(tmp_path: Path) -> None:
    before = os.geteuid(), os.getegid()
    with as_owner(str(tmp_path / "missing")):
        assert (os.geteuid(), os.getegid()) == before

"""A directory beyond repair: its board comes back under a new identity, and nothing is lost."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from raftpi.cli.main import main
from raftpi.client import Client
from raftpi.local.cluster import LocalCluster
from raftpi.local.failures import DaemonDied
from tests.cluster.waiting import status_of, wait_until, wait_until_whole

pytestmark = pytest.mark.slow


def rejoin(cluster: LocalCluster, node_id: int, *words: str) -> int:
    return main(["rejoin", str(node_id), "--dir", str(cluster.directory), *words])


def data_of(cluster: LocalCluster, node_id: int) -> Path:
    return Path(cluster.node(node_id).data)


def first_segment(cluster: LocalCluster, node_id: int) -> Path:
    return min((data_of(cluster, node_id) / "log").glob("*.wal"))


def damage(cluster: LocalCluster, node_id: int) -> bytes:
    """Rot in the head of the log of a board that is down; the file as it is then."""
    path = first_segment(cluster, node_id)
    data = bytearray(path.read_bytes())
    data[40] ^= 0x10
    path.write_bytes(data)
    return bytes(data)


def followers(cluster: LocalCluster) -> tuple[int, int]:
    leader = wait_until_whole(cluster)
    first, second = [node.id for node in cluster.nodes if node.id != leader]
    return first, second


class Writing:
    """Writes in the background; every acknowledged one is remembered."""

    def __init__(self, cluster: LocalCluster) -> None:
        self.acknowledged: list[int] = []
        self._client = Client(cluster.endpoints(), timeout_s=20)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def _write(self) -> None:
        number = 0
        while not self._is_over.is_set():
            self._client.put(f"key{number}", f"value{number}")
            self.acknowledged.append(number)
            number += 1

    def __enter__(self) -> "Writing":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        self._client.close()


def test_a_board_whose_log_is_beyond_repair_comes_back_as_another_replica(
    three: LocalCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    ill, other = followers(three)
    before = status_of(three, ill)
    assert before is not None
    with Writing(three) as writing:
        wait_until(lambda: len(writing.acknowledged) > 50, "there is something to lose")
        three.kill(ill)
        rotten = damage(three, ill)
        with pytest.raises(DaemonDied, match="exit code 12"):
            three.start_node(ill)
        capsys.readouterr()
        assert rejoin(three, ill, "--start", "--json") == 0
        written = len(writing.acknowledged)
        wait_until(lambda: len(writing.acknowledged) > written + 20, "writes go on")
    told = json.loads(capsys.readouterr().out)
    kept = data_of(three, ill) / "set-aside-1"
    assert told["set_aside"] == str(kept)
    assert min((kept / "log").glob("*.wal")).read_bytes() == rotten
    after = status_of(three, ill)
    assert after is not None
    assert after.standing == "voter"
    assert after.replica_id != before.replica_id
    assert told["replica_id"] == f"{after.replica_id:016x}"
    assert [m["standing"] for m in told["members"]] == ["voter"] * 3
    assert told["replica_id"] in [m["replica_id"] for m in told["members"]]
    # It counts: with the other one gone it is half of the quorum, and has everything.
    three.kill(other)
    with Client(three.endpoints(), timeout_s=20) as client:
        client.put("after", "1")
        found = {entry.key for entry in client.list("key")}
    assert found >= {f"key{number}".encode() for number in writing.acknowledged}


def test_the_next_one_is_kept_beside_the_first(three: LocalCluster) -> None:
    ill, _ = followers(three)
    for _ in range(2):
        three.kill(ill)
        damage(three, ill)
        assert rejoin(three, ill, "--start") == 0
    names = sorted(path.name for path in data_of(three, ill).glob("set-aside-*"))
    assert names == ["set-aside-1", "set-aside-2"]


def test_what_must_not_be_set_aside_is_not(
    three: LocalCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    ill, other = followers(three)
    assert rejoin(three, ill) == 11
    assert f"raftpi cluster stop {ill}" in capsys.readouterr().err
    three.stop(ill)
    assert rejoin(three, ill) == 1
    error = capsys.readouterr().err
    assert "is whole: nothing was set aside" in error
    assert f"raftpi member replace pi{ill}" in error
    damage(three, ill)
    three.kill(other)
    assert rejoin(three, ill, "--timeout", "1") == 4
    error = capsys.readouterr().err
    assert "nothing was set aside" in error
    assert f"pi{other}: silent" in error
    assert "fsck --repair --from" in error
    assert first_segment(three, ill).exists()
    assert not list(data_of(three, ill).glob("set-aside*"))


def test_with_force_it_is_set_aside_and_taken_in_once_there_is_a_quorum(
    three: LocalCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    ill, other = followers(three)
    three.kill(ill)
    damage(three, ill)
    three.kill(other)
    assert rejoin(three, ill, "--force", "--start", "--timeout", "1") == 4
    assert (data_of(three, ill) / "set-aside-1").exists()
    assert "run this again" in capsys.readouterr().err
    three.start_node(other)
    assert rejoin(three, ill) == 0
    assert "nothing to set aside" in capsys.readouterr().err
    status = status_of(three, ill)
    assert status is not None
    assert status.standing == "voter"


def test_run_again_it_goes_on_wherever_it_was_interrupted(
    three: LocalCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    ill, _ = followers(three)
    three.kill(ill)
    damage(three, ill)
    data = data_of(three, ill)
    # It got no further than the identity.
    (data / "set-aside-1.unfinished").mkdir()
    (data / "identity").rename(data / "set-aside-1.unfinished" / "identity")
    with pytest.raises(DaemonDied, match="exit code 12"):
        three.start_node(ill)
    # It ends before the daemon is started; somebody starts it; it waits for the vote.
    assert rejoin(three, ill, "--timeout", "0.5") == 4
    assert (data / "set-aside-1" / "identity").exists()
    assert (data / "set-aside-1" / "log").exists()
    three.start_node(ill)
    assert rejoin(three, ill) == 0
    assert "is a voter again" in capsys.readouterr().out


def test_a_board_that_has_lost_its_memory_is_taken_in(three: LocalCluster) -> None:
    ill, _ = followers(three)
    three.kill(ill)
    three.throw_away_data(ill)
    assert rejoin(three, ill, "--start") == 0
    status = status_of(three, ill)
    assert status is not None
    assert status.standing == "voter"


def test_a_board_that_was_started_a_moment_ago_is_waited_for_by_member_replace(
    three: LocalCluster,
) -> None:
    ill, _ = followers(three)
    three.kill(ill)
    three.throw_away_data(ill)
    three.spawn(ill)
    endpoints = ",".join(three.endpoints())
    words = ["member", "replace", f"pi{ill}", "--endpoints", endpoints, "--timeout", "15"]
    assert main(words) == 0


def test_a_cluster_of_one_is_told_what_it_would_lose(
    make_cluster: Callable[..., LocalCluster], capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = make_cluster(1)
    cluster.start()
    cluster.kill(1)
    damage(cluster, 1)
    assert rejoin(cluster, 1, "--timeout", "1") == 4
    assert "no other board answers" in capsys.readouterr().err
    assert first_segment(cluster, 1).exists()

"""Real processes: started, found again, harmed, stopped; the daemon is a stand-in."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from raftpi.errors import Unavailable, UsageError
from raftpi.local.cluster import LocalCluster, Stopped
from raftpi.local.failures import ClusterMismatch, DaemonDied, NoCluster, PortInUse
from tests.local import stand_in


def process_state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_start_returns_with_the_leader_and_all_daemons_alive(cluster: LocalCluster) -> None:
    leader = cluster.start(10)
    assert leader.id == 1
    assert cluster.running() == (1, 2, 3)
    assert cluster.died() == ()


def test_the_recorded_pid_is_the_daemon_itself_in_a_session_of_its_own(
    cluster: LocalCluster,
) -> None:
    cluster.start(10)
    values = json.loads((cluster.directory / "cluster.json").read_text())
    for node in values["nodes"]:
        line = Path(f"/proc/{node['pid']}/cmdline").read_bytes().split(b"\0")
        assert os.fsencode(node["config"]) in line
        assert os.getsid(node["pid"]) == node["pid"]
    told = cluster.statuses()
    assert {s.id: s.pid for s in told} == {n["id"]: n["pid"] for n in values["nodes"]}


def test_starting_what_runs_starts_nothing(cluster: LocalCluster) -> None:
    cluster.start(10)
    pids = [node.pid for node in cluster.nodes]
    cluster.start(10)
    assert cluster.start_node(2, 10) is False
    assert [node.pid for node in cluster.nodes] == pids


def test_another_process_finds_the_daemons_again(cluster: LocalCluster) -> None:
    cluster.start(10)
    found = stand_in.reopen(cluster.directory)
    assert found.running() == (1, 2, 3)
    assert found.kill(2) is True
    assert cluster.running() == (1, 3)


def test_a_killed_node_starts_again_at_the_same_ports(cluster: LocalCluster) -> None:
    cluster.start(10)
    before = cluster.node(3)
    assert cluster.kill(3) is True
    assert cluster.kill(3) is False
    assert cluster.is_running(3) is False
    assert cluster.start_node(3, 10) is True
    after = cluster.node(3)
    assert (after.client, after.peer, after.status) == (before.client, before.peer, before.status)
    assert after.pid != before.pid


def test_a_pid_that_another_program_got_is_not_touched(cluster: LocalCluster) -> None:
    # Its command line names the configuration, as an editor's would.
    command = [sys.executable, "-c", "input()", cluster.node(1).config]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as stranger:
        path = cluster.directory / "cluster.json"
        values = json.loads(path.read_text())
        values["nodes"][0]["pid"] = stranger.pid
        path.write_text(json.dumps(values))
        assert cluster.is_running(1) is False
        assert cluster.kill(1) is False
        assert cluster.stop(1) is Stopped.NOT_RUNNING
        assert stranger.poll() is None
        stranger.kill()


def test_stop_ends_the_daemons_cleanly(cluster: LocalCluster) -> None:
    cluster.start(10)
    went = cluster.stop_all(10)
    assert went == dict.fromkeys((1, 2, 3), Stopped.CLEANLY)
    assert cluster.running() == ()
    assert cluster.stop(1) is Stopped.NOT_RUNNING


def test_a_daemon_deaf_to_sigterm_is_killed_and_said_to_be(cluster: LocalCluster) -> None:
    stand_in.behave(cluster, 2, "deaf")
    cluster.start(10)
    assert cluster.stop(2, limit_s=0.1) is Stopped.BY_FORCE
    assert cluster.running() == (1, 3)


def test_a_paused_daemon_is_alive_but_stopped_and_can_be_stopped_for_good(
    cluster: LocalCluster,
) -> None:
    cluster.start(10)
    pid = cluster.pid(1)
    assert pid is not None
    assert cluster.pause(1) is True
    assert process_state(pid) == "T"
    assert cluster.is_running(1) is True
    assert cluster.resume(1) is True
    assert process_state(pid) != "T"
    cluster.pause(1)
    assert cluster.stop(1, 10) is Stopped.CLEANLY


def test_no_leader_in_time_is_unavailable(cluster: LocalCluster) -> None:
    stand_in.behave(cluster, 1, "follower")
    with pytest.raises(Unavailable, match="no leader after"):
        cluster.start(0.2)


def test_a_daemon_that_dies_at_its_start_tells_its_code_and_its_last_words(
    cluster: LocalCluster,
) -> None:
    stand_in.behave(cluster, 2, "die 12")
    with pytest.raises(DaemonDied, match="pi2 ended with exit code 12") as caught:
        cluster.start_node(2, 10)
    assert caught.value.last_lines == ["stand-in 2 begins", "stand-in: the card is on fire"]


def test_the_last_words_are_of_this_start_only(cluster: LocalCluster) -> None:
    cluster.log(2).write_text("an older run\n")
    stand_in.behave(cluster, 2, "die 12")
    with pytest.raises(DaemonDied) as caught:
        cluster.start_node(2, 10)
    assert "an older run" not in caught.value.last_lines


def test_one_death_among_three_is_told_while_the_others_have_a_leader(
    cluster: LocalCluster,
) -> None:
    stand_in.behave(cluster, 3, "die 13")
    assert cluster.start(10).id == 1
    deaths = cluster.died()
    assert [(d.name, d.exit_code_of_daemon) for d in deaths] == [("pi3", 13)]


def test_no_quorum_left_ends_the_waiting_at_once(cluster: LocalCluster) -> None:
    for node_id in (2, 3):
        stand_in.behave(cluster, node_id, "die 11")
    stand_in.behave(cluster, 1, "follower")
    with pytest.raises(DaemonDied, match="exit code 11"):
        cluster.start(600)


def test_a_taken_port_is_named_before_the_daemon_is_started(cluster: LocalCluster) -> None:
    port = urlsplit(cluster.node(2).status).port
    with (
        socket.create_server(("127.0.0.1", port or 0)),
        pytest.raises(PortInUse, match=f"port {port} on 127.0.0.1, the status port of pi2"),
    ):
        cluster.spawn(2)
    assert cluster.is_running(2) is False


def test_a_reused_directory_must_hold_the_cluster_asked_for(cluster: LocalCluster) -> None:
    directory = cluster.directory
    assert len(LocalCluster.open_or_create(directory).nodes) == 3
    assert len(LocalCluster.open_or_create(directory, 3).nodes) == 3
    with pytest.raises(ClusterMismatch, match="has 3 nodes, not 5"):
        LocalCluster.open_or_create(directory, 5)
    with pytest.raises(ClusterMismatch, match="base port"):
        LocalCluster.open_or_create(directory, 3, 1024)
    with pytest.raises(ClusterMismatch, match="without --chaos"):
        LocalCluster.open_or_create(directory, chaos=True)
    with pytest.raises(ClusterMismatch, match="timing"):
        LocalCluster.open_or_create(directory, timing="slow")


def test_an_unknown_node_is_refused_with_the_known_ones(cluster: LocalCluster) -> None:
    with pytest.raises(UsageError, match="no node 9; its nodes are 1, 2, 3"):
        cluster.kill(9)


def test_thrown_away_data_is_gone_and_a_running_node_keeps_its(cluster: LocalCluster) -> None:
    cluster.start(10)
    with pytest.raises(ClusterMismatch, match="pi1 runs"):
        cluster.throw_away_data(1)
    cluster.kill(1)
    kept = Path(cluster.node(1).data) / "segment"
    kept.write_text("memory")
    cluster.throw_away_data(1)
    assert not kept.exists()
    assert cluster.start_node(1, 10) is True


def test_clean_stops_all_and_leaves_nothing(cluster: LocalCluster) -> None:
    cluster.start(10)
    (Path(cluster.node(1).data) / "segment").write_text("x")
    pids = [node.pid for node in cluster.nodes]
    assert cluster.clean(10) == ()
    assert not cluster.directory.exists()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid or 0, 0)


def test_clean_keeps_what_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    made = stand_in.create(tmp_path, 1)
    (made.home(1) / "photo").write_text("mine too")
    assert made.clean(10) == (made.home(1) / "photo",)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["notes.txt", "photo", "pi1"]


def test_a_directory_without_a_cluster_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoCluster, match="there is no cluster in"):
        LocalCluster.open(tmp_path)


def test_an_ended_daemon_frees_its_inherited_descriptors(cluster: LocalCluster) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    try:
        cluster.spawn(1)
        os.close(writing)
        # End of file only when the daemon holds no copy of the writing end.
        assert os.read(reading, 1) == b""
    finally:
        os.close(reading)


def test_sigint_of_this_terminal_does_not_reach_the_daemon(cluster: LocalCluster) -> None:
    cluster.start(10)
    assert os.getpgid(cluster.pid(1) or 0) != os.getpgid(0)
    assert cluster._send(1, signal.SIGCONT) is True

"""What people and other programs do wrong: a clear message, the right exit code, no damage."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zmq

from raftpi.client import Client
from raftpi.errors import Refused, Unavailable
from raftpi.local.cluster import LocalCluster
from raftpi.transport.requests import Submit, pack_request
from tests.cluster.waiting import status_of, wait_until, wait_until_whole

pytestmark = pytest.mark.slow


def raftpi(*arguments: str, timeout_s: float = 30) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "raftpi", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def node(config: Path) -> subprocess.CompletedProcess[str]:
    done = raftpi("node", "--config", str(config))
    assert "Traceback" not in done.stderr, done.stderr
    return done


def config_of(cluster: LocalCluster, node_id: int) -> Path:
    return Path(cluster.node(node_id).config)


def test_a_mistyped_key_is_refused_with_the_nearest_known_name(three: LocalCluster) -> None:
    config = config_of(three, 1)
    config.write_text(config.read_text().replace("[node]", "[node]\nruntme = '/x'", 1))
    done = node(config)
    assert done.returncode == 10
    assert "runtme" in done.stderr
    assert "runtime" in done.stderr


def test_a_data_directory_in_use_is_refused(three: LocalCluster) -> None:
    done = node(config_of(three, 1))
    assert done.returncode == 11
    assert str(three.node(1).data) in done.stderr
    wait_until_whole(three)


def test_a_data_directory_of_another_node_is_refused_and_not_touched(three: LocalCluster) -> None:
    three.stop(1)
    three.stop(2)
    two = Path(three.node(2).data)
    shutil.rmtree(two)
    shutil.copytree(three.node(1).data, two)
    done = node(config_of(three, 2))
    assert done.returncode == 11
    assert "pi1" in done.stderr
    assert "pi2" in done.stderr


def test_a_port_in_use_is_named(three: LocalCluster) -> None:
    three.stop(1)
    port = int(three.node(1).client.rsplit(":", 1)[1])
    with socket.create_server(("127.0.0.1", port)):
        done = node(config_of(three, 1))
    assert done.returncode == 13
    assert str(port) in done.stderr
    assert "in use" in done.stderr
    assert three.start_node(1)
    wait_until_whole(three)


def test_a_value_too_large_is_refused_and_nothing_is_written(three: LocalCluster) -> None:
    with Client(three.endpoints()) as client:
        client.put("k", b"x" * (1024 * 1024))
        with pytest.raises(Refused, match="1048576"):
            client.put("k", b"x" * (1024 * 1024 + 1))
        with pytest.raises(Refused, match="1024"):
            client.put("k" * 1025, b"x")
        with pytest.raises(Refused):
            client.put("", b"x")
        entry = client.get("k")
    assert entry is not None
    assert len(entry.value) == 1024 * 1024


def garbage_count(cluster: LocalCluster, node_id: int) -> int:
    status = status_of(cluster, node_id)
    return sum(status.counters.values()) if status is not None else 0


def test_clients_that_send_garbage_or_half_a_message_change_nothing(three: LocalCluster) -> None:
    leader = wait_until_whole(three)
    before = garbage_count(three, leader)
    endpoint = three.node(leader).client
    whole = pack_request(Submit(request_id=1, command=b"\xc1" * 50))
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.linger = 1000
        dealer.connect(endpoint)
        for data in (b"", b"\xc1", b"\x00" * 1000, whole[:-10], b"[1, 2, 3]"):
            dealer.send(data)
        dealer.send_multipart([b"a", b"b", b"c"])
        wait_until(lambda: garbage_count(three, leader) >= before + 6, "garbage is counted")
    host, port = endpoint.removeprefix("tcp://").split(":")
    for data in (
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 64,
        b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f",
    ):
        with socket.create_connection((host, int(port)), timeout=5) as raw:
            raw.sendall(data)
    with Client(three.endpoints()) as client:
        client.put("alive", "yes")
    assert wait_until_whole(three) == leader


def test_garbage_on_the_peers_port_changes_nothing(three: LocalCluster) -> None:
    leader = wait_until_whole(three)
    before = garbage_count(three, leader)
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.linger = 1000
        dealer.connect(three.node(leader).peer)
        for data in (b"", b"\xc1", b"\x93\x01\x02\x03", b"\x00" * 100_000):
            dealer.send(data)
        wait_until(lambda: garbage_count(three, leader) >= before + 4, "garbage is counted")
    assert wait_until_whole(three) == leader


def test_an_endpoint_that_is_no_raftpi_is_named_and_the_exit_code_is_4() -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        endpoint = f"127.0.0.1:{stranger.getsockname()[1]}"
        done = raftpi("put", "k", "v", "--endpoints", endpoint, "--timeout", "1")
    assert done.returncode == 4
    assert endpoint in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_quorum_a_put_certainly_fails_and_says_how_many_live(
    three: LocalCluster,
) -> None:
    leader = wait_until_whole(three)
    for other in three.nodes:
        if other.id != leader:
            three.kill(other.id)

    def has_stepped_down() -> bool:
        status = status_of(three, leader)
        return status is not None and status.role != "leader" and status.alive_count == 1

    wait_until(has_stepped_down, "the last node has stepped down")
    with (
        Client(three.endpoints(), timeout_s=2) as client,
        pytest.raises(Unavailable, match=r"no quorum \(only 1/3 alive\)"),
    ):
        client.put("k", "v")
    done = raftpi("get", "k", "--json", "--timeout", "1", "--endpoints", three.node(leader).client)
    assert done.returncode == 4
    assert json.loads(done.stdout)["error"] == "unavailable"


def test_an_even_cluster_is_allowed_with_a_warning(
    make_cluster: Callable[..., LocalCluster],
) -> None:
    cluster = make_cluster(4)
    cluster.start()
    assert "4 members tolerate no more failures than 3" in cluster.log(1).read_text()
    done = raftpi("node", "--config", str(config_of(cluster, 1)), "--check")
    assert done.returncode == 0
    assert "4 members" in done.stderr


def test_founders_that_disagree_are_told_and_nothing_is_founded(
    make_cluster: Callable[..., LocalCluster],
) -> None:
    cluster = make_cluster(3)
    config = config_of(cluster, 2)
    config.write_text(config.read_text().replace('timing = "wired"', 'timing = "wifi"', 1))
    assert "wifi" in config.read_text()
    for member in cluster.nodes:
        cluster.spawn(member.id)

    def is_told() -> bool:
        status = status_of(cluster, 1)
        return status is not None and "pi2" in status.needs_person

    wait_until(is_told, "the first node names the second")
    assert all(status.condition == "founding" for status in cluster.statuses())

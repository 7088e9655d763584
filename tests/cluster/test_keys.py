"""Real daemons with keys: strangers get nothing, members and clients go on as without."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import zmq

from raftpi.client import Client
from raftpi.core.hello import Hello
from raftpi.errors import Refused, Unavailable
from raftpi.transport.codec import pack_frame
from raftpi.transport.curve import Credentials
from raftpi.transport.keys import make_key_pair, write_key
from raftpi.transport.peer_links import PeerLinks
from raftpi.transport.zap_door import ZapDoor
from tests.cluster.guarded import GuardedCluster
from tests.cluster.waiting import wait_until


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[GuardedCluster]:
    """Three guarded nodes, one of which leads."""
    cluster = GuardedCluster(tmp_path)
    cluster.start()
    yield cluster
    cluster.stop()


def test_clients_with_keys_work_as_those_without(guarded: GuardedCluster) -> None:
    with Client(key=guarded.key_file("anna"), timeout_s=20) as anna:
        revision = anna.put("heating", "on")
        assert [status.id for status in anna.status()] == [1, 2, 3]
    with Client(guarded.endpoint(2, "client"), key=guarded.key_file("bob")) as bob:
        entry = bob.get("heating")
        assert entry is not None
        assert (entry.value, entry.revision) == (b"on", revision)
        with pytest.raises(Refused, match="admin"):
            bob.transfer()
        with pytest.raises(Refused, match="admin"):
            bob.chaos(1, delay_ms=1, duration_ms=1)


def test_who_has_no_key_or_a_wrong_one_is_told_so_and_changes_nothing(
    guarded: GuardedCluster,
) -> None:
    with Client(key=guarded.key_file("anna"), timeout_s=20) as anna:
        anna.put("heating", "on")
        with (
            Client(guarded.endpoint(1, "client"), timeout_s=1) as nobody,
            pytest.raises(Unavailable, match="it wants a key"),
        ):
            nobody.put("heating", "off")
        with (
            Client(key=guarded.key_file("mallory"), timeout_s=1) as mallory,
            pytest.raises(Unavailable, match="does not let this key in"),
        ):
            mallory.put("heating", "off")
        entry = anna.get("heating")
        assert entry is not None
        assert entry.value == b"on"
    public = guarded.clients["mallory"].public
    assert guarded.log(1).count("lets nobody in from 127.0.0.1") == 1
    assert public not in guarded.log(2) or "lets nobody in" in guarded.log(2)
    secrets = [pair.secret for pair in (*guarded.nodes.values(), *guarded.clients.values())]
    assert not any(secret in guarded.log(i) for secret in secrets for i in (1, 2, 3))


def test_a_unix_socket_needs_no_key_and_leads_to_its_board(guarded: GuardedCluster) -> None:
    socket = guarded.home(2) / "run" / "client.sock"
    with Client(key=guarded.key_file("anna"), timeout_s=20) as anna:
        anna.put("heating", "on")
        anna.transfer("pi2")
        wait_until(
            lambda: any(s.id == 2 and s.role == "leader" and s.lease_us for s in anna.status()),
            "pi2 leads",
        )
    with Client(f"ipc://{socket}", timeout_s=20) as local:
        local.put("heating", "off")
        local.chaos("pi2", delay_ms=1, duration_ms=1)
        local.identify("pi2", 5)
        [mine] = [status for status in local.status() if status.id == 2]
        assert 0 < mine.identify_us <= 5_000_000
    assert socket.stat().st_mode & 0o777 == 0o660


def test_one_node_cannot_speak_as_another(guarded: GuardedCluster) -> None:
    """Node 3's own key, on a board that claims to be node 2 with a fresh directory."""
    with Client(key=guarded.key_file("anna"), timeout_s=20) as anna:
        anna.put("heating", "on")
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        credentials = Credentials(own=guarded.nodes[3], trust=guarded.trust())
        zap = ZapDoor(context, guarded.trust)
        links = PeerLinks(
            context,
            own_node_id=3,
            bind="tcp://127.0.0.1:*",
            peers={1: guarded.endpoint(1, "peer")},
            credentials=credentials,
        )
        hello = Hello(
            sender=4711,
            receiver=0,
            node_id=2,
            name="pi2",
            fresh=True,
            view=0,
            settings_digest=0,
            configuration=None,
        )

        def is_noticed() -> bool:
            links.send(1, pack_frame(0, hello), False)
            [one] = [status for status in anna.status() if status.id == 1]
            return one.counters.get("frames in another board's name", 0) > 0

        wait_until(is_noticed, "the impostor is noticed")
        links.close()
        zap.close()
        context.destroy(linger=0)
    assert "has lost its memory" not in guarded.log(1)


def test_a_boards_new_key_is_taken_in_by_a_reload_without_losing_a_write(
    guarded: GuardedCluster,
) -> None:
    with Client(key=guarded.key_file("anna"), timeout_s=20) as anna:
        anna.put("heating", "on")
        fresh = make_key_pair()
        trust = guarded.trust({3: fresh})
        key_path = guarded.home(3) / "keys" / "node.key"
        guarded.end(3)
        key_path.unlink()
        write_key(key_path, fresh)
        guarded.write_trust(3, trust)
        guarded.start([3])
        for node_id in (1, 2):
            guarded.write_trust(node_id, trust)
            guarded.reload(node_id)

        def is_linked() -> bool:
            statuses = [status for status in anna.status() if status.role == "leader"]
            return any(
                peer.id == 3 and 0 <= peer.heard_us_ago < 200_000
                for status in statuses
                for peer in status.peers
            )

        wait_until(is_linked, "the leader hears node 3 again")
        anna.put("heating", "off")
    assert "new links to pi3" in guarded.log(1)


def test_trusted_keys_that_cannot_be_read_leave_those_of_before(guarded: GuardedCluster) -> None:
    with Client(key=guarded.key_file("anna"), timeout_s=20) as anna:
        anna.put("heating", "on")
        (guarded.home(1) / "trusted.toml").write_text("nonsense")
        guarded.reload(1)
        wait_until(lambda: "keeps the keys it has" in guarded.log(1), "the reload is refused")
        anna.put("heating", "off")


@pytest.mark.parametrize("damage", ["missing", "open", "foreign"])
def test_a_daemon_with_a_bad_key_ends_with_its_own_exit_code(tmp_path: Path, damage: str) -> None:
    cluster = GuardedCluster(tmp_path)
    path = cluster.home(1) / "keys" / "node.key"
    if damage == "open":
        path.chmod(0o644)
    else:
        path.unlink()
        if damage == "foreign":
            write_key(path, make_key_pair())
    cluster.start([1])
    try:
        assert cluster.wait(1) == 16
    finally:
        cluster.stop()
    assert "node.key" in cluster.log(1)


def test_a_board_with_a_new_card_and_its_old_key_is_taken_in_again(
    guarded: GuardedCluster,
) -> None:
    """A fresh directory has no configuration to know its leader by: the key says who speaks."""
    with Client(key=guarded.key_file("anna"), timeout_s=20) as anna:
        anna.put("heating", "on")
        wait_until(lambda: all(status.leader for status in anna.status()), "all follow")
        forgetful = next(status.id for status in anna.status() if status.role == "follower")
        guarded.end(forgetful)
        shutil.rmtree(guarded.home(forgetful) / "data")
        guarded.start([forgetful])

        def is_heard_of() -> bool:
            try:
                anna.change_members("replace", forgetful)
            except Refused as refusal:
                assert "no fresh board" in str(refusal)
                return False
            return True

        wait_until(is_heard_of, "it is heard of")
        wait_until(
            lambda: any(
                status.id == forgetful and status.standing == "voter" for status in anna.status()
            ),
            "it votes again",
        )

        def is_followed_by_all() -> bool:
            if [status.leader for status in anna.status()] == [forgetful] * 3:
                return True
            with suppress(Refused):  # it leads already, or must catch up first
                anna.transfer(forgetful)
            return False

        wait_until(is_followed_by_all, "it leads, and all hear it", poll_s=0.5)
        entry = anna.get("heating")
        assert entry is not None
        assert entry.value == b"on"

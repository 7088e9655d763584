"""Who is let in by key: everything here speaks real CURVE over the loopback."""

from collections.abc import Callable, Iterator

import pytest
import zmq

from raftpi.transport.client_door import ClientDoor, ClientFrame, by_key
from raftpi.transport.connection_monitor import ConnectionMonitor
from raftpi.transport.curve import Credentials, introduce
from raftpi.transport.keys import KeyPair, make_key_pair
from raftpi.transport.peer_links import PeerFrame, PeerLinks
from raftpi.transport.sockets import Context, Socket, connect, set_common
from raftpi.transport.standing import Standing
from raftpi.transport.status_feed import StatusFeed
from raftpi.transport.trust import Trust
from raftpi.transport.zap_door import TOLD_LIMIT_COUNT, Refusal, ZapDoor
from tests.transport.conftest import KeepingContext
from tests.transport.trusted import Keys, node
from tests.transport.waiting import wait_for

ANY_PORT = "tcp://127.0.0.1:*"


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys()


class Guarded:
    """Node 1's sockets, whose ZAP door is answered while anything is waited for."""

    def __init__(self, context: Context, keys: Keys) -> None:
        self.credentials = keys.of(1)
        self.zap = ZapDoor(context, lambda: self.credentials.trust)
        self.door = ClientDoor(
            context,
            bind=ANY_PORT,
            standing=by_key(lambda: self.credentials),
            credentials=self.credentials,
        )
        self.peers = PeerLinks(
            context, own_node_id=1, bind=ANY_PORT, peers={}, credentials=self.credentials
        )
        self.feed = StatusFeed(context, bind=ANY_PORT, credentials=self.credentials)
        self.refusals: list[Refusal] = []

    def until(self, done: Callable[[], object]) -> None:
        def turn() -> bool:
            self.refusals += self.zap.answer()
            self.feed.poll_subscriptions()
            return bool(done())

        wait_for(turn)

    def trust(self, trust: Trust) -> None:
        self.credentials = Credentials(own=self.credentials.own, trust=trust)
        self.peers.trust(self.credentials)


@pytest.fixture
def guarded(context: Context, keys: Keys) -> Guarded:
    return Guarded(context, keys)


@pytest.fixture
def elsewhere() -> Iterator[Context]:
    """A context of its own: another process would have one too."""
    context = KeepingContext()
    yield context
    context.destroy(linger=0)


def knock(context: Context, endpoint: str, own: KeyPair | None, server_key: str) -> Socket:
    """A DEALER that connects with this key, or plainly, and says "knock" once it is let in."""
    socket: Socket = context.socket(zmq.DEALER)
    set_common(socket)
    if own is not None:
        introduce(socket, own, server_key)
    socket.connect(endpoint)
    socket.send(b"knock")
    return socket


def first_request(guarded: Guarded) -> ClientFrame:
    frames: list[ClientFrame] = []

    def come() -> bool:
        frames.extend(guarded.door.receive(10))
        return bool(frames)

    guarded.until(come)
    return frames[0]


@pytest.mark.parametrize(
    ("who", "standing"), [("admin", Standing.ADMIN), ("ordinary", Standing.ORDINARY)]
)
def test_a_trusted_client_is_let_in_as_what_it_is(
    guarded: Guarded, keys: Keys, elsewhere: Context, who: str, standing: Standing
) -> None:
    client = knock(
        elsewhere, guarded.door.endpoint, getattr(keys, who), guarded.credentials.own.public
    )
    frame = first_request(guarded)
    assert (frame.data, frame.standing) == (b"knock", standing)
    assert guarded.door.send(frame.identity, b"come in")
    assert client.poll(5000)
    assert client.recv() == b"come in"
    assert guarded.refusals == []


def test_a_key_that_is_not_trusted_gets_nothing_and_is_told_of_once(
    guarded: Guarded, keys: Keys, elsewhere: Context
) -> None:
    for _ in range(2):
        knock(elsewhere, guarded.door.endpoint, keys.stranger, guarded.credentials.own.public)
    guarded.until(lambda: guarded.zap.counters()["connections refused by key"] >= 2)
    assert [refusal.public for refusal in guarded.refusals] == [keys.stranger.public]
    assert guarded.refusals[0].address == "127.0.0.1"
    assert "not among the trusted" in guarded.refusals[0].reason
    assert guarded.door.receive(10) == []


def test_plain_zeromq_gets_nothing(guarded: Guarded, keys: Keys, elsewhere: Context) -> None:
    for endpoint in (guarded.door.endpoint, guarded.peers.endpoint):
        knock(elsewhere, endpoint, None, "")
    # One that is let in afterwards shows that the plain ones had their time.
    knock(elsewhere, guarded.door.endpoint, keys.admin, guarded.credentials.own.public)
    assert first_request(guarded).standing is Standing.ADMIN
    assert guarded.door.receive(10) == []
    assert guarded.peers.receive(10) == []


def test_a_client_that_expects_another_node_gives_nothing_away(
    guarded: Guarded, keys: Keys, elsewhere: Context
) -> None:
    knock(elsewhere, guarded.door.endpoint, keys.admin, keys.nodes[2].public)
    knock(elsewhere, guarded.door.endpoint, keys.ordinary, guarded.credentials.own.public)
    assert first_request(guarded).standing is Standing.ORDINARY
    assert guarded.door.receive(10) == []


def test_clients_keys_do_not_open_the_peers_door_nor_nodes_keys_the_clients(
    guarded: Guarded, keys: Keys, elsewhere: Context
) -> None:
    own = guarded.credentials.own.public
    knock(elsewhere, guarded.peers.endpoint, keys.admin, own)
    knock(elsewhere, guarded.door.endpoint, keys.nodes[2], own)
    guarded.until(lambda: len(guarded.refusals) >= 2)
    reasons = sorted(refusal.reason for refusal in guarded.refusals)
    assert "no member" in reasons[0]
    assert "member's key" in reasons[1]
    assert guarded.peers.receive(10) == []
    assert guarded.door.receive(10) == []


def test_a_peers_frames_come_with_the_node_whose_key_it_has(
    guarded: Guarded, keys: Keys, elsewhere: Context
) -> None:
    two = PeerLinks(
        elsewhere,
        own_node_id=2,
        bind=ANY_PORT,
        peers={1: guarded.peers.endpoint},
        credentials=keys.of(2),
    )
    frames: list[PeerFrame] = []

    def come() -> bool:
        two.send(1, b"hello", False)
        frames.extend(guarded.peers.receive(10))
        return bool(frames)

    guarded.until(come)
    assert frames[0].node_id == 2
    assert frames[0].data == b"hello"
    two.close()


def test_a_listener_needs_a_key_too(guarded: Guarded, keys: Keys, elsewhere: Context) -> None:
    def listen(own: KeyPair) -> Socket:
        socket: Socket = elsewhere.socket(zmq.SUB)
        set_common(socket)
        introduce(socket, own, guarded.credentials.own.public)
        socket.setsockopt(zmq.SUBSCRIBE, b"")
        socket.connect(guarded.feed.endpoint)
        return socket

    stranger = listen(keys.stranger)
    guarded.until(lambda: guarded.refusals)
    assert not guarded.feed.has_subscribers
    friend = listen(keys.ordinary)
    guarded.until(lambda: guarded.feed.has_subscribers)
    guarded.feed.publish(b"status")
    assert friend.poll(5000)
    assert friend.recv() == b"status"
    assert not stranger.poll(0)


def test_a_key_that_is_trusted_no_longer_is_not_heard_even_on_an_old_connection(
    guarded: Guarded, keys: Keys, elsewhere: Context
) -> None:
    client = knock(elsewhere, guarded.door.endpoint, keys.admin, guarded.credentials.own.public)
    first_request(guarded)
    trust = guarded.credentials.trust
    guarded.trust(Trust(nodes=trust.nodes, clients=trust.clients[1:]))
    client.send(b"again")
    guarded.until(lambda: guarded.door.receive(10) or _count(guarded, "requests no longer trusted"))
    assert _count(guarded, "requests no longer trusted") == 1


def test_a_member_whose_key_becomes_trusted_is_let_in_without_a_restart(
    guarded: Guarded, keys: Keys, elsewhere: Context
) -> None:
    newcomer = make_key_pair()
    two = PeerLinks(
        elsewhere,
        own_node_id=2,
        bind=ANY_PORT,
        peers={1: guarded.peers.endpoint},
        credentials=Credentials(own=newcomer, trust=keys.trust()),
    )
    guarded.until(lambda: guarded.zap.counters()["connections refused by key"] >= 3)
    assert len(guarded.refusals) == 1
    trust = guarded.credentials.trust
    others = tuple(n for n in trust.nodes if n.id != 2)
    guarded.trust(Trust(nodes=(*others, node(2, newcomer.public)), clients=trust.clients))

    def come() -> bool:
        two.send(1, b"hello", False)
        return any(frame.node_id == 2 for frame in guarded.peers.receive(10))

    guarded.until(come)
    two.close()


def test_a_peer_with_a_new_key_gets_a_new_link(context: Context, keys: Keys) -> None:
    links = PeerLinks(
        context,
        own_node_id=1,
        bind=ANY_PORT,
        peers={2: "tcp://127.0.0.1:9", 3: "tcp://127.0.0.1:10"},
        credentials=keys.of(1),
    )
    trust = keys.trust()
    changed = Trust(
        nodes=(*trust.nodes[:1], node(2, keys.stranger.public), trust.nodes[2]),
        clients=trust.clients,
    )
    assert links.trust(Credentials(own=keys.nodes[1], trust=changed)) == [2]
    assert links.trust(Credentials(own=keys.nodes[1], trust=changed)) == []
    links.close()


def test_a_flood_of_strangers_is_counted_but_not_told(context: Context, keys: Keys) -> None:
    zap = ZapDoor(context, keys.trust)
    libzmq: Socket = context.socket(zmq.DEALER)
    libzmq.connect("inproc://zeromq.zap.01")
    told: list[Refusal] = []
    for number in range(TOLD_LIMIT_COUNT + 20):
        key = number.to_bytes(32, "big")
        parts = [b"", b"1.0", b"7", b"raftpi-client", b"10.0.0.9", b"", b"CURVE", key]
        libzmq.send_multipart(parts)
        wait_for(lambda: told.extend(zap.answer()) or libzmq.poll(0))
        assert libzmq.recv_multipart()[3] == b"400"
    assert len(told) == TOLD_LIMIT_COUNT
    assert zap.counters()["connections refused by key"] == TOLD_LIMIT_COUNT + 20
    zap.close()


@pytest.mark.parametrize(
    "parts",
    [
        [b"nonsense"],
        [b""],
        [b"", b"1.0", b"7", b"raftpi-client", b"10.0.0.9"],
        [b"", b"1.0", b"7", b"raftpi-client", b"10.0.0.9", b"", b"NULL"],
        [b"", b"1.0", b"7", b"raftpi-client", b"10.0.0.9", b"", b"CURVE", b"short"],
        [b"", b"2.0", b"7", b"raftpi-client", b"10.0.0.9", b"", b"CURVE", bytes(32)],
        [b"", b"1.0", b"7", b"", b"10.0.0.9", b"", b"CURVE", bytes(32)],
    ],
)
def test_what_is_no_proper_question_lets_nobody_in(
    context: Context, keys: Keys, parts: list[bytes]
) -> None:
    zap = ZapDoor(context, keys.trust)
    libzmq: Socket = context.socket(zmq.DEALER)
    libzmq.connect("inproc://zeromq.zap.01")
    libzmq.send_multipart(parts)
    wait_for(lambda: zap.answer() or sum(zap.counters().values()))
    if libzmq.poll(0):
        assert libzmq.recv_multipart()[3] == b"400"
    zap.close()


def _count(guarded: Guarded, name: str) -> int:
    return guarded.door.counters()[name]


def test_without_the_door_nobody_is_let_in(
    context: Context, keys: Keys, elsewhere: Context
) -> None:
    """The domain is set and enforced: libzmq's own default would let in any key."""
    credentials = keys.of(1)
    door = ClientDoor(
        context, bind=ANY_PORT, standing=by_key(lambda: credentials), credentials=credentials
    )
    watched: Socket = elsewhere.socket(zmq.DEALER)
    events = ConnectionMonitor(elsewhere, watched, watch_failures=True)
    introduce(watched, keys.admin, credentials.own.public)
    connect(watched, door.endpoint, again=False)
    wait_for(lambda: events.drain() or events.handshake_failed_count)
    assert not events.connected
    assert door.receive(10) == []
    events.close()

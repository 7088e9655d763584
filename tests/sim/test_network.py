"""The network: what it does to messages, and what it leaves alone."""

from collections import Counter

from raftpi.core.entry import Entry
from raftpi.core.messages import AppendEntries, TimeoutNow
from raftpi.node import Send
from raftpi.sim.agenda import Agenda
from raftpi.sim.chance import Chance
from raftpi.sim.network import Network, Weather
from raftpi.sim.trace import Trace


class Wire:
    """A network whose deliveries are written down as (time, source, term)."""

    def __init__(self, weather: Weather | None = None) -> None:
        self.agenda = Agenda(0)
        self.arrived: list[tuple[int, int, int]] = []
        self.network = Network(self.agenda, Chance("wire"), Trace(), self.deliver)
        if weather is not None:
            self.network.weather = weather

    def deliver(self, source: int, send: Send) -> None:
        assert not isinstance(send.message, type(None))
        self.arrived.append((self.agenda.now_us, source, getattr(send.message, "term", 0)))

    def send(self, number: int, *, source: int = 1, size_bytes: int = -1) -> bool:
        """Message `number`: a small urgent one, or a bulk one of that size."""
        if size_bytes < 0:
            small = TimeoutNow(sender=source, receiver=2, term=number)
            return self.network.transmit(
                source, Send(node_id=2, cluster_id=1, message=small, bulk=False)
            )
        entry = Entry(index=1, term=1, command=bytes(size_bytes))
        large = AppendEntries(
            sender=source,
            receiver=2,
            term=number,
            prev_log_index=0,
            prev_log_term=0,
            commit_index=0,
            entries=(entry,),
        )
        return self.network.transmit(
            source, Send(node_id=2, cluster_id=1, message=large, bulk=True)
        )

    def numbers(self) -> list[int]:
        self.agenda.run_for(10_000_000)
        return [number for _, _, number in self.arrived]


def test_a_lane_keeps_its_order() -> None:
    wire = Wire(Weather(delay_min_us=100, delay_max_us=5_000))
    for number in range(100):
        wire.send(number)
    assert wire.numbers() == list(range(100))


def test_urgent_messages_do_not_wait_behind_bulk() -> None:
    wire = Wire(Weather(bytes_per_ms=100))
    wire.send(1, size_bytes=50_000)
    wire.send(2, size_bytes=50_000)
    wire.send(3)
    assert wire.numbers() == [3, 1, 2]
    assert wire.arrived[1][0] >= 500_000


def test_what_is_lost_is_lost_at_the_given_rate() -> None:
    wire = Wire(Weather(loss=0.25))
    for number in range(2000):
        assert wire.send(number)
    assert 1400 < len(wire.numbers()) < 1600


def test_messages_are_doubled_and_overtake_each_other_when_told_to() -> None:
    wire = Wire(Weather(duplication=0.5, reordering=0.5, late_us=20_000))
    for number in range(200):
        wire.send(number)
    arrived = wire.numbers()
    assert Counter(Counter(arrived).values()).keys() == {1, 2}
    assert arrived != sorted(arrived)


def test_a_cut_stops_one_way_only_and_what_is_under_way_too() -> None:
    wire = Wire()
    wire.send(1)
    wire.network.cut(1, 2)
    wire.send(2)
    wire.send(3, source=3)
    assert wire.numbers() == [3]
    wire.network.heal()
    wire.send(4)
    assert wire.numbers() == [3, 4]


def test_bulk_that_would_wait_too_long_is_dropped_and_the_sender_told() -> None:
    wire = Wire(Weather(bytes_per_ms=1_000, queue_bytes=10_000))
    assert [wire.send(number, size_bytes=6_000) for number in range(4)] == [
        True,
        True,
        False,
        False,
    ]
    assert wire.send(9)
    assert wire.numbers() == [9, 0, 1]


def test_a_slow_link_is_slow_one_way() -> None:
    wire = Wire()
    wire.network.slow_us[(1, 2)] = 300_000
    wire.send(1)
    wire.send(2, source=3)
    assert wire.numbers() == [2, 1]
    assert wire.arrived[1][0] >= 300_000


def test_nothing_befalls_the_links_between_those_that_are_spared() -> None:
    wire = Wire(Weather(loss=1.0))
    wire.network.cut(1, 2)
    wire.network.slow_us[(1, 2)] = 300_000
    wire.network.spare((1, 2))
    wire.send(1)
    wire.send(2, source=3)
    assert wire.numbers() == [1]
    assert wire.arrived[0][0] < 1_000
    assert not wire.network.is_harmed

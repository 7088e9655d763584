"""The network between boards: it delays, loses, doubles, reorders and cuts.

A link has two lanes each way, like the daemon's: bulk (appends, snapshots) waits behind bulk,
urgent messages (votes, heartbeats, answers) never do. Each lane keeps its order unless
reordering says otherwise. Bulk that would have to wait behind too much is dropped before it
leaves, and the sender is told, as a full queue of a socket does.
"""

from collections.abc import Callable
from dataclasses import dataclass

from raftpi.core.hello import Hello
from raftpi.core.messages import AppendEntries, InstallSnapshot, Message
from raftpi.node import Send
from raftpi.sim.agenda import Agenda
from raftpi.sim.chance import Chance
from raftpi.sim.trace import Trace

Link = tuple[int, int]
Deliver = Callable[[int, Send], None]


@dataclass(slots=True, kw_only=True)
class Weather:
    """How the network behaves; may be changed at any time.

    Chances are for each message; delays in microseconds, drawn evenly from the least to the
    most. `late_us`: how much more a message that is reordered takes, at most.
    `bytes_per_ms` and `queue_bytes` are of one bulk lane.
    """

    delay_min_us: int = 200
    delay_max_us: int = 500
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    late_us: int = 30_000
    bytes_per_ms: int = 10_000
    queue_bytes: int = 4 * 1024 * 1024
    sender_loss: float = 0.0


CALM = Weather()


class Network:
    """Carries messages between boards, which it knows by their node ids."""

    def __init__(self, agenda: Agenda, chance: Chance, trace: Trace, deliver: Deliver) -> None:
        """`deliver` is called with the sender's node id when a message arrives."""
        self.weather = Weather()
        self.blocked: set[Link] = set()
        self.slow_us: dict[Link, int] = {}
        self.sent: list[tuple[int, int, Message | Hello]] | None = None
        self._agenda = agenda
        self._chance = chance
        self._trace = trace
        self._deliver = deliver
        self._free_us: dict[tuple[int, int, bool], int] = {}
        self._spared: tuple[int, ...] = ()

    @property
    def is_harmed(self) -> bool:
        """Whether a link is cut or slow."""
        return bool(self.blocked or self.slow_us)

    def spare(self, node_ids: tuple[int, ...]) -> None:
        """From now on the links between these boards are whole, quick and without a fault."""
        self._spared = node_ids
        for one in node_ids:
            for other in node_ids:
                self.blocked.discard((one, other))
                self.slow_us.pop((one, other), None)

    def cut(self, source: int, target: int) -> None:
        """Nothing passes from the one to the other."""
        self.blocked.add((source, target))

    def heal(self) -> None:
        """Every link is whole and at its usual speed."""
        self.blocked.clear()
        self.slow_us.clear()

    def is_cut(self, source: int, target: int) -> bool:
        """Whether nothing passes that way."""
        return (source, target) in self.blocked

    def transmit(self, source: int, send: Send) -> bool:
        """Send a message on its way; False if it was dropped before it left."""
        target, message = send.node_id, send.message
        now_us = self._agenda.now_us
        weather = self._weather_between(source, target)
        if self.sent is not None:
            self.sent.append((source, target, message))
        if send.bulk and self._is_dropped(source, send, weather, now_us):
            self._trace.message(now_us, "dropped", source, target, message)
            return False
        if (source, target) in self.blocked or (
            weather.loss and self._chance.happens(weather.loss)
        ):
            self._trace.message(now_us, "lost", source, target, message)
            return True
        self._schedule(source, send, weather, now_us)
        if weather.duplication and self._chance.happens(weather.duplication):
            self._schedule(source, send, weather, now_us)
        return True

    def _weather_between(self, source: int, target: int) -> Weather:
        if self._spared and source in self._spared and target in self._spared:
            return CALM
        return self.weather

    def _is_dropped(self, source: int, send: Send, weather: Weather, now_us: int) -> bool:
        if weather.sender_loss and self._chance.happens(weather.sender_loss):
            return True
        waiting_us = self._free_us.get((source, send.node_id, True), 0) - now_us
        return waiting_us * weather.bytes_per_ms > weather.queue_bytes * 1000

    def _schedule(self, source: int, send: Send, weather: Weather, now_us: int) -> None:
        chance = self._chance
        link = (source, send.node_id)
        when_us = now_us + chance.between(weather.delay_min_us, weather.delay_max_us)
        if self.slow_us:
            when_us += self.slow_us.get(link, 0)
        lane = (source, send.node_id, send.bulk)
        transit_us = 1
        if send.bulk:
            transit_us += size_bytes_of(send.message) * 1000 // weather.bytes_per_ms
        if weather.reordering and chance.happens(weather.reordering):
            when_us += transit_us + chance.between(0, weather.late_us)
        else:
            when_us = max(when_us, self._free_us.get(lane, 0)) + transit_us
            self._free_us[lane] = when_us

        def arrive() -> None:
            self._arrive(source, send)

        self._agenda.at(when_us, arrive)

    def _arrive(self, source: int, send: Send) -> None:
        if (source, send.node_id) in self.blocked:
            now_us = self._agenda.now_us
            self._trace.message(now_us, "lost", source, send.node_id, send.message)
            return
        self._deliver(source, send)


def size_bytes_of(message: Message | Hello) -> int:
    """What a bulk message weighs, near enough."""
    if isinstance(message, AppendEntries):
        return sum([entry.size_bytes() for entry in message.entries])
    if isinstance(message, InstallSnapshot):
        return len(message.data)
    return 0

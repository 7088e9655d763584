"""The loop: drain everything that arrived, advance the node once, carry out what it says."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias, cast

import zmq

from raftpi import __version__
from raftpi.config.file import Config
from raftpi.core.hello import Hello
from raftpi.core.timing import name_of
from raftpi.daemon.client_desk import ClientDesk
from raftpi.daemon.identification import Identification
from raftpi.daemon.journal import Journal
from raftpi.daemon.keyring import Keyring
from raftpi.daemon.misbehaviour import Misbehaviour
from raftpi.daemon.openings import Openings
from raftpi.daemon.status_publisher import StatusPublisher
from raftpi.daemon.supervisor import Supervisor, status_line
from raftpi.daemon.wear_meter import WearMeter
from raftpi.daemon.writer import Completion, Writer
from raftpi.errors import KeyProblem, ProtocolError
from raftpi.node import Effects, Event, Node, Send
from raftpi.node.report import status_of
from raftpi.status import Condition, NodeStatus, pack_status
from raftpi.transport.client_door import ClientDoor
from raftpi.transport.codec import unpack_frame
from raftpi.transport.frame_packer import FramePacker
from raftpi.transport.peer_links import ANYBODY, PeerFrame
from raftpi.transport.sockets import Socket
from raftpi.transport.standing import Standing

# How much is taken from one socket before the node advances: bounds a turn of the loop.
FRAMES_PER_TURN = 1000
# For how long a stopping leader waits for another to take over, in election timeouts.
HAND_OVER_TIMEOUTS = 2
# The loop looks at the clock again at least this often.
LONGEST_WAIT_US = 1_000_000
# If to take in what the poll named takes longer, much more may have come meanwhile: the process
# was stopped, or the board is slow and the sockets were full.
STOOD_STILL_US = 20_000


# Where a reply goes: a door, and the identity of a client's connection to it.
Connection = tuple[ClientDoor, bytes]
# What the poller watches: a socket or a file descriptor.
Source: TypeAlias = "Socket | int"
# What lamps and people must see at once when it changes.
Headline = tuple[object, ...]


class Loop:
    """One thread, one poller. A timer fires only after everything that had arrived was taken in."""

    def __init__(
        self,
        *,
        config: Config,
        node: Node,
        writer: Writer,
        openings: Openings,
        keyring: Keyring | None,
        journal: Journal,
        supervisor: Supervisor,
        wear: WearMeter,
        clock_us: Callable[[], int],
    ) -> None:
        """Everything is open and bound already; `run` begins."""
        self._config = config
        self._node = node
        self._writer = writer
        self._openings = openings
        self._peers = openings.peers
        self._feed = openings.feed
        self._keyring = keyring
        self._journal = journal
        self._supervisor = supervisor
        self._wear = wear
        self._told: Headline = ()
        # What takes in what came, by what it comes from; and what it took in.
        self._intakes: dict[Source, Callable[[], object]] = {}
        self._completions: list[Completion] = []
        self._frames: list[PeerFrame] = []
        self._lost: list[int] = []
        self._requests: list[tuple[ClientDoor, bytes, bytes, Standing]] = []
        self._clock_us = clock_us
        self._started_us = clock_us()
        self._misbehaviour = Misbehaviour()
        self._identification = Identification()
        self._publisher = StatusPublisher()
        self._packer = FramePacker()
        self._desk = ClientDesk(
            node=node,
            config=config,
            misbehaviour=self._misbehaviour,
            identification=self._identification,
            status=self.status,
        )
        self._garbage_count = 0
        self._impostor_count = 0
        self._reload_asked = False
        self._stop_asked = False
        self._stop_deadline_us: int | None = None
        self._stop_read_fd, self._stop_write_fd = os.pipe()
        os.set_blocking(self._stop_read_fd, False)
        os.set_blocking(self._stop_write_fd, False)

    @property
    def wake_fd(self) -> int:
        """Where `signal.set_wakeup_fd` may write, so that a signal ends the poll."""
        return self._stop_write_fd

    def request_stop(self) -> None:
        """Hand leadership over, then end `run`. May be called from a signal handler."""
        self._stop_asked = True

    def request_reload(self) -> None:
        """Read the trusted keys anew. May be called from a signal handler."""
        self._reload_asked = True

    def run(self) -> None:
        """Run until a stop was requested and leadership is handed over.

        Raises StorageFailure when a write or sync failed: nothing that relied on it was sent.
        """
        poller = self._make_poller()
        timeout_ms = 0
        self._writer.run(())  # what the start has left to do
        while True:
            now_us = self._take_in([source for source, _ in poller.poll(timeout_ms)])
            if self._stop_asked and self._may_stop(now_us):
                return
            if self._reload_asked:
                self._reload()
                poller = self._make_poller()
            effects = self._node.advance(now_us)
            headline = self._headline(now_us)
            self._tell_supervisor(headline, now_us)
            self._wear.note(now_us)
            self._carry_out(effects, headline, now_us)
            timeout_ms = 0 if effects.has_more else self._timeout_ms(now_us)

    def status(self, now_us: int) -> NodeStatus:
        """The whole status: what the node knows and what only this process does."""
        status = status_of(self._node, name=self._config.me.name, now_us=now_us)
        counters = {**status.counters, **self._openings.counters()}
        counters["garbage from peers"] = self._garbage_count
        counters["frames in another board's name"] = self._impostor_count
        counters["garbage from clients"] = self._desk.garbage_count
        return replace(
            status,
            version=__version__,
            pid=os.getpid(),
            uptime_us=now_us - self._started_us,
            identify_us=self._identification.left_us(now_us),
            timing=name_of(self._node.raft.state.timing),
            sync=self._writer.meter.status(self._writer.pending_us(now_us)),
            wear=self._wear.status(now_us),
            counters={name: count for name, count in counters.items() if count},
        )

    # --- in ---------------------------------------------------------------------------------

    def _make_poller(self) -> zmq.Poller:
        """Watch everything from which something may come, and note what takes it in."""
        peers, feed, zap = self._peers, self._feed, self._openings.zap
        sources: dict[Source, Callable[[], object]] = {
            self._stop_read_fd: self._drain_stop_pipe,
            self._writer.wake_fd: self._take_completions,
            peers.inlet: lambda: self._frames.extend(peers.receive(FRAMES_PER_TURN)),
        }
        for socket in peers.monitors():
            sources[socket] = lambda: self._lost.extend(peers.lost())
        for door in self._openings.doors:
            sources[door.inlet] = partial(self._take_requests, door)
        for socket in feed.pollables():
            sources[socket] = feed.poll_subscriptions
        if zap is not None:
            sources[zap.inlet] = self._answer_knocks
        self._intakes = sources
        poller = zmq.Poller()
        for source in sources:
            poller.register(source, zmq.POLLIN)
        return poller

    def _take_in(self, readable: Sequence[Source]) -> int:
        """Take in all that has arrived; the time after that."""
        polled_us = self._clock_us()
        for source in readable:
            self._intakes[source]()
        now_us = self._clock_us()
        if now_us - polled_us > STOOD_STILL_US:
            # What came meanwhile counts before any timer.
            for take_in in self._intakes.values():
                take_in()
            now_us = self._clock_us()
        for completion in self._completions:
            self._hear_of(completion, now_us)
        self._node.writing_since(self._writer.writing_since_us, now_us)
        for frame in self._frames:
            self._receive_frame(frame, now_us)
        for node_id in self._lost:
            self._node.peer_lost(node_id, now_us)
        for door, identity, data, standing in self._requests:
            self._desk.receive((door, identity), data, standing, now_us)
        for taken in (self._completions, self._frames, self._lost, self._requests):
            taken.clear()
        return now_us

    def _take_completions(self) -> None:
        self._writer.drain_signal()
        self._completions.extend(self._writer.completions())

    def _take_requests(self, door: ClientDoor) -> None:
        self._requests.extend(
            (door, identity, data, standing)
            for identity, data, standing in door.receive(FRAMES_PER_TURN)
        )

    def _hear_of(self, completion: Completion, now_us: int) -> None:
        """A write came back. Raises StorageFailure when it failed."""
        node = self._node
        if completion.error is not None:
            raise completion.error
        if completion.is_refused:
            node.space.write_refused(now_us)
        elif completion.done is not None:
            node.job_done(completion.done, now_us)
        elif completion.number:
            node.persisted(completion.number, now_us)
        node.space.told(completion.shortage, now_us)

    def _answer_knocks(self) -> None:
        zap = self._openings.zap
        for refusal in zap.answer() if zap is not None else []:
            self._journal.write(
                Event(
                    text=f"lets nobody in from {refusal.address}: {refusal.reason}",
                    severity="warning",
                    fields={"address": refusal.address, "public_key": refusal.public},
                )
            )

    def _drain_stop_pipe(self) -> None:
        try:
            os.read(self._stop_read_fd, 4096)
        except BlockingIOError:
            return

    def _receive_frame(self, peer_frame: PeerFrame, now_us: int) -> None:
        try:
            frame = unpack_frame(peer_frame.data)
        except ProtocolError:
            self._garbage_count += 1
            return
        # Whose key the connection has, and in whose name the frame speaks, must be one board.
        if peer_frame.node_id != ANYBODY and self._sender_of(frame.message) != peer_frame.node_id:
            self._impostor_count += 1
            return
        if self._misbehaviour.is_on(now_us):
            sender = self._sender_of(frame.message)
            if not self._misbehaviour.lets_in(sender, now_us):
                return
        self._node.receive(frame.cluster_id, frame.message, now_us)

    def _sender_of(self, message: object) -> int:
        """The board that a frame claims to come from, 0 for one that this node never heard of."""
        if isinstance(message, Hello):
            return message.node_id
        return self._node.board_of(getattr(message, "sender", 0))

    # --- out --------------------------------------------------------------------------------

    def _carry_out(self, effects: Effects, headline: Headline, now_us: int) -> None:
        """Messages first, the card next, then the clients: nobody waits for what needs no card."""
        for send in self._misbehaviour.let_out(effects.sends, now_us):
            self._send(send, now_us)
        self._packer.forget()
        if effects.batches:
            self._writer.write(effects.batches)
        if effects.jobs:
            self._writer.run(effects.jobs)
        for connection, frame in self._desk.take_replies(effects.outcomes):
            door, identity = cast(Connection, connection)
            door.send(identity, frame)
        for event in effects.events:
            self._journal.write(event)
        if self._feed.has_subscribers:
            longest_us = self._node.raft.state.timing.heartbeat_us * 3 // 4
            if self._publisher.is_due(headline, now_us, longest_us):
                self._feed.publish(pack_status(self.status(now_us)))

    def _send(self, send: Send, now_us: int) -> None:
        frame = self._packer.pack(send.cluster_id, send.message)
        if not self._peers.send(send.node_id, frame, send.bulk) and send.bulk:
            self._node.unreachable(send.node_id, now_us)

    def _tell_supervisor(self, headline: Headline, now_us: int) -> None:
        """The loop has gone round: a sign of life, and the role where it changed."""
        self._supervisor.progress(now_us)
        if headline[:7] == self._told:
            return
        self._told = headline[:7]
        status = status_of(self._node, name=self._config.me.name, now_us=now_us)
        leader = self._config.member(status.leader)
        role = status.role if status.condition == Condition.RUNNING.value else status.condition
        name = leader.name if leader is not None else ""
        self._journal.set_context(role=role, term=status.term, leader=name or None)
        self._supervisor.say(status_line(role, status.term, name, status.needs_person))

    def _headline(self, now_us: int) -> Headline:
        """What lamps and people must see at once when it changes."""
        raft = self._node.raft
        return (
            self._node.is_stopping,
            self._node.has_lost_memory(),
            self._node.space.shortage is not None,
            self._node.scrubbing.rotten,
            raft.role,
            raft.current_term,
            raft.leader_id,
            raft.lease_until_us() > now_us,
            self._identification.left_us(now_us) > 0,
        )

    def _timeout_ms(self, now_us: int) -> int:
        """For how long nothing is due, rounded up to whole milliseconds."""
        if self._stop_asked and self._stop_deadline_us is None:
            return 0
        due_us = now_us + LONGEST_WAIT_US
        for deadline_us in (
            self._node.next_deadline_us(),
            self._misbehaviour.next_deadline_us(),
            self._publisher.next_deadline_us() if self._feed.has_subscribers else None,
            self._stop_deadline_us,
            self._supervisor.next_deadline_us(),
        ):
            if deadline_us is not None and deadline_us < due_us:
                due_us = deadline_us
        return max(0, -(-(due_us - self._clock_us()) // 1000))

    # --- keys -------------------------------------------------------------------------------

    def _reload(self) -> None:
        """Take in the trusted keys of now; if they cannot be read, those of before stay."""
        self._reload_asked = False
        self._supervisor.reloading(self._clock_us())
        self._read_keys_anew()
        self._supervisor.reloaded()

    def _read_keys_anew(self) -> None:
        if self._keyring is None:
            self._journal.say("there are no keys to read anew")
            return
        try:
            self._keyring.reload()
        except KeyProblem as error:
            self._journal.say(f"keeps the keys it has: {error}", severity="error")
            return
        changed = self._peers.trust(self._keyring.credentials)
        names = [m.name for m in self._config.members if m.id in changed]
        self._journal.say(
            "has read the trusted keys anew"
            + (f"; new links to {', '.join(names)}" if names else "")
        )
        for warning in self._keyring.warnings():
            self._journal.say(warning, severity="warning")

    # --- stopping ---------------------------------------------------------------------------

    def _may_stop(self, now_us: int) -> bool:
        """Begin to stop, or see whether leadership has been handed over by now."""
        if self._stop_deadline_us is None:
            timing = self._node.raft.state.timing
            self._stop_deadline_us = now_us + HAND_OVER_TIMEOUTS * timing.election_max_us
            self._node.stop(now_us)
            self._supervisor.stopping()
            self._journal.say("stops" + (", handing over" if not self._node.may_exit() else ""))
        return self._node.may_exit() or now_us >= self._stop_deadline_us

    def close(self) -> None:
        """Close what the loop itself opened."""
        os.close(self._stop_read_fd)
        os.close(self._stop_write_fd)

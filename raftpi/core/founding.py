"""The birth of a cluster: once, and only when every founder's directory is fresh.

Each fresh founder tells every other its replica id, and, once it has heard them all, the
cluster id that this set of ids makes (a hash, so nobody has to choose it). When all of them
report the same one, each logs the same founding record at index 1. A founder that missed
that moment takes the record from one that did not, if it lists its very replica id; where the
record was compacted away, the leader's log or snapshot will bring the cluster.
A board that is fresh while the cluster exists without its id has lost its memory, or is new: it
must not vote, and waits to be taken in.
"""

from raftpi.core.configuration import Configuration, Member
from raftpi.core.entry import Entry, EntryKind
from raftpi.core.hello import Hello
from raftpi.core.timing import Timing

HELLO_INTERVAL_US = 100_000
WAITING_INTERVAL_US = 1_000_000
FOUNDING_TERM = 1


class Founding:
    """One fresh board on its way into a cluster.

    `founded` is the founding record once there is one, `lost_memory` says that the cluster
    exists without this directory, `problem` why the founders cannot agree, or "".
    Invariant: `founded` and `lost_memory` are never both set, and neither is ever unset.
    """

    def __init__(
        self,
        *,
        replica_id: int,
        node_id: int,
        founders: tuple[tuple[int, str], ...],
        timing: Timing,
        machine_settings: bytes,
        now_us: int,
        lease_reads: bool = False,
    ) -> None:
        """`founders` are (node id, name) of all boards in the configuration, this one too."""
        self.founded: Configuration | None = None
        self.lost_memory = False
        # The cluster that exists, 0 while none was heard of, and who said so: replica -> board.
        self.cluster_id = 0
        self.boards: dict[int, int] = {}
        self._replica_id = replica_id
        self._node_id = node_id
        self._founders = tuple(sorted(founders))
        self._timing = timing
        self._machine_settings = machine_settings
        self._lease_reads = lease_reads
        self._settings_digest = settings_digest(
            self._founders, timing, machine_settings, lease_reads
        )
        self._heard: dict[int, Hello] = {}
        self._next_hello_us = now_us

    @property
    def problem(self) -> str:
        """Which founders were configured differently, or ""."""
        different = [
            hello.name
            for node_id, hello in sorted(self._heard.items())
            if hello.settings_digest != self._settings_digest
        ]
        if not different:
            return ""
        return (
            "cannot found the cluster: the configuration of "
            + ", ".join(different)
            + " names other members or other [cluster] settings"
        )

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the founders not heard from yet."""
        return tuple(
            name
            for node_id, name in self._founders
            if node_id != self._node_id and node_id not in self._heard
        )

    def next_deadline_us(self) -> int:
        """When `tick` has hellos to send next."""
        return self._next_hello_us

    def tick(self, now_us: int) -> tuple[tuple[int, Hello], ...]:
        """See whether all founders agree by now; the hellos that are due, as (node id, hello)."""
        if self.founded is None and self.cluster_id == 0 and self._everyone_agrees():
            self.founded = self._view()
        if self.founded is not None or now_us < self._next_hello_us:
            return ()
        self._next_hello_us = now_us + (
            WAITING_INTERVAL_US if self.lost_memory else HELLO_INTERVAL_US
        )
        hello = self._hello()
        return tuple((node_id, hello) for node_id, _ in self._founders if node_id != self._node_id)

    def on_hello(self, hello: Hello, now_us: int) -> None:
        """Take in what another board says of itself."""
        if self.founded is not None:
            return
        if not hello.fresh:
            self._on_founded(hello)
            return
        if self.lost_memory:
            return
        if hello.node_id == self._node_id or not self._is_founder(hello.node_id):
            return
        before = self._view()
        self._heard[hello.node_id] = hello
        if self._view() != before:
            self._next_hello_us = now_us

    def _on_founded(self, hello: Hello) -> None:
        self.cluster_id = hello.view
        self.boards[hello.sender] = hello.node_id
        configuration = hello.configuration
        if configuration is not None and configuration.member(self._replica_id) is not None:
            if not self.lost_memory:
                self.founded = configuration
        elif not hello.is_member:
            self.lost_memory = True

    def _is_founder(self, node_id: int) -> bool:
        return any(founder_id == node_id for founder_id, _ in self._founders)

    def _view(self) -> Configuration | None:
        """The founding record that the replica ids heard so far make; None while some miss."""
        members: list[Member] = []
        for node_id, name in self._founders:
            if node_id == self._node_id:
                replica_id = self._replica_id
            elif node_id in self._heard:
                replica_id = self._heard[node_id].sender
            else:
                return None
            members.append(Member(replica_id=replica_id, node_id=node_id, name=name))
        return Configuration(
            cluster_id=cluster_id_of(members, self._settings_digest),
            members=tuple(members),
            timing=self._timing,
            lease_reads=self._lease_reads,
            machine_settings=self._machine_settings,
        )

    def _everyone_agrees(self) -> bool:
        view = self._view()
        if view is None:
            return False
        for node_id, _ in self._founders:
            if node_id == self._node_id:
                continue
            hello = self._heard[node_id]
            if hello.settings_digest != self._settings_digest or hello.view != view.cluster_id:
                return False
        return True

    def _hello(self) -> Hello:
        view = self._view()
        return Hello(
            sender=self._replica_id,
            receiver=0,
            node_id=self._node_id,
            name=dict(self._founders)[self._node_id],
            fresh=True,
            view=view.cluster_id if view is not None else 0,
            settings_digest=self._settings_digest,
            configuration=None,
        )


def founding_entry(configuration: Configuration) -> Entry:
    """The first entry of every founder's log."""
    return Entry(
        index=1, term=FOUNDING_TERM, kind=EntryKind.CONFIGURATION, configuration=configuration
    )


def settings_digest(
    founders: tuple[tuple[int, str], ...],
    timing: Timing,
    machine_settings: bytes,
    lease_reads: bool = False,
) -> int:
    """A 64-bit hash of what all founders must have configured alike."""
    digest = FNV_OFFSET
    for node_id, name in founders:
        digest = _fnv(_fnv(digest, str(node_id).encode() + b":"), name.encode() + b"\n")
    numbers = f"{timing.heartbeat_us} {timing.election_min_us} {timing.election_max_us}\n"
    if lease_reads:
        numbers += "lease reads\n"
    return _fnv(_fnv(digest, numbers.encode()), machine_settings)


def cluster_id_of(members: list[Member], digest: int) -> int:
    """The cluster id that these members and settings make: never 0."""
    cluster_id = _fnv(FNV_OFFSET, str(digest).encode())
    for member in members:
        cluster_id = _fnv(cluster_id, f" {member.node_id} {member.replica_id}".encode())
    return cluster_id or 1


FNV_OFFSET = 0xCBF29CE484222325
FNV_PRIME = 0x100000001B3


def _fnv(digest: int, data: bytes) -> int:
    """FNV-1a with 64 bits: simple, and the same everywhere; nothing here needs secrecy."""
    for byte in data:
        digest = ((digest ^ byte) * FNV_PRIME) & 0xFFFFFFFFFFFFFFFF
    return digest

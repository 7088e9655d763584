"""Plays a script: steps of a cluster's story, and under each the whole trace of what it led to.

A script is text. A line that begins with `> ` is a step; `#` begins a remark; the lines below a
step are its trace: everything that journals say, and every message that arrives or is lost but
heartbeats and their answers (a step `heartbeats on` shows those too).

The cluster, as the first step; OPTIONS are pairs of a word and a number (see `OPTIONS`):

    boards N OPTIONS                                 make a cluster and found it; silent
    founded N OPTIONS                                the same, but switch all off before they elect
    log pi1 TERM…, log pi1 TERM… seen TERM           entries of these terms, from index 2 on, lie on
                                                     pi1's card, which is off; it has seen the last
                                                     one's term, or a later one

What happens to it:

    run MILLISECONDS                                 let time pass
    put KEY=VALUE at pi1 · get KEY at pi1            a client asks; the outcome is told
    puts COUNT at pi1, puts COUNT of BYTES at pi1    so many puts, of which nothing is told
    cut pi1 pi2 · cut pi1>pi2 · isolate pi1 · heal   cables
    slow pi1>pi2 MILLISECONDS                        that way takes so much longer, until `heal`
    clog pi1 · unclog                                queues of appends and snapshots to and from pi1
                                                     are full: they are dropped, and who sends is
                                                     told; votes and heartbeats pass
    double on · double off                           every message arrives twice
    reorder on · reorder off                         messages overtake each other, by up to 30 ms
    power-off pi1 · kill pi1 · start pi1 pi2 …       boards
    fresh pi1                                        another card, while it is off
    hint pi1 pi2                                     pi1 sees its connection to pi2 drop
    transfer pi1 pi2                                 pi1 is asked to hand over to pi2
    member add pi4 at pi1                            the membership, as in `raftpi member`
    stall pi1 MILLISECONDS                           pi1's card takes that long from now on

What is looked at:

    show                                             a line for every board: its log
    cards                                            a line for every board: what its card holds
    progress pi1                                     what pi1, which leads, knows of the others
"""

from collections.abc import Callable

from raftpi.command import Get, Put, Stamp, pack_command, pack_query, unpack_listing
from raftpi.core.limits import Limits
from raftpi.core.raft import Raft
from raftpi.core.timing import PROFILES
from raftpi.node import Outcome, QueryAnswered
from raftpi.sim.cluster import VirtualCluster
from raftpi.sim.trace import Trace, Verbosity, shown_time
from tests.scripts.prepared_log import found_and_switch_off, write_log
from tests.scripts.shown_board import shown_card, shown_log, shown_progress

STEP = "> "
QUIET = (": Heartbeat ", ": HeartbeatResponse ", ": Hello ")
MS_US = 1000
LONG_BYTES = 40
# The words after `boards N`, and the numbers that stand where they are left out.
OPTIONS = {
    "seed": 1,
    "spares": 0,  # boards that belong to nobody yet
    "snapshots": 100_000,  # one after so many entries
    "trailing": Limits().trailing_count,  # so many entries stay in memory behind a snapshot
    "inflight": Limits().inflight_count,  # so many unanswered appends to one follower
    "append": Limits().append_bytes,  # so much in one append, or one entry
    "leases": 0,  # 1: leaders may answer reads from their lease
    "prefer": 0,  # the board that is to lead
}


class Player:
    """One script's cluster; `play` does a step and gives its trace."""

    def __init__(self) -> None:
        """No boards yet."""
        self._cluster: VirtualCluster | None = None
        self._lines: list[str] = []
        self._shows_heartbeats = False
        self._sequence = 0
        self._steps: dict[str, Callable[[list[str]], None]] = {
            "boards": self._boards,
            "founded": self._founded,
            "log": self._log,
            "run": self._run,
            "put": self._put,
            "puts": self._puts,
            "get": self._get,
            "cut": self._cut,
            "slow": self._slow,
            "isolate": lambda words: self._the_cluster.isolate(_id(words[0])),
            "heal": lambda words: self._the_cluster.heal(),
            "clog": self._clog,
            "unclog": self._unclog,
            "double": self._double,
            "reorder": self._reorder,
            "power-off": lambda words: self._the_cluster.crash(_id(words[0])),
            "kill": lambda words: self._the_cluster.crash(_id(words[0]), hint=True),
            "start": self._start,
            "fresh": lambda words: self._the_cluster.throw_away_card(_id(words[0])),
            "hint": self._hint,
            "transfer": self._transfer,
            "member": self._member,
            "stall": self._stall,
            "show": self._show,
            "cards": self._cards,
            "progress": self._progress,
            "heartbeats": self._heartbeats,
        }

    def play(self, step: str) -> list[str]:
        """Do a step; the lines of its trace. Raises KeyError for a step that is none."""
        self._lines = []
        words = step.split()
        self._steps[words[0]](words[1:])
        return self._lines

    def check(self) -> None:
        """Check the costly invariants: logs pair by pair, and the machines' states."""
        if self._cluster is not None:
            self._cluster.check_everything()

    @property
    def _the_cluster(self) -> VirtualCluster:
        assert self._cluster is not None, "a script begins with `boards N`"
        return self._cluster

    def _tell(self, line: str) -> None:
        if self._shows_heartbeats or not any(quiet in line for quiet in QUIET):
            self._lines.append(line.rstrip())

    # --- steps ------------------------------------------------------------------------------

    def _boards(self, words: list[str]) -> None:
        told = self._make(words)
        self._the_cluster.elect()
        self._the_cluster.run_for_us(200 * MS_US)
        told.append("from here on")

    def _founded(self, words: list[str]) -> None:
        told = self._make(words)
        found_and_switch_off(self._the_cluster)
        told.append("from here on")

    def _make(self, words: list[str]) -> list[str]:
        """Make the cluster; its trace is told once there is something in the list."""
        options = dict(zip(words[1::2], map(int, words[2::2]), strict=True))
        assert options.keys() <= OPTIONS.keys(), f"options are {', '.join(OPTIONS)}"
        options = OPTIONS | options
        told: list[str] = []
        self._cluster = VirtualCluster(
            int(words[0]),
            options["seed"],
            spares=options["spares"],
            trace=Trace(lambda line: self._tell(line) if told else None, Verbosity.ALL),
            timing=PROFILES["wired"],
            lease_reads=options["leases"] == 1,
            limits=Limits(
                trailing_count=options["trailing"],
                inflight_count=options["inflight"],
                append_bytes=options["append"],
            ),
            priorities={options["prefer"]: 1} if options["prefer"] else None,
            snapshot_entry_count=options["snapshots"],
        )
        return told

    def _log(self, words: list[str]) -> None:
        terms = [int(word) for word in words[1:] if word != "seen"]
        entries = terms[:-1] if "seen" in words else terms
        write_log(self._the_cluster.boards[_id(words[0])], entries, current_term=terms[-1])

    def _start(self, words: list[str]) -> None:
        for word in words:
            self._the_cluster.start(_id(word))

    def _run(self, words: list[str]) -> None:
        self._the_cluster.run_for_us(round(float(words[0]) * MS_US))

    def _put(self, words: list[str]) -> None:
        key, _, value = words[0].partition("=")
        put = self._packed(key, value)
        self._the_cluster.submit(_id(words[2]), put, Asked(self, " ".join(["put", *words])))

    def _puts(self, words: list[str]) -> None:
        value = "v" * (int(words[2]) if words[1] == "of" else 1)
        for number in range(int(words[0])):
            self._the_cluster.submit(_id(words[-1]), self._packed(f"many{number}", value), None)

    def _packed(self, key: str, value: str) -> bytes:
        self._sequence += 1
        stamp = Stamp(
            session_id=77, sequence=self._sequence, first_pending=self._sequence, began_index=0
        )
        return pack_command(stamp, Put(key=key.encode(), value=value.encode()))

    def _get(self, words: list[str]) -> None:
        query = pack_query(Get(key=words[0].encode()))
        self._the_cluster.ask(_id(words[2]), query, Asked(self, " ".join(["get", *words])))

    def _cut(self, words: list[str]) -> None:
        network = self._the_cluster.network
        if len(words) == 1:
            source, _, target = words[0].partition(">")
            network.cut(_id(source), _id(target))
        else:
            network.cut(_id(words[0]), _id(words[1]))
            network.cut(_id(words[1]), _id(words[0]))

    def _slow(self, words: list[str]) -> None:
        source, _, target = words[0].partition(">")
        self._the_cluster.network.slow_us[_id(source), _id(target)] = int(words[1]) * MS_US

    def _clog(self, words: list[str]) -> None:
        cluster = self._the_cluster
        cluster.network.spare(tuple(i for i in cluster.boards if i != _id(words[0])))
        cluster.network.weather.sender_loss = 1.0

    def _unclog(self, words: list[str]) -> None:
        network = self._the_cluster.network
        network.spare(())
        network.weather.sender_loss = 0.0

    def _double(self, words: list[str]) -> None:
        self._the_cluster.network.weather.duplication = 1.0 if words == ["on"] else 0.0

    def _reorder(self, words: list[str]) -> None:
        self._the_cluster.network.weather.reordering = 1.0 if words == ["on"] else 0.0

    def _hint(self, words: list[str]) -> None:
        self._the_cluster.boards[_id(words[0])].lose_peer(_id(words[1]))

    def _transfer(self, words: list[str]) -> None:
        asked = Asked(self, f"transfer to {words[1]}")
        self._the_cluster.boards[_id(words[0])].transfer(asked, _id(words[1]))

    def _member(self, words: list[str]) -> None:
        asked = Asked(self, f"member {words[0]} {words[1]}")
        board = self._the_cluster.boards[_id(words[3])]
        board.change_members(asked, words[0], _id(words[1]))

    def _stall(self, words: list[str]) -> None:
        self._the_cluster.boards[_id(words[0])].card.sync_us = int(words[1]) * MS_US

    def _show(self, words: list[str]) -> None:
        self._for_every_board(shown_log)

    def _cards(self, words: list[str]) -> None:
        self._for_every_board(shown_card)

    def _for_every_board(self, shown: Callable[[Raft], str]) -> None:
        for node_id, board in sorted(self._the_cluster.boards.items()):
            text = "is off" if board.node is None else shown(board.node.raft)
            self._lines.append(f"pi{node_id}: {text}")

    def _progress(self, words: list[str]) -> None:
        state = self._the_cluster.node(_id(words[0])).raft.state
        for member in state.configuration.members if state.configuration is not None else ():
            if member.replica_id in state.progress:
                text = shown_progress(state.progress[member.replica_id])
                self._lines.append(f"{member.name}: {text}")

    def _heartbeats(self, words: list[str]) -> None:
        self._shows_heartbeats = words == ["on"]

    def told(self, what: str, outcome: Outcome) -> None:
        """A client was answered."""
        now_us = self._the_cluster.now_us
        text = type(outcome).__name__
        if isinstance(outcome, QueryAnswered):
            items = unpack_listing(outcome.body).items
            text += f" {_short(items[0].value)}" if items else " nothing"
        for name in ("index", "acks", "reason", "leader"):
            if hasattr(outcome, name):
                text += f" {name}={getattr(outcome, name)}"
        self._lines.append(f"{shown_time(now_us)}  client   {what}: {text}")


class Asked:
    """Who waits for an outcome."""

    def __init__(self, player: Player, what: str) -> None:
        self._player = player
        self._what = what

    def answer(self, outcome: Outcome) -> None:
        self._player.told(self._what, outcome)


def replay(text: str) -> str:
    """The script with the traces that its steps lead to now.

    Raises Violation or InvariantError where the cluster breaks a promise on the way or at the end.
    """
    player = Player()
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith(STEP):
            lines += ["", line] if lines and lines[-1] else [line]
            lines += player.play(line.removeprefix(STEP))
        elif line.startswith("#"):
            lines += ["", line] if lines and lines[-1] and not lines[-1].startswith("#") else [line]
    player.check()
    return "\n".join([*lines, ""])


def _id(name: str) -> int:
    return int(name.removeprefix("pi"))


def _short(value: bytes) -> str:
    return value.decode() if len(value) <= LONG_BYTES else f"<{len(value)} bytes>"

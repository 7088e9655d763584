"""Plays a script: steps of a cluster's story, and under each the whole trace of what it led to.

A script is text. A line that begins with `> ` is a step; `#` begins a remark; the lines below a
step are its trace: everything that journals say, and every message that arrives or is lost but
heartbeats and their answers (a step `heartbeats on` shows those too). Steps:

    boards N [spares M] [seed S] [snapshots EVERY]   make a cluster and found it; silent
    run MILLISECONDS                                 let time pass
    put KEY=VALUE at pi1 · get KEY at pi1            a client asks; the outcome is told
    puts COUNT at pi1                                so many puts, of which nothing is told
    cut pi1 pi2 · cut pi1>pi2 · isolate pi1 · heal   cables
    power-off pi1 · kill pi1 · start pi1 · fresh pi1 boards; `fresh`: another card, while it is off
    hint pi1 pi2                                     pi1 sees its connection to pi2 drop
    transfer pi1 pi2                                 pi1 is asked to hand over to pi2
    member add pi4 at pi1                            the membership, as in `raftpi member`
    stall pi1 MILLISECONDS                           pi1's card takes that long from now on
    show                                             a line for every board
"""

from collections.abc import Callable

from raftpi.command import Get, Put, Stamp, pack_command, pack_query, unpack_listing
from raftpi.core.raft import Raft
from raftpi.core.timing import PROFILES
from raftpi.node import Outcome, QueryAnswered
from raftpi.sim.cluster import VirtualCluster
from raftpi.sim.trace import Trace, Verbosity, shown_time

STEP = "> "
QUIET = (": Heartbeat ", ": HeartbeatResponse ", ": Hello ")
MS_US = 1000


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
            "run": self._run,
            "put": self._put,
            "puts": self._puts,
            "get": self._get,
            "cut": self._cut,
            "isolate": lambda words: self._the_cluster.isolate(_id(words[0])),
            "heal": lambda words: self._the_cluster.heal(),
            "power-off": lambda words: self._the_cluster.crash(_id(words[0])),
            "kill": lambda words: self._the_cluster.crash(_id(words[0]), hint=True),
            "start": lambda words: self._the_cluster.start(_id(words[0])),
            "fresh": lambda words: self._the_cluster.throw_away_card(_id(words[0])),
            "hint": self._hint,
            "transfer": self._transfer,
            "member": self._member,
            "stall": self._stall,
            "show": self._show,
            "heartbeats": self._heartbeats,
        }

    def play(self, step: str) -> list[str]:
        """Do a step; the lines of its trace. Raises KeyError for a step that is none."""
        self._lines = []
        words = step.split()
        self._steps[words[0]](words[1:])
        return self._lines

    @property
    def _the_cluster(self) -> VirtualCluster:
        assert self._cluster is not None, "a script begins with `boards N`"
        return self._cluster

    def _tell(self, line: str) -> None:
        if self._shows_heartbeats or not any(quiet in line for quiet in QUIET):
            self._lines.append(line.rstrip())

    # --- steps ------------------------------------------------------------------------------

    def _boards(self, words: list[str]) -> None:
        options = dict(zip(words[1::2], map(int, words[2::2]), strict=True))
        told: list[str] = []
        trace = Trace(lambda line: self._tell(line) if told else None, Verbosity.ALL)
        self._cluster = VirtualCluster(
            int(words[0]),
            options.get("seed", 1),
            spares=options.get("spares", 0),
            trace=trace,
            timing=PROFILES["wired"],
            snapshot_entry_count=options.get("snapshots", 100_000),
        )
        self._cluster.elect()
        self._cluster.run_for_us(200 * MS_US)
        told.append("from here on")

    def _run(self, words: list[str]) -> None:
        self._the_cluster.run_for_us(int(words[0]) * MS_US)

    def _put(self, words: list[str]) -> None:
        key, _, value = words[0].partition("=")
        put = self._packed(key, value)
        self._the_cluster.submit(_id(words[2]), put, Asked(self, " ".join(["put", *words])))

    def _puts(self, words: list[str]) -> None:
        for number in range(int(words[0])):
            self._the_cluster.submit(_id(words[2]), self._packed(f"many{number}", "v"), None)

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
        for node_id, board in sorted(self._the_cluster.boards.items()):
            text = "is off" if board.node is None else _shown(board.node.raft)
            self._lines.append(f"pi{node_id}: {text}")

    def _heartbeats(self, words: list[str]) -> None:
        self._shows_heartbeats = words == ["on"]

    def told(self, what: str, outcome: Outcome) -> None:
        """A client was answered."""
        now_us = self._the_cluster.now_us
        text = type(outcome).__name__
        if isinstance(outcome, QueryAnswered):
            items = unpack_listing(outcome.body).items
            text += f" {items[0].value.decode()}" if items else " nothing"
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
    """The script with the traces that its steps lead to now."""
    player = Player()
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith(STEP):
            lines += ["", line] if lines and lines[-1] else [line]
            lines += player.play(line.removeprefix(STEP))
        elif line.startswith("#"):
            lines += ["", line] if lines and lines[-1] and not lines[-1].startswith("#") else [line]
    return "\n".join([*lines, ""])


def _id(name: str) -> int:
    return int(name.removeprefix("pi"))


def _shown(raft: Raft) -> str:
    state = raft.state
    log = state.log
    terms = " ".join(str(log.term_at(i)) for i in range(log.first_index, log.last_index + 1))
    return (
        f"{raft.role.value} in term {raft.current_term}, log {log.first_index}..{log.last_index} "
        f"(terms {terms or 'none'}), commit {state.commit_index}"
    )

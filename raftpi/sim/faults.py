"""What befalls a cluster: each kind of fault comes by itself, at its own rate, from its own chance.

So a kind that is switched off leaves the chance of the others as it was.
"""

from collections.abc import Callable, Sequence
from functools import partial

from raftpi.sim.administrator import Administrator
from raftpi.sim.board import DIRECTORY
from raftpi.sim.chance import Chance
from raftpi.sim.cluster import VirtualCluster
from raftpi.sim.electorates import Electorates
from raftpi.sim.plan import SECOND_US, Plan
from raftpi.sim.spoil import spoil_last_batch

# How often a fault is meant for the leader; and how long after its beginning a piece of work
# on the card may be hit, in times of its length: during it, or right after.
LEADER_PART = 0.3
AFTER_WORK = 3


class Faults:
    """Lets faults happen until `stop`.

    `spared` are boards that nothing befalls any more, nor the links between them; from then on
    the membership stays as it is.
    """

    def __init__(self, cluster: VirtualCluster, plan: Plan) -> None:
        """Nothing happens before `begin`."""
        self.spared: tuple[int, ...] = ()
        self.electorates = Electorates(cluster.boards, cluster.world.ledger)
        self._administrator = Administrator(cluster, self.electorates, self._replace_card)
        self._cluster = cluster
        self._plan = plan
        self._going_on = False
        self._ids: Sequence[int] = sorted(cluster.boards)
        self._actions: dict[str, Callable[[Chance], None]] = {
            "power": self._power,
            "kill": self._kill,
            "vote-cut": self._vote_cut,
            "start-cut": self._start_cut,
            "forget": self._forget,
            "sync-error": self._sync_error,
            "stall": self._stall,
            "card-full": self._card_full,
            "isolate": self._isolate,
            "one-way": self._one_way,
            "split": self._split,
            "slow-link": self._slow_link,
            "false-hint": self._false_hint,
            "transfer": self._transfer,
            "member": self._member,
            "doubt": self._doubt,
            "rot": self._rot,
            "read-error": self._read_error,
        }

    def begin(self) -> None:
        """From now on each kind happens at its rate."""
        self._going_on = True
        chance = Chance(f"faults {self._plan.seed}")
        for kind, rate in (*self._plan.rates, ("heal", self._plan.heal_rate)):
            if rate > 0:
                action = self._heal if kind == "heal" else self._actions[kind]
                self._later(action, rate, chance.stream(kind))

    def stop(self) -> None:
        """Nothing more happens; what has happened stays."""
        self._going_on = False

    def _later(self, action: Callable[[Chance], None], rate: float, chance: Chance) -> None:
        def happen() -> None:
            if self._going_on:
                action(chance)
                self._later(action, rate, chance)

        self._cluster.agenda.after(int(2 * SECOND_US / rate * chance.random()), happen)

    def _victim(self, chance: Chance) -> int:
        """A board that may be harmed, often whoever leads; 0 for none."""
        node_id = chance.pick(self._ids)
        if chance.happens(LEADER_PART):
            node_id = self._cluster.leader() or node_id
        return 0 if node_id in self.spared else node_id

    def _say(self, text: str) -> None:
        self._cluster.world.trace.event(self._cluster.now_us, "net", text)

    # --- boards -----------------------------------------------------------------------------

    def _power(self, chance: Chance) -> None:
        self._take_down(chance, is_power=True)

    def _kill(self, chance: Chance) -> None:
        self._take_down(chance, is_power=False)

    def _take_down(self, chance: Chance, *, is_power: bool) -> None:
        """At once, or during what the card does next, or right after that."""
        node_id = self._victim(chance)
        down_us, at_work, moment = self._down_us(chance), chance.happens(0.5), chance.random()
        if not node_id:
            return
        board = self._cluster.boards[node_id]

        crash = partial(self._crash, node_id, down_us, is_power=is_power)
        if at_work:
            board.card.doom = self._crash_soon(crash, moment)
        else:
            crash()

    def _vote_cut(self, chance: Chance) -> None:
        """Once it has voted, or is about to, a board goes down and is back at once."""
        node_id, moment, is_power = chance.pick(self._ids), chance.random(), chance.happens(0.5)
        down_us = chance.between(1, 3_000)
        if node_id not in self.spared:
            crash = partial(self._crash, node_id, down_us, is_power=is_power)
            self._cluster.boards[node_id].card.vote_doom = self._crash_soon(crash, moment)

    def _crash_soon(self, crash: Callable[[], None], moment: float) -> Callable[[int], None]:
        def on_work(duration_us: int) -> None:
            self._cluster.agenda.after(int(AFTER_WORK * duration_us * moment), crash)

        return on_work

    def _crash(self, node_id: int, down_us: int, *, is_power: bool) -> None:
        if self._cluster.boards[node_id].node is not None and node_id not in self.spared:
            self._cluster.crash(node_id, hint=not is_power, tearing=self._plan.tearing)
            self._start_later(node_id, down_us)

    def _down_us(self, chance: Chance) -> int:
        longest_s = chance.pick((0.002, 0.3, 3.0))
        return 1 + int(self._plan.pace * longest_s * SECOND_US * chance.random())

    def _start_later(self, node_id: int, down_us: int) -> None:
        board = self._cluster.boards[node_id]
        life = board.life

        def start() -> None:
            if board.node is None and board.life == life:
                board.start()
                if board.is_rotten and node_id not in self.spared:
                    # It refuses. Its owner puts another card in, and has it taken in again.
                    self._cluster.throw_away_card(node_id)
                    board.tell("gets a fresh card")
                    board.start()

        self._cluster.agenda.after(down_us, start)

    def _start_cut(self, chance: Chance) -> None:
        node_id = self._victim(chance)
        effect_count, down_us = chance.below(24), self._down_us(chance)
        if not node_id:
            return
        board = self._cluster.boards[node_id]
        if board.node is not None:
            self._cluster.crash(node_id, tearing=self._plan.tearing)
        board.start_in_vain(effect_count, self._plan.tearing)
        self._start_later(node_id, down_us)

    def _forget(self, chance: Chance) -> None:
        """A card is thrown away, but never one too many: see `Electorates`."""
        node_id = self._victim(chance)
        if node_id and self.electorates.current() and self.electorates.can_lose(node_id):
            self._replace_card(node_id, chance)

    def _replace_card(self, node_id: int, chance: Chance) -> None:
        board = self._cluster.boards[node_id]
        down_us = self._down_us(chance)
        if board.node is not None:
            self._cluster.crash(node_id)
        board.tell("gets a fresh card")
        self._cluster.throw_away_card(node_id)
        self._start_later(node_id, down_us)

    # --- cards ------------------------------------------------------------------------------

    def _doubt(self, chance: Chance) -> None:
        """The power goes, and the log's last batch, promised or not, is found in doubt."""
        node_id, down_us = self._victim(chance), self._down_us(chance)
        if not node_id or not self.electorates.current() or not self.electorates.can_lose(node_id):
            return
        board = self._cluster.boards[node_id]
        if board.node is not None:
            self._cluster.crash(node_id, tearing=self._plan.tearing)
        if spoil_last_batch(board.card.disk, DIRECTORY):
            board.is_in_doubt = True
            board.tell("has a log whose end is half unwritten and half spoilt")
        self._start_later(node_id, down_us)

    def _rot(self, chance: Chance) -> None:
        """While a board is down, a bit on its card turns over."""
        node_id, down_us = self._victim(chance), self._down_us(chance)
        if not node_id or not self.electorates.current() or not self.electorates.can_lose(node_id):
            return
        board = self._cluster.boards[node_id]
        disk = board.card.disk
        if board.node is not None:
            self._cluster.crash(node_id, tearing=self._plan.tearing)
        paths = [path for path in disk.files() if disk.content(path)]
        if paths:
            path = chance.pick(paths)
            offset_bytes = chance.below(len(disk.content(path)))
            disk.rot(path, offset_bytes, 1 << chance.below(8))
            board.is_rotten = True
            board.tell(f"has a bit turned over in {path} at {offset_bytes}")
        self._start_later(node_id, down_us)

    def _read_error(self, chance: Chance) -> None:
        """Something cannot be read when a board starts the next time."""
        node_id, down_us, count = self._victim(chance), self._down_us(chance), chance.below(6)
        if not node_id:
            return
        board = self._cluster.boards[node_id]
        if board.node is not None:
            self._cluster.crash(node_id, tearing=self._plan.tearing)
        board.tell("will meet an error when it is read from")
        board.card.disk.fail_a_read(count)
        self._start_later(node_id, down_us)

    def _sync_error(self, chance: Chance) -> None:
        node_id = self._victim(chance)
        if node_id:
            board = self._cluster.boards[node_id]
            board.tell("will meet an error at its next sync")
            board.card.disk.fail_syncs(1, chance)

    def _stall(self, chance: Chance) -> None:
        node_id = self._victim(chance)
        longest_s = chance.pick((0.2, 3.0, 20.0))
        stall_us = int(self._plan.pace * longest_s * SECOND_US * chance.random())
        if node_id:
            board = self._cluster.boards[node_id]
            board.tell(f"has a card that stalls for {stall_us // 1000} ms")
            board.card.stalled_until_us = self._cluster.now_us + stall_us

    def _card_full(self, chance: Chance) -> None:
        """Others fill the card but for so much, and make room again later."""
        node_id = self._victim(chance)
        free_bytes = chance.pick((0, 700, 5_000, 40_000))
        longest_s = chance.pick((0.2, 3.0, 20.0))
        full_us = int(self._plan.pace * longest_s * SECOND_US * chance.random())
        if not node_id:
            return
        board = self._cluster.boards[node_id]
        disk = board.card.disk
        capacity_bytes = disk.capacity_bytes = disk.used_bytes + free_bytes
        board.tell(f"has {free_bytes} bytes free on its card for {full_us // 1000} ms")

        def make_room() -> None:
            if disk.capacity_bytes == capacity_bytes:
                disk.capacity_bytes = None
                board.tell("has room on its card")

        self._cluster.agenda.after(full_us, make_room)

    # --- links ------------------------------------------------------------------------------

    def _isolate(self, chance: Chance) -> None:
        node_id = self._victim(chance)
        if node_id:
            self._say(f"pi{node_id} is cut off")
            self._cluster.isolate(node_id)

    def _one_way(self, chance: Chance) -> None:
        source, target = chance.pick(self._ids), chance.pick(self._ids)
        if source != target and not self._is_spared(source, target):
            self._say(f"nothing passes from pi{source} to pi{target}")
            self._cluster.network.cut(source, target)

    def _split(self, chance: Chance) -> None:
        group = chance.some(self._ids, chance.between(1, max(1, len(self._ids) - 1)))
        if self.spared:
            group = list(self.spared)
        rest = [node_id for node_id in self._ids if node_id not in group]
        names = " ".join(f"pi{node_id}" for node_id in sorted(group))
        self._say(f"the network parts: {names} on one side")
        for one in group:
            for other in rest:
                self._cluster.network.cut(one, other)
                self._cluster.network.cut(other, one)

    def _slow_link(self, chance: Chance) -> None:
        source, target = chance.pick(self._ids), chance.pick(self._ids)
        slow_us = int(self._plan.pace * chance.pick((20_000, 200_000, 2_000_000)) * chance.random())
        if source != target and not self._is_spared(source, target):
            self._say(f"from pi{source} to pi{target} it takes {slow_us // 1000} ms more")
            self._cluster.network.slow_us[(source, target)] = slow_us

    def _heal(self, chance: Chance) -> None:
        if self._cluster.network.is_harmed:
            self._say("every link is whole again")
            self._cluster.heal()

    def _is_spared(self, source: int, target: int) -> bool:
        return source in self.spared and target in self.spared

    # --- what is no fault, or only seems one ---------------------------------------------------

    def _false_hint(self, chance: Chance) -> None:
        node_id, other = self._victim(chance), chance.pick(self._ids)
        if node_id and other != node_id and self._cluster.boards[node_id].node is not None:
            self._cluster.boards[node_id].tell(f"believes to have lost pi{other}")
            self._cluster.boards[node_id].lose_peer(other)

    def _transfer(self, chance: Chance) -> None:
        if not self.spared:
            self._administrator.transfer(chance)

    def _member(self, chance: Chance) -> None:
        if not self.spared:
            self._administrator.change_members(chance)

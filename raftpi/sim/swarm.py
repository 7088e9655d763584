"""One run: faults for a while, then a healthy majority, then all is well; and what it found."""

from collections.abc import Callable
from dataclasses import dataclass

from raftpi.core.invariants import InvariantError
from raftpi.core.ready import Role
from raftpi.node import Node
from raftpi.sim.chance import Chance
from raftpi.sim.client import VirtualClient
from raftpi.sim.clocks import DriftingClock
from raftpi.sim.cluster import VirtualCluster
from raftpi.sim.faults import Faults
from raftpi.sim.linearizability.checker import check
from raftpi.sim.linearizability.history import Operation
from raftpi.sim.linearizability.search import Verdict
from raftpi.sim.network import Weather
from raftpi.sim.plan import Plan
from raftpi.sim.trace import Trace, Verbosity
from raftpi.sim.violation import Violation
from raftpi.sim.world import Parts

# Within so many election timeouts a healthy majority must have elected a leader and answered.
PROGRESS_TIMEOUTS = 20
PROGRESS_OPERATIONS = 5
CRAWLING_TIMEOUTS = 200
FULL_CHECKS = 3
# Several times what the busiest runs take.
EVENT_LIMIT_COUNT = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What came of a run; all of it depends on the plan alone.

    `signature` and `text` are "" when all is well; else which sort of failure, and what.
    """

    seed: int
    signature: str
    text: str
    digest: str
    virtual_us: int
    event_count: int
    operation_count: int
    committed_count: int

    @property
    def failed(self) -> bool:
        """Whether a violation was found."""
        return bool(self.signature)


def run_plan(
    plan: Plan,
    *,
    parts: Parts | None = None,
    tell: Callable[[str], None] | None = None,
    verbosity: Verbosity = Verbosity.EVENTS,
) -> RunReport:
    """Run a plan to its end or to the first violation; `tell` is given the trace's lines."""
    run = Swarm(plan, parts=parts, trace=Trace(tell, verbosity))
    signature = text = ""
    try:
        run.run()
    except Violation as found:
        signature, text = found.signature, str(found)
    except InvariantError as found:
        violation = Violation("invariant", str(found))
        signature, text = violation.signature, str(found)
    except Exception as error:  # noqa: BLE001  # whatever the code under test raises is a finding
        violation = Violation("error", f"{type(error).__name__}: {error}")
        signature, text = violation.signature, f"{violation} ({_place_of(error)})"
    if signature:
        run.trace.event(run.cluster.now_us, "VIOLATED", text)
    return RunReport(
        seed=plan.seed,
        signature=signature,
        text=text,
        digest=run.trace.digest,
        virtual_us=run.cluster.now_us - run.began_us,
        event_count=run.cluster.agenda.done_count,
        operation_count=len(run.history),
        committed_count=run.cluster.world.ledger.committed_count,
    )


class Swarm:
    """Call `run`; it raises at the first violation."""

    def __init__(self, plan: Plan, *, parts: Parts | None = None, trace: Trace) -> None:
        """Every choice comes from the plan's seed."""
        self.plan = plan
        self.trace = trace
        self.history: list[Operation] = []
        self.cluster = VirtualCluster(
            plan.boards,
            plan.seed,
            spares=plan.spares,
            start=False,
            keep_sent=False,
            trace=trace,
            parts=parts,
            timing=plan.timing,
            machine_settings=plan.settings,
            lease_reads=plan.lease_reads,
            segment_bytes=plan.segment_bytes,
            limits=plan.limits,
            priorities=dict(plan.priorities),
            snapshot_entry_count=plan.snapshot_entry_count,
        )
        self.began_us = self.cluster.now_us
        self.cluster.agenda.limit_count = EVENT_LIMIT_COUNT
        self._chance = Chance(f"run {plan.seed}")
        self.cluster.network.weather = plan.weather
        for node_id, board in self.cluster.boards.items():
            board.card.sync_us = plan.sync_us[node_id - 1]
            board.card.jitter = plan.jitter
            board.clock = DriftingClock(
                drift_ppm=self._chance.between(-plan.drift_ppm, plan.drift_ppm),
                offset_us=self._chance.below(1_000_000_000),
            )
        self.faults = Faults(self.cluster, plan)
        self.clients: list[VirtualClient] = []

    def run(self) -> None:
        """All phases, and the checks at the end."""
        for node_id in self.cluster.boards:
            self.cluster.start(node_id)
        self.clients = [
            VirtualClient(
                self.cluster,
                number,
                self.plan.workload,
                self.history,
                self._chance.stream(f"client {number}"),
            )
            for number in range(1, self.plan.workload.clients + 1)
        ]
        self.faults.begin()
        for _ in range(FULL_CHECKS):
            self.cluster.run_for_us(self.plan.faults_us // FULL_CHECKS)
            self.cluster.check_everything()
        self._spare_a_majority()
        self._expect_progress("a healthy majority")
        self._calm_down()
        self._expect_progress("a healthy cluster")
        self._expect_all_caught_up()
        self._judge()

    # --- phases -----------------------------------------------------------------------------

    def _spare_a_majority(self) -> None:
        """Faults stop in a majority, and on the links between its boards; elsewhere they go on."""
        boards = sorted(self.cluster.boards)
        order = self._chance.some(boards, len(boards))
        healthy = sorted(self.faults.electorates.healthy(order))
        self._say("the faults stop for " + " ".join(f"pi{node_id}" for node_id in healthy))
        self._recover(tuple(healthy))

    def _calm_down(self) -> None:
        """All faults stop, everywhere."""
        self._say("all faults stop")
        self.faults.stop()
        self.cluster.heal()
        self.cluster.network.weather = Weather()
        self._recover(tuple(sorted(self.cluster.boards)))

    def _recover(self, healthy: tuple[int, ...]) -> None:
        self.faults.spared = healthy
        self.cluster.network.spare(healthy)
        for node_id in healthy:
            board = self.cluster.boards[node_id]
            board.card_recovered()
            if board.node is None:
                board.start()

    def _expect_progress(self, who: str) -> None:
        """The paper's liveness: a majority that can talk elects a leader and answers clients.

        A leader outside that majority whose heartbeats arrive goes on leading, though all else
        it sends may crawl; and the cards inside it may be slow, fed an entry at a time. While it
        gets anywhere at all it is given more time.
        """
        limit_us = PROGRESS_TIMEOUTS * self.plan.timing.election_max_us
        before = self._answered_count()
        waited_timeouts = 0
        is_crawling = True
        while is_crawling and waited_timeouts < CRAWLING_TIMEOUTS:
            held_count = self._held_by_the_spared()
            waited_timeouts += PROGRESS_TIMEOUTS
            if self.cluster.run_until(
                lambda: self._answered_count() >= before + PROGRESS_OPERATIONS, limit_us
            ):
                return
            is_crawling = self._held_by_the_spared() > held_count
        roles = " ".join(f"pi{n.node_id}:{n.raft.role.value}" for n in self.cluster.live())
        raise Violation(
            "liveness",
            f"{who} answered {self._answered_count() - before} operations in "
            f"{waited_timeouts} election timeouts; roles {roles}",
        )

    def _held_by_the_spared(self) -> int:
        """How many entries the boards that nothing befalls hold, all together."""
        return sum([n.raft.state.log.last_index for n in self.cluster.live() if self._is_spared(n)])

    def _is_spared(self, node: Node) -> bool:
        return node.node_id in self.faults.spared

    def _expect_all_caught_up(self) -> None:
        """Every member has what was committed; who gets on, if slowly, is given more time.

        A card that takes long for each sync, fed an entry at a time, needs longer for many.
        """
        for client in self.clients:
            client.busy = False
        limit_us = PROGRESS_TIMEOUTS * self.plan.timing.election_max_us
        last = max(node.raft.state.commit_index for node in self._members())
        waited_timeouts = 0
        is_crawling = True
        while is_crawling and waited_timeouts < CRAWLING_TIMEOUTS:
            slowest = self._least_applied()
            waited_timeouts += PROGRESS_TIMEOUTS
            if self.cluster.run_until(lambda: self._least_applied() >= last, limit_us):
                return
            is_crawling = self._least_applied() > slowest
        applied = " ".join(f"pi{n.node_id}:{n.applied_index}" for n in self._members())
        raise Violation("liveness", f"not every member caught up to {last}: {applied}")

    def _least_applied(self) -> int:
        return min([node.applied_index for node in self._members()], default=0)

    def _members(self) -> list[Node]:
        """The nodes of those who are members now, by what is committed, and are to stay.

        Who leaves by an entry under way is sent nothing more until that is committed.
        """
        configuration = self.faults.electorates.configuration()
        return [
            node
            for node in self.cluster.live()
            if configuration is not None
            and configuration.member(node.replica_id) is not None
            and all(self._stays_by(leader, node) for leader in self._leaders())
        ]

    def _leaders(self) -> list[Node]:
        return [node for node in self.cluster.live() if node.raft.role is Role.LEADER]

    def _stays_by(self, leader: Node, node: Node) -> bool:
        configuration = leader.configuration
        return configuration is not None and configuration.member(node.replica_id) is not None

    def _judge(self) -> None:
        self.cluster.check_everything()
        for client in self.clients:
            client.give_up()
        report = check(self.history)
        if report.verdict is not Verdict.LINEARIZABLE:
            raise Violation("linearizability", f"{report.verdict.value}: {report.text}")

    def _answered_count(self) -> int:
        return sum([client.answered_count for client in self.clients])

    def _say(self, text: str) -> None:
        self.trace.event(self.cluster.now_us, "sim", text)


def _place_of(error: BaseException) -> str:
    """Where it was raised: the module's name and the line, no path."""
    trace = error.__traceback__
    place = "?"
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "?")
        place = f"{name}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place

"""The plan of a run: everything that one seed draws before the run begins."""

from dataclasses import dataclass, replace

from raftpi.core.limits import Limits
from raftpi.core.timing import PROFILES, Timing
from raftpi.errors import UsageError
from raftpi.kv.settings import MachineSettings
from raftpi.sim.chance import Chance
from raftpi.sim.client import Workload
from raftpi.sim.network import Weather
from raftpi.sim.tearing import Tearing

SIZES = (1, 3, 3, 3, 5, 5, 7)
SECOND_US = 1_000_000
USUAL_ELECTION_MAX_US = 300_000

# What befalls the cluster again and again: the kind, and how often in ten seconds at most.
EVENT_RATES: dict[str, float] = {
    "power": 12.0,
    "kill": 12.0,
    "vote-cut": 60.0,
    "start-cut": 6.0,
    "forget": 2.0,
    "sync-error": 2.0,
    "stall": 3.0,
    "isolate": 10.0,
    "one-way": 10.0,
    "split": 8.0,
    "slow-link": 8.0,
    "false-hint": 20.0,
    "transfer": 10.0,
    "member": 25.0,
}
# Kinds that came later: drawn from a chance of their own, so that what a seed draws otherwise
# stays as it was.
LATER_EVENT_RATES: dict[str, float] = {
    "doubt": 4.0,
    "rot": 3.0,
    "read-error": 3.0,
    "card-full": 3.0,
}
# What the network, the cards and the clocks are like throughout.
CONDITIONS = ("loss", "duplication", "reordering", "delay", "sender-loss", "drift", "slow-cards")
KINDS = (*EVENT_RATES, *LATER_EVENT_RATES, *CONDITIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run. `rates`: how often a second each kind of event happens, 0 for never.

    `faults_us`: how long faults go on before they must stop in a majority. `drift_ppm`: how far
    a clock may go wrong either way. `spares` are boards that are no members at first. `sync_us`:
    one for each board, at least.
    """

    seed: int
    boards: int
    spares: int
    timing: Timing
    faults_us: int
    heal_rate: float
    rates: tuple[tuple[str, float], ...]
    weather: Weather
    workload: Workload
    drift_ppm: int
    sync_us: tuple[int, ...]
    jitter: float
    tearing: Tearing
    settings: MachineSettings
    lease_reads: bool
    segment_bytes: int
    limits: Limits
    priorities: tuple[tuple[int, int], ...]
    snapshot_entry_count: int
    absent: tuple[str, ...] = ()

    @property
    def pace(self) -> float:
        """How much slower this cluster's timing is than the usual one."""
        return self.timing.election_max_us / USUAL_ELECTION_MAX_US

    def without(self, kinds: tuple[str, ...]) -> "Plan":
        """The same plan, without these kinds of faults. Raises UsageError for unknown ones."""
        for kind in kinds:
            if kind not in KINDS:
                raise UsageError(
                    f"{kind!r} is no kind of fault; there are: {', '.join(sorted(KINDS))}"
                )
        weather = replace(self.weather)
        for kind in kinds:
            if kind in ("loss", "duplication", "reordering"):
                setattr(weather, kind, 0.0)
        if "sender-loss" in kinds:
            weather.sender_loss = 0.0
        if "delay" in kinds:
            weather.delay_min_us, weather.delay_max_us = 200, 500
        plain_cards = "slow-cards" in kinds
        return replace(
            self,
            rates=tuple((kind, 0.0 if kind in kinds else rate) for kind, rate in self.rates),
            weather=weather,
            workload=replace(self.workload, loss=0.0) if "loss" in kinds else self.workload,
            drift_ppm=0 if "drift" in kinds else self.drift_ppm,
            spares=0 if "member" in kinds else self.spares,
            sync_us=tuple(500 for _ in self.sync_us) if plain_cards else self.sync_us,
            absent=tuple(sorted({*self.absent, *kinds})),
        )

    def lines(self) -> list[str]:
        """The plan in words, for the head of a trace."""
        weather = self.weather
        often = [f"{kind} {rate:.2f}/s" for kind, rate in self.rates if rate > 0]
        timing, sync_us = self.timing, self.sync_us[: self.boards + self.spares]
        return [
            f"seed {self.seed}: {self.boards} boards and {self.spares} spare, "
            f"{self.workload.clients} clients on {self.workload.keys} keys, election timeout "
            f"{timing.election_min_us // 1000}-{timing.election_max_us // 1000} ms, faults for "
            f"{self.faults_us / SECOND_US:.1f} s",
            f"network: {weather.delay_min_us}-{weather.delay_max_us} us, loss {weather.loss:g}, "
            f"duplication {weather.duplication:g}, reordering {weather.reordering:g}, "
            f"dropped by the sender {weather.sender_loss:g}",
            f"cards: syncs of {', '.join(str(us) for us in sync_us)} us, torn by "
            f"{self.tearing.value}; snapshots after {self.snapshot_entry_count} entries; "
            f"clocks: off by {self.drift_ppm} ppm at most",
            f"befalls it: {', '.join(often) or 'nothing'}",
        ]


def draw(seed: int) -> Plan:
    """The plan of a seed; other streams of chance decide what happens when."""
    chance = Chance(f"plan {seed}")
    boards = chance.pick(SIZES)
    timing = PROFILES[chance.pick(("wired", "wired", "wired", "wifi", "slow"))]
    pace = timing.election_max_us / USUAL_ELECTION_MAX_US
    rates = [(kind, _rate(chance, most / 10) / pace) for kind, most in EVENT_RATES.items()]
    for kind, most in LATER_EVENT_RATES.items():
        rates.append((kind, _rate(Chance(f"plan {seed} {kind}"), most / 10) / pace))
    return Plan(
        seed=seed,
        boards=boards,
        spares=chance.pick((0, 1, 2)),
        timing=timing,
        faults_us=int(pace * chance.between(2 * SECOND_US, 6 * SECOND_US)),
        heal_rate=(0.5 + 2.5 * chance.random()) / pace,
        rates=tuple(rates),
        weather=_weather(chance, pace),
        workload=_workload(chance, pace),
        drift_ppm=chance.pick((0, 100, 1_000, 40_000)),
        sync_us=tuple(chance.pick((100, 500, 500, 5_000, 30_000)) for _ in range(boards + 2)),
        jitter=0.5,
        tearing=chance.pick((Tearing.SECTORS, Tearing.PAGES)),
        settings=_settings(chance),
        lease_reads=chance.happens(0.25),
        segment_bytes=chance.pick((4 * 1024, 16 * 1024, 256 * 1024)),
        limits=_limits(chance, pace),
        priorities=_priorities(chance, boards),
        snapshot_entry_count=chance.pick((10, 40, 200, 100_000)),
    )


def _rate(chance: Chance, most: float) -> float:
    """Often none at all, so that faults also come one kind at a time."""
    return round(most * chance.random(), 3) if chance.happens(0.6) else 0.0


def _weather(chance: Chance, pace: float) -> Weather:
    calm = chance.happens(0.3)
    slow = chance.pick((1, 1, 4, 20))
    return Weather(
        delay_min_us=200,
        delay_max_us=500 * slow,
        loss=0.0 if calm else chance.pick((0.0, 0.02, 0.1)),
        duplication=0.0 if calm else chance.pick((0.0, 0.0, 0.05, 0.3)),
        reordering=0.0 if calm else chance.pick((0.0, 0.0, 0.1, 0.5)),
        late_us=int(pace * chance.pick((5_000, 30_000, 200_000))),
        bytes_per_ms=chance.pick((500, 10_000)),
        queue_bytes=chance.pick((64 * 1024, 1024 * 1024)),
        sender_loss=chance.pick((0.0, 0.0, 0.05)),
    )


def _workload(chance: Chance, pace: float) -> Workload:
    return Workload(
        clients=chance.between(1, 8),
        keys=chance.pick((10, 10, 20)),
        value_bytes=chance.pick((8, 8, 100, 3_000)),
        think_us=int(pace * chance.pick((10_000, 30_000, 100_000))),
        silence_us=int(pace * chance.pick((50_000, 400_000))),
        patience_us=int(pace * chance.pick((500_000, 3_000_000))),
        loss=chance.pick((0.0, 0.02)),
        renewal=chance.pick((0.0, 0.02, 0.2)),
    )


def _limits(chance: Chance, pace: float) -> Limits:
    return Limits(
        append_bytes=chance.pick((1_000, 256 * 1024)),
        inflight_count=chance.pick((1, 4, 64)),
        commit_count=chance.pick((3, 4096)),
        trailing_count=chance.pick((0, 20, 5_000)),
        disk_stall_us=int(pace * chance.pick((200_000, 2_000_000))),
    )


def _priorities(chance: Chance, boards: int) -> tuple[tuple[int, int], ...]:
    if chance.happens(0.7):
        return ()
    return tuple((node_id, chance.below(3)) for node_id in range(1, boards + 1))


def _settings(chance: Chance) -> MachineSettings:
    """Bounds on the sessions: mostly the usual ones, at times so low that some are evicted."""
    return MachineSettings(
        session_limit=chance.pick((4096, 4096, 10)), session_window=chance.pick((1024, 2))
    )

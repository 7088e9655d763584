"""The whole examination of a board, in the order in which a person reads it."""

import time
from dataclasses import dataclass
from pathlib import Path

from raftpi.config.file import Config
from raftpi.doctor.board import Board
from raftpi.doctor.card_health import check_health
from raftpi.doctor.card_space import check_space
from raftpi.doctor.clock import check_clock
from raftpi.doctor.cluster import Survey, ask_members, judge_cluster, worst_delay_us
from raftpi.doctor.configuration import check_configuration
from raftpi.doctor.finding import Finding, Verdict
from raftpi.doctor.gpio import check_gpio
from raftpi.doctor.keys import check_keys
from raftpi.doctor.packages import check_packages
from raftpi.doctor.peers import endpoints_to_reach, judge_peers
from raftpi.doctor.power import check_power
from raftpi.doctor.processor import judge_processor, measure_processor_us
from raftpi.doctor.reach import Reach, reach_all
from raftpi.doctor.routes import interfaces_to
from raftpi.doctor.set_aside import check_set_aside
from raftpi.doctor.sync_speed import Latencies, check_syncs
from raftpi.doctor.timing import Measured, judge_timing
from raftpi.doctor.watchdog import check_watchdog
from raftpi.doctor.wifi import check_wifi, wifi_interfaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What was learned of the other members; nothing without a configuration."""

    reached: dict[str, Reach]
    survey: Survey
    interfaces: frozenset[str]

    @property
    def round_trip_us(self) -> int:
        """The longest: a connection's, or a message's that a leader told of."""
        times_us = [t for reach in self.reached.values() for t in reach.round_trips_us]
        return max([*times_us, worst_delay_us(self.survey), 0])


def examine(config_path: Path, board: Board) -> list[Finding]:
    """Every check, in less than ten seconds."""
    finding, config = check_configuration(config_path)
    findings = [finding, check_packages(board)]
    processor_us = measure_processor_us(_clock_us)
    findings.append(judge_processor(processor_us))
    syncs: Latencies | None = None
    network = Network(reached={}, survey=Survey(), interfaces=frozenset())
    if config is not None:
        data = config.node.data
        sync_finding, syncs = check_syncs(data, board, _clock_us)
        space = check_space(data, config.storage.segment_bytes)
        findings += [sync_finding, space, check_health(data, board), *check_set_aside(data)]
        network = _look_around(config, config_path, board)
    findings += [check_clock(board), *check_wifi(board, network.interfaces), check_power(board)]
    findings += [check_watchdog(board), check_gpio(board)]
    if config is not None:
        findings += check_keys(config, config_path, board)
        findings += judge_peers(config, network.reached)
        findings.append(judge_cluster(config, network.survey))
        measured = Measured(
            syncs=syncs,
            round_trip_us=network.round_trip_us,
            processor_us=processor_us,
            over_wifi=bool(network.interfaces & set(wifi_interfaces(board))),
        )
        founded = next((s.timing for s in network.survey.statuses if s.timing), "")
        findings.append(judge_timing(config.cluster.timing_name, founded, measured))
    return findings


def problem_count(findings: list[Finding]) -> int:
    """How many findings keep the board from its work."""
    return sum(finding.verdict is Verdict.PROBLEM for finding in findings)


def _look_around(config: Config, config_path: Path, board: Board) -> Network:
    reached = reach_all(endpoints_to_reach(config))
    addresses = [reach.address for reach in reached.values() if reach.address]
    return Network(
        reached=reached,
        survey=ask_members(config, config_path, board),
        interfaces=interfaces_to(addresses, board),
    )


def _clock_us() -> int:
    return time.perf_counter_ns() // 1000

"""`raftpi sim`: the production node in the simulator, one seed to look at or many to search."""

import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from raftpi.cli.printing import print_json, print_line
from raftpi.errors import UsageError
from raftpi.sim.adjustment import Adjustment, command_for
from raftpi.sim.plan import SECOND_US
from raftpi.sim.run import run_seed, run_seeds
from raftpi.sim.shrink import shrink
from raftpi.sim.trace import Verbosity

if TYPE_CHECKING:
    from argparse import Namespace

    from raftpi.sim.swarm import RunReport

BAR_COLUMNS = 40


def sim(arguments: "Namespace") -> int:
    """Runs what is asked for; 0 if all was well, 1 if a violation was found."""
    adjustment = _adjustment(arguments)
    if arguments.seed is None and arguments.seeds is None:
        raise UsageError("say --seed N for one run, or --seeds COUNT for many")
    if arguments.seed is not None:
        reports = [_replay(arguments, adjustment)]
    else:
        reports = _search(arguments, adjustment)
    failed = [report for report in reports if report.failed]
    if arguments.json:
        print_json({"runs": len(reports), "failed": [_document(r, adjustment) for r in failed]})
    for report in failed:
        if not arguments.json:
            print_line(f"seed {report.seed}: {report.text}")
            print_line(f"replay it with: {command_for(report.seed, adjustment)}")
        if arguments.shrink:
            _shrink(report, adjustment, is_json=arguments.json)
    return 1 if failed else 0


def _adjustment(arguments: "Namespace") -> Adjustment:
    kinds = (arguments.without or "").replace(",", " ").split()
    return Adjustment(
        without=tuple(sorted(kinds)),
        boards=arguments.boards or 0,
        clients=arguments.clients or 0,
        faults_us=round((arguments.faults or 0) * SECOND_US),
    )


def _replay(arguments: "Namespace", adjustment: Adjustment) -> "RunReport":
    verbosity = Verbosity.ALL if arguments.verbose else Verbosity.EVENTS
    is_told = not (arguments.json or arguments.quiet)
    report = run_seed(
        arguments.seed, adjustment, tell=_print_trace if is_told else None, verbosity=verbosity
    )
    if not (report.failed or arguments.json):
        print_line(f"seed {report.seed}: all is well")
    if not arguments.json:
        print_line(
            f"{report.virtual_us / SECOND_US:.1f} virtual seconds, {report.event_count} events, "
            f"{report.operation_count} operations, {report.committed_count} entries committed; "
            f"trace {report.digest}"
        )
    return report


def _print_trace(line: str) -> None:
    sys.stdout.write(line + "\n")


def _search(arguments: "Namespace", adjustment: Adjustment) -> list["RunReport"]:
    """Run many seeds; a bar on the terminal shows how far it is."""
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    jobs = arguments.jobs or os.cpu_count() or 1
    reports: list[RunReport] = []
    failed_count = 0
    try:
        for report in run_seeds(seeds, adjustment, jobs=jobs):
            reports.append(report)
            failed_count += report.failed
            _draw_bar(len(reports), len(seeds), failed_count)
    finally:
        _end_bar()
    reports.sort(key=lambda report: report.seed)
    if not arguments.json:
        virtual_us = sum(report.virtual_us for report in reports)
        print_line(
            f"{len(reports)} seeds from {arguments.first} on, {virtual_us / SECOND_US:.1f} virtual "
            f"seconds, {sum(report.event_count for report in reports)} events, "
            f"{sum(report.operation_count for report in reports)} operations: "
            f"{failed_count or 'no'} violation{'' if failed_count == 1 else 's'}"
        )
    return reports


def _draw_bar(done: int, whole: int, failed_count: int) -> None:
    if sys.stderr.isatty():
        filled = BAR_COLUMNS * done // whole
        bar = "#" * filled + "." * (BAR_COLUMNS - filled)
        sys.stderr.write(f"\r[{bar}] {done}/{whole}, failed: {failed_count} ")
        sys.stderr.flush()


def _end_bar() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\n")


def _shrink(report: "RunReport", adjustment: Adjustment, *, is_json: bool) -> None:
    shrunk = shrink(report, adjustment)
    if is_json:
        print_json({"shrunk": _document(shrunk.report, shrunk.adjustment)})
        return
    print_line(f"shrunk by {shrunk.run_count} runs: {shrunk.report.text}")
    print_line(f"replay it with: {command_for(report.seed, shrunk.adjustment)}")


def _document(report: "RunReport", adjustment: Adjustment) -> dict[str, object]:
    return {**asdict(report), "command": command_for(report.seed, adjustment)}

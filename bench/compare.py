"""raftpi and its peers at the same work, in turns, on this machine: medians and ratios.

    python -m bench.compare [--rounds 3] [--seconds 3] [--idle-seconds 600] [WORK ...]

Without WORK: all of it, which takes an hour and more; the slow cards and processors need root, and
are left out, and named, without it. Rows go to bench/results/latest.json as they are found.
"""

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench import cards, growth, results
from bench.check_perf import check_perf
from bench.peers.etcd import Etcd
from bench.peers.floor import Floor
from bench.peers.peer import NotOffered
from bench.peers.pysyncobj import Pysyncobj
from bench.peers.raftpi import Raftpi
from bench.works import WORKS, Work

MAKES: dict[str, Callable[[Path], Any]] = {
    "raftpi": Raftpi,
    "etcd": Etcd,
    "pysyncobj": Pysyncobj,
    "floor": Floor,
}
# A figure of a peer that is started by the work itself, on a card or a processor of its own.
Made = Callable[[Callable[[Path], Any], float], float]
ON_MACHINES: dict[str, tuple[str, Made, float]] = {
    "slow_card_puts_1280B_500c": ("1/s", cards.puts_on_slow_card, 5),
    "slow_processor_puts_256B_64c": ("1/s", cards.puts_on_slow_processor, 3),
    "device_bytes_at_10_per_s": ("B", cards.device_bytes_per_put, 40),
}
IDLE = "idle_processor"
GROWTH = "growth"
CHECK_PERF = "etcdctl_check_perf"
NODES = {f"puts_1280B_64c_{count}_nodes": count for count in (3, 5, 7)}


def in_turns(measure: Callable[[str], float], rounds: int, label: str) -> dict[str, list[float]]:
    """The figures by peer, one a round; peers that do not do the work have none."""
    found: dict[str, list[float]] = {name: [] for name in MAKES}
    for _ in range(rounds):
        for name in MAKES:
            try:
                value = measure(name)
            except NotOffered:
                continue
            found[name].append(value)
            print(f"{label:30} {name:10} {value:12.1f}", flush=True)
    return found


def with_fresh_peer(
    make: Callable[[Path], Any], measure: Callable[[Any, float], float], seconds: float
) -> float:
    """One figure of a peer that is started for it."""
    with tempfile.TemporaryDirectory() as directory:
        peer: Any = make(Path(directory))
        try:
            return measure(peer, seconds)
        finally:
            peer.close()


def peer_rows(names: Sequence[str], rounds: int, seconds: float) -> None:
    """The works that only need a peer that runs."""
    for work in WORKS:
        if work.name not in names:
            continue

        def measure(name: str, work: Work = work) -> float:
            if not hasattr(MAKES[name], work.needs):
                raise NotOffered
            return with_fresh_peer(MAKES[name], work.measure, seconds)

        found = in_turns(measure, 1 if work.is_long else rounds, work.name)
        results.write([results.row(work.name, work.unit, found)])


def machine_rows(names: Sequence[str], rounds: int, seconds: float) -> None:
    """The works on a card or a processor of their own."""
    for label, (unit, measure, factor) in ON_MACHINES.items():
        if label not in names:
            continue
        if os.getuid() != 0:
            print(f"{label:30} left out: it needs root")
            continue
        found = in_turns(
            lambda name, measure=measure, factor=factor: measure(  # type: ignore[misc]
                MAKES[name], factor * seconds
            ),
            rounds,
            label,
        )
        results.write([results.row(label, unit, found)])


def node_rows(names: Sequence[str], rounds: int, seconds: float) -> None:
    """Five and seven nodes beside three."""
    for label, count in NODES.items():
        if label not in names:
            continue
        [work] = [work for work in WORKS if work.name == "puts_1280B_64c"]
        found: dict[str, list[float]] = {"raftpi": [], "etcd": []}
        for _ in range(rounds):
            for name, make in (("raftpi", Raftpi), ("etcd", Etcd)):
                of_many = partial(make, nodes=count)
                found[name].append(with_fresh_peer(of_many, work.measure, seconds))
                print(f"{label:30} {name:10} {found[name][-1]:12.1f}", flush=True)
        results.write([results.row(label, "1/s", found)])


def idle_rows(seconds: float) -> None:
    """All at once, idle, with the timing of a cable and of Wi-Fi."""
    makes: dict[str, cards.MakePeer] = {
        "raftpi": Raftpi,
        "wifi": lambda directory: Raftpi(directory, timing="wifi"),
        "etcd": Etcd,
        "pysyncobj": Pysyncobj,
    }
    found = {name: [value] for name, value in cards.idle_percent(makes, seconds).items()}
    print(IDLE, found, flush=True)
    wifi = found.pop("wifi")
    unit = "% of a core"
    results.write(
        [
            results.row(IDLE, unit, found),
            results.row(f"{IDLE}_wifi", unit, {"raftpi": wifi, "etcd": found["etcd"]}),
        ]
    )


def growth_rows() -> None:
    """raftpi alone: whether a put or a start becomes dearer."""
    rows = [results.row(name, unit, {"raftpi": [value]}) for name, unit, value in growth.figures()]
    results.write(rows)


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--idle-seconds", type=float, default=600.0)
    parser.add_argument("works", nargs="*", metavar="WORK")
    options = parser.parse_args()
    every = [work.name for work in WORKS]
    every += [*ON_MACHINES, *NODES, CHECK_PERF, IDLE, GROWTH]
    names = options.works or every
    unknown = sorted(set(names) - set(every))
    if unknown:
        parser.error(f"no such work: {', '.join(unknown)}; there are {', '.join(every)}")
    peer_rows(names, options.rounds, options.seconds)
    machine_rows(names, options.rounds, options.seconds)
    node_rows(names, options.rounds, options.seconds)
    if CHECK_PERF in names:
        results.write([results.row(CHECK_PERF, "1/s", {"etcd": [check_perf()]})])
    if IDLE in names:
        idle_rows(options.idle_seconds)
    if GROWTH in names:
        growth_rows()
    print("\n".join(results.table(results.read())))


if __name__ == "__main__":
    main()

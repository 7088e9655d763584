"""raftpi and its peers at the same work, in turns, on this machine: medians and ratios.

python -m bench.compare [--rounds 3] [--seconds 3] [--works puts_1280B_500c,…] [--json FILE]
"""

import argparse
import json
import platform
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.quick import PEERS
from bench.works import WORKS, NotOffered, Work

Figures = dict[str, dict[str, list[float]]]


def measure(works: Sequence[Work], names: Sequence[str], rounds: int, seconds: float) -> Figures:
    """The figures by work and peer, one a round; a fresh peer for every work."""
    found: Figures = {work.name: {name: [] for name in names} for work in works}
    for number in range(rounds):
        for work in works:
            for name in names:
                with tempfile.TemporaryDirectory() as directory:
                    peer: Any = PEERS[name](Path(directory))
                    try:
                        value = work.measure(peer, seconds)
                    except NotOffered:
                        continue
                    finally:
                        peer.close()
                found[work.name][name].append(value)
                print(
                    f"{number + 1} {work.name:28} {name:10} {value:12.1f} {work.unit}", flush=True
                )
    return found


def rows(works: Sequence[Work], found: Figures) -> list[dict[str, Any]]:
    """A row a work: medians by peer, and all that they are of."""
    table: list[dict[str, Any]] = []
    for work in works:
        row: dict[str, Any] = {"work": work.name, "unit": work.unit}
        for name, values in found[work.name].items():
            row[name] = round(statistics.median(values), 2) if values else None
        row["rounds"] = found[work.name]
        table.append(row)
    return table


def lines(table: Sequence[dict[str, Any]], names: Sequence[str]) -> list[str]:
    """The table for people: every peer, and raftpi's ratio to it."""
    text = [f"{'work':28} {'unit':4} " + " ".join(f"{name:>18}" for name in names)]
    for row in table:
        cells = []
        for name in names:
            value, own = row[name], row.get("raftpi")
            if value is None:
                cells.append(f"{'-':>18}")
            elif name == "raftpi" or not own:
                cells.append(f"{value:18.1f}")
            else:
                cells.append(f"{value:11.1f} ({own / value:.2f})")
        text.append(f"{row['work']:28} {row['unit']:4} " + " ".join(cells))
    return text


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--works", default=",".join(work.name for work in WORKS))
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--json", default="", metavar="FILE")
    options = parser.parse_args()
    names = options.peers.split(",")
    works = [work for work in WORKS if work.name in options.works.split(",")]
    table = rows(works, measure(works, names, options.rounds, options.seconds))
    print("\n".join(lines(table, names)))
    if options.json:
        machine = {
            "machine": platform.processor() or platform.machine(),
            "kernel": platform.release(),
        }
        document = {**machine, "python": platform.python_version(), "rows": table}
        Path(options.json).write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()

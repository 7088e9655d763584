"""The file that is committed: bench/results/latest.json, and the table that people read."""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import msgpack
import zmq

from bench.aims import AIMS
from bench.peers.peer import PLACE, etcd_program
from raftpi import __version__

PEERS = ("raftpi", "etcd", "pysyncobj", "floor")
LATEST = Path(__file__).parent / "results" / "latest.json"

Row = dict[str, Any]


def row(work: str, unit: str, rounds: dict[str, list[float]]) -> Row:
    """A line of the table: medians by peer, the aim, whether it is met, and all the figures."""
    medians = {name: statistics.median(values) for name, values in rounds.items() if values}
    found: Row = {"work": work, "unit": unit}
    for name in PEERS:
        found[name] = _rounded(medians[name]) if name in medians else None
    aim = AIMS.get(work)
    found["aim"] = aim.text if aim is not None else None
    try:
        found["met"] = aim.is_met(medians) if aim is not None else None
    except KeyError:
        found["met"] = None
    found["rounds"] = {name: [_rounded(v) for v in values] for name, values in rounds.items()}
    return found


def write(rows: Sequence[Row], path: Path = LATEST) -> None:
    """Put these rows into the file, in the place of those of the same name."""
    path.parent.mkdir(exist_ok=True)
    known: dict[str, Row] = {}
    if path.exists():
        known = {item["work"]: item for item in json.loads(path.read_text())["rows"]}
    known.update({item["work"]: item for item in rows})
    document = {"machine": _machine(), "versions": _versions(), "rows": list(known.values())}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def read(path: Path = LATEST) -> list[Row]:
    """All rows of the file."""
    rows: list[Row] = json.loads(path.read_text())["rows"]
    return rows


def table(rows: Sequence[Row]) -> list[str]:
    """For people, in Markdown: every peer, with raftpi's ratio to it."""
    lines = [f"| work | {' | '.join(PEERS)} | aim |", "|---|" + "---|" * (len(PEERS) + 1)]
    for item in rows:
        cells = [_cell(item, name) for name in PEERS]
        verdict = {True: " ✓", False: " ✗", None: ""}[item["met"]]
        aim = f"{item['aim'] or ''}{verdict}"
        lines.append(f"| {item['work']} ({item['unit']}) | {' | '.join(cells)} | {aim} |")
    return lines


def _cell(item: Row, name: str) -> str:
    value, own = item[name], item["raftpi"]
    if value is None:
        return "–"
    if name == "raftpi" or not own:
        return f"{value:,}"
    ratio = own / value if value else float("inf")
    return f"{value:,} ({ratio:.2f})"


def _rounded(value: float) -> float:
    return round(value) if value >= 1000 else float(f"{value:.3g}")


def _machine() -> dict[str, Any]:
    model = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": model[0] if model else platform.machine(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
    }


def _versions() -> dict[str, str]:
    told = subprocess.run([etcd_program("etcd"), "--version"], capture_output=True, text=True)
    found = list(metadata.distributions(path=[str(PLACE / "python")]))
    return {
        "raftpi": __version__,
        "etcd": told.stdout.partition("\n")[0].rpartition(" ")[2],
        "pysyncobj": found[0].version if found else "",
        "python": platform.python_version(),
        "pyzmq": zmq.__version__,
        "libzmq": zmq.zmq_version(),
        "msgpack": ".".join(map(str, msgpack.version)),
    }

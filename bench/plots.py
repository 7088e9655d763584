"""The results as pictures for the docs: bench/results/latest.json to docs/images/bench-*.svg.

python -m bench.plots
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt

from bench import results
from bench.results import PEERS, Row

IMAGES = Path(__file__).parents[1] / "docs" / "images"
COLOURS = {"raftpi": "#1f5fd0", "etcd": "#419e64", "pysyncobj": "#c98a1b", "floor": "#b9b9b9"}
PICTURES = {
    "bench-puts": (
        "Durable puts a second",
        ("puts_1280B_500c", "puts_1280B_64c", "puts_256B_500c", "puts_256B_64c", "puts_256B_1c"),
    ),
    "bench-reads": (
        "Linearizable reads a second, and nine reads to a put",
        ("reads_256B_500c", "reads_256B_64c", "reads_256B_1c", "mix90_256B_64c"),
    ),
    "bench-slow": (
        "Durable puts a second on slow machines",
        ("slow_card_puts_1280B_500c", "slow_processor_puts_256B_64c"),
    ),
    "bench-faults": (
        "Milliseconds without an acknowledged write",
        ("sigkill_to_next_write", "sigstop_to_next_write", "hand_over_longest_gap"),
    ),
}


def draw(name: str, title: str, rows: Sequence[Row]) -> None:
    """Bars by work, a colour a peer; each says its figure, for colours alone do not."""
    figure, axes = plt.subplots(figsize=(8, 0.75 + 0.95 * len(rows)))
    height = 0.8 / len(PEERS)
    for place, peer in enumerate(PEERS):
        values = [row[peer] or 0 for row in rows]
        spots = [number + place * height for number in range(len(rows))]
        bars = axes.barh(spots, values, height, color=COLOURS[peer], label=peer)
        axes.bar_label(bars, [f"{value:,.0f}" if value else "–" for value in values], padding=3)
    axes.set_yticks([n + 1.5 * height for n in range(len(rows))], [row["work"] for row in rows])
    axes.invert_yaxis()
    axes.set_title(title, loc="left")
    axes.legend(loc="lower right", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.12)
    figure.tight_layout()
    # Without a date, and with ids that do not change, so that equal results are equal files.
    mpl.rcParams["svg.hashsalt"] = name
    figure.savefig(IMAGES / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    """Draw every picture of which there are rows."""
    IMAGES.mkdir(exist_ok=True)
    rows = {row["work"]: row for row in results.read()}
    for name, (title, works) in PICTURES.items():
        found = [rows[work] for work in works if work in rows]
        if found:
            draw(name, title, found)
            print(IMAGES / f"{name}.svg")


if __name__ == "__main__":
    main()

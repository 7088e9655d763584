"""A control group of its own for each board.

Without it every container would count the processes of the others' services as its own, for
their systemds would share one tree. Works with cgroup v1, v2 and both mounted at once.
"""

from functools import partial
from pathlib import Path

from tests.boards.bench.waiting import wait_until

MOUNTS = Path("/proc/self/mounts")


def tree_roots() -> list[Path]:
    """The trees in which processes are grouped: v2's, and v1's that systemd uses."""
    roots: list[Path] = []
    for line in MOUNTS.read_text().splitlines():
        _, place, kind, options, *_ = line.split()
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
            roots.append(Path(place))
    return roots


def make(name: str) -> list[Path]:
    """Make a group in every tree; the files that a process joins it by, by writing its id."""
    joined: list[Path] = []
    for root in tree_roots():
        group = root / name
        group.mkdir(exist_ok=True)
        joined.append(group / "cgroup.procs")
    return joined


def remove(name: str) -> None:
    """Remove a group whose processes have ended, with all groups in it; nothing if there is none.

    A process killed a moment ago holds its group for a moment longer.
    """
    for root in tree_roots():
        wait_until(partial(_is_removed, root / name), f"{root / name} is removed")


def _is_removed(group: Path) -> bool:
    if not group.is_dir():
        return True
    inner = sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True)
    for path in [*inner, group]:
        try:
            path.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return True

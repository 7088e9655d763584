"""Slow cards and slow processors: control groups of version 1 or 2 (root)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 100_000


class NoControlGroups(Exception):
    """This machine has none that could be used."""


@contextmanager
def slow_card(device: str, writes_per_s: int) -> Iterator[None]:
    """Whatever is started within can write so many times a second to this block device."""
    number = (Path("/sys/block") / Path(device).name / "dev").read_text().strip()
    if (ROOT / "blkio").is_dir():
        with _group("blkio") as group:
            limit = group / "blkio.throttle.write_iops_device"
            limit.write_text(f"{number} {writes_per_s}")
            with _within(group, ROOT / "blkio"):
                yield
        return
    with _group("") as group:
        (group / "io.max").write_text(f"{number} wiops={writes_per_s}")
        with _within(group, ROOT):
            yield


@contextmanager
def slow_processors(pids: list[int], share: float) -> Iterator[None]:
    """Each of these processes has this share of one processor at most."""
    groups: list[Path] = []
    is_old = (ROOT / "cpu").is_dir()
    try:
        for pid in pids:
            group = (ROOT / "cpu" if is_old else ROOT) / f"raftpi-bench-{os.getpid()}-{pid}"
            group.mkdir()
            groups.append(group)
            quota = int(PERIOD_US * share)
            if is_old:
                (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
                (group / "cpu.cfs_quota_us").write_text(str(quota))
            else:
                (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
            (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        for group, pid in zip(groups, pids, strict=False):
            _move(pid, group.parent)
            group.rmdir()


@contextmanager
def _group(controller: str) -> Iterator[Path]:
    group = ROOT / controller / f"raftpi-bench-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        raise NoControlGroups(str(error)) from error
    try:
        yield group
    finally:
        for line in (group / "cgroup.procs").read_text().split():
            _move(int(line), group.parent)
        group.rmdir()


@contextmanager
def _within(group: Path, outside: Path) -> Iterator[None]:
    """What is started here is in the group; this process is not, once it has begun."""
    _move(os.getpid(), group)
    try:
        yield
    finally:
        _move(os.getpid(), outside)


def _move(pid: int, group: Path) -> None:
    if Path(f"/proc/{pid}").exists():
        (group / "cgroup.procs").write_text(str(pid))

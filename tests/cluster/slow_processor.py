"""A share of a processor for a process: cgroups(7), version 1 or 2; root only."""

from pathlib import Path

PERIOD_US = 100_000
VERSION_1 = Path("/sys/fs/cgroup/cpu")
VERSION_2 = Path("/sys/fs/cgroup")


class SlowProcessor:
    """A cgroup whose processes together get `share` of one core (0.1: a tenth)."""

    def __init__(self, name: str, share: float) -> None:
        """Raises PermissionError for who is not root."""
        quota_us = int(PERIOD_US * share)
        if VERSION_1.is_dir():
            self._path = VERSION_1 / name
            self._path.mkdir(exist_ok=True)
            (self._path / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (self._path / "cpu.cfs_quota_us").write_text(str(quota_us))
        else:
            (VERSION_2 / "cgroup.subtree_control").write_text("+cpu")
            self._path = VERSION_2 / name
            self._path.mkdir(exist_ok=True)
            (self._path / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")

    def take(self, pid: int) -> None:
        """From now on this process, with all its threads, is slow."""
        (self._path / "cgroup.procs").write_text(str(pid))

    def throttled_count(self) -> int:
        """How often its processes had used up their share: 0 means that nothing was slow."""
        for line in (self._path / "cpu.stat").read_text().splitlines():
            name, _, value = line.partition(" ")
            if name == "nr_throttled":
                return int(value)
        return 0

    def close(self) -> None:
        """Remove it; its processes must have ended."""
        self._path.rmdir()

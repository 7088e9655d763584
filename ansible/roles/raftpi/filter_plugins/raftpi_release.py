"""The wheel to install, and the name of the release that it becomes on a board."""

import hashlib
from pathlib import Path

HASH_DIGITS = 8


def newest(paths):
    """The file that was written last, "" when there is none."""
    return max(paths, key=lambda path: Path(path).stat().st_mtime_ns, default="")


def release_name(wheel):
    """`<version>-<hash>`: two builds of one version are two releases. Raises ValueError."""
    parts = Path(wheel).name.split("-")
    if not wheel.endswith(".whl") or parts[0] != "raftpi" or len(parts) < 5:
        raise ValueError(f"raftpi_wheel: {wheel} is not a wheel of raftpi")
    try:
        digest = hashlib.sha256(Path(wheel).read_bytes()).hexdigest()
    except OSError as error:
        raise ValueError(f"raftpi_wheel: cannot read {wheel}: {error.strerror}") from error
    return f"{parts[1]}-{digest[:HASH_DIGITS]}"


def outdated(releases, current, keep_count):
    """The releases on a board (newest first) that may go: all but the current and `keep_count`."""
    return [name for name in releases if name != current][keep_count:]


class FilterModule:
    """What Ansible looks for."""

    def filters(self):
        """The filters by name."""
        return {
            "raftpi_newest": newest,
            "raftpi_release_name": release_name,
            "raftpi_outdated": outdated,
        }

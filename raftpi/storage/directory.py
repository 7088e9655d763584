"""The data directory: which files are where, and by which names.

lock                        held while a node uses the directory; holds its process id
identity                    see `identity`; `identity.new` while it is being written
log/NUMBER.wal              a segment, by its generation in 16 decimal digits
log/NUMBER.new              a segment that is being made; its name is given when it is durable
log/torn-NUMBER-OFFSET.bin  the bytes of a torn batch that recovery cut off, to look at
"""

import re
from pathlib import PurePath

from raftpi.storage.disk import Disk

_SEGMENT = re.compile(r"(\d{16})\.wal")
_UNFINISHED = re.compile(r"\d{16}\.new")
_TORN_COPY = re.compile(r"torn-\d+-\d+\.bin")


class DataDirectory:
    """Names the files of a data directory, and makes it where it is missing."""

    def __init__(self, disk: Disk, path: str) -> None:
        """Nothing is touched yet."""
        self.path = path
        self.log_path = f"{path}/log"
        self.lock_path = f"{path}/lock"
        self.identity_path = f"{path}/identity"
        self.new_identity_path = f"{path}/identity.new"
        self._disk = disk

    def segment_path(self, generation: int) -> str:
        """Where a segment is."""
        return f"{self.log_path}/{generation:016d}.wal"

    def new_segment_path(self, generation: int) -> str:
        """Where a segment is while it is being made."""
        return f"{self.log_path}/{generation:016d}.new"

    def torn_copy_path(self, generation: int, offset: int) -> str:
        """Where the bytes that were cut off a segment are kept."""
        return f"{self.log_path}/torn-{generation:016d}-{offset:012d}.bin"

    def generations(self) -> list[int]:
        """The generations of all segments, ascending."""
        matches = map(_SEGMENT.fullmatch, self._log_names())
        return sorted(int(match.group(1)) for match in matches if match)

    def unfinished(self) -> list[str]:
        """The paths of segments whose making was interrupted."""
        return self._log_paths(_UNFINISHED)

    def torn_copies(self) -> list[str]:
        """The paths of the copies of torn batches, oldest first."""
        return self._log_paths(_TORN_COPY)

    def strangers(self) -> list[str]:
        """The paths of files in `log/` that are none of ours."""
        ours = (_SEGMENT, _UNFINISHED, _TORN_COPY)
        return [
            f"{self.log_path}/{name}"
            for name in self._log_names()
            if not any(pattern.fullmatch(name) for pattern in ours)
        ]

    def make(self) -> None:
        """Make the directory and what of its parents is missing; all durable.

        What is there already is synced too: the run that made it may have ended before it was.
        """
        missing: list[PurePath] = []
        path = PurePath(self.path)
        while path != path.parent and not self._disk.exists(str(path)):
            missing.append(path)
            path = path.parent
        self._disk.sync_directory(str(path.parent))
        for made in reversed(missing):
            self._disk.make_directory(str(made))
            self._disk.sync_directory(str(made.parent))

    def make_log(self) -> None:
        """Make `log/` if it is missing, and the names in the directory durable."""
        if not self._disk.exists(self.log_path):
            self._disk.make_directory(self.log_path)
        self._disk.sync_directory(self.path)

    def _log_names(self) -> list[str]:
        return self._disk.list(self.log_path) if self._disk.exists(self.log_path) else []

    def _log_paths(self, pattern: re.Pattern[str]) -> list[str]:
        return [f"{self.log_path}/{name}" for name in self._log_names() if pattern.fullmatch(name)]

"""Where the payloads of rotten records are looked for: in the files of a data directory.

Any copy will do that fits the header's length and checksum: another board's log, or a part of
this one's that is void by now, for a start logs the last batch again.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from typing import Protocol

from raftpi.errors import DamagedData, DirectoryRefused, NewerVersion
from raftpi.fsck.segment_survey import head_despite_rot, survey_segment
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.finding import DamageFound
from raftpi.storage.identity import read_identity
from raftpi.storage.record import RecordHeader, RecordKind, payload_fits
from raftpi.storage.sector import SECTOR_BYTES, marks_of

# A configuration in force has its entry's payload.
_ALIKE = (RecordKind.ENTRY, RecordKind.CONFIGURATION)


class PayloadSource(Protocol):
    """Somebody who may have payloads."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    def find(
        self, wanted: Collection[RecordHeader], cluster_id: int, /
    ) -> dict[RecordHeader, bytes]:
        """Those of the payloads that are there, whatever their checksums."""


class DirectoryPayloads:
    """The payloads in the segments of a data directory, damaged or not, in use or not."""

    def __init__(self, disk: Disk, path: str) -> None:
        """Nothing is read yet."""
        self.name = path
        self._disk = disk
        self._directory = DataDirectory(disk, path)
        self._replica_id = 0

    def find(self, wanted: Collection[RecordHeader], cluster_id: int) -> dict[RecordHeader, bytes]:
        """Those that are there and whole; `cluster_id` 0 for any cluster.

        Raises DirectoryRefused for a directory without a log or of another cluster,
        StorageFailure.
        """
        if not self._directory.generations():
            raise DirectoryRefused(f"{self.name} holds no log: name a data directory of a peer")
        with suppress(DamagedData, NewerVersion):
            # Of use for segments only of which the head is rotten too.
            identity = read_identity(self._disk, self._directory)
            self._replica_id = identity.identity.replica_id if identity is not None else 0
        found: dict[RecordHeader, bytes] = {}
        missing: dict[tuple[int, int], set[RecordHeader]] = {}
        for want in wanted:
            missing.setdefault((want.log_index, want.length), set()).add(want)
        for generation in self._directory.generations():
            if not missing:
                break
            for header, payload in self._records(generation, cluster_id):
                place = (header.log_index, header.length)
                for want in missing.get(place, ()):
                    if _is_same(want, header) and payload_fits(want, payload):
                        found[want] = payload
                if place in missing:
                    missing[place] -= found.keys()
                    if not missing[place]:
                        del missing[place]
        return found

    def _records(self, generation: int, cluster_id: int) -> Iterator[tuple[RecordHeader, bytes]]:
        """The whole records of a segment, void ones too."""
        path = self._directory.segment_path(generation)
        data = self._disk.read(path)
        marks = marks_of(self._replica_id, generation)
        try:
            head = head_despite_rot(data[:SECTOR_BYTES], marks)
        except DamageFound:
            return  # whose it is cannot be told
        if cluster_id not in (0, head.cluster_id):
            raise DirectoryRefused(
                f"{path} belongs to cluster {head.cluster_id:016x}, and the damaged log to "
                f"{cluster_id:016x}: name a data directory of the same cluster"
            )
        marks = marks_of(head.replica_id, head.generation)
        survey = survey_segment(data, marks, stated_end=None)
        for batch in survey.batches:
            for record in batch.records:
                header = RecordHeader(*record[:4], len(record.payload), 0)
                yield header, record.payload
        for wreck in survey.wrecks:
            for found in wreck.records:
                if found.is_whole:
                    yield found.header, wreck.payload(found)


def gather(
    sources: Iterable[PayloadSource], wanted: Collection[RecordHeader], cluster_id: int
) -> dict[RecordHeader, bytes]:
    """What the sources have together, each asked for what those before it lack."""
    found: dict[RecordHeader, bytes] = {}
    for source in sources:
        missing = [header for header in wanted if header not in found]
        if missing:
            answers = source.find(missing, cluster_id)
            found |= {h: p for h, p in answers.items() if payload_fits(h, p)}
    return found


def _is_same(wanted: RecordHeader, header: RecordHeader) -> bool:
    """Whether a record with this header, of the same index and length, may hold the payload."""
    if wanted.kind == header.kind:
        return wanted.term == header.term
    return wanted.kind in _ALIKE and header.kind in _ALIKE

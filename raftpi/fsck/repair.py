"""Repairing a data directory: only what is safe alone, or proven by a checksum.

What is done, and why it cannot forget a promise:

- the identity, damaged in a few bytes, is put back as it was (see `identity_restoration`);
- a batch of which every byte is known is put back as it was (see `segment_restoration`): rotten
  marks and padding without anybody's help, payloads where another copy fits the checksum in the
  header;
- one stray byte beyond the end becomes zero, where no batch can have lain (see `segment_survey`);
- a rotten snapshot that a start can do without is taken out of the way;
- unfinished files, which nothing relied on, are removed.

Everything else stays as it is: it may have been promised, and only the cluster can make it good.

A segment is written beside, synced, renamed and its directory synced, although sectors could be
mended in place: a card that tears whole pages would then harm the neighbours, which are whole. A
crash leaves the damaged file or the repaired one, and perhaps an unfinished file, which the next
repair or start removes; so a repair may be run again. Before anything is changed the bytes that
it changes are kept beside it, durably, by the name of `before-repair-…`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from raftpi.fsck.advice import Remedy
from raftpi.fsck.inspection import Inspection, check_is_directory, inspect
from raftpi.fsck.log_inspection import SegmentReport
from raftpi.fsck.segment_restoration import restore_segment
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.identity import write_identity
from raftpi.storage.record import RecordHeader
from raftpi.storage.sector import SECTOR_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """One thing that was done. `kept`: where what was there before is, "" if it held nothing."""

    path: str
    text: str
    kept: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReport:
    """What was done, and how the directory is now."""

    done: tuple[Repaired, ...]
    after: Inspection


def repair(disk: Disk, path: str, payloads: Mapping[RecordHeader, bytes]) -> RepairReport:
    """Repair the directory at `path`, with the lock held.

    `payloads` are what others have of the rotten ones; each is used only where it fits.
    Raises DirectoryRefused if the directory is in use or none, StorageFailure, NoSpace.
    """
    directory = DataDirectory(disk, path)
    check_is_directory(disk, directory)
    lock = disk.lock(directory.lock_path)
    try:
        work = _Repair(disk, directory)
        done = list(work.run(payloads))
        return RepairReport(done=tuple(done), after=work.inspection())
    finally:
        lock.release()


class _Repair:
    def __init__(self, disk: Disk, directory: DataDirectory) -> None:
        self._disk = disk
        self._directory = directory
        self._found: Inspection | None = None

    def run(self, payloads: Mapping[RecordHeader, bytes]) -> Iterator[Repaired]:
        """Identity first, for it says whose the segments are; snapshots last."""
        if not self._directory.being_set_aside():
            yield from self._identity()
            yield from self._segments(payloads)
            yield from self._snapshots()
        yield from self._unfinished()

    def _identity(self) -> Iterator[Repaired]:
        content = self.inspection().restored_identity
        if content is None:
            return
        directory = self._directory
        kept = directory.repaired_identity_path
        self._keep(kept, self._disk.read(directory.identity_path))
        self._disk.sync_directory(directory.path)
        write_identity(self._disk, directory, content)
        text = "the identity is as it was written: the segments tell every byte of it"
        yield self._done(path=directory.identity_path, text=text, kept=kept)

    def _segments(self, payloads: Mapping[RecordHeader, bytes]) -> Iterator[Repaired]:
        found = self.inspection()
        for segment in found.segments:
            yield from self._segment(segment, {**payloads, **found.payloads})

    def _segment(
        self, segment: SegmentReport, payloads: Mapping[RecordHeader, bytes]
    ) -> Iterator[Repaired]:
        survey = segment.survey
        if survey is None or not survey.damages:
            return
        data = self._disk.read(segment.path)
        restored = restore_segment(data, survey, segment.marks, payloads)
        extents = list(_changed_extents(data, restored))
        if not extents:
            return
        directory = self._directory
        done: list[Repaired] = []
        for start, end in extents:
            kept = directory.repaired_segment_path(segment.generation, start)
            self._keep(kept, data[start:end])
            count = (end - start) // SECTOR_BYTES
            plural = "s" if count > 1 else ""
            text = f"{count} sector{plural} from offset {start} on put back as written"
            done.append(Repaired(path=segment.path, text=text, kept=kept))
        new_path = directory.new_segment_path(segment.generation)
        self._write(new_path, restored)
        self._disk.sync_directory(directory.log_path)
        self._disk.rename(new_path, segment.path)
        self._disk.sync_directory(directory.log_path)
        self._found = None
        yield from done

    def _snapshots(self) -> Iterator[Repaired]:
        """Only where a start can do without: with a verdict that is on the whole directory."""
        found = self.inspection()
        rotten = {
            place.path
            for place in found.damages
            if found.verdict.starts and place.remedy is Remedy.ALONE
        }
        for report in found.snapshots:
            if report.path not in rotten:
                continue
            kept = self._directory.repaired_snapshot_path(report.index)
            self._disk.rename(report.path, kept)
            self._disk.sync_directory(self._directory.snapshots_path)
            text = "rotten, and not needed: taken out of the way; the next snapshot replaces it"
            yield self._done(path=report.path, text=text, kept=kept)

    def _unfinished(self) -> Iterator[Repaired]:
        directory = self._directory
        paths = [*directory.unfinished(), *directory.unfinished_snapshots()]
        if self._disk.exists(directory.new_identity_path):
            paths.append(directory.new_identity_path)
        for path in paths:
            self._disk.remove(path)
            self._disk.sync_directory(path.rpartition("/")[0])
            yield self._done(path=path, text="was never finished: removed", kept="")

    def inspection(self) -> Inspection:
        """The directory as it is now."""
        if self._found is None:
            self._found = inspect(self._disk, self._directory.path)
        return self._found

    def _done(self, path: str, text: str, kept: str) -> Repaired:
        """What was found before holds no longer."""
        self._found = None
        return Repaired(path=path, text=text, kept=kept)

    def _keep(self, path: str, data: bytes) -> None:
        """Keep what is about to be changed; the caller makes the name durable."""
        self._write(path, data)

    def _write(self, path: str, data: bytes) -> None:
        if self._disk.exists(path):
            self._disk.remove(path)
        file = self._disk.create(path)
        try:
            file.write_at(0, data)
            file.sync()
        finally:
            file.close()


def _changed_extents(before: bytes, after: bytes) -> Iterator[tuple[int, int]]:
    """The runs of sectors that differ, as offsets."""
    start: int | None = None
    for at in range(0, len(after) + SECTOR_BYTES, SECTOR_BYTES):
        differs = before[at : at + SECTOR_BYTES] != after[at : at + SECTOR_BYTES]
        if differs and start is None:
            start = at
        elif not differs and start is not None:
            yield start, at
            start = None

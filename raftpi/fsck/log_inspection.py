"""What the segments of a log hold, each for itself: recovery reads them as one, and stops at rot.

Which segments count follows from their heads, as in `recovery`: the one with the highest
generation, the one that it names as its previous one, and so on. Behind a segment of which the
head cannot be read nobody can tell; its neighbours are surveyed all the same.
"""

from dataclasses import dataclass, replace
from enum import Enum

from raftpi.core.entry import EntryKind
from raftpi.core.ready import HardState
from raftpi.errors import StorageFailure
from raftpi.fsck.segment_survey import SegmentSurvey, head_despite_rot, survey_segment
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.finding import Damage, DamageFound, DamageKind
from raftpi.storage.record import IN_DOUBT, RecordHeader, RecordKind
from raftpi.storage.sector import SECTOR_BYTES, Marks, marks_of
from raftpi.storage.segment_head import SegmentHead


class Standing(Enum):
    """What a file is to the node."""

    COUNTS = "counts"  # a part of the log
    VOID = "void"  # replaced or left behind: a start does not read it, and removes it
    UNKNOWN = "unknown"  # the head that would tell is unreadable, in this file or a later one


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentReport:
    """One segment. Indexes are 0 where it holds no entries; `end_offset` is where batches end.

    `survey` is None for a segment that is void or unreadable, and then nothing is known of what
    is in it; its whole batches are counted and let go. `configurations` are those in it, as in
    their entries, each once. `failure`: why the card did not give its bytes.
    """

    path: str
    generation: int
    size_bytes: int
    standing: Standing
    marks: Marks
    batch_count: int = 0
    first_index: int = 0
    last_index: int = 0
    hard_state: HardState | None = None
    end_offset: int = 0
    stated_end: int | None = None
    survey: SegmentSurvey | None = None
    configurations: tuple[bytes, ...] = ()
    damages: tuple[Damage, ...] = ()
    failure: str = ""


def inspect_log(
    disk: Disk, directory: DataDirectory, replica_id: int, cluster_id: int
) -> tuple[SegmentReport, ...]:
    """Every segment, oldest first. `replica_id` and `cluster_id` are 0 where they are not known."""
    return _LogInspection(disk, directory, replica_id, cluster_id).run()


class _LogInspection:
    """Walks from the newest segment to the oldest.

    `_expected` is the generation that the segment walked through last names as its previous one:
    0 for none, None where no head tells. `_stated_end` is where that one ends.
    """

    def __init__(
        self, disk: Disk, directory: DataDirectory, replica_id: int, cluster_id: int
    ) -> None:
        self._disk = disk
        self._directory = directory
        self._replica_id = replica_id
        self._cluster_id = cluster_id
        self._expected: int | None = None
        self._stated_end: int | None = None
        self._is_certain = True

    def run(self) -> tuple[SegmentReport, ...]:
        generations = self._directory.generations()
        reports = [
            self._look(generation, is_newest=generation == generations[-1])
            for generation in reversed(generations)
        ]
        return tuple(reversed(reports))

    def _look(self, generation: int, *, is_newest: bool) -> SegmentReport:
        path = self._directory.segment_path(generation)
        marks = marks_of(self._replica_id, generation)
        try:
            data = self._disk.read(path)
        except StorageFailure as failure:
            is_void = not is_newest and self._expected not in (None, generation)
            if not is_void:
                self._lose_track()
            return SegmentReport(
                path=path,
                generation=generation,
                size_bytes=0,
                standing=Standing.VOID if is_void else Standing.UNKNOWN,
                marks=marks,
                failure=str(failure),
            )
        if not is_newest and self._expected not in (None, generation):
            return SegmentReport(
                path=path,
                generation=generation,
                size_bytes=len(data),
                standing=Standing.VOID,
                marks=marks,
            )
        return self._read(path, generation, data, marks, is_newest=is_newest)

    def _read(
        self, path: str, generation: int, data: bytes, marks: Marks, *, is_newest: bool
    ) -> SegmentReport:
        standing = Standing.COUNTS if self._is_certain else Standing.UNKNOWN
        try:
            head = head_despite_rot(data[:SECTOR_BYTES], marks)
            _check_head(head, generation, self._replica_id, self._cluster_id)
        except DamageFound as found:
            self._lose_track()
            survey = None
            damages: tuple[Damage, ...] = (found.damage,)
            if self._replica_id and found.damage.kind is not DamageKind.FOREIGN:
                # Its marks are known all the same, and with them what lies behind.
                survey = survey_segment(data, marks, stated_end=None)
                first = found.damage.offset
                damages += tuple(one for one in survey.damages if one.offset not in (0, first))
            return _report(path, generation, data, standing, marks, None, survey, damages, None)
        marks = marks_of(head.replica_id, head.generation)
        stated_end = self._stated_end
        survey = survey_segment(data, marks, stated_end=stated_end)
        self._expected = head.previous_generation
        self._stated_end = head.previous_end_sector if self._expected else None
        return _report(
            path, generation, data, standing, marks, head, survey, survey.damages, stated_end
        )

    def _lose_track(self) -> None:
        """No head tells what comes before."""
        self._expected = None
        self._stated_end = None
        self._is_certain = False


def _check_head(head: SegmentHead, generation: int, replica_id: int, cluster_id: int) -> None:
    """As recovery does, whose text comes first in a report. Raises DamageFound."""
    if replica_id not in (0, head.replica_id):
        raise _foreign(f"the segment belongs to replica {head.replica_id:016x}")
    if cluster_id not in (0, head.cluster_id):
        raise _foreign(f"the segment belongs to cluster {head.cluster_id:016x}")
    if head.generation != generation or head.previous_generation >= generation:
        raise _foreign(
            f"the segment is of generation {head.generation}, behind {head.previous_generation}"
        )


def _foreign(text: str) -> DamageFound:
    return DamageFound(DamageKind.FOREIGN, 0, text)


def _report(
    path: str,
    generation: int,
    data: bytes,
    standing: Standing,
    marks: Marks,
    head: SegmentHead | None,
    survey: SegmentSurvey | None,
    damages: tuple[Damage, ...],
    stated_end: int | None,
) -> SegmentReport:
    headers = list(_headers(survey)) if survey is not None else []
    indexes = [header.log_index for header in headers if header.kind == RecordKind.ENTRY]
    states = [header for header in headers if header.kind == RecordKind.HARD_STATE]
    hard_state = head.hard_state if head is not None else None
    if states:
        last = states[-1]
        in_doubt = last.detail == IN_DOUBT
        hard_state = HardState(term=last.term, voted_for=last.log_index, in_doubt=in_doubt)
    return SegmentReport(
        path=path,
        generation=generation,
        size_bytes=len(data),
        standing=standing,
        marks=marks,
        batch_count=len(survey.batches) + len(survey.wrecks) if survey is not None else 0,
        first_index=min(indexes, default=0),
        last_index=max(indexes, default=0),
        hard_state=hard_state,
        end_offset=survey.end_sector * SECTOR_BYTES if survey is not None else 0,
        stated_end=stated_end,
        survey=replace(survey, batches=()) if survey is not None else None,
        configurations=_configurations(survey) if survey is not None else (),
        damages=damages,
    )


def _configurations(survey: SegmentSurvey) -> tuple[bytes, ...]:
    """The configurations in whole batches, logged or repeated, in the order of the file."""
    found = [
        record.payload
        for batch in survey.batches
        for record in batch.records
        if record.kind == RecordKind.CONFIGURATION
        or (record.kind, record.detail) == (RecordKind.ENTRY, EntryKind.CONFIGURATION.value)
    ]
    return tuple(dict.fromkeys(found))


def _headers(survey: SegmentSurvey) -> list[RecordHeader]:
    """The headers of all records, whole or rotten, in the order of the file."""
    placed = [
        (batch.first_sector, [RecordHeader(*record[:4], 0, 0) for record in batch.records])
        for batch in survey.batches
    ]
    placed += [
        (wreck.first_sector, [record.header for record in wreck.records]) for wreck in survey.wrecks
    ]
    return [header for _, headers in sorted(placed) for header in headers]

"""What is in a data directory, file by file, and all the damage: what `raftpi fsck` reports.

How a node would start is decided by the code of a start (see `verdict`). It stops at the first
damage; the inspection goes on through every other file, as far as what it finds there is sound.
Nothing is changed, no lock is taken: of a directory in use, what is just being written may look
torn.
"""

from dataclasses import dataclass

from raftpi.errors import DamagedData, DirectoryRefused, NewerVersion, StorageFailure
from raftpi.fsck.advice import Remedy, meaning_of, remedy_of_batch
from raftpi.fsck.identity_restoration import restore_identity
from raftpi.fsck.log_inspection import SegmentReport, Standing, inspect_log
from raftpi.fsck.payload_source import DirectoryPayloads, gather
from raftpi.fsck.verdict import Verdict, judge
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.finding import Damage, DamageFound, DamageKind, Finding
from raftpi.storage.identity import Identity, IdentityFile
from raftpi.storage.record import RecordHeader
from raftpi.storage.sector import SECTOR_BYTES
from raftpi.storage.snapshot_reader import SnapshotReader
from raftpi.storage.snapshots import KEPT_COUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotReport:
    """One snapshot. `is_newest`: a start goes on from this one."""

    path: str
    index: int
    size_bytes: int
    standing: Standing
    is_newest: bool = False
    damages: tuple[Damage, ...] = ()
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedPlace:
    """One damaged place, what it means for the node, and what mends it."""

    path: str
    damage: Damage
    meaning: str
    remedy: Remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """All of a directory.

    `owner` is whose it is, as the identity or else the segments tell. `payloads` are those of
    rotten records that other places of the directory hold. `files` are all that hold no state:
    by path, what each is. `failures` are what the card did not give.
    """

    path: str
    verdict: Verdict
    owner: Identity | None
    identity: IdentityFile | None
    restored_identity: IdentityFile | None
    segments: tuple[SegmentReport, ...]
    snapshots: tuple[SnapshotReport, ...]
    files: tuple[tuple[str, str], ...]
    payloads: dict[RecordHeader, bytes]
    damages: tuple[DamagedPlace, ...]
    notes: tuple[Finding, ...]
    failures: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 clean; a start's own code where it refuses; else that of what was found."""
        if not self.verdict.starts:
            return self.verdict.exit_code
        if self.failures:
            return StorageFailure.exit_code
        kinds = {place.damage.kind for place in self.damages}
        if DamageKind.NEWER in kinds:
            return NewerVersion.exit_code
        return DamagedData.exit_code if kinds else 0

    @property
    def lost(self) -> tuple[RecordHeader, ...]:
        """The records whose payloads are rotten, here and wherever else they may have been."""
        return tuple(
            record.header
            for segment in self.segments
            if segment.survey is not None
            for wreck in segment.survey.wrecks
            for record in wreck.lost
            if record.header not in self.payloads
        )


def inspect(disk: Disk, path: str) -> Inspection:
    """Inspect the directory at `path`. Raises DirectoryRefused if it is none."""
    directory = DataDirectory(disk, path)
    check_is_directory(disk, directory)
    return _Inspector(disk, directory).run()


def check_is_directory(disk: Disk, directory: DataDirectory) -> None:
    """Raise DirectoryRefused unless there is a data directory."""
    path = directory.path
    if not disk.exists(path):
        raise DirectoryRefused(f"there is no {path}: name a data directory, as /var/lib/raftpi")
    known = (
        directory.identity_path,
        directory.lock_path,
        directory.log_path,
        directory.new_identity_path,
    )
    if not any(map(disk.exists, known)) and not directory.being_set_aside():
        raise DirectoryRefused(
            f"{path} is not a data directory: it has no lock, no identity and no log; "
            "name the `data` of a raftpi.toml, as /var/lib/raftpi"
        )


class _Inspector:
    """Gathers what there is, part by part."""

    def __init__(self, disk: Disk, directory: DataDirectory) -> None:
        self._disk = disk
        self._directory = directory
        self._verdict = judge(disk, directory)
        self._damages: list[DamagedPlace] = []
        self._notes: list[Finding] = []
        self._failures: list[str] = []

    def run(self) -> Inspection:
        found = self._verdict.found
        replica_id = found.identity.replica_id if found is not None else 0
        cluster_id = found.identity.cluster_id if found is not None else 0
        segments = inspect_log(self._disk, self._directory, replica_id, cluster_id)
        restored = None
        if found is None:
            restored = restore_identity(self._disk, self._directory, segments)
            self._take_identity(restored)
        owner = found or restored
        payloads = self._own_payloads(segments)
        for segment in segments:
            self._take_segment(segment, payloads)
        snapshots = self._snapshots(owner.identity if owner is not None else None)
        self._take_verdict(segments, payloads)
        return Inspection(
            path=self._directory.path,
            verdict=self._verdict,
            owner=owner.identity if owner is not None else None,
            identity=found,
            restored_identity=restored,
            segments=segments,
            snapshots=snapshots,
            files=self._files(),
            payloads=payloads,
            damages=tuple(self._damages),
            notes=tuple(self._notes),
            failures=tuple(self._failures),
        )

    def _take_identity(self, restored: IdentityFile | None) -> None:
        """The verdict is on the identity, if on anything."""
        verdict = self._verdict
        if verdict.damage is not None and verdict.path == self._directory.identity_path:
            remedy = Remedy.ALONE if restored is not None else Remedy.REJOIN
            self._damage(verdict.path, verdict.damage, remedy)

    def _own_payloads(self, segments: tuple[SegmentReport, ...]) -> dict[RecordHeader, bytes]:
        """The lost payloads of which this directory has another copy."""
        surveys = [segment.survey for segment in segments if segment.survey is not None]
        lost = [
            record.header
            for survey in surveys
            for wreck in survey.wrecks
            if wreck.is_told
            for record in wreck.lost
        ]
        if not lost:
            return {}
        source = DirectoryPayloads(self._disk, self._directory.path)
        try:
            return gather([source], lost, 0)
        except StorageFailure as failure:
            self._failures.append(str(failure))
            return {}

    def _take_segment(self, segment: SegmentReport, payloads: dict[RecordHeader, bytes]) -> None:
        if segment.failure:
            self._failures.append(segment.failure)
        survey = segment.survey
        for damage in segment.damages:
            remedy = Remedy.REJOIN
            if damage.kind is DamageKind.NEWER:
                remedy = Remedy.NEWER
            elif survey is not None:
                remedy = remedy_of_batch(damage, survey, payloads)
            self._damage(segment.path, damage, remedy)
        if survey is not None and survey.torn is not None and not self._verdict.starts:
            # Where the node starts, the verdict says what becomes of it.
            text = "a batch lacks sectors that were never written: a start cuts it off"
            offset = survey.end_sector * SECTOR_BYTES
            self._note("torn-tail", segment.path, offset, text)

    def _snapshots(self, owner: Identity | None) -> tuple[SnapshotReport, ...]:
        contents = self._verdict.contents
        kept = contents.snapshots.kept if contents is not None else ()
        newest = kept[-1].index if kept else 0
        noted = 0
        if contents is not None and contents.log is not None:
            noted = contents.log.end.span.snapshot_index
        reports = []
        for index in self._directory.snapshot_indexes():
            report = self._snapshot(index, owner)
            if contents is None:
                standing = Standing.UNKNOWN
            elif index > noted:
                standing = Standing.VOID
                text = "the log has taken no note of this snapshot: a start removes it"
                self._note("unlogged-snapshot", report.path, 0, text)
            elif len(kept) == KEPT_COUNT and index < kept[0].index:
                standing = Standing.VOID
                self._note("old-snapshot", report.path, 0, "two newer ones are kept")
            else:
                standing = Standing.COUNTS
            report = SnapshotReport(
                path=report.path,
                index=index,
                size_bytes=report.size_bytes,
                standing=standing,
                is_newest=index == newest,
                damages=report.damages,
                failure=report.failure,
            )
            reports.append(report)
            if report.failure:
                self._failures.append(report.failure)
            self._take_snapshot(report)
        return tuple(reports)

    def _snapshot(self, index: int, owner: Identity | None) -> SnapshotReport:
        """Read a snapshot through; its standing is yet to be told."""
        path = self._directory.snapshot_path(index)
        standing = Standing.UNKNOWN
        size_bytes = 0
        damages: tuple[Damage, ...] = ()
        failure = ""
        try:
            size_bytes = self._disk.size(path)
            if owner is not None:
                reader = SnapshotReader(self._disk, self._directory, index, owner)
                damages = tuple(reader.flaws())
        except DamageFound as found:
            damages = (found.damage,)
        except StorageFailure as error:
            failure = str(error)
        return SnapshotReport(
            path=path,
            index=index,
            size_bytes=size_bytes,
            standing=standing,
            damages=damages,
            failure=failure,
        )

    def _take_snapshot(self, report: SnapshotReport) -> None:
        if report.standing is Standing.VOID:
            if report.damages:
                self._note("rotten-snapshot", report.path, report.damages[0].offset, "not needed")
            return
        for damage in report.damages:
            if damage.kind is DamageKind.NEWER:
                remedy = Remedy.NEWER
            elif self._verdict.starts:
                remedy = Remedy.ALONE
            elif report.standing is Standing.UNKNOWN and not self._is_judged(report.path):
                remedy = Remedy.AFTER_LOG
            else:
                remedy = Remedy.REJOIN
            self._damage(report.path, damage, remedy)

    def _is_judged(self, path: str) -> bool:
        """Whether it is on this file that the verdict is."""
        return self._verdict.path == path

    def _take_verdict(
        self, segments: tuple[SegmentReport, ...], payloads: dict[RecordHeader, bytes]
    ) -> None:
        """What only the start itself can see comes first."""
        verdict = self._verdict
        if verdict.damage is None:
            contents = verdict.contents
            for finding in contents.snapshots.rotten if contents is not None else ():
                known = {place.path for place in self._damages}
                if finding.path not in known:
                    self._notes.append(finding)
            return
        for place in self._damages:
            if (place.path, place.damage.offset) == (verdict.path, verdict.damage.offset):
                return
        remedy = Remedy.REJOIN
        for segment in segments:
            if segment.path == verdict.path and segment.survey is not None:
                remedy = remedy_of_batch(verdict.damage, segment.survey, payloads)
        others, self._damages = self._damages, []
        self._damage(verdict.path, verdict.damage, remedy)
        self._damages += others

    def _files(self) -> tuple[tuple[str, str], ...]:
        """The files without any state, and what they are."""
        directory = self._directory
        being = directory.being_set_aside()
        groups = (
            ("unfinished: a start removes it", [*directory.unfinished()]),
            ("unfinished: a start removes it", directory.unfinished_snapshots()),
            ("unfinished: a start writes it anew", [directory.new_identity_path]),
            ("a copy of what a power cut tore", directory.torn_copies()),
            ("a copy of what a repair changed", directory.repaired()),
            ("room for one snapshot on a full card", [directory.reserve_path]),
            ("set aside by raftpi rejoin; not looked into", directory.set_asides()),
            ("being set aside by raftpi rejoin", [being] if being else []),
            ("not a file of raftpi: left alone", directory.strangers()),
            ("not a file of raftpi: left alone", directory.strangers_outside()),
        )
        return tuple(
            (path, what) for what, paths in groups for path in paths if self._disk.exists(path)
        )

    def _damage(self, path: str, damage: Damage, remedy: Remedy) -> None:
        meaning = meaning_of(path, damage, starts=self._verdict.starts)
        place = DamagedPlace(path=path, damage=damage, meaning=meaning, remedy=remedy)
        self._damages.append(place)

    def _note(self, kind: str, path: str, offset: int, text: str) -> None:
        self._notes.append(Finding(kind=kind, path=path, offset=offset, text=text))

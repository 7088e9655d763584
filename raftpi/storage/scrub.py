"""The scrub: a running node reads its own files back from the card, slowly, and looks for rot.

While it runs, its memory is whole, so rot that is found in time can be mended without a peer:

- in the log: what a rotten segment holds is wanted only until a newer snapshot holds it. One is
  asked for that reaches to a segment behind it (a new one is begun if there is none), it is read
  back from the card, and only then the log is cut to it;
- in a snapshot: it does not count any more; where it was the newest, it is made again;
- in the identity: it is written again. Behind the end of the log: a new segment is begun.

Nothing is cut away before what takes its place is durable, and has been read back. A crash
before that finds the rot at the next start, which refuses as ever. A place that cannot be read
is rot: nothing was asked for that could be answered wrongly. An error of a write is none.
"""

from collections.abc import Iterator
from typing import Protocol

from raftpi.core.snapshot import SnapshotMeta
from raftpi.errors import NoSpace, StorageFailure
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.finding import DamageFound, DamageKind
from raftpi.storage.identity import Identity, unpack_identity
from raftpi.storage.scrub_step import ScrubStep
from raftpi.storage.sector import SECTOR_BYTES, marks_of
from raftpi.storage.segment_check import SegmentCheck
from raftpi.storage.segment_head import read_head
from raftpi.storage.snapshot_reader import SnapshotReader

# More than an identity ever has.
IDENTITY_BYTES = 4096


class ScrubbedLog(Protocol):
    """What the scrub needs of the open store."""

    @property
    def identity(self) -> Identity:
        """Whose it is."""

    @property
    def durable_end(self) -> tuple[int, int]:
        """The generation of the segment that is written, and the sector where it goes on."""

    @property
    def beginnings(self) -> list[tuple[int, int]]:
        """See `LogEnd`."""

    @property
    def kept(self) -> tuple[SnapshotMeta, ...]:
        """The snapshots that count, by index."""

    def forget_snapshot(self, index: int, /) -> None:
        """A snapshot is rotten: it counts no more."""

    def note_again(self) -> bool:
        """Take note of the snapshot that was forgotten last, if it has been made again."""

    def begin_anew(self) -> None:
        """Go on in a new segment. Raises NoSpace, with nothing changed."""

    def cut_to_newest(self) -> None:
        """Cut the log to the newest snapshot; older ones are removed. Raises NoSpace likewise."""

    def tell_identity(self) -> None:
        """Write the identity again."""


class Scrub:
    """Goes through the files of a store, a slice at a time, again and again.

    Runs where the log is written, so that nothing changes while a slice is read.
    """

    def __init__(self, disk: Disk, directory: DataDirectory, log: ScrubbedLog) -> None:
        """Nothing read yet."""
        self._disk = disk
        self._directory = directory
        self._log = log
        self._files: list[str] = []
        self._slices: Iterator[int] | None = None
        self._path = ""
        self._offset = 0
        self._done_bytes = 0
        self._total_bytes = 0
        # What is rotten: up to which segment the log must go, and which snapshot is wanted again.
        self._rotten = ""
        self._rotten_generation = 0
        self._rotten_snapshot = 0
        self._proof: Iterator[int] | None = None

    def step(self, limit_bytes: int) -> ScrubStep:
        """Read at most so much, or a block of a snapshot; mend what can be mended by now.

        Raises StorageFailure when a write fails. For lack of space it waits.
        """
        try:
            if self._rotten:
                return self._told(mended=self._mend_snapshot() or self._prove_and_cut())
            return self._read_on(limit_bytes)
        except NoSpace:
            return self._told()

    def _read_on(self, limit_bytes: int) -> ScrubStep:
        """The next slice of this pass."""
        if self._slices is None and not self._files:
            self._plan()
        try:
            read_bytes = self._next_slice(limit_bytes)
        except DamageFound as found:
            # What is behind it in the same file, the next pass looks at.
            self._slices = None
            return self._found(self._path, found.damage.offset, found.damage.text)
        except StorageFailure as error:
            self._slices = None
            if not self._disk.exists(self._path):  # removed meanwhile: it is needed no more
                return self._told()
            return self._found(self._path, self._offset, str(error))
        if read_bytes is None:
            self._slices = None
            return self._told(pass_ended=not self._files)
        self._done_bytes += read_bytes
        return self._told(read_bytes=read_bytes)

    # --- going through the files --------------------------------------------------------------

    def _plan(self) -> None:
        """Begin a pass: all files that there are, and about how much is in them."""
        directory = self._directory
        segments = [directory.segment_path(number) for number in directory.generations()]
        snapshots = [directory.snapshot_path(meta.index) for meta in self._log.kept]
        self._files = [directory.identity_path, *segments, *snapshots]
        self._done_bytes = 0
        self._total_bytes = sum(map(self._size_of, self._files))

    def _size_of(self, path: str) -> int:
        """0 where it cannot be told: reading the file will show why."""
        try:
            return self._disk.size(path)
        except StorageFailure:
            return 0

    def _next_slice(self, limit_bytes: int) -> int | None:
        """How much was read; None at the end of a file."""
        if self._slices is None:
            self._path = self._files.pop(0)
            self._offset = 0
            self._slices = self._slices_of(self._path, limit_bytes)
        return next(self._slices, None)

    def _slices_of(self, path: str, limit_bytes: int) -> Iterator[int]:
        directory = self._directory
        if path == directory.identity_path:
            return self._identity_slices()
        for meta in self._log.kept:
            if path == directory.snapshot_path(meta.index):
                return self._snapshot_slices(meta.index)
        for number in directory.generations():
            if path == directory.segment_path(number):
                return self._segment_slices(number, limit_bytes // SECTOR_BYTES)
        return iter(())  # removed since the pass began

    def _identity_slices(self) -> Iterator[int]:
        data = self._disk.reread(self._path, 0, IDENTITY_BYTES)
        found = unpack_identity(data)
        # On a full card it may tell of less than there is.
        newest = self._log.durable_end[0]
        if found.identity != self._log.identity or found.newest_generation > newest:
            raise DamageFound(DamageKind.ORDER, 0, "the identity is not the one that was written")
        yield len(data)

    def _snapshot_slices(self, index: int) -> Iterator[int]:
        reader = SnapshotReader(
            self._disk, self._directory, index, self._log.identity, read=self._disk.reread
        )
        for read_bytes in reader.slices(block_count=1):
            yield read_bytes
            self._offset += read_bytes

    def _segment_slices(self, generation: int, limit_sectors: int) -> Iterator[int]:
        path = self._path
        end, is_closed = self._end_of(generation)
        self._path = path
        check = SegmentCheck(marks_of(self._log.identity.replica_id, generation))
        while check.sector < end:
            count = min(limit_sectors, end - check.sector)
            data = self._reread(path, check.sector, count)
            if len(data) < count * SECTOR_BYTES:
                text = "the file has lost its end"
                raise DamageFound(DamageKind.SHORT, self._offset + len(data), text)
            check.take(data)
            yield len(data)
        check.end()
        sector = end
        while not is_closed and self._log.durable_end[0] == generation:
            # It may have been written meanwhile.
            sector = max(sector, self._log.durable_end[1])
            data = self._reread(path, sector, limit_sectors)
            if data.count(0) != len(data):
                at = self._offset + len(data) - len(data.lstrip(b"\0"))
                text = "stray bytes beyond the end of the log"
                raise DamageFound(DamageKind.STRAY, at, text)
            if not data:
                return
            sector += limit_sectors
            yield len(data)

    def _end_of(self, generation: int) -> tuple[int, bool]:
        """The sector where a segment ends, and whether another one says so."""
        later = [known for known in self._directory.generations() if known > generation]
        if not later:
            return self._log.durable_end[1], False
        self._path = self._directory.segment_path(later[0])
        head = read_head(self._reread(self._path, 0, 1))
        if head.previous_generation != generation:
            text = f"the segment goes on from generation {head.previous_generation}, which is gone"
            raise DamageFound(DamageKind.ORDER, 0, text)
        return head.previous_end_sector, True

    def _reread(self, path: str, sector: int, count: int) -> bytes:
        self._offset = sector * SECTOR_BYTES
        return self._disk.reread(path, self._offset, count * SECTOR_BYTES)

    # --- rot ----------------------------------------------------------------------------------

    def _found(self, path: str, offset: int, text: str) -> ScrubStep:
        """Rot: see what can be done at once, and what is to be waited for."""
        rot = f"{path} at offset {offset}: {text}"
        directory, log = self._directory, self._log
        if path == directory.identity_path:
            log.tell_identity()
            return self._told(rot=rot, mended=f"{path} was written again")
        for meta in log.kept:
            if path == directory.snapshot_path(meta.index):
                return self._found_in_snapshot(meta.index, rot)
        numbers = [n for n in directory.generations() if path == directory.segment_path(n)]
        if not numbers:
            return self._told()  # a snapshot that counts no more, and will be removed
        generation = numbers[0]
        if (generation, offset) >= (log.durable_end[0], log.durable_end[1] * SECTOR_BYTES):
            # What lies behind the place where another segment goes on is void.
            log.begin_anew()
            return self._told(rot=rot, mended="the log goes on in a new segment")
        self._rotten = self._rotten or rot
        self._rotten_generation = max(self._rotten_generation, generation)
        return self._told(rot=rot)

    def _found_in_snapshot(self, index: int, rot: str) -> ScrubStep:
        is_newest = index == self._log.kept[-1].index
        self._log.forget_snapshot(index)
        if not is_newest:
            return self._told(rot=rot, mended="a newer one is there: it is removed")
        self._rotten = self._rotten or rot
        self._rotten_snapshot = max(self._rotten_snapshot, index)
        return self._told(rot=rot)

    def _mend_snapshot(self) -> str:
        """See whether the rotten snapshot was made again, or a newer one."""
        if not self._rotten_snapshot:
            return ""
        kept = self._log.kept
        if not self._log.note_again() and (not kept or kept[-1].index < self._rotten_snapshot):
            return ""
        self._rotten_snapshot = 0
        return self._mended("another snapshot has taken its place")

    def _prove_and_cut(self) -> str:
        """Read the snapshot back that takes the place of a rotten segment; then cut to it."""
        if not self._rotten_generation:
            return ""
        if not self._later_beginnings():
            self._log.begin_anew()
        newest = self._log.kept[-1].index if self._log.kept else 0
        if newest < self._needed_index():
            self._proof = None
            return ""
        if self._proof is None:
            self._path = self._directory.snapshot_path(newest)
            self._proof = self._snapshot_slices(newest)
        try:
            if next(self._proof, None) is not None:
                return ""
        except (DamageFound, StorageFailure):
            # Not good enough: another one is asked for.
            self._proof = None
            self._log.forget_snapshot(newest)
            self._rotten_snapshot = newest
            return ""
        self._proof = None
        self._log.cut_to_newest()
        self._rotten_generation = 0
        # What was to be read of the files that are gone now.
        self._slices, self._files = None, []
        return self._mended("a snapshot has taken its place, and it is cut away")

    def _mended(self, how: str) -> str:
        if self._rotten_generation or self._rotten_snapshot:
            return ""
        text, self._rotten = f"{self._rotten}: {how}", ""
        return text

    def _later_beginnings(self) -> list[int]:
        """The first indexes of the segments behind the rot at which the log could begin."""
        return [index for n, index in self._log.beginnings if n > self._rotten_generation]

    def _needed_index(self) -> int:
        """Up to where a snapshot has to reach at least."""
        behind = min(self._later_beginnings(), default=1) - 1 if self._rotten_generation else 0
        return max(behind, self._rotten_snapshot)

    def _told(
        self, *, read_bytes: int = 0, pass_ended: bool = False, rot: str = "", mended: str = ""
    ) -> ScrubStep:
        return ScrubStep(
            read_bytes=read_bytes,
            done_bytes=self._done_bytes,
            total_bytes=self._total_bytes,
            pass_ended=pass_ended,
            rot=rot,
            mended=mended,
            rotten=self._rotten,
            needed_index=self._needed_index() if self._rotten and self._proof is None else 0,
            is_proving=self._proof is not None,
        )

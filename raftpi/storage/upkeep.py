"""What is done behind a batch, so that none waits for it: room ahead of need, and tidying up.

One piece at a time, each bounded, so that a batch that has come meanwhile goes first: remove the
segments and snapshots that no start needs any more, make room in the segment or begin the next
one, fill the reserve. Here space runs out, if it does: from then on there is a shortage. Nothing
is tried again before `look_for_space` finds as much free as is wanted; the shortage is over when
all there should be room for has it.
"""

from collections.abc import Callable
from enum import Enum

from raftpi.errors import NoSpace
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.open_segment import OpenSegment
from raftpi.storage.reserve import Reserve
from raftpi.storage.shortage import Shortage

# What must be free before a full card counts as having space again, besides the reserve's part:
# room for what is made ahead at once, and as much again, so that it is not full at once, too.
SPARE_BYTES = 1024 * 1024
SPARE_SEGMENTS = 2  # where that is less


class Piece(Enum):
    """What can be due."""

    CUT = "cut"
    GROW = "grow"
    NEXT_SEGMENT = "next segment"
    IDENTITY = "identity"
    RESERVE = "reserve"


class Upkeep:
    """Knows what is due, and whether the card is full.

    `shortage` is what was met, None while there is room. Invariant: with a shortage nothing is
    begun but a cut, until `look_for_space`.
    """

    def __init__(
        self, disk: Disk, directory: DataDirectory, reserve: Reserve, *, segment_bytes: int
    ) -> None:
        """All is well."""
        self.reserve = reserve
        self.cut_is_due = False
        self.identity_is_due = False
        self._disk = disk
        self._directory = directory
        self._spare_bytes = min(SPARE_BYTES, SPARE_SEGMENTS * segment_bytes)
        self._text = ""
        self._needed_bytes = 0
        self._is_trying = False

    def shortage(self, segment: OpenSegment | None) -> Shortage | None:
        """What to tell of it."""
        if not self._text:
            return None
        return Shortage(
            text=self._text,
            free_bytes=self._disk.free_bytes(self._directory.path),
            wanted_bytes=self._wanted_bytes,
            takes_votes=segment is not None and segment.has_reserved_room,
        )

    def met(self, error: NoSpace, needed_bytes: int = 0) -> None:
        """There was no space, for so much among other things."""
        self._text = str(error)
        self._is_trying = False
        self._needed_bytes = needed_bytes

    def next_piece(self, segment: OpenSegment | None) -> Piece | None:
        """What is due now, None for nothing."""
        if self.cut_is_due:
            return Piece.CUT
        if self._text and not self._is_trying:
            return None
        if segment is not None and segment.is_short_of_room:
            return Piece.GROW if segment.may_grow else Piece.NEXT_SEGMENT
        if self.identity_is_due:
            return Piece.IDENTITY
        return Piece.RESERVE if self.reserve.lacking_bytes else None

    def do(self, piece: Piece, deeds: dict[Piece, Callable[[], None]]) -> None:
        """Do what is due by the deed that is given for it. Raises StorageFailure."""
        try:
            deeds[piece]()
        except NoSpace as error:
            self.met(error)

    def look_for_space(self, segment: OpenSegment | None) -> None:
        """See whether there is enough free again: then all that is due is tried, piece by piece."""
        if self._text and self._disk.free_bytes(self._directory.path) >= self._wanted_bytes:
            self._is_trying = True
        self.settle(segment)

    def settle(self, segment: OpenSegment | None) -> None:
        """Note that the shortage is over once nothing lacks room any more."""
        if self._is_trying and self.next_piece(segment) is None:
            self._text = ""
            self._is_trying = False

    @property
    def _wanted_bytes(self) -> int:
        return self.reserve.lacking_bytes + self._spare_bytes + 2 * self._needed_bytes

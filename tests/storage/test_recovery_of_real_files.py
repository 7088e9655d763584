"""Real files, every byte of them flipped, cut off at every length, removed and exchanged.

Whatever was done to one file of a small directory, a start has everything that was promised, or
is refused with the file and the offset. The same damage as in `test_recovery_damage`, but on the
machine's own file system, through the real disk, and judged by the same judges.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from raftpi.errors import RaftpiError
from raftpi.storage.store import Recovered
from tests.storage.judges import has_everything, is_refused_with_a_place, outcome_of
from tests.storage.rooted_disk import RootedDisk
from tests.storage.script import batch, changed, command, founding
from tests.storage.snapshot_script import (
    Account,
    Past,
    Step,
    Take,
    live,
    meta,
    noting,
)

NODE = "/data/node"
SECTOR = 512
SEGMENT_BYTES = 1536
# Of zeros behind what was written, that many bytes lie between one that is tried and the next.
ZEROS_STEP = 13
# At every so many refusals it is looked whether anything was changed.
LOOKED_AT_EVERY = 7

OLDER, NEWER = meta(3, 1), meta(5, 2, configured=4, settings=b"\x02")
OLDER_NAME, NEWER_NAME = "0000000000000003.snap", "0000000000000005.snap"
# Every kind of record, batches of one and of several sectors; three segments, a cut log, two
# snapshots: little enough that every byte of it can be tried.
LIFE: tuple[Step, ...] = (
    (batch(founding(), term=1, vote=7),),
    (batch(command(2, 1), command(3, 1, b"z" * 450)),),
    Take(OLDER, size_bytes=64),
    (noting(OLDER),),
    (batch(changed(4, 1, b"\x02"), command(5, 1)),),
    (batch(command(5, 2, b"other"), term=2),),
    Take(NEWER, size_bytes=64),
    (noting(NEWER),),
    (batch(command(6, 2, b"y" * 450)),),
    (batch(term=3, vote=9),),
    None,
    (batch(command(7, 3, b"x" * 450)),),
    (batch(term=4),),
)


class Directory:
    """A directory with a past, that can be put back as it was after each trial."""

    def __init__(self, root: Path) -> None:
        self.disk = RootedDisk(root)
        account = Account()
        live(self.disk, account, LIFE, segment_bytes=SEGMENT_BYTES)
        self.promised: Past = account.promised
        self.root = self.disk.real(NODE)
        self.files = {path: path.read_bytes() for path in self._paths()}
        self._trial_count = 0

    def names(self) -> Iterator[tuple[Path, str, bytes]]:
        """Every file: where it is, its path as the store has it, its bytes."""
        for path, data in self.files.items():
            yield path, f"{NODE}/{path.relative_to(self.root)}", data

    def trial(self, **changed: bytes | None) -> Recovered | RaftpiError:
        """Start with other bytes in these files (None: without them); then all is as it was."""
        for name, data in changed.items():
            if data is None:
                Path(name).unlink()
            else:
                put(Path(name), data)
        outcome = outcome_of(self.disk, segment_bytes=SEGMENT_BYTES)
        self._trial_count += 1
        if isinstance(outcome, RaftpiError) and self._trial_count % LOOKED_AT_EVERY == 0:
            # A refusal changes nothing: whoever repairs finds what was there.
            for path, data in self.files.items():
                expected = changed.get(str(path), data)
                found = path.read_bytes() if path.exists() else None
                assert path.name == "lock" or found == expected, path
        self._put_back(only=changed if isinstance(outcome, RaftpiError) else None)
        return outcome

    def judge(self, outcome: Recovered | RaftpiError, *paths: str) -> str:
        """Which of the two it is; anything else fails."""
        if isinstance(outcome, RaftpiError):
            assert is_refused_with_a_place(outcome, *paths), (paths, outcome)
            return "refused"
        assert has_everything(outcome, self.promised), (paths, outcome)
        assert {finding.kind for finding in outcome.findings} <= {"rotten-snapshot"}
        return "told" if outcome.findings else "harmless"

    def _put_back(self, only: dict[str, bytes | None] | None) -> None:
        if only is None:
            for path in self._paths():
                if path not in self.files:
                    path.unlink()
        for path, data in self.files.items():
            if only is None or str(path) in only:
                put(path, data)

    def _paths(self) -> list[Path]:
        return [path for path in sorted(self.root.rglob("*")) if path.is_file()]


def put(path: Path, data: bytes) -> None:
    """Write over what is there: a file that is emptied first costs ext4 a flush."""
    with path.open("r+b" if path.exists() else "wb") as file:
        file.write(data)
        file.truncate()


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    made = Directory(tmp_path)
    assert sum(map(len, made.files.values())) < 8_000
    assert len([path for path in made.files if path.suffix == ".wal"]) >= 3
    assert len([path for path in made.files if path.suffix == ".snap"]) == 2
    return made


def offsets(data: bytes) -> Iterator[int]:
    """Every byte, but of the zeros at the end those of the first sector and a sample."""
    written = len(data.rstrip(b"\0"))
    yield from range(min(written + SECTOR, len(data)))
    yield from range(written + SECTOR, len(data), ZEROS_STEP)


def flip_all(directory: Directory, mask_at: list[int], step: int = 1) -> Counter[str]:
    """Flip byte after byte; `mask_at` are the bits, by the offset. How it ended, how often."""
    ends: Counter[str] = Counter()
    for path, name, data in directory.names():
        for offset in list(offsets(data))[::step]:
            broken = bytearray(data)
            broken[offset] ^= mask_at[offset % len(mask_at)]
            outcome = directory.trial(**{str(path): bytes(broken)})
            ends[directory.judge(outcome, name)] += 1
    return ends


ROTATING = [1 << bit for bit in range(8)]


@pytest.mark.slow
def test_every_byte_flipped_in_one_bit_leads_to_its_row_of_the_table(directory: Directory) -> None:
    ends = flip_all(directory, ROTATING)
    assert ends["refused"] > 4_000
    # A flaw in the newer snapshot is told; what nothing depends on is the void end of a segment.
    assert ends["told"] >= len(next(d for p, d in directory.files.items() if p.name == NEWER_NAME))
    assert ends["harmless"]


@pytest.mark.soak
@pytest.mark.parametrize("mask", [0xFF, *ROTATING])
def test_every_byte_flipped_in_any_bits(directory: Directory, mask: int) -> None:
    assert flip_all(directory, [mask])["refused"] > 4_000


@pytest.mark.slow
@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.soak)])
def test_every_length_cut_to_leads_to_its_row_of_the_table(directory: Directory, step: int) -> None:
    ends: Counter[str] = Counter()
    for path, name, data in directory.names():
        near_sectors = (0, 1, SECTOR - 1)
        for length in range(len(data)):
            if len(data) > 2 * SECTOR and length % step and length % SECTOR not in near_sectors:
                continue
            ends[directory.judge(directory.trial(**{str(path): data[:length]}), name)] += 1
    assert ends["refused"] > 4_000 // step


def test_every_file_removed_leads_to_its_row_of_the_table(directory: Directory) -> None:
    ends = {
        path.name: directory.judge(directory.trial(**{str(path): None}), name)
        for path, name, _ in directory.names()
    }
    assert ends.pop("lock") == "harmless"
    assert ends.pop("identity") == "refused"
    segments = [name for name in ends if name.endswith(".wal")]
    # The oldest are what an older snapshot would need.
    assert {ends.pop(name) for name in sorted(segments)[-2:]} == {"refused"}
    assert {ends.pop(name) for name in sorted(segments)[:-2]} <= {"refused", "harmless"}
    assert ends == {OLDER_NAME: "harmless", NEWER_NAME: "told"}


def test_any_two_files_exchanged_lead_to_their_row_of_the_table(directory: Directory) -> None:
    for one, other in combinations(directory.names(), 2):
        (path, name, data), (other_path, other_name, other_data) = one, other
        outcome = directory.trial(**{str(path): other_data, str(other_path): data})
        end = directory.judge(outcome, name, other_name)
        assert end == "refused" or ".snap" in name + other_name, (name, other_name)


def test_every_file_of_another_replica_leads_to_its_row_of_the_table(
    directory: Directory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr("tests.storage.script.REPLICA_ID", 0x77)
        other = Directory(tmp_path / "other")
    newest = max(path for path in directory.files if path.suffix == ".wal")
    for path, name, data in directory.names():
        foreign = other.files[other.root / path.relative_to(directory.root)]
        # Of another identity the segments are told to be foreign.
        named = (name, f"{NODE}/log/{newest.name}")
        end = directory.judge(directory.trial(**{str(path): foreign}), *named)
        if path.name == "lock":
            continue
        assert foreign != data
        by_name = {OLDER_NAME: "told", NEWER_NAME: "told"}
        assert end == by_name.get(path.name, "refused"), name

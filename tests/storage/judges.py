"""What may become of a start on a damaged directory: it goes on with everything, or is refused."""

from raftpi.errors import DamagedData, DirectoryRefused, NewerVersion, RaftpiError
from raftpi.storage.disk import Disk
from raftpi.storage.store import Recovered
from tests.storage import script
from tests.storage.snapshot_script import Past, payload

# Whatever else a start raises is a bug.
REFUSALS = (DamagedData, NewerVersion, DirectoryRefused)


def outcome_of(disk: Disk, *, segment_bytes: int) -> Recovered | RaftpiError:
    """What was recovered, its snapshot read to its end, or why the start was refused.

    The older snapshot is not read: it is not needed, and its rot is found when it is.
    """
    try:
        store = script.open_store(disk, segment_bytes=segment_bytes)
    except REFUSALS as refusal:
        return refusal
    try:
        snapshot = store.recovered.snapshot
        if snapshot is not None:
            file = store.open_snapshot(snapshot.index)
            data = file.read(0, file.size_bytes)
            assert data == payload(snapshot, 8 * data.count(b";"))
    finally:
        store.close()
    return store.recovered


def is_refused_with_a_place(outcome: Recovered | RaftpiError, *paths: str) -> bool:
    """Whether it names one of these files, an offset in it, and what to run next."""
    text = str(outcome)
    return (
        isinstance(outcome, RaftpiError)
        and any(f"{path} " in text for path in paths)
        and "offset" in text
        and ("raftpi fsck /data/node" in text or isinstance(outcome, NewerVersion))
    )


def has_everything(recovered: Recovered, promised: Past) -> bool:
    """Whether nothing is missing or else; it may go on from an older snapshot, with more log."""
    snapshot = recovered.snapshot
    place = (snapshot.index, snapshot.term) if snapshot is not None else (0, 0)
    if place > promised.snapshot or recovered.hard_state != promised.hard_state:
        return False
    if place < promised.snapshot and not recovered.findings:
        return False
    entries, behind = recovered.entries, promised.entries
    between = entries[: len(entries) - len(behind)]
    return (
        entries[len(between) :] == behind
        and len(between) == promised.snapshot[0] - place[0]
        and (not between or between[-1].term == promised.snapshot[1])
    )

"""How long a start takes when the log has a million entries.

The directory is made with the store itself, once as a slow cluster leaves it (a batch for every
entry: half a gigabyte) and once as a busy one does (fifty entries a batch), and opened by a
process of its own, with the collector set as the daemon sets it. The file is in the page cache:
the card's own reading time comes on top.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from raftpi.core.configuration import Configuration, Member
from raftpi.core.entry import Entry, EntryKind
from raftpi.core.ready import Batch, HardState
from raftpi.core.timing import PROFILES
from raftpi.storage.disk import File, RealDisk
from raftpi.storage.store import Store

ENTRY_COUNT = 1_000_000
COMMAND_BYTES = 300
OPEN_COUNT = 3
REPLICA_ID = 77
FOUNDING = Configuration(
    cluster_id=99,
    members=(Member(replica_id=REPLICA_ID, node_id=1, name="pi1"),),
    timing=PROFILES["wired"],
)


class HastyDisk(RealDisk):
    """Syncs no file: a directory for a measurement needs no power cut's mercy."""

    def create(self, path: str) -> File:
        return HastyFile(super().create(path))


class HastyFile:
    def __init__(self, file: File) -> None:
        self.write_at = file.write_at
        self.truncate = file.truncate
        self.close = file.close

    def sync(self) -> None:
        return


def open_store(directory: Path, *, hasty: bool = False) -> Store:
    return Store.open(
        disk=HastyDisk() if hasty else RealDisk(),
        directory=str(directory),
        node_id=1,
        name="pi1",
        mint_replica_id=lambda: REPLICA_ID,
    )


def build(directory: Path, *, entry_count: int, per_batch: int) -> None:
    """A log of so many entries, the founding one included."""
    store = open_store(directory, hasty=True)
    founding = Entry(index=1, term=1, kind=EntryKind.CONFIGURATION, configuration=FOUNDING)
    first = Batch(number=1, hard_state=HardState(term=1, voted_for=0), entries=(founding,))
    store.append([first])
    command = b"c" * COMMAND_BYTES
    for begin in range(2, entry_count + 1, per_batch):
        end = min(begin + per_batch, entry_count + 1)
        entries = tuple(Entry(index=i, term=1, command=command) for i in range(begin, end))
        store.append([Batch(number=begin, hard_state=None, entries=entries)])
    store.close()


def open_in_a_process(directory: Path) -> dict[str, float]:
    """Seconds and resident megabytes of a start, told by a process of its own."""
    words = [sys.executable, "-m", "bench.long_log", str(directory)]
    told: dict[str, float] = json.loads(
        subprocess.run(words, check=True, capture_output=True).stdout
    )
    return told


def start_times(entry_count: int = ENTRY_COUNT) -> dict[str, float]:
    """Both logs, by name."""
    figures: dict[str, float] = {}
    for name, per_batch in (("one_a_batch", 1), ("fifty_a_batch", 50)):
        directory = Path(tempfile.mkdtemp(prefix="raftpi-bench-"))
        try:
            build(directory / "data", entry_count=entry_count, per_batch=per_batch)
            tries = [open_in_a_process(directory / "data") for _ in range(OPEN_COUNT)]
        finally:
            shutil.rmtree(directory)
        for what in tries[0]:
            figures[f"{what}_{name}"] = statistics.median(told[what] for told in tries)
    return figures


def main() -> None:
    """Open the directory that is named, and print what it took."""
    from raftpi.daemon.garbage import keep_collections_short

    keep_collections_short()
    begin_s, begin_cpu_s = time.monotonic(), time.process_time()
    store = open_store(Path(sys.argv[1]))
    open_s, processor_s = time.monotonic() - begin_s, time.process_time() - begin_cpu_s
    assert store.recovered.entries
    resident = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
    print(
        json.dumps(
            {
                "open_s": round(open_s, 2),
                "processor_s": round(processor_s, 2),
                "resident_mb": int(resident) // 1000,
            }
        )
    )
    store.close()


if __name__ == "__main__":
    main()

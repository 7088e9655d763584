"""How long a snapshot of 100,000 keys takes to write and to load."""

import shutil
import tempfile
import time
from pathlib import Path

from bench.long_log import FOUNDING, build, open_store
from raftpi.command import Put, Stamp, pack_command
from raftpi.core.ready import Batch
from raftpi.core.snapshot import SnapshotMeta
from raftpi.kv.machine import Machine
from raftpi.node.card_job import BeginSnapshot, FinishSnapshot, Origin, WriteSnapshot
from raftpi.node.restored import restored
from raftpi.node.snapshot_maker import SnapshotMaker
from raftpi.node.snapshot_store import SnapshotStore
from raftpi.storage.store import Store

KEY_COUNT = 100_000
VALUE_BYTES = 256


def filled_machine() -> Machine:
    """So many keys, put by a hundred sessions."""
    machine = Machine()
    for number in range(KEY_COUNT):
        session, sequence = number % 100 + 1, number // 100 + 1
        stamp = Stamp(session_id=session, sequence=sequence, first_pending=sequence, began_index=0)
        value = b"%0*d" % (VALUE_BYTES, number)
        machine.apply(
            number + 2, pack_command(stamp, Put(key=b"sensor/%08d" % number, value=value))
        )
    return machine


def write_snapshot(store: Store, machine: Machine, index: int) -> SnapshotMeta:
    """As the node does it, but without anything in between."""
    runner = SnapshotStore(store)
    maker = SnapshotMaker(entry_limit_count=1, log_limit_bytes=1)
    meta = SnapshotMeta(index=index, term=1, configuration_index=1, configuration=FOUNDING)
    jobs = maker.begin(machine, meta)
    while jobs:
        job = jobs.pop(0)
        assert isinstance(job, BeginSnapshot | WriteSnapshot | FinishSnapshot)
        assert job.origin is Origin.OWN
        more, _ = maker.job_done(runner.run(job))
        jobs += more
    return meta


def snapshot_times() -> dict[str, float]:
    """Seconds to write it durably and to load it at a start, and its size."""
    directory = Path(tempfile.mkdtemp(prefix="raftpi-bench-"))
    try:
        data = directory / "data"
        build(data, entry_count=1, per_batch=1)
        machine = filled_machine()
        store = open_store(data)
        begin_s, begin_cpu_s = time.monotonic(), time.process_time()
        meta = write_snapshot(store, machine, KEY_COUNT + 1)
        write_s, write_processor_s = time.monotonic() - begin_s, time.process_time() - begin_cpu_s
        store.append([Batch(number=1, hard_state=None, entries=(), snapshot=meta)])
        size_bytes = store.open_snapshot(meta.index).size_bytes
        store.close()
        begin_s, begin_cpu_s = time.monotonic(), time.process_time()
        store = open_store(data)
        loaded = restored(Machine(), store)
        load_s, load_processor_s = time.monotonic() - begin_s, time.process_time() - begin_cpu_s
        assert loaded.digest() == machine.digest()
        store.close()
    finally:
        shutil.rmtree(directory)
    return {
        "write_s": write_s,
        "write_processor_s": write_processor_s,
        "load_s": load_s,
        "load_processor_s": load_processor_s,
        "size_mb": size_bytes / 1e6,
    }

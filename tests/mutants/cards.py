"""Bugs of what is kept on the card."""

from dataclasses import replace
from typing import Any

from raftpi.core.ready import HardState
from raftpi.core.state import ReplicaState
from raftpi.errors import StorageFailure
from raftpi.storage import metered_disk, recovery
from tests.mutants.mutant import mutant


@mutant("D", "a bad record discards the rest of the log")
def rest_discarded() -> None:
    original = recovery.scan_segment

    def scan(*arguments: Any, **rest: Any) -> Any:
        return replace(original(*arguments, **rest), damage=None)

    recovery.scan_segment = scan  # type: ignore[attr-defined]


@mutant("D", "a doubtful end of the log is cut off, and its owner votes on")
def doubt_ignored() -> None:
    original = ReplicaState.__init__

    def begin(self: ReplicaState, *, hard_state: HardState, **rest: Any) -> None:
        original(self, hard_state=replace(hard_state, in_doubt=False), **rest)

    ReplicaState.__init__ = begin  # type: ignore[method-assign,assignment]


@mutant("D", "no directory sync after rename")
def directory_not_synced() -> None:
    metered_disk.MeteredDisk.sync_directory = lambda self, path: None  # type: ignore[method-assign]


@mutant("D", "sync error ignored")
def sync_error_ignored() -> None:
    original = metered_disk.MeteredFile.sync

    def sync(self: metered_disk.MeteredFile) -> None:
        try:
            original(self)
        except StorageFailure:
            return

    metered_disk.MeteredFile.sync = sync  # type: ignore[method-assign]


@mutant("D", "sync error answered by another sync")
def sync_retried() -> None:
    original = metered_disk.MeteredFile.sync

    def sync(self: metered_disk.MeteredFile) -> None:
        try:
            original(self)
        except StorageFailure:
            original(self)

    metered_disk.MeteredFile.sync = sync  # type: ignore[method-assign]

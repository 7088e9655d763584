"""Bugs of what is kept on the card."""

from dataclasses import replace
from typing import Any

from raftpi.errors import StorageFailure
from raftpi.storage import metered_disk, recovery
from tests.mutants.mutant import mutant


@mutant("D", "a bad record discards the rest of the log")
def rest_discarded() -> None:
    original = recovery.scan_segment

    def scan(*arguments: Any, **rest: Any) -> Any:
        return replace(original(*arguments, **rest), damage=None)

    recovery.scan_segment = scan  # type: ignore[attr-defined]


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

"""The record by which the log takes note of a snapshot.

Its header's index and term are the snapshot's; its payload, little-endian:

    index of the configuration's entry u64, the packed configuration

The snapshot's file is durable before the record is written. Where the log ended before that
index, or held another term there, the detail is 1: all of the log is void, and it goes on behind
the snapshot, with the snapshot's configuration in force. Elsewhere it is 0, and the log goes on
as it was. The record says so itself because a reader may find the log's beginning cut off.
"""

from dataclasses import dataclass
from struct import Struct

from raftpi.core.snapshot import SnapshotMeta
from raftpi.errors import ProtocolError
from raftpi.payload import pack_configuration, unpack_configuration
from raftpi.storage.finding import DamageFound, DamageKind
from raftpi.storage.record import Record, RecordKind, add_record
from raftpi.storage.segment_head import LoggedConfiguration

_INDEX = Struct("<Q")
_AGREES = 0
_VOIDS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedSnapshot:
    """A snapshot as the log holds it. Its configuration's term is not known: 0."""

    index: int
    term: int
    voids: bool
    configuration: LoggedConfiguration


def logged(snapshot: SnapshotMeta, *, voids: bool) -> LoggedSnapshot:
    """The snapshot as the log will hold it."""
    return LoggedSnapshot(
        index=snapshot.index,
        term=snapshot.term,
        voids=voids,
        configuration=LoggedConfiguration(
            index=snapshot.configuration_index,
            term=0,
            payload=pack_configuration(snapshot.configuration),
        ),
    )


def add_snapshot(pieces: list[bytes], seed: int, snapshot: LoggedSnapshot) -> None:
    """Put the record in `pieces`."""
    known = snapshot.configuration
    payload = _INDEX.pack(known.index) + known.payload
    detail = _VOIDS if snapshot.voids else _AGREES
    add_record(pieces, seed, RecordKind.SNAPSHOT, detail, snapshot.index, snapshot.term, payload)


def read_snapshot(record: Record, offset: int) -> LoggedSnapshot:
    """The snapshot that a record of that kind notes. Raises DamageFound."""
    configuration = record.payload[_INDEX.size :]
    try:
        unpack_configuration(configuration)
    except ProtocolError as error:
        raise DamageFound(
            DamageKind.ORDER,
            offset,
            f"the record of the snapshot up to {record.log_index} cannot be read: {error}",
        ) from error
    if record.detail not in (_AGREES, _VOIDS):
        raise DamageFound(
            DamageKind.NEWER,
            offset,
            f"the record of a snapshot has detail {record.detail}, which is not known here",
        )
    (configuration_index,) = _INDEX.unpack_from(record.payload)
    return LoggedSnapshot(
        index=record.log_index,
        term=record.term,
        voids=record.detail == _VOIDS,
        configuration=LoggedConfiguration(index=configuration_index, term=0, payload=configuration),
    )

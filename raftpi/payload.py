"""The bytes of a log entry's payload, the same on the wire and on the disk.

A command's payload is the client's own bytes, untouched; only a configuration, which is
rare, is packed and unpacked here.
"""

import msgpack

from raftpi.core.configuration import Configuration, Member
from raftpi.core.entry import Entry, EntryKind
from raftpi.core.snapshot import SnapshotMeta
from raftpi.core.timing import Timing
from raftpi.errors import ProtocolError

KINDS: dict[int, EntryKind] = {kind.value: kind for kind in EntryKind}


def pack_payload(entry: Entry) -> bytes:
    """The entry's payload: the command's bytes, a packed configuration, or nothing for a no-op."""
    if entry.configuration is not None:
        return pack_configuration(entry.configuration)
    return entry.command


def unpack_entry(index: int, term: int, kind_number: int, payload: bytes) -> Entry:
    """The entry that `pack_payload` came from. Raises ProtocolError for what is none."""
    kind = KINDS.get(kind_number)
    if kind is None:
        raise ProtocolError(f"entry {index} is of an unknown kind {kind_number}")
    if kind is EntryKind.CONFIGURATION:
        configuration = unpack_configuration(payload)
        return Entry(index=index, term=term, kind=kind, configuration=configuration)
    if kind is EntryKind.NOOP:
        return Entry(index=index, term=term, kind=kind)
    return Entry(index=index, term=term, kind=kind, command=payload)


def pack_configuration(configuration: Configuration) -> bytes:
    """A configuration as a msgpack map, so that later versions may add keys."""
    timing = configuration.timing
    fields = {
        "cluster_id": configuration.cluster_id,
        "members": [_fields_of(member) for member in configuration.members],
        "timing": [timing.heartbeat_us, timing.election_min_us, timing.election_max_us],
        "lease_reads": configuration.lease_reads,
        "machine": configuration.machine_settings,
    }
    packed: bytes = msgpack.packb(fields)
    return packed


def unpack_configuration(data: bytes) -> Configuration:
    """The configuration that `pack_configuration` packed. Raises ProtocolError."""
    try:
        fields = msgpack.unpackb(data)
        heartbeat_us, election_min_us, election_max_us = fields["timing"]
        _require(int, heartbeat_us, election_min_us, election_max_us, fields["cluster_id"])
        _require(bytes, fields["machine"])
        lease_reads = fields.get("lease_reads", False)
        _require(bool, lease_reads)
        _require(list, fields["members"])
        members = tuple(_member(*member) for member in fields["members"])
        if len({member.replica_id for member in members}) < len(members):
            raise ProtocolError("not a configuration: two members have the same replica id")
        return Configuration(
            cluster_id=fields["cluster_id"],
            members=members,
            timing=Timing(
                heartbeat_us=heartbeat_us,
                election_min_us=election_min_us,
                election_max_us=election_max_us,
            ),
            lease_reads=lease_reads,
            machine_settings=fields["machine"],
        )
    except (ValueError, TypeError, KeyError, msgpack.UnpackException) as error:
        raise ProtocolError(f"not a configuration: {error}") from error


def pack_snapshot_meta(snapshot: SnapshotMeta) -> bytes:
    """What a snapshot stands for, as a msgpack map, so that later versions may add keys."""
    fields = {
        "index": snapshot.index,
        "term": snapshot.term,
        "configuration_index": snapshot.configuration_index,
        "configuration": pack_configuration(snapshot.configuration),
    }
    packed: bytes = msgpack.packb(fields)
    return packed


def unpack_snapshot_meta(data: bytes) -> SnapshotMeta:
    """What `pack_snapshot_meta` packed. Raises ProtocolError."""
    try:
        fields = msgpack.unpackb(data)
        numbers = [fields[name] for name in ("index", "term", "configuration_index")]
        _require(int, *numbers)
        _require(bytes, fields["configuration"])
    except (ValueError, TypeError, KeyError, msgpack.UnpackException) as error:
        raise ProtocolError(f"not a snapshot's head: {error}") from error
    index, term, configuration_index = numbers
    if not 0 < configuration_index <= index or term < 1:
        raise ProtocolError(
            f"not a snapshot's head: index {index}, term {term}, "
            f"configuration of {configuration_index}"
        )
    return SnapshotMeta(
        index=index,
        term=term,
        configuration_index=configuration_index,
        configuration=unpack_configuration(fields["configuration"]),
    )


def _fields_of(member: Member) -> list[object]:
    flags = [member.voter, member.outgoing, member.joining]
    fields = [member.replica_id, member.node_id, member.name, *flags, member.replaces]
    if member.cleared_doubt_id:
        fields.append(member.cleared_doubt_id)
    return fields


def _member(
    replica_id: int,
    node_id: int,
    name: str,
    voter: bool,
    outgoing: bool = False,
    joining: bool = False,
    replaces: int = 0,
    cleared_doubt_id: int = 0,
) -> Member:
    _require(int, replica_id, node_id, replaces, cleared_doubt_id)
    _require(str, name)
    _require(bool, voter, outgoing, joining)
    return Member(
        replica_id=replica_id,
        node_id=node_id,
        name=name,
        voter=voter,
        outgoing=outgoing,
        joining=joining,
        replaces=replaces,
        cleared_doubt_id=cleared_doubt_id,
    )


def _require(kind: type, *values: object) -> None:
    for value in values:
        if type(value) is not kind:
            raise TypeError(f"{kind.__name__} expected, not {value!r}")

"""What damage means for a node, and which command to run next."""

from collections.abc import Mapping
from enum import Enum

from raftpi.fsck.segment_survey import SegmentSurvey, Wreck
from raftpi.storage.finding import Damage, DamageKind
from raftpi.storage.record import RecordHeader, RecordKind, payload_fits
from raftpi.storage.sector import SECTOR_BYTES

# A peer's log has the payloads of these.
REFILLED_KINDS = (RecordKind.ENTRY, RecordKind.CONFIGURATION)


class Remedy(Enum):
    """What mends a damaged place."""

    ALONE = "repair"  # `fsck --repair`
    PEER = "repair-from-peer"  # `fsck --repair --from PEER`
    AFTER_LOG = "repair-log-first"  # whether it is needed can be told once the log is whole
    REJOIN = "rejoin"  # nobody but the cluster can: `rejoin`
    NEWER = "install-newer"  # no damage

    def command(self, directory: str) -> str:
        """The command to run next for a directory."""
        if self is Remedy.ALONE:
            return f"raftpi fsck --repair {directory}"
        if self is Remedy.PEER:
            return f"raftpi fsck --repair --from PEER {directory}"
        if self is Remedy.AFTER_LOG:
            return f"raftpi fsck {directory}"
        if self is Remedy.REJOIN:
            return "raftpi rejoin"
        return "install the newer raftpi again"


def remedy_of_batch(
    damage: Damage, survey: SegmentSurvey, payloads: Mapping[RecordHeader, bytes]
) -> Remedy:
    """What mends this damage of a segment; `payloads` are those that the directory has itself."""
    for wreck in survey.wrecks:
        if wreck.first_sector <= damage.offset // SECTOR_BYTES < wreck.end_sector:
            return _remedy_of_wreck(wreck, payloads)
    if survey.stray_offset is None or damage.offset // SECTOR_BYTES < survey.end_sector:
        return Remedy.REJOIN
    remedies = [_remedy_of_wreck(wreck, payloads) for wreck in survey.wrecks]
    for worst in (Remedy.REJOIN, Remedy.PEER):
        if worst in remedies:
            return worst
    return Remedy.ALONE


def _remedy_of_wreck(wreck: Wreck, payloads: Mapping[RecordHeader, bytes]) -> Remedy:
    if not wreck.is_told:
        return Remedy.REJOIN
    headers = [record.header for record in wreck.lost]
    missing = [
        header
        for header in headers
        if header not in payloads or not payload_fits(header, payloads[header])
    ]
    if not missing:
        return Remedy.ALONE
    if all(header.kind in REFILLED_KINDS for header in missing):
        return Remedy.PEER
    return Remedy.REJOIN


_IN_SEGMENT = {
    DamageKind.MARK: "what the sector held may have been promised to others",
    DamageKind.HEADER: "which entries, term or vote stood there cannot be told: "
    "they may have been promised to others",
    DamageKind.PAYLOAD: "that entry may count as acknowledged by this node, and is not here",
    DamageKind.STRAY: "a batch may have stood there once",
    DamageKind.ORDER: "something between whole batches is gone or out of place: "
    "it may have been promised to others",
    DamageKind.SHORT: "batches may have stood behind the end that is left",
    DamageKind.MISSING: "the entries, term or vote in it may have been promised to others",
    DamageKind.FOREIGN: "this is somebody else's past, and this node's own is not here",
    DamageKind.NEWER: "this raftpi cannot read on",
}


def meaning_of(path: str, damage: Damage, *, starts: bool) -> str:
    """What the damage means for the node. `starts`: it starts all the same."""
    if path.endswith(".snap"):
        if starts:
            return "the node can do without it for now, but has one snapshot less to fall back on"
        return "the state of the store as of then is not whole; the log may not reach back to it"
    if path.endswith("identity"):
        return "whose directory this is, and how far its log has come, cannot be told"
    return _IN_SEGMENT[damage.kind]

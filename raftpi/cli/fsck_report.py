"""How `raftpi fsck` tells what it found: lines for people, a document for programs."""

import textwrap
from typing import TYPE_CHECKING

from raftpi.cli.printing import columns

if TYPE_CHECKING:
    from raftpi.fsck.inspection import DamagedPlace, Inspection
    from raftpi.fsck.repair import RepairReport

TEXT_COLUMNS = 100


def report(
    found: "Inspection", holder: str, done: "RepairReport | None", peers: list[str]
) -> list[str]:
    """For people. `holder`: who has the directory in use. `peers`: who was asked for payloads."""
    lines = [_heading(found)]
    if holder:
        lines += _wrapped(
            f"in use by {holder}: what it is writing just now may look torn or damaged", "", ""
        )
    lines += ["", *_log(found), *_snapshots(found), *_files(found), *_notes(found)]
    for failure in found.failures:
        lines += _wrapped(failure, "cannot be read: ", "  ")
    if done is not None:
        lines += _repaired(done)
    for place in found.damages:
        lines += _damage(found, place)
    if done is not None and peers and found.lost:
        lacking = ", ".join(header.name for header in found.lost)
        text = f"none of {', '.join(peers)} has a copy that fits of: {lacking}"
        lines += _wrapped(text, "not refilled: ", "  ")
    return [*lines, "", *_start(found)]


def as_json(found: "Inspection", holder: str, done: "RepairReport | None") -> dict[str, object]:
    """For programs."""
    owner = found.owner
    document: dict[str, object] = {
        "directory": found.path,
        "clean": found.exit_code == 0,
        "exit_code": found.exit_code,
        "start": {
            "starts": found.verdict.starts,
            "exit_code": found.verdict.exit_code,
            "text": found.verdict.text,
        },
        "in_use_by": holder or None,
        "node": None
        if owner is None
        else {
            "id": owner.node_id,
            "name": owner.name,
            "replica_id": f"{owner.replica_id:016x}",
            "cluster_id": f"{owner.cluster_id:016x}",
        },
        "log": _log_as_json(found),
        "segments": _segments_as_json(found),
        "snapshots": _snapshots_as_json(found),
        "files": [{"path": path, "what": what} for path, what in found.files],
        "damage": [
            {
                "path": place.path,
                "offset": place.damage.offset,
                "kind": place.damage.kind.value,
                "text": place.damage.text,
                "meaning": place.meaning,
                "remedy": place.remedy.value,
                "command": place.remedy.command(found.path),
            }
            for place in found.damages
        ],
        "notes": [
            {"kind": note.kind, "path": note.path, "offset": note.offset, "text": note.text}
            for note in found.notes
        ],
        "unreadable": list(found.failures),
    }
    if done is not None:
        document["repaired"] = [
            {"path": one.path, "text": one.text, "kept": one.kept or None} for one in done.done
        ]
    return document


def _segments_as_json(found: "Inspection") -> list[dict[str, object]]:
    return [
        {
            "path": segment.path,
            "generation": segment.generation,
            "size_bytes": segment.size_bytes,
            "standing": segment.standing.value,
            "batches": segment.batch_count,
            "first_index": segment.first_index,
            "last_index": segment.last_index,
            "term": segment.hard_state.term if segment.hard_state else None,
            "voted_for": f"{segment.hard_state.voted_for:016x}" if segment.hard_state else None,
            "end_offset": segment.end_offset,
        }
        for segment in found.segments
    ]


def _snapshots_as_json(found: "Inspection") -> list[dict[str, object]]:
    return [
        {
            "path": snapshot.path,
            "index": snapshot.index,
            "size_bytes": snapshot.size_bytes,
            "standing": snapshot.standing.value,
            "whole": not snapshot.damages and not snapshot.failure,
        }
        for snapshot in found.snapshots
    ]


def _heading(found: "Inspection") -> str:
    owner = found.owner
    if owner is None:
        is_fresh = found.verdict.starts
        return f"{found.path}: {'a fresh directory' if is_fresh else 'whose it is cannot be told'}"
    cluster = f"{owner.cluster_id:016x}" if owner.cluster_id else "none yet"
    return (
        f"{found.path}: node {owner.node_id} ({owner.name}), "
        f"replica {owner.replica_id:016x}, cluster {cluster}"
    )


def _log_as_json(found: "Inspection") -> dict[str, object] | None:
    contents = found.verdict.contents
    if contents is None or contents.log is None:
        return None
    log = contents.log
    return {
        "first_index": log.end.span.base_index + 1,
        "last_index": log.end.last_index,
        "term": log.hard_state.term,
        "voted_for": f"{log.hard_state.voted_for:016x}",
        "in_doubt": log.hard_state.in_doubt,
    }


def _log(found: "Inspection") -> list[str]:
    contents = found.verdict.contents
    if not found.segments:
        return ["log: none"]
    if contents is None or contents.log is None:
        heading = "log: cannot be read to its end"
    else:
        log = contents.log
        vote = f"{log.hard_state.voted_for:016x}" if log.hard_state.voted_for else "nobody"
        heading = (
            f"log: entries {log.end.span.base_index + 1} to {log.end.last_index}, "
            f"term {log.hard_state.term}, voted for {vote}"
        )
    rows = [
        (
            f"  {_name(segment.path)}",
            f"{segment.size_bytes} bytes",
            segment.standing.value,
            f"{segment.batch_count} batches" if segment.survey is not None else "",
            f"entries {segment.first_index} to {segment.last_index}" if segment.last_index else "",
            f"term {segment.hard_state.term}" if segment.hard_state else "",
            _flaws(len(segment.damages), segment.failure),
        )
        for segment in found.segments
    ]
    return [heading, *columns(rows, rights=frozenset({1}))]


def _snapshots(found: "Inspection") -> list[str]:
    if not found.snapshots:
        return ["snapshots: none"]
    rows = [
        (
            f"  {_name(snapshot.path)}",
            f"{snapshot.size_bytes} bytes",
            snapshot.standing.value,
            f"up to {snapshot.index}",
            "a start goes on from it" if snapshot.is_newest else "",
            _flaws(len(snapshot.damages), snapshot.failure),
        )
        for snapshot in found.snapshots
    ]
    return ["snapshots:", *columns(rows, rights=frozenset({1}))]


def _files(found: "Inspection") -> list[str]:
    if not found.files:
        return []
    start = len(found.path) + 1
    rows = [(f"  {path[start:]}", what) for path, what in found.files]
    return ["besides:", *columns(rows)]


def _notes(found: "Inspection") -> list[str]:
    lines: list[str] = []
    for note in found.notes:
        lines += _wrapped(
            f"{note.kind}: {note.path} at offset {note.offset}: {note.text}", "note: ", "  "
        )
    return lines


def _repaired(done: "RepairReport") -> list[str]:
    if not done.done:
        return ["", "repaired: nothing"]
    lines = [""]
    for one in done.done:
        kept = f"; what was there is kept in {one.kept}" if one.kept else ""
        lines += _wrapped(f"{one.path}: {one.text}{kept}", "repaired: ", "  ")
    return lines


def _damage(found: "Inspection", place: "DamagedPlace") -> list[str]:
    where = f"{place.path} at offset {place.damage.offset}: {place.damage.text}"
    return [
        "",
        *_wrapped(f"{where} ({place.damage.kind.value})", "damage: ", "  "),
        *_wrapped(place.meaning, "  means: ", "         "),
        f"  next:  {place.remedy.command(found.path)}",
    ]


def _start(found: "Inspection") -> list[str]:
    """How a node would start on it, and whether all is well."""
    verdict = found.verdict
    if verdict.starts:
        end = "clean" if found.exit_code == 0 else f"not clean: ends with {found.exit_code}"
        return [*_wrapped(verdict.text, "start: ", "  "), end]
    place = verdict.damage
    if place is None:
        text = f"the node refuses, and ends with {verdict.exit_code}: {verdict.text}"
    else:
        text = (
            f"the node refuses, and ends with {verdict.exit_code}: "
            f"{verdict.path} at offset {place.offset}: {place.kind.value}"
        )
    return _wrapped(text, "start: ", "  ")


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _flaws(count: int, failure: str) -> str:
    if failure:
        return "unreadable"
    return "" if not count else f"{count} damaged place{'s' if count > 1 else ''}"


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    # Commands and paths to copy stay whole.
    return textwrap.wrap(
        text,
        width=TEXT_COLUMNS,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )

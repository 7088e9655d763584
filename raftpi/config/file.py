"""raftpi.toml, read and checked: one frozen value, or one error that names every problem."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raftpi.config.key import shown
from raftpi.config.lines import Lines
from raftpi.config.members import MemberAddress, check_members, member_warnings
from raftpi.config.problems import Problems
from raftpi.config.schema import MEMBER_SECTION, SECTIONS, KeyDescription, describe_keys, keys_of
from raftpi.core.timing import PROFILES, Timing
from raftpi.errors import ConfigurationError

__all__ = [
    "ChaosSection",
    "ClusterSection",
    "Config",
    "KeyDescription",
    "LampSection",
    "LogSection",
    "MemberAddress",
    "NodeSection",
    "SecuritySection",
    "StorageSection",
    "check_text",
    "describe_keys",
    "load_config",
    "load_members",
]

# A file for seven members has less than 4 KiB; more than this is some other file.
FILE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSection:
    """This board: its number and its directories."""

    id: int
    data: Path
    runtime: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSection:
    """The settings that the founding record takes over; later ones are in the log."""

    timing: Timing
    timing_name: str
    key_bytes: int
    value_bytes: int
    session_limit: int
    session_window: int
    lease_reads: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSection:
    """The log on this board's card."""

    segment_bytes: int
    snapshot_entries: int
    snapshot_log_bytes: int
    reserve_bytes: int
    card_endurance_tbw: int
    scrub_pass_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChaosSection:
    """Whether the node may be told to misbehave."""

    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SecuritySection:
    """What is allowed on the network. `keys` None: nothing is encrypted."""

    insecure_network: bool
    keys: Path | None
    trusted: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LampSection:
    """The lamp on this board: GPIO numbers, and a pattern's name for every meaning."""

    red: int
    green: int
    blue: int
    common: str
    brightness_percent: int
    fade: bool
    buzzer: int
    leader: str
    follower: str
    learner: str
    election: str
    offline: str
    cut_off: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSection:
    """How much the journal gets."""

    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole checked file.

    Invariant: `node.id` is the id of exactly one of `members`, which are in the order of
    their ids. `warnings` are sentences that the daemon logs at its start.
    """

    node: NodeSection
    cluster: ClusterSection
    storage: StorageSection
    chaos: ChaosSection
    security: SecuritySection
    lamp: LampSection
    log: LogSection
    members: tuple[MemberAddress, ...]
    warnings: tuple[str, ...]

    def member(self, node_id: int) -> MemberAddress | None:
        """The member with this number, or None."""
        for member in self.members:
            if member.id == node_id:
                return member
        return None

    @property
    def me(self) -> MemberAddress:
        """The member that this board is."""
        return next(member for member in self.members if member.id == self.node.id)


def load_config(path: Path | str) -> Config:
    """The checked file at `path`. Raises ConfigurationError, whose text names every problem."""
    return check_text(_read(Path(path)), str(path))


def check_text(text: str, source: str) -> Config:
    """The checked `text`; `source` is what messages call it. Raises ConfigurationError."""
    document = _parse(text, source)
    problems = Problems(source, Lines(text))
    _check_sections(document, problems)
    values = {
        section: _section_values(section, document.get(section, {}), problems)
        for section in SECTIONS
        if section != MEMBER_SECTION
    }
    members = _members(document.get(MEMBER_SECTION, []), problems)
    # A flag that could not be read was reported; no need to doubt every address as well.
    is_open = values["security"].get("insecure_network") is not False
    has_keys = values["security"].get("keys") != ""
    complete = not problems.has_in(MEMBER_SECTION)
    check_members(members, problems, may_leave_machine=is_open or has_keys)
    if complete:
        _check_own_id(values["node"], members, problems)
    _check_largest_record(values, problems)
    _check_pins(values["lamp"], problems)
    problems.raise_if_any()
    ordered = sorted((member for _, member in members), key=lambda member: member.id)
    return _build(values, tuple(ordered))


def load_members(path: Path | str) -> tuple[MemberAddress, ...]:
    """The members in the file at `path`, by id; what its other sections say is not looked at.

    Keys are made from these before the rest is settled, so they may live off the loopback.
    Raises ConfigurationError.
    """
    text = _read(Path(path))
    document = _parse(text, str(path))
    problems = Problems(str(path), Lines(text))
    _check_sections(document, problems)
    members = _members(document.get(MEMBER_SECTION, []), problems)
    check_members(members, problems, may_leave_machine=True)
    problems.raise_if_any()
    return tuple(sorted((member for _, member in members), key=lambda member: member.id))


def _parse(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, or a number with thousands of digits
        raise ConfigurationError(_syntax_problem(str(error), text, source)) from error
    except RecursionError as error:
        raise ConfigurationError(f"{source}: nested too deeply to be a raftpi.toml") from error


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"{path}: no such file; name the configuration with --config FILE"
        ) from error
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > FILE_BYTES:
        raise ConfigurationError(f"{path}: larger than 1 MiB; this is no raftpi.toml")
    try:
        # Editors on other systems begin a file with a byte order mark.
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from error


def _syntax_problem(message: str, text: str, source: str) -> str:
    at = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    if at is not None:
        return f"{source}:{at[1]}: not valid TOML: {message[: at.start()]} (column {at[2]})"
    line = max(1, len(text.splitlines()))
    return f"{source}:{line}: not valid TOML: {message}"


def _check_sections(document: dict[str, Any], problems: Problems) -> None:
    for name, value in document.items():
        if name not in SECTIONS:
            if isinstance(value, dict | list):
                problems.add(name, "", f"[{name}] is no section{_nearest(name, SECTIONS, '[{}]')}")
            else:
                problems.add(name, "", f"{name} stands outside a section{_home(name)}")
        elif name == MEMBER_SECTION and isinstance(value, dict):
            problems.add(name, "", f"write [[{name}]] with two brackets: there is one per member")
        elif name != MEMBER_SECTION and isinstance(value, list):
            problems.add(name, "", f"write [{name}] with one bracket: there is only one")
        elif not isinstance(value, dict | list):
            problems.add(name, "", f"{name} is a section: write [{name}] and its keys below")


def _section_values(
    section: str, table: object, problems: Problems, occurrence: int = 0
) -> dict[str, Any]:
    """The values of one section, defaults filled in; problems go to `problems`."""
    keys = keys_of(section)
    values: dict[str, Any] = {}
    if not isinstance(table, dict):
        return values  # reported by _check_sections
    for name in table:
        if name not in keys:
            hint = _nearest(name, tuple(keys), section + ".{}")
            problems.add(section, name, f"{section}.{name} is no key{hint}", occurrence)
    for name, key in keys.items():
        if name not in table:
            if key.default is None:
                text = f"{key.path} is missing: {key.doc}; {key.allowed()}"
                problems.add(section, "", text, occurrence)
            else:
                values[name] = key.default
            continue
        complaint = key.problem(table[name])
        if complaint is None:
            values[name] = table[name]
        else:
            problems.add(section, name, f"{key.path} {complaint}", occurrence)
    return values


def _members(tables: object, problems: Problems) -> list[tuple[int, MemberAddress]]:
    """The members without problems of their own, each with the number of its section."""
    if not isinstance(tables, list):
        return []  # reported by _check_sections
    if not tables:
        problems.add(MEMBER_SECTION, "", "no [[member]] is named; there must be at least one")
    members: list[tuple[int, MemberAddress]] = []
    for occurrence, table in enumerate(tables):
        if not isinstance(table, dict):
            text = f"a member is a section, not {shown(table)}"
            problems.add(MEMBER_SECTION, "", text, occurrence)
            continue
        count_before = problems.count
        values = _section_values(MEMBER_SECTION, table, problems, occurrence)
        if problems.count == count_before:
            members.append((occurrence, MemberAddress(**values)))
    return members


def _check_own_id(
    node: dict[str, Any], members: list[tuple[int, MemberAddress]], problems: Problems
) -> None:
    ids = sorted({member.id for _, member in members})
    if "id" in node and node["id"] not in ids:
        listed = ", ".join(str(member_id) for member_id in ids)
        problems.add(
            "node", "id", f"node.id {node['id']} is the id of no [[member]]; there are {listed}"
        )


def _check_largest_record(values: dict[str, dict[str, Any]], problems: Problems) -> None:
    """The largest command must fit into one segment of the log several times over."""
    try:
        largest_bytes = values["cluster"]["key_bytes"]
        largest_bytes += values["cluster"]["value_bytes"]
        segment_bytes = values["storage"]["segment_bytes"]
    except KeyError:
        return  # one of them was refused already
    if segment_bytes < 2 * largest_bytes:
        problems.add(
            "storage",
            "segment_bytes",
            f"storage.segment_bytes {segment_bytes} must be at least twice the largest key and "
            f"value together (cluster.key_bytes + cluster.value_bytes = {largest_bytes})",
        )


def _check_pins(lamp: dict[str, Any], problems: Problems) -> None:
    """No two wires on one pin."""
    owners: dict[int, str] = {}
    for name in ("red", "green", "blue", "buzzer"):
        pin = lamp.get(name, 0)
        if pin in owners:
            text = f"lamp.{name} {pin} is taken already, by lamp.{owners[pin]}"
            problems.add("lamp", name, text)
        elif pin:
            owners[pin] = name


def _build(values: dict[str, dict[str, Any]], members: tuple[MemberAddress, ...]) -> Config:
    # Every value was checked against the schema, whose names are those of the dataclasses.
    node, cluster = values["node"], values["cluster"]
    name = cluster.pop("timing")
    keys = values["security"]["keys"]
    return Config(
        node=NodeSection(
            id=node["id"],
            data=Path(node["data"]),
            runtime=Path(node["runtime"]),
        ),
        cluster=ClusterSection(timing=PROFILES[name], timing_name=name, **cluster),
        storage=StorageSection(**values["storage"]),
        chaos=ChaosSection(**values["chaos"]),
        security=SecuritySection(
            insecure_network=values["security"]["insecure_network"],
            keys=Path(keys) if keys else None,
            trusted=Path(values["security"]["trusted"]),
        ),
        lamp=LampSection(**values["lamp"]),
        log=LogSection(**values["log"]),
        members=members,
        warnings=member_warnings(members, has_keys=bool(keys)),
    )


def _nearest(name: str, known: tuple[str, ...], form: str) -> str:
    import difflib  # only a mistake needs it, and it stays in memory

    close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {form.format(close[0])}?"
    return "; known are " + ", ".join(known)


def _home(name: str) -> str:
    homes = [f"[{section}]" for section in SECTIONS if name in keys_of(section)]
    if homes:
        return f"; it belongs below {' or '.join(homes)}"
    return "; sections are " + ", ".join(SECTIONS)

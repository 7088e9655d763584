"""How a node would start on a directory: the very code of a start decides, not a second opinion."""

from dataclasses import dataclass, replace

from raftpi.errors import RaftpiError
from raftpi.storage.contents import Contents, read_contents, read_owner
from raftpi.storage.directory import DataDirectory
from raftpi.storage.disk import Disk
from raftpi.storage.finding import Damage, DamageRefused
from raftpi.storage.identity import IdentityFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`exit_code` 0: the node starts; else it refuses, and ends with that code and `text`.

    `found` is whose the directory is, None if it is fresh or cannot be told. `contents` are what
    a start goes on from, but without any entries; None where there is nothing or it refuses.
    `path` and `damage`: the place that `text` is about, where it is one.
    """

    exit_code: int
    text: str
    found: IdentityFile | None = None
    contents: Contents | None = None
    path: str = ""
    damage: Damage | None = None

    @property
    def starts(self) -> bool:
        """Whether the node starts."""
        return self.exit_code == 0


def judge(disk: Disk, directory: DataDirectory) -> Verdict:
    """The verdict on this directory. Nothing is changed, and nothing raised but a bug."""
    found: IdentityFile | None = None
    try:
        found = read_owner(disk, directory)
        contents = read_contents(disk, directory, found) if found is not None else None
    except RaftpiError as error:
        at = error if isinstance(error, DamageRefused) else None
        return Verdict(
            exit_code=error.exit_code,
            text=str(error),
            found=found,
            path=at.path if at is not None else "",
            damage=at.damage if at is not None else None,
        )
    if contents is not None:
        contents = _without_entries(contents)
    return Verdict(exit_code=0, text=_start(contents), found=found, contents=contents)


def _without_entries(contents: Contents) -> Contents:
    """What is left when the entries are let go: they take more memory than all else."""
    log = contents.log
    return replace(
        contents,
        log=replace(log, entries=(), again=()) if log is not None else None,
        snapshots=replace(contents.snapshots, entries=()),
    )


def _start(contents: Contents | None) -> str:
    """In which way the node starts."""
    if contents is None:
        return "the node starts, as a fresh one"
    torn = contents.log.torn if contents.log is not None else None
    if torn is None:
        return "the node starts"
    where = f"{torn.path} at offset {torn.offset}"
    if torn.spoilt_offset is None:
        return f"the node starts after cutting off a torn batch: {where}"
    return (
        f"the node starts after cutting off a batch that is torn or rotten: {where}; it does not "
        "vote until a leader that the others elected has brought it up to date"
    )

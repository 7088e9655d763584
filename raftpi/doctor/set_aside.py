"""What `raftpi rejoin` has set aside in the data directory: kept until a person removes it."""

from pathlib import Path

from raftpi.doctor.finding import Finding, advice, unknown

NAME = "card, set aside"


def check_set_aside(directory: Path) -> list[Finding]:
    """A finding where something is kept, none where nothing is."""
    try:
        kept = sorted(path for path in directory.glob("set-aside-*") if path.is_dir())
        size_bytes = sum(
            path.stat().st_size for one in kept for path in one.rglob("*") if path.is_file()
        )
    except OSError as error:
        return [unknown(NAME, f"{error.filename}: {error.strerror}", "run this as root")]
    if not kept:
        return []
    names = ", ".join(path.name for path in kept)
    return [
        advice(
            NAME,
            f"{names} in {directory}, {-(-size_bytes // (1 << 20))} MiB: what was there before "
            "`raftpi rejoin`",
            "remove it when nothing of it is wanted any more; a card that rots should be replaced",
        )
    ]

"""What the checkers of the house report, and the files that they look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One breach of a rule: where, and what to do about it."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        """The finding as editors and terminals link it."""
        return f"{self.path}:{self.line}: {self.text}"


def python_files(folder: str) -> Iterator[tuple[str, str]]:
    """(path from the root of the house, source) of every module below `folder`."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def report(findings: list[Finding]) -> str:
    """All findings, one per line; empty when there are none."""
    return "\n".join(str(finding) for finding in findings)

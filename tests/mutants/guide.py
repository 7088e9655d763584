"""docs/TESTING.md's table of mutants: `python -m tests.mutants.guide` writes it anew."""

from tests.house.finding import ROOT
from tests.mutants.catalogue import CATALOGUE
from tests.mutants.caught import CAUGHT

PAGE = ROOT / "docs" / "TESTING.md"
BEGIN = "<!-- mutants: made by `python -m tests.mutants.guide`, checked by a test -->\n"
END = "<!-- end of mutants -->"


def table() -> str:
    """Bug, kind, and what catches it, a line each."""
    lines = ["| bug | kind | caught by |", "|---|---|---|"]
    for name in sorted(CATALOGUE):
        mutant = CATALOGUE[name]
        lines.append(f"| {mutant.bug} | {mutant.kind} | {_shown(CAUGHT[name])} |")
    return "\n".join(lines) + "\n"


def _shown(catcher: str) -> str:
    """A test without its path."""
    return "the simulator" if catcher.startswith("seed ") else f"`{catcher.rpartition('::')[2]}`"


def written() -> str:
    """The table on the page."""
    return PAGE.read_text().partition(BEGIN)[2].partition(END)[0]


def write() -> None:
    """Put the table on the page."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + BEGIN + table() + END + rest.partition(END)[2])


if __name__ == "__main__":
    write()

"""docs/RAFT.md's diagram of the roles: `python -m tests.house.raft_guide` draws it anew."""

from raftpi.core.roles import TRANSITIONS
from tests.house.finding import ROOT

PAGE = ROOT / "docs" / "RAFT.md"
BEGIN = "```mermaid\n"
END = "\n```"


def diagram() -> str:
    """The transition table as a mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> follower"]
    lines += [
        f"    {source.value} --> {target.value}: {why}" for source, why, target in TRANSITIONS
    ]
    return "\n".join(lines)


def drawn() -> str:
    """The diagram on the page."""
    return PAGE.read_text().partition(BEGIN)[2].partition(END)[0]


def draw() -> None:
    """Put the diagram on the page."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + BEGIN + diagram() + END + rest.partition(END)[2])


if __name__ == "__main__":
    draw()

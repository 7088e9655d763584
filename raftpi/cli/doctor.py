"""`raftpi doctor`: looks a board over and prints what it found, with what to do about it."""

import textwrap
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING

from raftpi.cli.parser import USUAL_COLUMNS
from raftpi.cli.printing import print_json, print_line

if TYPE_CHECKING:
    from argparse import Namespace

    from raftpi.doctor.finding import Finding

TEXT_COLUMNS = 100


def doctor(arguments: "Namespace") -> int:
    """Prints one line for each finding; 1 when one of them is a problem."""
    from raftpi.doctor.board import Board, run_command
    from raftpi.doctor.examination import examine, problem_count

    board = Board(root=Path("/"), run=run_command, has_module=has_module)
    findings = examine(Path(arguments.config).absolute(), board)
    count = problem_count(findings)
    if arguments.json:
        print_json({"findings": [as_json(finding) for finding in findings], "problems": count})
    else:
        for line in report(findings):
            print_line(line)
    return 1 if count else 0


def has_module(name: str) -> bool:
    """Whether Python could import this, without doing so."""
    return util.find_spec(name) is not None


def as_json(finding: "Finding") -> dict[str, str]:
    """One finding for programs."""
    return {
        "name": finding.name,
        "verdict": finding.verdict.value,
        "text": finding.text,
        "remedy": finding.remedy,
    }


def report(findings: "list[Finding]", width: int = TEXT_COLUMNS) -> list[str]:
    """The findings for people: what it is about, the verdict, and below it the remedy."""
    name_columns = max(len(finding.name) for finding in findings)
    indent = " " * (name_columns + 11)
    lines: list[str] = []
    for finding in findings:
        head = f"{finding.name.ljust(name_columns)}  {finding.verdict.value.ljust(7)}  "
        lines += _wrapped(finding.text, head, indent, width)
        if finding.remedy:
            lines += _wrapped(finding.remedy, f"{indent}-> ", f"{indent}   ", width)
    counts = {
        kind: sum(finding.verdict.value == kind for finding in findings)
        for kind in ("problem", "advice", "unknown")
    }
    lines += ["", ", ".join(f"{kind}: {count}" for kind, count in counts.items())]
    return lines


def _wrapped(text: str, first: str, rest: str, width: int) -> list[str]:
    # Commands to copy stay whole: words are not broken, nor at their dashes.
    return textwrap.wrap(
        text,
        width=max(width, USUAL_COLUMNS),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )

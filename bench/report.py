"""The table of docs/PERFORMANCE.md, from bench/results/latest.json.

python -m bench.report
"""

from pathlib import Path

from bench import results

PAGE = Path(__file__).parents[1] / "docs" / "PERFORMANCE.md"
BEGIN, END = "<!-- results -->\n", "<!-- end of results -->\n"


def with_table(text: str, lines: list[str]) -> str:
    """The page with this table in the place of the one it has. Raises ValueError without marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no marks {BEGIN.strip()} and {END.strip()}")
    return before + begin + "\n".join(lines) + "\n" + end + after


def main() -> None:
    """Put the table in."""
    PAGE.write_text(with_table(PAGE.read_text(), results.table(results.read())))


if __name__ == "__main__":
    main()

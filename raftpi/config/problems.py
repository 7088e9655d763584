"""The list of what is wrong with a configuration file, each with its line."""

from raftpi.config.lines import Lines
from raftpi.errors import ConfigurationError


class Problems:
    """Collects problems, so that a person mends a file in one go."""

    def __init__(self, source: str, lines: Lines) -> None:
        """`source` is what messages call the file."""
        self._source = source
        self._lines = lines
        self._found: list[tuple[int, str]] = []
        self._sections: set[str] = set()

    @property
    def count(self) -> int:
        """How many problems there are so far."""
        return len(self._found)

    def add(self, section: str, key: str, text: str, occurrence: int = 0) -> None:
        """Note a problem of this key, or of its whole section when `key` is empty."""
        self._found.append((self._lines.of(section, key, occurrence) or 0, text))
        self._sections.add(section)

    def has_in(self, section: str) -> bool:
        """Whether a problem of this section was noted."""
        return section in self._sections

    def raise_if_any(self) -> None:
        """Raise one ConfigurationError with a line per problem, in the file's order."""
        if not self._found:
            return
        lines = []
        for number, text in sorted(self._found, key=lambda found: found[0]):
            place = f"{self._source}:{number}" if number else self._source
            lines.append(f"{place}: {text}")
        raise ConfigurationError("\n".join(lines))

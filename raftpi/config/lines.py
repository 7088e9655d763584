"""On which line of a TOML text each section and key stands, for messages that say so.

The standard library's parser keeps no positions. This reads only what raftpi.toml uses:
headers, bare and quoted keys, dotted keys; what it cannot place has no line.
"""

import re

_HEADER = re.compile(r"\s*\[(?P<array>\[)?(?P<path>[^\[\]]+)\]\]?\s*(#.*)?$")
_ASSIGNMENT = re.compile(r"""\s*(?P<path>(?:[A-Za-z0-9_.\-\s]|"[^"]*"|'[^']*')+?)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_LONG_STRING = re.compile("\"\"\"|'''")

Place = tuple[str, int, str]


class Lines:
    """Where things stand. A place is (section, occurrence, key); lines count from 1."""

    def __init__(self, text: str) -> None:
        """Read `text`, which must be valid TOML for the answers to be right."""
        self._lines: dict[Place, int] = {}
        self._counts: dict[str, int] = {}
        self._section = ""
        self._occurrence = 0
        inside: str | None = None
        for number, line in enumerate(text.splitlines(), start=1):
            if inside is None:
                self._note(line, number)
            for mark in _LONG_STRING.findall(line):
                if inside is None:
                    inside = mark
                elif inside == mark:
                    inside = None

    def of(self, section: str, key: str = "", occurrence: int = 0) -> int | None:
        """The line of a key, or of its section's header, or None.

        `occurrence` counts the `[[section]]` headers from 0.
        """
        found = self._lines.get((section, occurrence, key))
        return found if found is not None else self._lines.get((section, occurrence, ""))

    def _note(self, line: str, number: int) -> None:
        header = _HEADER.match(line)
        if header is not None:
            path = _parts(header["path"])
            self._section = path[0] if path else ""
            self._occurrence = 0
            if header["array"] is not None:
                self._occurrence = self._counts.get(self._section, 0)
                self._counts[self._section] = self._occurrence + 1
            self._keep(self._section, self._occurrence, ".".join(path[1:]), number)
            return
        assignment = _ASSIGNMENT.match(line)
        if assignment is None:
            return
        path = _parts(assignment["path"])
        if self._section:
            self._keep(self._section, self._occurrence, path[0], number)
        else:
            self._keep(path[0], 0, "", number)
            if len(path) > 1:
                self._keep(path[0], 0, path[1], number)

    def _keep(self, section: str, occurrence: int, key: str, number: int) -> None:
        self._lines.setdefault((section, occurrence, key), number)


def _parts(path: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(path)]

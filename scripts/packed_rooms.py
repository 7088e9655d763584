"""Imports the rooms of raftpi from rooms.tar.bz2 beside this file; the wheel's `raftpi/_packed.py`.

setup.py puts it into the wheel. It is asked only for what is not a file: unpacked rooms
(`python3 -m tarfile -e raftpi/rooms.tar.bz2 .`) are imported like any other package.
"""

import sys
import tarfile
from collections.abc import Sequence
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

PACKAGE = Path(__file__).parent
ARCHIVE = PACKAGE / "rooms.tar.bz2"


class _Module(SourceLoader):
    """One module of the archive, under the path that it would have as a file."""

    def __init__(self, path: str, source: bytes) -> None:
        self._path = path
        self._source = source

    def get_filename(self, _name: str) -> str:
        """The path for tracebacks, which ask `get_source` for the text of its lines."""
        return self._path

    def get_data(self, path: str | bytes) -> bytes:
        """The module's source; OSError for anything else, like the byte code, of which is none."""
        if path != self._path:
            raise FileNotFoundError(path)
        return self._source


class _Rooms(MetaPathFinder):
    """Finds modules in the archive, which is read when the first is asked for."""

    def __init__(self) -> None:
        self._sources: dict[str, bytes] | None = None

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module `name` when it is in the archive."""
        if not name.startswith(f"{__package__}."):
            return None
        if self._sources is None:
            self._sources = _read()
        stem = name.replace(".", "/")
        folders = [str(PACKAGE.parent / stem)]
        for member, places in ((f"{stem}.py", None), (f"{stem}/__init__.py", folders)):
            source = self._sources.get(member)
            if source is not None:
                path = str(PACKAGE.parent / member)
                loader = _Module(path, source)
                return spec_from_file_location(
                    name, path, loader=loader, submodule_search_locations=places
                )
        return None


def _read() -> dict[str, bytes]:
    sources: dict[str, bytes] = {}
    with tarfile.open(ARCHIVE) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content is not None:
                sources[member.name] = content.read()
    return sources


def install() -> None:
    """Let Python find the rooms."""
    sys.meta_path.append(_Rooms())

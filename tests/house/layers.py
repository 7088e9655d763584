"""Finds imports that the table of rooms does not allow, lazy ones inside functions too."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from tests.house.finding import Finding
from tests.house.rooms import FORBIDDEN_EVERYWHERE, ROOMS, Room

HOUSE = "raftpi"
# Parts of importlib that load data, not modules.
HARMLESS = ("importlib.metadata", "importlib.resources")


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported module by its full name, and the line that does it."""

    line: int
    module: str


def room_of(path: str) -> str | None:
    """The room of a module of raftpi by its path; None for the package's own `__init__`."""
    first = path.split("/")[1].removesuffix(".py")
    return None if first == "__init__" else first


def imports_of(path: str, source: str) -> list[Import]:
    """Every import in a module, by full name; `from a import b` counts as `a.b`."""
    found: list[Import] = []
    for node in ast.walk(ast.parse(source, path)):
        if isinstance(node, ast.Import):
            found.extend(Import(line=node.lineno, module=alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(path, node)
            found.extend(
                Import(line=node.lineno, module=f"{base}.{alias.name}") for alias in node.names
            )
        elif isinstance(node, ast.Name) and node.id == "__import__":
            found.append(Import(line=node.lineno, module="importlib.import_module"))
    return sorted(found, key=lambda one: one.line)


def check_layers(path: str, source: str) -> list[Finding]:
    """What this module imports and may not."""
    name = room_of(path)
    if name is not None and name not in ROOMS:
        text = (
            f"{name} is a room that the table does not know: add it to ROOMS in "
            "tests/house/rooms.py and to docs/ARCHITECTURE.md, with what it may import"
        )
        return [Finding(path=path, line=1, text=text)]
    room = Room(stdlib=()) if name is None else ROOMS[name]
    findings: list[Finding] = []
    for one in imports_of(path, source):
        findings.extend(
            Finding(path=path, line=one.line, text=text)
            for text in _complaints(name or "raftpi/__init__.py", room, one.module)
        )
    return findings


def _complaints(name: str, room: Room, module: str) -> Iterator[str]:
    parts = module.split(".")
    if parts[0] == HOUSE:
        if len(parts) == 1:
            yield "import a module of raftpi, not the whole package"
        elif not parts[1].startswith("__") and parts[1] not in (name, *room.uses):
            allowed = ", ".join(room.uses) or "no other room"
            yield f"{name} must not import {HOUSE}.{parts[1]}; it may import {allowed}"
    elif parts[0] in FORBIDDEN_EVERYWHERE:
        yield f"{parts[0]} runs code when it reads; nothing in the house may import it"
    elif parts[0] == "importlib" and not module.startswith(HARMLESS) and name != "cli":
        yield "an import by name hides from the layers; write an import statement"
    elif parts[0] in sys.stdlib_module_names:
        if parts[0] in room.never or (room.stdlib is not None and parts[0] not in room.stdlib):
            known = f"only {', '.join(room.stdlib) or 'nothing'}" if room.stdlib is not None else ""
            yield f"{name} must not import {parts[0]}" + (f"; {known}" if known else "")
    elif parts[0] not in room.packages:
        allowed = ", ".join(room.packages) or "no package"
        yield f"{name} must not import {parts[0]}; of other people's packages: {allowed}"


def _absolute(path: str, node: ast.ImportFrom) -> str:
    if node.level == 0:
        return node.module or ""
    package = path.split("/")[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])

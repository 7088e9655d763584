"""Finds breaches of the house's style that no linter knows."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.house.finding import Finding

FILE_LINES = 400
FUNCTION_LINES = 60

EMPTY_NAMES = ("utils", "util", "helpers", "helper", "manager", "misc", "common", "tools")
TYPE_IGNORE = re.compile(r"#\s*type:\s*ignore(?P<code>\[[\w, -]+\])?(?P<rest>.*)")
EXCUSED_HANDLER = re.compile(r"#\s*noqa:\s*BLE001\s+#\s*\w")

WALL_CLOCK = {
    "time": ("time", "time_ns", "localtime", "gmtime", "ctime", "asctime", "strftime"),
    "datetime": ("now", "utcnow", "today"),
    "date": ("today",),
}
# Rooms whose only chance is a generator that is handed in.
WITHOUT_CHANCE = ("core", "kv", "node", "sim")
BROAD = ("Exception", "BaseException")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def check_length(path: str, source: str) -> Iterator[Finding]:
    """Files of at most 400 lines, functions of at most 60 without their docstring."""
    count = len(source.splitlines())
    if count > FILE_LINES:
        text = f"{count} lines, of {FILE_LINES} allowed: two ideas live here; give each a file"
        yield Finding(path=path, line=1, text=text)
    for function in _functions(ast.parse(source, path)):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        docstring = function.body[0]
        if ast.get_docstring(function, clean=False) is not None:
            lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
        if lines > FUNCTION_LINES:
            text = f"{function.name} has {lines} lines, of {FUNCTION_LINES} allowed"
            yield Finding(path=path, line=function.lineno, text=text)


def check_names(path: str, source: str) -> Iterator[Finding]:
    """A file is named for what is in it."""
    stem = PurePosixPath(path).stem
    if any(word in EMPTY_NAMES for word in stem.lower().split("_")):
        yield Finding(path=path, line=1, text=f"{stem} says nothing: name the noun")


def check_docstrings(path: str, source: str) -> Iterator[Finding]:
    """Public modules, classes, functions and methods say what they are for."""
    tree = ast.parse(source, path)
    if source.strip() and ast.get_docstring(tree) is None:
        yield Finding(path=path, line=1, text="the module has no docstring")
    for node in _public(tree):
        if ast.get_docstring(node) is None:
            yield Finding(path=path, line=node.lineno, text=f"{node.name} has no docstring")


def check_wall_clock(path: str, source: str) -> Iterator[Finding]:
    """Boards have no battery clock: only monotonic time counts."""
    text = (
        "the wall clock jumps on a board: use time.monotonic in a driver, injected time elsewhere"
    )
    for node in ast.walk(ast.parse(source, path)):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else ""
            owner = node.value.id if isinstance(node.value, ast.Name) else owner
            if node.attr in WALL_CLOCK.get(owner, ()):
                yield Finding(path=path, line=node.lineno, text=text)
        elif isinstance(node, ast.ImportFrom):
            names = WALL_CLOCK["time"] if node.module == "time" else ()
            if any(alias.name in names for alias in node.names):
                yield Finding(path=path, line=node.lineno, text=text)


def check_chance(path: str, source: str) -> Iterator[Finding]:
    """Where the same input must give the same result, chance is one generator handed in."""
    if path.split("/")[1].removesuffix(".py") not in WITHOUT_CHANCE:
        return
    text = "global or unseeded chance: take a random.Random as an argument"
    for node in ast.walk(ast.parse(source, path)):
        if isinstance(node, ast.ImportFrom) and node.module == "random":
            if any(alias.name != "Random" for alias in node.names):
                yield Finding(path=path, line=node.lineno, text=text)
        elif isinstance(node, ast.Attribute) and _is_name(node.value, "random"):
            if node.attr != "Random":
                yield Finding(path=path, line=node.lineno, text=text)
        elif isinstance(node, ast.Call) and not node.args and not node.keywords:
            made = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if made == "Random" or _is_name(node.func, "Random"):
                yield Finding(path=path, line=node.lineno, text=text)


def check_broad_handlers(path: str, source: str) -> Iterator[Finding]:
    """`except:` never; `except Exception` to raise again, or with its reason on the line."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source, path)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        if node.type is None:
            text = "a bare except: name the exceptions"
            yield Finding(path=path, line=node.lineno, text=text)
            continue
        types = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        broad = any(_is_name(kind, name) for kind in types for name in BROAD)
        raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
        if broad and not raises and not EXCUSED_HANDLER.search(lines[node.lineno - 1]):
            text = (
                "a broad except that does not raise again: name the exceptions, or write "
                "`# noqa: BLE001  # reason`"
            )
            yield Finding(path=path, line=node.lineno, text=text)


def check_type_ignores(path: str, source: str) -> Iterator[Finding]:
    """`# type: ignore` with its code and a reason, as another comment on the same line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        found = TYPE_IGNORE.match(token.string)
        if found and not (found["code"] and re.search(r"#\s*\w", found["rest"])):
            text = "write `# type: ignore[code]  # reason`"
            yield Finding(path=path, line=token.start[0], text=text)


def check_sleeps(path: str, source: str) -> Iterator[Finding]:
    """Tests wait for conditions or move injected time; they do not sleep."""
    for node in ast.walk(ast.parse(source, path)):
        if isinstance(node, ast.Attribute):
            sleeps = node.attr == "sleep" and _is_name(node.value, "time")
        elif isinstance(node, ast.ImportFrom):
            sleeps = node.module == "time" and any(one.name == "sleep" for one in node.names)
        else:
            continue
        if sleeps:
            text = "a test that sleeps: wait for a condition, or list the file with its reason"
            yield Finding(path=path, line=node.lineno, text=text)


def _functions(tree: ast.AST) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def _public(tree: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | Function]:
    """Public definitions, not those inside functions."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name

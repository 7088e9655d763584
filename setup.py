"""Packs the wheel small enough for a slow link: 227 KB are eight seconds at 256 kbit/s.

Python's zip format compresses every module by itself, and raftpi has many small ones that
resemble each other. So only what other programs import stays a file of its own, as it is
(`OUTSIDE`). The other modules go into one archive, `raftpi/rooms.tar.bz2`, without comments and
most docstrings; `raftpi/_packed.py` (scripts/packed_rooms.py) imports from it. Every line stays
where it was, so that tracebacks name the repository's lines.
`python3 -m tarfile -e raftpi/rooms.tar.bz2 .` beside the package makes files of the modules
again, whose byte code Python can keep; it prefers them. On boards the playbook does so.

Kilobytes of the wheel with 178 modules, step by step: 277 as setuptools makes it; 208 with every
comment and docstring gone; 155 packed with all its prose; 126 packed without. Each module more
adds about half a kilobyte: with 301 it has 226. bz2 beats xz by 3 here and deflate by far more.
In reserve, measured: annotations of functions (8), one space where there are four (3), no tar
around the modules (4), the README among the metadata (2), which package indexes show.

Editable installations and source distributions are left as they are.
"""

import ast
import bz2
import io
import os
import shutil
import tarfile
import tokenize
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
LOADER = HERE / "scripts" / "packed_rooms.py"
# What other programs import, or read with help().
OUTSIDE = ("*.py", "client/__init__.py", "client/client.py", "client/survey.py")
# Unpacked, nothing of the importer is loaded: with its libraries it takes 2 MB.
INSTALL = """
import os

if os.path.exists(os.path.join(__path__[0], "rooms.tar.bz2")):
    from raftpi import _packed

    _packed.install()
del os
"""


def without_prose(source: str, name: str) -> str:
    """The same program, line for line, without comments and most docstrings.

    A function that is nothing else keeps its docstring, and so do dataclasses: one without
    makes itself one at every start, which takes longer than reading it. Raises ValueError when
    the module reads `__doc__`, or would not be the same program.
    """
    if "__doc__" in source:
        raise ValueError(f"{name} reads __doc__; say there what it needs in a name of its own")
    lines = source.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            lines[line - 1] = lines[line - 1][:column].rstrip() + "\n"
    tree = ast.parse(source, name)
    for node in _documented(tree):
        first = node.body[0]
        for index in range(first.lineno - 1, first.end_lineno or first.lineno):
            lines[index] = "\n"
        del node.body[0]
    bare = "".join(lines)
    if _program(ast.parse(bare, name)) != _program(tree):
        raise ValueError(f"{name} is another program without its comments and docstrings")
    return bare


def _documented(tree: ast.Module) -> list[ast.Module | ast.ClassDef | ast.FunctionDef]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and not (isinstance(node, ast.ClassDef) and node.decorator_list)
        and len(node.body) > 1
        and ast.get_docstring(node, clean=False) is not None
    ]


def _program(tree: ast.Module) -> str:
    return ast.dump(tree, include_attributes=True)


def archive(sources: dict[str, str]) -> bytes:
    """A tar.bz2 of these modules, by path; the same bytes for the same modules."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(sources):
            content = sources[name].encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return bz2.compress(plain.getvalue())


def pack(tree: Path) -> None:
    """Pack the modules of the built package `tree`/raftpi in place, but those of OUTSIDE."""
    package = tree / "raftpi"
    outside = {path for pattern in OUTSIDE for path in package.glob(pattern)}
    packed: dict[str, str] = {}
    for path in set(package.rglob("*.py")) - outside:
        name = path.relative_to(tree).as_posix()
        packed[name] = without_prose(path.read_text("utf-8"), name)
        path.unlink()
    (package / "rooms.tar.bz2").write_bytes(archive(packed))
    (package / "_packed.py").write_bytes(LOADER.read_bytes())
    with (package / "__init__.py").open("a", encoding="utf-8") as file:
        file.write(INSTALL)


class BuildPacked(build_py):
    """Builds the package, and packs it unless people will edit it in place."""

    def run(self) -> None:
        """Build from nothing: what an earlier build left is not in this wheel."""
        if self.editable_mode:
            super().run()
            return
        shutil.rmtree(Path(self.build_lib) / "raftpi", ignore_errors=True)
        super().run()
        pack(Path(self.build_lib))
        # The same tree makes the same wheel: boards name a release by the wheel's checksum.
        os.environ.setdefault("SOURCE_DATE_EPOCH", "315532800")


if __name__ == "__main__":  # not when a test reads it
    setup(cmdclass={"build_py": BuildPacked})

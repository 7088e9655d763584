"""The wheel: small, pure Python, and the same program as the tree that it was built from."""

import ast
from pathlib import Path

import pytest

from raftpi import client
from tests.wheel.built import build, files_of, modules_of, rooms_of, run

pytestmark = pytest.mark.slow

LIMIT_BYTES = 227 * 1000


def program(source: bytes) -> str:
    """What a module does and on which lines; docstrings and comments do not count."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:]
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                node.end_lineno = node.end_col_offset = 0
    return ast.dump(tree, include_attributes=True)


def modules_of_the_tree(tree: Path) -> dict[str, bytes]:
    """Every module of raftpi in the tree, by its path."""
    return {
        path.relative_to(tree).as_posix(): path.read_bytes()
        for path in (tree / "raftpi").rglob("*.py")
    }


def package_in(wheel: Path) -> dict[str, bytes]:
    """What the wheel installs as the package raftpi."""
    return {name: text for name, text in files_of(wheel).items() if name.startswith("raftpi/")}


def test_it_is_small_enough_for_a_slow_link(wheel: Path) -> None:
    assert wheel.stat().st_size < LIMIT_BYTES


def test_it_is_pure_python_for_every_python_3(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    suffixes = {Path(name).suffix for name in package_in(wheel)}
    assert suffixes == {".py", ".typed", ".bz2"}


def test_every_module_is_in_it_once(tree: Path, wheel: Path) -> None:
    packed = set(rooms_of(wheel))
    plain = {name for name in files_of(wheel) if name.endswith(".py")}
    assert packed.isdisjoint(plain)
    assert packed | plain == {*modules_of_the_tree(tree), "raftpi/_packed.py"}


def test_every_module_is_the_same_program_on_the_same_lines(tree: Path, wheel: Path) -> None:
    built = modules_of(wheel)
    for name, source in modules_of_the_tree(tree).items():
        if name != "raftpi/__init__.py":
            assert program(built[name]) == program(source), name


def test_what_other_programs_import_is_there_as_it_was_written(tree: Path, wheel: Path) -> None:
    built = files_of(wheel)
    outside = [name for name in modules_of_the_tree(tree) if name.count("/") == 1]
    # The modules that define what `from raftpi.client import ...` gives, and that package itself.
    exported = {getattr(client, name).__module__ for name in client.__all__}
    outside += [f"{module.replace('.', '/')}.py" for module in exported if "client." in module]
    outside.append("raftpi/client/__init__.py")
    assert "raftpi/client/client.py" in outside
    for name in outside:
        written = (tree / name).read_bytes()
        if name == "raftpi/__init__.py":
            assert built[name].startswith(written)
        else:
            assert built[name] == written, name


def test_its_types_are_for_everyone(wheel: Path) -> None:
    assert "raftpi/py.typed" in files_of(wheel)


def test_it_holds_nothing_but_the_package(wheel: Path) -> None:
    assert {name.split("/")[0].split("-")[0] for name in files_of(wheel)} == {"raftpi"}


def test_the_same_tree_makes_the_same_wheel(tree: Path, wheel: Path, tmp_path: Path) -> None:
    (tree / "build" / "lib" / "raftpi" / "left_over.py").parent.mkdir(parents=True, exist_ok=True)
    (tree / "build" / "lib" / "raftpi" / "left_over.py").write_text("of an earlier build\n")
    assert build(tree, tmp_path).read_bytes() == wheel.read_bytes()


def test_a_source_distribution_makes_the_same_wheel(
    tree: Path, wheel: Path, fresh: Path, tmp_path: Path
) -> None:
    run([fresh, "-m", "pip", "-q", "install", "setuptools"])
    ask = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"
    run([fresh, "-c", ask, tmp_path / "sdist"], cwd=tree)
    (source,) = (tmp_path / "sdist").glob("*.tar.gz")
    assert package_in(build(source, tmp_path / "wheel")) == package_in(wheel)


def test_an_editable_installation_is_the_tree_itself(tree: Path, fresh: Path) -> None:
    run([fresh, "-m", "pip", "-q", "install", "--no-deps", "--editable", tree])
    ask = "import raftpi.core as room; print(room.__file__); assert room.__doc__"
    assert Path(run([fresh, "-c", ask], cwd="/").strip()) == tree / "raftpi/core/__init__.py"
    assert not (tree / "raftpi" / "_packed.py").exists()

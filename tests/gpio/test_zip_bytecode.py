"""The Pi's memory of bytecode, in a Python of its own: it changes how imports work."""

import subprocess
import sys
import zipfile
from pathlib import Path

PROGRAM = """
import sys
import tests.gpio.emulated_pi.zip_bytecode as memory
memory.CACHE = sys.argv[1]
sys.path.insert(0, sys.argv[2])
import package.module
print(package.module.ANSWER)
"""


def answer(cache: Path, archive: Path) -> str:
    """What the module in the archive says."""
    words = [sys.executable, "-c", PROGRAM, str(cache), str(archive)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def pack(archive: Path, text: str) -> None:
    """An archive with one package of one module."""
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("package/__init__.py", "")
        out.writestr("package/module.py", text)


def test_a_module_seen_before_is_not_compiled_again(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    pack(tmp_path / "one.zip", "ANSWER = 'right'")
    assert answer(cache, tmp_path / "one.zip") == "right"
    kept = {path.name for path in cache.iterdir()}
    assert len(kept) == 2

    pack(tmp_path / "two.zip", "ANSWER = 'right'")
    assert answer(cache, tmp_path / "two.zip") == "right"
    assert {path.name for path in cache.iterdir()} == kept


def test_another_source_of_the_same_name_is_another_module(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    pack(tmp_path / "one.zip", "ANSWER = 'old'")
    pack(tmp_path / "two.zip", "ANSWER = 'new'")
    assert [answer(cache, tmp_path / name) for name in ("one.zip", "two.zip")] == ["old", "new"]


def test_damaged_memory_is_compiled_again(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    pack(tmp_path / "one.zip", "ANSWER = 'right'")
    answer(cache, tmp_path / "one.zip")
    for path in cache.iterdir():
        path.write_bytes(b"")
    assert answer(cache, tmp_path / "one.zip") == "right"

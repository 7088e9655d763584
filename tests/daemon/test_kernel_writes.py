"""What the kernel says that a process has written."""

import os
import tempfile
from pathlib import Path

import pytest

from raftpi.daemon.kernel_writes import UNKNOWN, kernel_written_bytes

TEXT = """\
rchar: 6976
wchar: 12
syscr: 10
syscw: 1
read_bytes: 0
write_bytes: 8192
cancelled_write_bytes: 4096
"""


def test_the_bytes_written_are_read(tmp_path: Path) -> None:
    path = tmp_path / "io"
    path.write_text(TEXT)
    assert kernel_written_bytes(path) == 8192


@pytest.mark.parametrize("text", ["", "rchar: 1\n", "write_bytes: \n", "write_bytes: many\n"])
def test_a_file_without_them_is_unknown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "io"
    path.write_text(text)
    assert kernel_written_bytes(path) == UNKNOWN
    assert kernel_written_bytes(tmp_path / "none") == UNKNOWN


def test_the_own_writes_are_counted() -> None:
    before_bytes = kernel_written_bytes()
    # Not below tmp_path, which may be memory.
    with tempfile.TemporaryFile(dir=Path(__file__).parent) as file:
        file.write(bytes(100_000))
        file.flush()
        os.fsync(file.fileno())
    assert kernel_written_bytes() - before_bytes >= 100_000

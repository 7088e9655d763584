"""Writes cpio archives in the kernel's "newc" form, from a directory or file by file. Pure.

The kernel unpacks archives laid end to end one after another, so what differs from boot to
boot is an archive of its own behind the root file system's
(Documentation/driver-api/early-userspace/buffer-format.rst).
"""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_TRAILER = "TRAILER!!!"


def write_tree(root: Path, out: BinaryIO) -> None:
    """Write everything below `root`, with its modes and owned by root, as one archive."""
    for path in _below(root):
        name = path.relative_to(root).as_posix()
        info = path.lstat()
        if stat.S_ISLNK(info.st_mode):
            content = str(path.readlink()).encode()
        elif stat.S_ISREG(info.st_mode):
            content = path.read_bytes()
        else:
            content = b""
        out.write(_entry(name, info.st_mode, content))
    out.write(_entry(_TRAILER, 0, b""))


def write_files(files: dict[str, tuple[int, bytes]], out: BinaryIO) -> None:
    """Write files, as name -> permissions and content, with the directories they lie in."""
    made: set[str] = set()
    for name, (mode, content) in files.items():
        for parent in reversed(Path(name).parents):
            inside = parent.as_posix()
            if inside not in (".", *made):
                out.write(_entry(inside, stat.S_IFDIR | 0o755, b""))
                made.add(inside)
        out.write(_entry(name, stat.S_IFREG | mode, content))
    out.write(_entry(_TRAILER, 0, b""))


def _below(root: Path) -> Iterator[Path]:
    """Every path below `root`, a directory before what is in it."""
    for path in sorted(root.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _below(path)


def _entry(name: str, mode: int, content: bytes) -> bytes:
    """Header, name and content, each padded to four bytes. All owned by root, all of one time."""
    encoded = name.encode() + b"\0"
    link_count = 2 if stat.S_ISDIR(mode) else 1
    # inode (0: no hard links), mode, uid, gid, links, time, size, device of it and in it,
    # length of the name, checksum (none).
    numbers = (0, mode, 0, 0, link_count, 0, len(content), 0, 0, 0, 0, len(encoded), 0)
    header = b"070701" + b"".join(b"%08x" % number for number in numbers)
    return _padded(header + encoded) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)

"""Unpacks a wheel into a release of its own on the board, and compiles it there.

    unpack_release.py WHEEL RELEASE

RELEASE appears whole or not at all, whenever the power fails. An interpreter that came with an
upgrade of the system finds the release there, and only compiles it for itself.
"""

import compileall
import os
import py_compile
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path


def unpack(wheel, release):
    """The wheel's content, on the card before the directory gets its name."""
    partial = release.with_name(f"{release.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(partial)
    unpack_rooms(partial)
    compile_for_this_python(partial, release)
    os.sync()
    partial.rename(release)
    os.sync()


def unpack_rooms(directory):
    """What the wheel carries packed becomes files, whose byte code can be kept."""
    packed = directory / "raftpi" / "rooms.tar.bz2"
    if not packed.exists():
        return
    with tarfile.open(packed) as archive:
        # Python 3.11.2 knows no filters; those that do ask for one.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(directory)
    packed.unlink()


def compile_for_this_python(directory, release):
    """Byte code that is not compared with its source at each start: releases never change."""
    done = compileall.compile_dir(
        directory,
        quiet=1,
        stripdir=str(directory),
        prependdir=str(release),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not done:
        sys.exit(f"{release} cannot be compiled by Python {sys.version.split()[0]}")


def main(wheel, release):
    """Makes the release, or completes it."""
    os.umask(0o022)
    if release.is_dir():
        compile_for_this_python(release, release)
        os.sync()
    else:
        unpack(wheel, release)
    wheel.unlink(missing_ok=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

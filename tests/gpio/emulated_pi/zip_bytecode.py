"""Runs on the Pi: remembers the bytecode of modules that are imported out of zip archives.

Ansible sends its modules as zip archives of sources, which Python compiles anew for each task;
emulated, that takes longer than all the rest of a task. An archive's directory has a checksum
of every file, which names the bytecode here. Python 3.11's zipimport.
"""

import marshal
import os
import zipimport
from types import CodeType

CACHE = "/var/cache/zip-bytecode"

_compile = zipimport.zipimporter.get_code


def get_code(importer: zipimport.zipimporter, fullname: str) -> CodeType | None:
    """The module's bytecode, compiled if nobody did before."""
    name = _name_of(importer, fullname)
    if name is None:
        return _compile(importer, fullname)
    path = f"{CACHE}/{name}"
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # pathlib is slow to import there
            known: CodeType = marshal.load(file)
            return known
    except (OSError, EOFError, ValueError):
        code = _compile(importer, fullname)
    try:
        partial = f"{path}.{os.getpid()}"
        with open(partial, "wb") as file:  # noqa: PTH123  # likewise
            marshal.dump(code, file)
        os.rename(partial, path)  # noqa: PTH104  # likewise
    except OSError:
        pass  # who may not write there compiles each time
    return code


def _name_of(importer: zipimport.zipimporter, fullname: str) -> str | None:
    """A name that the same source alone has; None where the archive has no source."""
    base = importer.prefix + fullname.rpartition(".")[2]
    files = importer._files  # type: ignore[attr-defined]  # Python 3.11's own
    entry = files.get(f"{base}/__init__.py") or files.get(f"{base}.py")
    if entry is None:
        return None
    # As zipimport reads the directory: path, compression, both sizes, offset, time, date, CRC-32.
    return f"{fullname}-{entry[3]}-{entry[7]:08x}"


zipimport.zipimporter.get_code = get_code  # type: ignore[method-assign, assignment]  # that is it

"""Makes the Pi's image: kernel, device tree, root file system. About half a minute."""

import hashlib
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.gpio.emulated_pi import bytecode, cpio, debian, furnishing, kernel, places, wheels

# Python's own modules and Debian's packages: what the Pi imports besides raftpi.
LIBRARIES = ("usr/lib/python3.11", "usr/lib/python3/dist-packages")


def ensure() -> None:
    """Make the image, unless there is one that this recipe made. Raises CommandFailed."""
    places.home().mkdir(parents=True, exist_ok=True)
    stamp = places.home() / "image.recipe"
    recipe = _recipe()
    made = (places.kernel(), places.device_tree(), places.root_archive())
    if all(path.is_file() for path in made) and _text_of(stamp) == recipe:
        return
    stamp.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=places.home(), prefix="image.part.") as part:
        _make(Path(part))
    stamp.write_text(recipe)


def _make(part: Path) -> None:
    """Download in parallel, unpack as it comes."""
    root, downloaded, boot, archives = (part / name for name in ("root", "apt", "boot", "wheels"))
    for directory in (root, downloaded, boot, archives):
        directory.mkdir()
    root.chmod(0o755)
    debian.update(downloaded)
    with ThreadPoolExecutor(3) as pool:
        jobs = [
            pool.submit(lambda: kernel.unpack_kernel(debian.download_kernel(downloaded), boot)),
            pool.submit(lambda: debian.unpack(debian.download(downloaded), root)),
            pool.submit(wheels.download_wheels, archives),
        ]
        for job in jobs:
            job.result()
    wheels.unpack_wheels(archives, root)
    kernel.place_kernel(boot)
    kernel.place_modules(boot, root)
    furnishing.furnish(root)
    for library in LIBRARIES:
        bytecode.compile_tree(root / library, seen_as=f"/{library}")
    archive = part / "root.cpio"
    with archive.open("wb") as out:
        cpio.write_tree(root, out)
    shutil.move(archive, places.root_archive())


def _recipe() -> str:
    """A digest of all that the image is made by: the files of this package that make it."""
    makers = (bytecode, cpio, debian, furnishing, kernel, wheels)
    paths = [Path(__file__), furnishing.HERE / "init.sh", furnishing.HERE / "zip_bytecode.py"]
    paths += [Path(str(maker.__file__)) for maker in makers]
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest() + "\n"


def _text_of(path: Path) -> str:
    return path.read_text() if path.is_file() else ""

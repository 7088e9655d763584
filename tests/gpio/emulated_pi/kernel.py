"""The kernel, the Pi's device tree and the few modules, out of Debian's kernel package."""

import re
import shutil
from pathlib import Path

from tests.boards.bench.shell import run
from tests.gpio.emulated_pi import places
from tests.gpio.emulated_pi.debian import unpack_some

# The USB host of the chip, a network adapter on it as a Zero 2 W has one, the random numbers.
MODULES = ("phy-generic", "dwc2", "cdc_ether", "bcm2835-rng")
ORDER_FILE = "usr/lib/modules/order"
# A real Pi's firmware adds its revision code to the device tree, and gpiozero asks for it:
# Pi 3 Model B (raspberrypi.com, "Raspberry Pi revision codes").
REVISION = "a02082"
# The serial line is the console's, in both directions: `dtoverlay=disable-bt` of a real Pi.
BLUETOOTH = "/soc/serial@7e201000/bluetooth"

_WANTED = (
    "./boot/vmlinuz-*",
    "./usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb",
    "./lib/modules/*/kernel/drivers/usb/*",
    "./lib/modules/*/kernel/drivers/net/*",
    "./lib/modules/*/kernel/drivers/char/hw_random/*",
)


def unpack_kernel(deb: Path, directory: Path) -> None:
    """Take what is wanted out of the package into the empty `directory`."""
    unpack_some(deb, directory, only=_WANTED)


def place_kernel(unpacked: Path) -> None:
    """Put kernel and device tree where QEMU finds them."""
    shutil.copyfile(next(unpacked.glob("boot/vmlinuz-*")), places.kernel())
    tree = places.device_tree()
    shutil.copyfile(next(unpacked.glob("usr/lib/linux-image-*/broadcom/*.dtb")), tree)
    run(["fdtput", "-c", tree, "/system"])
    run(["fdtput", "-t", "x", tree, "/system", "linux,revision", REVISION])
    run(["fdtput", "-r", tree, BLUETOOTH])


def place_modules(unpacked: Path, root: Path) -> None:
    """Put `MODULES` and what they need into the root file system, in the order to load them."""
    found = {_module_name(path): path for path in unpacked.rglob("*.ko")}
    order: list[str] = []
    for name in MODULES:
        _collect(_module_name(Path(name)), found, order)
    target = root / "usr/lib/modules"
    target.mkdir(parents=True, exist_ok=True)
    for name in order:
        shutil.copyfile(found[name], target / f"{name}.ko")
    (root / ORDER_FILE).write_text("".join(f"{name}\n" for name in order))


def _collect(name: str, found: dict[str, Path], order: list[str]) -> None:
    """Add a module to `order`, after all that it depends on."""
    if name in order:
        return
    # What is missing here is compiled into the kernel, or insmod will say so.
    path = found.get(name)
    if path is None:
        return
    match = re.search(rb"\0depends=([^\0]*)\0", path.read_bytes())
    for needed in match[1].decode().split(",") if match else []:
        if needed:
            _collect(needed.replace("-", "_"), found, order)
    order.append(name)


def _module_name(path: Path) -> str:
    """A module's name as the kernel writes it; its file may have dashes."""
    return path.name.removesuffix(".ko").replace("-", "_")

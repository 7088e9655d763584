"""Where the emulated Pi lives on this machine.

Nothing here is shared with another bench, so several can be up at once.
"""

import os
from pathlib import Path

_HOME_VARIABLE = "RAFTPI_PI_HOME"
_HOME = "/var/tmp/raftpi-test-pi"


def home() -> Path:
    """The directory of the image and of the machine's files; RAFTPI_PI_HOME names another."""
    return Path(os.environ.get(_HOME_VARIABLE) or _HOME)


def kernel() -> Path:
    """The kernel that QEMU starts."""
    return home() / "vmlinuz"


def device_tree() -> Path:
    """The description of the Pi's hardware, as its firmware would hand it to the kernel."""
    return home() / "pi.dtb"


def root_archive() -> Path:
    """The root file system: a cpio archive, not compressed."""
    return home() / "root.cpio"


def host_key() -> Path:
    """The secret key of the Pi's sshd; its public half has `.pub`."""
    return home() / "ssh_host_ed25519_key"


def machine_directory() -> Path:
    """The files of the machine that runs: its console, its sockets, its process id."""
    return home() / "machine"

"""The Debian packages that the emulated Pi needs on the machine it runs on."""

import os
import shutil

from tests.boards.bench.shell import CommandFailed, run

# A program that shows that the package is there -> the package.
PACKAGES = {
    "qemu-system-aarch64": "qemu-system-arm",
    "fdtput": "device-tree-compiler",
    "ssh-keygen": "openssh-client",
    "ip": "iproute2",
    "tar": "tar",
    "dpkg-deb": "dpkg",
}


def missing_packages() -> list[str]:
    """The packages that are not installed, by the programs that are not found."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    return sorted(
        {name for program, name in PACKAGES.items() if not shutil.which(program, path=path)}
    )


def install_packages() -> None:
    """Install what is missing, with apt. Raises CommandFailed without root or apt."""
    missing = missing_packages()
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise CommandFailed(f"install these first: sudo apt-get install {' '.join(missing)}")
    install = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq"]
    install += ["--no-install-recommends", *missing]
    try:
        run(install, timeout_s=600)
    except CommandFailed:
        run(["apt-get", "update", "-qq"], timeout_s=600)
        run(install, timeout_s=600)

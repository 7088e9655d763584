"""Debian's arm64 packages: downloaded by this machine's apt, unpacked without running them.

Nothing of arm64 is executed while the image is made, so it takes seconds, and needs neither
binfmt_misc nor a chroot. What the packages' own scripts would have set up is `furnishing.py`'s.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.boards.bench.shell import run

SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
SECURITY_MIRROR = "http://deb.debian.org/debian-security"
KERNEL = "linux-image-arm64"
# What a Pi's own image has, less what no test needs (perl, udev, a boot loader, documents).
PACKAGES = (
    "base-files",
    "base-passwd",
    "bash",
    "coreutils",
    "dash",
    "dbus",
    "debianutils",
    "diffutils",
    "findutils",
    "grep",
    "gzip",
    "hostname",
    "iproute2",
    "kmod",
    "libpam-modules",
    "libpam-runtime",
    "login",
    "mawk",
    "mount",
    "openssh-server",
    "passwd",
    "procps",
    "python3",
    "python3-msgpack",
    "python3-systemd",
    "python3-zmq",
    "sed",
    "sudo",
    "systemd",
    "systemd-sysv",
    "tar",
    "util-linux",
)
# Comes as a dependency of configuring packages, which does not happen here.
NOT_UNPACKED = ("perl", "libperl", "usrmerge", "gcc-12-base", "debconf", "ucf", "adduser")
LEFT_OUT = (
    "./etc/ssh/moduli",
    "./usr/include/*",
    "./usr/lib/*/gconv/*",
    "./usr/lib/*/perl*",
    "./usr/lib/python3.11/ensurepip/*",
    "./usr/lib/python3.11/idlelib/*",
    "./usr/lib/python3.11/lib2to3/*",
    "./usr/lib/python3.11/pydoc_data/*",
    "./usr/lib/python3.11/test/*",
    "./usr/lib/python3/dist-packages/*/tests/*",
    "./usr/share/bash-completion/*",
    "./usr/share/doc/*",
    "./usr/share/i18n/*",
    "./usr/share/info/*",
    "./usr/share/lintian/*",
    "./usr/share/locale/*",
    "./usr/share/man/*",
    "./usr/share/perl*",
    "./usr/share/zoneinfo/*",
)
DOWNLOAD_LIMIT_S = 600
UNPACK_THREADS = 2


def update(directory: Path) -> None:
    """Learn what packages there are; the next two need it. Raises CommandFailed."""
    settings = _write_apt_settings(directory)
    run(["apt-get", "-c", settings, "-qq", "update"], timeout_s=DOWNLOAD_LIMIT_S)


def download(directory: Path) -> list[Path]:
    """Fetch the packages and what they depend on; their .deb files. Raises CommandFailed."""
    settings = str(directory / "apt.conf")
    fetch = ["apt-get", "-c", settings, "-qq", "-y", "--download-only", "install", *PACKAGES]
    run(fetch, timeout_s=DOWNLOAD_LIMIT_S)
    return sorted((directory / "cache/archives").glob("*.deb"))


def download_kernel(directory: Path) -> Path:
    """Fetch the kernel that `KERNEL` stands for; its .deb file. Raises CommandFailed.

    It is not installed with the rest, for it would bring a boot loader's company.
    """
    settings = directory / "apt.conf"
    depends = run(["apt-cache", "-c", settings, "depends", KERNEL])
    name = next(line.split()[-1] for line in depends.splitlines() if "Depends: linux-im" in line)
    fetch = ["env", "-C", str(directory), "apt-get", "-c", str(settings), "-qq", "download", name]
    run(fetch, timeout_s=DOWNLOAD_LIMIT_S)
    return next(directory.glob("linux-image-*.deb"))


def unpack(debs: list[Path], root: Path) -> None:
    """Lay the files of `debs` into `root`, with /bin, /lib and /sbin merged into /usr."""
    for name in ("bin", "lib", "sbin"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    wanted = [deb for deb in debs if not deb.name.startswith(NOT_UNPACKED)]
    with ThreadPoolExecutor(UNPACK_THREADS) as pool:
        list(pool.map(lambda deb: unpack_some(deb, root, left_out=LEFT_OUT), wanted))


def unpack_some(
    deb: Path, root: Path, *, only: tuple[str, ...] = (), left_out: tuple[str, ...] = ()
) -> None:
    """Lay a package's files, or those that match a pattern of `only`, into `root`."""
    excluded = " ".join(f"'--exclude={pattern}'" for pattern in left_out)
    chosen = " ".join(f"'{pattern}'" for pattern in only)
    tar = f"tar -x -C '{root}' --keep-directory-symlink --wildcards {excluded} {chosen}"
    run(["bash", "-c", f"set -o pipefail; dpkg-deb --fsys-tarfile '{deb}' | {tar}"])


def _write_apt_settings(directory: Path) -> Path:
    """Settings under which apt knows arm64 only, and nothing as installed."""
    for part in ("state/lists/partial", "cache/archives/partial"):
        (directory / part).mkdir(parents=True)
    (directory / "state/status").touch()
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (directory / "sources.list").write_text(
        f"deb [signed-by={keys}] {MIRROR} {SUITE} main\n"
        f"deb [signed-by={keys}] {SECURITY_MIRROR} {SUITE}-security main\n"
    )
    settings = {
        "APT::Architecture": "arm64",
        "APT::Architectures": "arm64",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Dir::State": f"{directory}/state",
        "Dir::State::status": f"{directory}/state/status",
        "Dir::Cache": f"{directory}/cache",
        "Dir::Etc::sourcelist": f"{directory}/sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
    }
    path = directory / "apt.conf"
    path.write_text("".join(f'{name} "{value}";\n' for name, value in settings.items()))
    return path

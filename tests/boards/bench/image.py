"""The file system that every board starts from: Debian trixie, made once by mmdebstrap."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from tests.boards.bench import places
from tests.boards.bench.shell import CommandFailed, attempt, run

SUITE = "trixie"
# What a board needs to boot, be reached and be managed, and raftpi's dependencies: the
# bench has no way out, so a playbook finds here what it would ask apt for.
PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "openssh-server",
    "iproute2",
    "sudo",
    "python3",
    "python3-apt",
    "python3-zmq",
    "python3-msgpack",
    "python3-systemd",
    "python3-gpiozero",
)
LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*")
# Nothing that wakes up, waits for a network manager or wants a console.
MASKED = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "fstrim.timer",
    "console-getty.service",
    "systemd-firstboot.service",
    "systemd-networkd.service",
    "systemd-networkd-wait-online.service",
    "systemd-resolved.service",
    "systemd-timesyncd.service",
)
# Raspberry Pi OS has this group; the lamp's user joins it.
GROUPS = ("gpio",)
# Raise it when `_furnish` changes.
FURNISHING = 1

BUILD_LIMIT_S = 900


def root() -> Path:
    """The image's directory; read-only to everyone, boards write into layers above it."""
    return places.home() / "image"


def ensure() -> Path:
    """The image, made anew if there is none or if it was made by another recipe.

    Takes about half a minute with a near mirror. Raises CommandFailed.
    """
    places.home().mkdir(mode=0o755, parents=True, exist_ok=True)
    _ensure_key()
    stamp = places.home() / "image.recipe"
    recipe = _recipe()
    if root().is_dir() and stamp.is_file() and stamp.read_text() == recipe:
        return root()
    stamp.unlink(missing_ok=True)
    if root().exists():
        shutil.rmtree(root())
    with tempfile.TemporaryDirectory(dir=places.home(), prefix="image.part.") as part:
        made = Path(part) / "image"
        _bootstrap(made)
        _furnish(made)
        made.rename(root())
    stamp.write_text(recipe)
    return root()


def _recipe() -> str:
    parts = (SUITE, PACKAGES, LEFT_OUT, MASKED, GROUPS, FURNISHING, _public_key())
    return hashlib.sha256(repr(parts).encode()).hexdigest() + "\n"


def _public_key() -> str:
    return places.ssh_key().with_suffix(".pub").read_text()


def _ensure_key() -> None:
    key = places.ssh_key()
    if not key.with_suffix(".pub").is_file():
        key.unlink(missing_ok=True)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "raftpi bench", "-f", str(key)])


def _bootstrap(target: Path) -> None:
    words = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
    words += [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
    done = attempt([*words, SUITE, str(target)], timeout_s=BUILD_LIMIT_S)
    if done.returncode != 0:
        raise CommandFailed(f"mmdebstrap could not make the boards' image:\n{done.stderr[-4000:]}")


def _furnish(target: Path) -> None:
    ssh = target / "root" / ".ssh"
    ssh.mkdir(mode=0o700, exist_ok=True)
    (ssh / "authorized_keys").write_text(_public_key())
    (ssh / "authorized_keys").chmod(0o600)
    for group in GROUPS:
        run(["chroot", str(target), "groupadd", "--force", "--system", group])
    for unit in MASKED:
        (target / "etc/systemd/system" / unit).symlink_to("/dev/null")
    # Each board mints its own at its first boot.
    (target / "etc/machine-id").write_text("uninitialized\n")

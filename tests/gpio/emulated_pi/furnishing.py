"""What the packages' own scripts and a person would have set up: accounts, sshd, units."""

import shutil
import uuid
from pathlib import Path

from tests.boards.bench.shell import run
from tests.gpio.emulated_pi import places

HERE = Path(__file__).parent

# name -> number; of the users that systemd, dbus and sshd want, each with a group of its name.
USERS = {"messagebus": 990, "sshd": 991, "systemd-network": 992, "systemd-resolve": 993}
# systemd's own, and the two that own the GPIO device and the key file.
GROUPS = {"systemd-journal": 980, "input": 981, "kvm": 982, "render": 983, "sgx": 984, "gpio": 985}
WANTED = ("ssh.service",)
# What takes a slow processor seconds and means nothing to a board without disk or screen.
MASKED = (
    "getty.target",
    "getty-static.service",
    "systemd-logind.service",
    "systemd-binfmt.service",
    "systemd-firstboot.service",
    "systemd-journal-flush.service",
    "systemd-machine-id-commit.service",
    "systemd-modules-load.service",
    "systemd-pcrphase.service",
    "systemd-pcrphase-sysinit.service",
    "systemd-random-seed.service",
    "systemd-repart.service",
    "systemd-sysusers.service",
    "systemd-tmpfiles-clean.timer",
    "systemd-update-done.service",
    "systemd-update-utmp.service",
    "systemd-update-utmp-runlevel.service",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "proc-sys-fs-binfmt_misc.automount",
    "proc-sys-fs-binfmt_misc.mount",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "dev-hugepages.mount",
    "dev-mqueue.mount",
    "kmod-static-nodes.service",
    "serial-getty@ttyAMA0.service",
)
# Root is root, and nobody else comes in: what pam-auth-update would write, without its choices.
PAM = {
    "common-auth": "auth required pam_unix.so nullok\n",
    "common-account": "account required pam_unix.so\n",
    "common-password": "password required pam_unix.so obscure yescrypt\n",
    "common-session": "session required pam_unix.so\n",
    "common-session-noninteractive": "session required pam_unix.so\n",
}
# What Raspberry Pi OS does by a rule of udev.
TMPFILES = "z /dev/gpiochip* 0660 root gpio\n"
ALTERNATIVES = {"awk": "mawk", "which": "which.debianutils"}


def furnish(root: Path) -> None:
    """Make the unpacked packages in `root` a system that boots."""
    _add_accounts(root / "etc", root / "usr/share/base-passwd")
    for name, text in PAM.items():
        (root / "etc/pam.d" / name).write_text(text)
    (root / "usr/lib/tmpfiles.d/gpio.conf").write_text(TMPFILES)
    # A board that has one does not take this for its first boot, and enables nothing by itself.
    (root / "etc/machine-id").write_text(f"{uuid.uuid4().hex}\n")
    (root / "etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
    (root / "etc/ld.so.conf").write_text("include /etc/ld.so.conf.d/*.conf\n")
    for name, program in ALTERNATIVES.items():
        _link(root / "usr/bin" / name, program)
    _link(root / "etc/mtab", "../proc/self/mounts")
    units = root / "etc/systemd/system"
    (units / "multi-user.target.wants").mkdir(parents=True, exist_ok=True)
    for unit in WANTED:
        _link(units / "multi-user.target.wants" / unit, f"/lib/systemd/system/{unit}")
    for unit in MASKED:
        _link(units / unit, "/dev/null")
    _link(units / "default.target", "/lib/systemd/system/multi-user.target")
    _let_ssh_in(root)
    _remember_bytecode(root)
    for directory in ("payload", "root", "mnt", "srv", "usr/local/bin", "usr/local/sbin"):
        (root / directory).mkdir(parents=True, exist_ok=True)
    (root / "root").chmod(0o700)
    shutil.copyfile(HERE / "init.sh", root / "init")
    (root / "init").chmod(0o755)


def _add_accounts(etc: Path, masters: Path) -> None:
    """Debian's own accounts, and those of `USERS` and `GROUPS`; nobody has a password."""
    users = (masters / "passwd.master").read_text()
    groups = (masters / "group.master").read_text()
    for name, number in USERS.items():
        users += f"{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n"
    for name, number in {**USERS, **GROUPS}.items():
        groups += f"{name}:x:{number}:\n"
    (etc / "passwd").write_text(users.replace(":*:", ":x:"))
    (etc / "group").write_text(groups.replace(":*:", ":x:"))
    names = [line.split(":")[0] for line in users.splitlines()]
    (etc / "shadow").write_text("".join(f"{name}:*:19000:0:99999:7:::\n" for name in names))
    (etc / "shadow").chmod(0o640)
    (etc / "gshadow").write_text("".join(f"{line.split(':')[0]}:*::\n" for line in groups.split()))
    (etc / "gshadow").chmod(0o640)


def _let_ssh_in(root: Path) -> None:
    """A key for sshd, made here; and a configuration that does not ask for more than it needs."""
    key = places.host_key()
    if not key.with_suffix(".pub").is_file():
        key.unlink(missing_ok=True)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "emulated pi", "-f", key])
    target = root / "etc/ssh" / key.name
    shutil.copyfile(key, target)
    target.chmod(0o600)
    shutil.copyfile(key.with_suffix(".pub"), target.with_suffix(".pub"))
    shutil.copyfile(root / "usr/share/openssh/sshd_config", root / "etc/ssh/sshd_config")
    extra = "HostKey /etc/ssh/ssh_host_ed25519_key\nUseDNS no\nPrintMotd no\n"
    (root / "etc/ssh/sshd_config.d").mkdir(exist_ok=True)
    (root / "etc/ssh/sshd_config.d/pi.conf").write_text(extra)


def _remember_bytecode(root: Path) -> None:
    """Make every start of Python import `zip_bytecode.py`; see there."""
    packages = root / "usr/lib/python3/dist-packages"
    shutil.copyfile(HERE / "zip_bytecode.py", packages / "zip_bytecode.py")
    (packages / "zip_bytecode.pth").write_text("import zip_bytecode\n")
    (root / "var/cache/zip-bytecode").mkdir(parents=True)


def _link(path: Path, target: str) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)

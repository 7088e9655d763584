"""Key files: one CURVE pair each, for its owner's eyes alone. zmq_curve(7), z85 (ZeroMQ RFC 32).

A file is TOML: `public = "…"` and `secret = "…"`, each 32 bytes as 40 characters of Z85.
"""

import os
import pwd
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import zmq

from raftpi.errors import KeyProblem

KEY_CHARACTERS = 40
FILE_BYTES = 4096
Z85_ALPHABET = (
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
)
FINGERPRINT_CHARACTERS = 8
# What a key file may allow: its owner to read and write it, and a group to read it.
OWNER_BITS, GROUP_READ_BIT = 0o700, 0o040

_DIGITS = {character: digit for digit, character in enumerate(Z85_ALPHABET)}
_GROUP_CHARACTERS = 5


class KeyExists(KeyProblem):
    """There is a key at this path already; none is ever overwritten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A public key and the secret that goes with it, as Z85 text. The secret is never shown."""

    public: str
    secret: str = field(repr=False)


def make_key_pair() -> KeyPair:
    """A new pair, from the kernel's randomness."""
    public, secret = zmq.curve_keypair()
    return KeyPair(public=public.decode(), secret=secret.decode())


def fingerprint(public: str) -> str:
    """The beginning of a public key: enough for eyes to compare."""
    return public[:FINGERPRINT_CHARACTERS]


def is_public_key(value: object) -> bool:
    """Whether this is Z85 text of 32 bytes, not all of them zero; secrets look the same."""
    if not isinstance(value, str) or len(value) != KEY_CHARACTERS or not value.strip("0"):
        return False
    if any(character not in _DIGITS for character in value):
        return False
    groups = range(0, KEY_CHARACTERS, _GROUP_CHARACTERS)
    return all(_number(value[at : at + _GROUP_CHARACTERS]) < 1 << 32 for at in groups)


def write_key(
    path: Path, pair: KeyPair, *, mode: int = 0o600, owner: tuple[int, int] | None = None
) -> None:
    """Write a new key file, durably and never over another one; `owner` is (uid, gid).

    Invariant: at no moment may anybody read the secret who may not read the finished file.
    Raises KeyExists when something is there already, KeyProblem when it cannot be written.
    """
    text = (
        "# raftpi key; secret: never copy it to another machine\n"
        f'public = "{pair.public}"\nsecret = "{pair.secret}"\n'
    )
    try:
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _write_within(directory, path, text.encode(), mode, owner)
            os.fsync(directory)
        finally:
            os.close(directory)
    except FileExistsError as error:
        raise KeyExists(f"{path} exists already; a key is never overwritten") from error
    except FileNotFoundError as error:
        raise KeyProblem(
            f"{path}: there is no directory {path.parent}; make it: mkdir -m 700 {path.parent}"
        ) from error
    except PermissionError as error:
        raise KeyProblem(
            f"{path}: the key cannot be written, or not be given to its owner: "
            f"{error.strerror}; try it with sudo"
        ) from error
    except OSError as error:
        raise KeyProblem(f"{path}: the key cannot be written: {error.strerror}") from error


def _write_within(
    directory: int, path: Path, data: bytes, mode: int, owner: tuple[int, int] | None
) -> None:
    """Write beside and link: a link, unlike a rename, never replaces what is there."""
    beside = f".{path.name}.{os.urandom(8).hex()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(beside, flags, 0o600, dir_fd=directory)
    try:
        if owner is not None:
            os.fchown(fd, *owner)
        os.fchmod(fd, mode)
        if stat.S_IMODE(os.fstat(fd).st_mode) != mode:
            raise KeyProblem(
                f"{path}: this file system keeps no permissions, so a secret cannot lie there; "
                "choose a directory on a Linux one, like ext4"
            )
        if os.write(fd, data) != len(data):
            raise KeyProblem(f"{path}: the key cannot be written: no space left")
        os.fsync(fd)
        os.link(beside, path.name, src_dir_fd=directory, dst_dir_fd=directory)
    finally:
        os.close(fd)
        os.unlink(beside, dir_fd=directory)


def read_key(path: Path, *, group_may_read: bool = False) -> KeyPair:
    """The pair in a file. Raises KeyProblem, which names the file and the remedy."""
    try:
        # Without O_NONBLOCK, opening a pipe would wait for whoever writes to it.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                raise KeyProblem(f"{path} is no file; a key is one: raftpi keys new FILE")
            data = os.read(fd, FILE_BYTES + 1)
        finally:
            os.close(fd)
    except FileNotFoundError as error:
        if path.is_symlink():
            raise KeyProblem(f"{path} is a link that leads nowhere; remove it") from error
        raise KeyProblem(f"{path}: no such key; make one with: raftpi keys new {path}") from error
    except PermissionError as error:
        raise KeyProblem(
            f"{path}: you ({_user_name(os.geteuid())}) may not read this key; run this as its "
            "owner, or with sudo"
        ) from error
    except OSError as error:
        raise KeyProblem(f"{path}: the key cannot be read: {error.strerror}") from error
    _check_mode(path, stat.S_IMODE(found.st_mode), group_may_read=group_may_read)
    return _parse_key(data, path)


def _check_mode(path: Path, mode: int, *, group_may_read: bool) -> None:
    allowed = OWNER_BITS | (GROUP_READ_BIT if group_may_read else 0)
    too_much = mode & ~allowed & 0o777
    if not too_much:
        return
    whom = "everybody" if too_much & 0o007 else "its group"
    deed = "write" if too_much & 0o022 else "read"
    best = "640" if group_may_read else "600"
    raise KeyProblem(
        f"{path}: {whom} may {deed} this secret (mode {mode:04o}): chmod {best} {path}; "
        "if others have used this machine meanwhile, make a new key"
    )


def _parse_key(data: bytes, path: Path) -> KeyPair:
    # What the file holds may be secret, so no message quotes it.
    shape = f'{path} is no key file: it needs the lines public = "…" and secret = "…"'
    try:
        if len(data) > FILE_BYTES:
            raise KeyProblem(f"{path} is no key file: it is larger than {FILE_BYTES} bytes")
        document = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise KeyProblem(shape) from None
    if set(document) != {"public", "secret"}:
        raise KeyProblem(shape)
    for name, value in document.items():
        if not is_public_key(value):
            raise KeyProblem(
                f"{path} is damaged: its {name} key is not {KEY_CHARACTERS} characters of Z85; "
                "move it away and make a new one with: raftpi keys new"
            )
    pair = KeyPair(public=document["public"], secret=document["secret"])
    if zmq.curve_public(pair.secret.encode()).decode() != pair.public:
        raise KeyProblem(
            f"{path} is damaged: its public key does not belong to its secret one; move it away "
            "and make a new one with: raftpi keys new"
        )
    return pair


def _number(group: str) -> int:
    """The number that five characters of Z85 stand for; more than 32 bits is malformed."""
    number = 0
    for character in group:
        number = number * len(Z85_ALPHABET) + _DIGITS[character]
    return number


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

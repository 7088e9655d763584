"""Key files: one CURVE pair each, for its owner's eyes alone. zmq_curve(7), z85 (ZeroMQ RFC 32)."""

import os
import secrets
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import zmq

from raftpi.errors import KeyProblem

KEY_CHARACTERS = 40
FILE_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A public key and the secret that goes with it, as Z85 text. The secret is never shown."""

    public: str
    secret: str = field(repr=False)


def make_key_pair() -> KeyPair:
    """A new pair."""
    public, secret = zmq.curve_keypair()
    return KeyPair(public=public.decode(), secret=secret.decode())


def fingerprint(public: str) -> str:
    """The beginning of a public key: enough for eyes to compare."""
    return public[:8]


def write_key(
    path: Path, pair: KeyPair, *, mode: int = 0o600, owner: tuple[int, int] | None = None
) -> None:
    """Write a new key file, durably and never over another one; `owner` is (uid, gid).

    Raises KeyProblem when there is one already, or it cannot be written.
    """
    text = (
        "# raftpi key; secret: never copy it to another machine\n"
        f'public = "{pair.public}"\nsecret = "{pair.secret}"\n'
    )
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            if owner is not None:
                os.fchown(fd, *owner)
            os.fchmod(fd, mode)
            os.write(fd, text.encode())
            os.fsync(fd)
            # A link, unlike a rename, never replaces what is there.
            os.link(beside, path)
        finally:
            os.close(fd)
            beside.unlink()
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except FileExistsError as error:
        raise KeyProblem(f"{path} exists already; a key is never overwritten") from error
    except OSError as error:
        raise KeyProblem(f"{path}: the key cannot be written: {error.strerror}") from error


def read_key(path: Path, *, group_may_read: bool = False) -> KeyPair:
    """The pair in a file. Raises KeyProblem, which names the file and the remedy."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read(FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise KeyProblem(f"{path}: no such key; make one with: raftpi keys new {path}") from error
    except OSError as error:
        raise KeyProblem(f"{path}: the key cannot be read: {error.strerror}") from error
    allowed = 0o740 if group_may_read else 0o700
    if mode & ~allowed & 0o777:
        best = "640" if group_may_read else "600"
        raise KeyProblem(
            f"{path} is open to others (mode {mode:04o}), and it is secret: chmod {best} {path}"
        )
    return _parse_key(data, path)


def _parse_key(data: bytes, path: Path) -> KeyPair:
    try:
        document = tomllib.loads(data.decode("utf-8"))
        public, secret = document["public"], document["secret"]
    except (ValueError, KeyError) as error:
        raise KeyProblem(
            f'{path} is no key file: it has no public = "…" and secret = "…"'
        ) from error
    if not (is_public_key(public) and is_public_key(secret)):
        raise KeyProblem(f"{path} is no key file: a key has {KEY_CHARACTERS} characters of Z85")
    if zmq.curve_public(secret.encode()).decode() != public:
        raise KeyProblem(f"{path}: the public key does not belong to the secret one")
    return KeyPair(public=public, secret=secret)


def is_public_key(value: object) -> bool:
    """Whether this is Z85 text of the right length."""
    if not isinstance(value, str) or len(value) != KEY_CHARACTERS or not value.isascii():
        return False
    try:
        zmq.curve_public(value.encode())
    except (ValueError, KeyError, zmq.ZMQError):
        return False
    return True

"""Key files: made once, open to nobody else, and refused with a remedy."""

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zmq.utils import z85

from raftpi.errors import KeyProblem
from raftpi.transport.keys import (
    Z85_ALPHABET,
    KeyExists,
    KeyPair,
    fingerprint,
    is_public_key,
    make_key_pair,
    read_key,
    write_key,
)

NOBODY = 65_534


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Root may read everything; for the test be somebody else."""
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)


def names(directory: Path) -> list[str]:
    return sorted(entry.name for entry in directory.iterdir())


def write_text(path: Path, public: str, secret: str) -> Path:
    path.write_text(f'public = "{public}"\nsecret = "{secret}"\n')
    path.chmod(0o600)
    return path


def problem_of(path: Path, *, group_may_read: bool = False) -> str:
    with pytest.raises(KeyProblem) as caught:
        read_key(path, group_may_read=group_may_read)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 16
    return str(caught.value)


def test_a_written_key_is_read_again(tmp_path: Path) -> None:
    pair = make_key_pair()
    write_key(tmp_path / "node.key", pair)
    assert read_key(tmp_path / "node.key") == pair
    assert names(tmp_path) == ["node.key"]


def test_two_pairs_are_never_the_same() -> None:
    first, second = make_key_pair(), make_key_pair()
    assert len({first.public, first.secret, second.public, second.secret}) == 4


def test_the_secret_is_in_no_text_of_a_pair() -> None:
    pair = make_key_pair()
    assert pair.secret not in f"{pair!r} {pair}"
    assert pair.public in repr(pair)


def test_a_fingerprint_is_the_beginning_of_the_public_key() -> None:
    public = make_key_pair().public
    assert public.startswith(fingerprint(public))
    assert len(fingerprint(public)) == 8


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path, first = tmp_path / "node.key", make_key_pair()
    write_key(path, first)
    with pytest.raises(KeyExists, match="never overwritten"):
        write_key(path, make_key_pair())
    assert read_key(path) == first
    assert names(tmp_path) == ["node.key"]


def test_of_many_writers_at_once_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    won: list[KeyPair] = []

    def write() -> None:
        pair = make_key_pair()
        try:
            write_key(path, pair)
        except KeyExists:
            return
        won.append(pair)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [read_key(path)] == won


@pytest.mark.parametrize("target", ["there", "nowhere"])
def test_a_link_in_the_place_of_a_key_is_not_followed(tmp_path: Path, target: str) -> None:
    (tmp_path / "there").write_text("precious")
    (tmp_path / "node.key").symlink_to(tmp_path / target)
    with pytest.raises(KeyExists):
        write_key(tmp_path / "node.key", make_key_pair())
    assert (tmp_path / "there").read_text() == "precious"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_mode_and_owner_stand_before_the_secret_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    seen: list[os.stat_result] = []
    write = os.write

    def watch(fd: int, data: bytes) -> int:
        seen.append(os.fstat(fd))
        assert os.fstat(fd).st_size == 0
        return write(fd, data)

    monkeypatch.setattr(os, "write", watch)
    before = os.umask(0)
    try:
        owner = (os.geteuid(), os.getegid())
        write_key(tmp_path / "a.key", make_key_pair(), mode=mode, owner=owner)
    finally:
        os.umask(before)
    assert [stat.S_IMODE(found.st_mode) for found in seen] == [mode]
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == mode


def test_a_strict_umask_does_not_take_the_group_its_right(tmp_path: Path) -> None:
    before = os.umask(0o777)
    try:
        write_key(tmp_path / "a.key", make_key_pair(), mode=0o640)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o640


@pytest.mark.root
def test_a_key_is_given_to_its_owner(tmp_path: Path) -> None:
    write_key(tmp_path / "a.key", make_key_pair(), owner=(NOBODY, 1234))
    found = (tmp_path / "a.key").stat()
    assert (found.st_uid, found.st_gid) == (NOBODY, 1234)


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(KeyProblem, match="No space left"):
        write_key(tmp_path / "a.key", make_key_pair())
    assert names(tmp_path) == []


def test_a_file_system_without_permissions_gets_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fchmod", lambda fd, mode: None)
    with pytest.raises(KeyProblem, match="keeps no permissions"):
        write_key(tmp_path / "a.key", make_key_pair(), mode=0o640)
    assert names(tmp_path) == []


def test_a_missing_directory_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match=f"mkdir -m 700 {tmp_path}/keys"):
        write_key(tmp_path / "keys" / "node.key", make_key_pair())


def test_a_missing_key_names_the_command_that_makes_it(tmp_path: Path) -> None:
    assert f"raftpi keys new {tmp_path}/node.key" in problem_of(tmp_path / "node.key")


def test_a_key_of_somebody_else_names_sudo(tmp_path: Path) -> None:
    write_key(tmp_path / "node.key", make_key_pair())
    (tmp_path / "node.key").chmod(0)
    with ordinary_user():
        assert "sudo" in problem_of(tmp_path / "node.key")


def test_a_directory_or_a_pipe_is_no_key(tmp_path: Path) -> None:
    assert "is no file" in problem_of(tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "is no file" in problem_of(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("mode", "deed"),
    [
        (0o604, "everybody may read"),
        (0o606, "everybody may write"),
        (0o601, "everybody may read"),
        (0o620, "its group may write"),
        (0o660, "its group may write"),
    ],
)
@pytest.mark.parametrize("group_may_read", [True, False])
def test_a_key_open_to_others_is_refused_with_the_remedy(
    tmp_path: Path, mode: int, deed: str, group_may_read: bool
) -> None:
    path = tmp_path / "a.key"
    write_key(path, make_key_pair(), mode=0o600)
    path.chmod(mode)
    text = problem_of(path, group_may_read=group_may_read)
    assert deed in text
    assert f"chmod {'640' if group_may_read else '600'} {path}" in text


def test_a_group_may_read_a_client_key_alone(tmp_path: Path) -> None:
    path, pair = tmp_path / "client.key", make_key_pair()
    write_key(path, pair, mode=0o640)
    assert read_key(path, group_may_read=True) == pair
    assert "chmod 600" in problem_of(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "public = ",
        "\x00\xff",
        'public = "x"',
        'public = "x"\nsecret = "y"\nmore = 1',
        "public = 5\nsecret = 6",
        "[[node]]\nid = 1",
        "x" * 5000,
        "[" * 3000,
    ],
)
def test_what_is_no_key_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.key"
    path.write_bytes(text.encode("latin-1"))
    path.chmod(0o600)
    problem_of(path)


def test_a_damaged_key_is_refused_and_its_secret_not_told(tmp_path: Path) -> None:
    pair = make_key_pair()
    path = write_text(tmp_path / "a.key", pair.public, pair.secret[:-1] + "~")
    text = problem_of(path)
    assert "secret key" in text
    assert pair.secret[:8] not in text


def test_a_public_key_that_does_not_belong_to_the_secret_is_refused(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.key", make_key_pair().public, make_key_pair().secret)
    assert "does not belong" in problem_of(path)


@given(st.binary(min_size=32, max_size=32).filter(any))
def test_every_32_bytes_are_a_key(data: bytes) -> None:
    assert is_public_key(z85.encode(data).decode())


@pytest.mark.parametrize(
    "value",
    [None, 5, "", "a" * 39, "a" * 41, "a" * 39 + "~", "ä" * 40, "#" * 40, "0" * 40, b"a" * 40],
)
def test_what_is_no_key_is_not_taken_for_one(value: object) -> None:
    assert not is_public_key(value)


def test_the_alphabet_is_that_of_z85() -> None:
    assert bytes(z85.Z85CHARS).decode() == Z85_ALPHABET

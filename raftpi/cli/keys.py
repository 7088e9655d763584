"""`raftpi keys new | make | show`: prints public keys, never secret ones."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from raftpi.cli.printing import columns, print_json, print_line, print_note
from raftpi.errors import KeyProblem, UsageError
from raftpi.transport.client_key import TRUST_NAME
from raftpi.transport.keys import KeyExists, fingerprint, make_key_pair, read_key, write_key
from raftpi.transport.trust import Trust, read_trust

if TYPE_CHECKING:
    from argparse import Namespace

KEY_SUFFIX = ".key"


def new(arguments: "Namespace") -> int:
    """One key, unless it exists: what is there is kept as it is."""
    path = Path(arguments.file)
    owner = owner_ids(arguments.owner) if arguments.owner else None
    pair = make_key_pair()
    created = False
    # What lies there is read first, so that a key that cannot be used is told, not kept silently.
    if not os.path.lexists(path):
        try:
            write_key(path, pair, mode=arguments.mode, owner=owner)
            created = True
        except KeyExists:
            created = False  # another of these commands was quicker
    public = pair.public if created else read_key(path, group_may_read=True).public
    if arguments.json:
        print_json({"path": str(path), "public": public, "created": created})
    else:
        print_note(f"{path} {'is new' if created else 'exists already, and is kept'}")
        print_line(public)
    return 0


def make(arguments: "Namespace") -> int:
    """All keys of a cluster."""
    from raftpi.cli.key_set import make_key_set

    made = make_key_set(
        Path(arguments.directory),
        Path(arguments.config),
        admins=arguments.admin,
        ordinary=arguments.client,
    )
    if arguments.json:
        print_json(made.as_json())
        return 0
    rows = [
        ["new" if key.created else "kept", key.shown_path, key.user, fingerprint(key.public)]
        for key in made.keys
    ]
    for line in columns(rows):
        print_line(line)
    for note in made.notes:
        print_note(note)
    for line in made.next_steps():
        print_line(line)
    return 0


def show(arguments: "Namespace") -> int:
    """The public keys in files and directories."""
    keys: list[dict[str, str]] = []
    trusted: list[dict[str, str]] = []
    for path in _files(arguments.paths):
        if path.name.endswith(".toml"):
            trusted += _rows_of_trust(path, read_trust(path))
        else:
            public = read_key(path, group_may_read=True).public
            keys.append({"path": str(path), "public": public, "user": _user_beside(path, public)})
    if arguments.json:
        print_json({"keys": keys, "trusted": trusted})
        return 0
    rows = [[key["path"], key["user"] or "not trusted here", key["public"]] for key in keys]
    rows += [[row["path"], row["user"], row["public"]] for row in trusted]
    for line in columns(rows):
        print_line(line)
    return 0


def owner_ids(text: str) -> tuple[int, int]:
    """(uid, gid) of USER or USER:GROUP, by name or number. Raises UsageError."""
    import grp
    import pwd

    user, mark, group = text.partition(":")
    try:
        entry = pwd.getpwuid(int(user)) if user.isdecimal() else pwd.getpwnam(user)
        uid, gid = entry.pw_uid, entry.pw_gid
    except KeyError:
        if not (user.isdecimal() and group):
            raise UsageError(f"--owner {text}: there is no user {user} here") from None
        uid, gid = int(user), -1
    if mark:
        try:
            gid = int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid
        except KeyError:
            raise UsageError(f"--owner {text}: there is no group {group} here") from None
    return uid, gid


def _files(paths: list[str]) -> list[Path]:
    """The files themselves, and of directories every key and trusted.toml below them."""
    files: list[Path] = []
    for path in map(Path, paths):
        if not path.is_dir():
            files.append(path)
            continue
        try:
            # Unlike rglob, this does not pass over what may not be opened.
            within = [
                Path(folder, name)
                for folder, _, names in os.walk(path, onerror=_raise)
                for name in names
            ]
        except OSError as error:
            raise KeyProblem(f"{error.filename}: {error.strerror}; try it with sudo") from error
        found = sorted(
            file for file in within if file.suffix == KEY_SUFFIX or file.name == TRUST_NAME
        )
        if not found:
            raise KeyProblem(f"{path}: there is no key and no {TRUST_NAME} in this directory")
        files += found
    return files


def _raise(error: OSError) -> None:
    raise error


def _rows_of_trust(path: Path, trust: Trust) -> list[dict[str, str]]:
    publics = [node.public for node in trust.nodes]
    publics += [client.public for client in trust.clients]
    return [
        {"path": str(path), "user": trust.user_of(public), "public": public} for public in publics
    ]


def _user_beside(path: Path, public: str) -> str:
    """Whose key this is by the trusted.toml beside it or one directory up, "" if neither knows."""
    for directory in (path.parent, path.parent.parent):
        beside = directory / TRUST_NAME
        if beside.is_file():
            return read_trust(beside).user_of(public)
    return ""

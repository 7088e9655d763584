"""Where the cluster is, as a raftpi.toml tells it: on a board, or a copy of it elsewhere."""

import os
from typing import TYPE_CHECKING, Any

from raftpi.cli.seats import Seat, Whereabouts, endpoint
from raftpi.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_RUNTIME = "/run/raftpi"
CLIENT_SOCKET_NAME = "client.sock"
BOARD_KEY_NAME = "client.key"


def from_config(path: str, *, has_key: bool = False) -> Whereabouts:
    """The [[member]] tables of a raftpi.toml, and its board's key. Raises UsageError.

    `has_key`: the caller has one of their own, so the board's is not looked for.

    The board itself is asked through its Unix socket, where there is one that may be opened.
    """
    import tomllib
    from pathlib import Path

    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{path} is no TOML: {error}") from error
    members = document.get("member")
    if not isinstance(members, list) or not members:
        raise UsageError(f"{path} has no [[member]] tables, so it names no endpoints")
    node = _section(document, "node")
    socket = Path(str(node.get("runtime", DEFAULT_RUNTIME)), CLIENT_SOCKET_NAME)
    has_socket = os.access(socket, os.R_OK | os.W_OK)
    seats = []
    for number, member in enumerate(members, start=1):
        client = member.get("client") if isinstance(member, dict) else None
        if not isinstance(client, str):
            raise UsageError(f'{path}: [[member]] number {number} has no client = "tcp://…"')
        node_id, name = member.get("id"), member.get("name")
        if has_socket and node_id == node.get("id"):
            client = f"ipc://{socket}"
        seats.append(
            Seat(
                id=node_id if isinstance(node_id, int) else 0,
                name=name if isinstance(name, str) else "",
                client=endpoint(client, path),
            )
        )
    needs_key = bool(_section(document, "security").get("keys")) and not has_key
    key = _board_key(Path(path)) if needs_key else ""
    return Whereabouts(seats=tuple(seats), complete=True, key=key)


def _board_key(config: "Path") -> str:
    """The key beside the configuration, for whoever may read it. Raises UsageError."""
    path = config.parent / BOARD_KEY_NAME
    if os.access(path, os.R_OK):
        return str(path)
    if not path.exists():
        raise UsageError(
            f"this cluster wants a key, and {path} does not exist: name yours with --key FILE"
        )
    raise UsageError(
        f"you may not read {path}: join the group raftpi with `sudo usermod -aG raftpi $USER` "
        "and log in anew, or run this with sudo"
    )


def _section(document: dict[str, Any], name: str) -> dict[str, Any]:
    section = document.get(name, {})
    return section if isinstance(section, dict) else {}

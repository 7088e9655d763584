"""What a raftpi.toml tells a command, on its board and elsewhere."""

import os
import socket
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from raftpi.cli.board_config import from_config
from raftpi.cli.whereabouts import find
from raftpi.errors import UsageError
from raftpi.transport.keys import make_key_pair, write_key
from raftpi.transport.trust import Trust, TrustedNode, format_trust

MEMBERS = """
[[member]]
id = 1
name = "pi1"
client = "tcp://10.0.0.1:7201"
[[member]]
id = 2
name = "pi2"
client = "tcp://10.0.0.2:7201"
"""


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Path]:
    """The configuration of board 2, whose daemon's socket is there."""
    runtime = tmp_path / "run"
    runtime.mkdir()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(runtime / "client.sock"))
    config = tmp_path / "raftpi.toml"
    config.write_text(
        f'[node]\nid = 2\nruntime = "{runtime}"\n[security]\nkeys = "{tmp_path}/keys"\n{MEMBERS}'
    )
    yield config
    listener.close()


def test_on_the_board_its_own_daemon_is_asked_through_the_unix_socket(board: Path) -> None:
    write_key(board.parent / "client.key", make_key_pair(), mode=0o640)
    found = from_config(str(board))
    assert found.endpoints == ("tcp://10.0.0.1:7201", f"ipc://{board.parent}/run/client.sock")
    assert found.key == str(board.parent / "client.key")


def test_without_the_socket_the_network_is_asked(board: Path) -> None:
    write_key(board.parent / "client.key", make_key_pair(), mode=0o640)
    (board.parent / "run" / "client.sock").unlink()
    assert from_config(str(board)).endpoints == ("tcp://10.0.0.1:7201", "tcp://10.0.0.2:7201")


def test_a_cluster_without_keys_needs_none(tmp_path: Path) -> None:
    config = tmp_path / "raftpi.toml"
    config.write_text(MEMBERS)
    assert from_config(str(config)).key == ""


def test_a_board_key_that_is_missing_or_not_for_this_person_is_explained(
    board: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="--key FILE"):
        from_config(str(board))
    write_key(board.parent / "client.key", make_key_pair(), mode=0o640)
    # Root may read everything, and tests may run as root.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UsageError, match="usermod -aG raftpi"):
        from_config(str(board))
    assert from_config(str(board), has_key=True).key == ""


def test_a_key_alone_names_the_cluster(tmp_path: Path) -> None:
    path = tmp_path / "anna.key"
    write_key(path, make_key_pair())
    node = TrustedNode(
        id=1,
        name="pi1",
        client="tcp://10.0.0.1:7201",
        status="tcp://10.0.0.1:7301",
        public=make_key_pair().public,
    )
    (tmp_path / "trusted.toml").write_text(format_trust(Trust(nodes=(node,), clients=())))
    found = find(Namespace(endpoints=None, config=None, dir=None, key_file=str(path)))
    assert found.endpoints == ("tcp://10.0.0.1:7201",)
    assert found.complete
    assert found.key == str(path)

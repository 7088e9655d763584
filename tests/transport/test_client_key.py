"""A client's key with the trusted.toml beside it."""

from pathlib import Path

import pytest

from raftpi.errors import KeyProblem
from raftpi.transport import client_key
from raftpi.transport.client_key import load_client_key
from raftpi.transport.keys import write_key
from raftpi.transport.trust import write_trust
from tests.transport.trusted import Keys


@pytest.fixture
def keys() -> Keys:
    return Keys()


def test_a_key_and_the_trust_beside_it_are_loaded(tmp_path: Path, keys: Keys) -> None:
    write_key(tmp_path / "anna.key", keys.admin, mode=0o640)
    write_trust(tmp_path / "trusted.toml", keys.trust())
    key = load_client_key(tmp_path / "anna.key")
    assert (key.pair, key.trust) == (keys.admin, keys.trust())
    assert keys.admin.secret not in repr(key)


def test_a_key_that_this_copy_does_not_list_yet_is_loaded(tmp_path: Path, keys: Keys) -> None:
    write_key(tmp_path / "new.key", keys.stranger)
    write_trust(tmp_path / "trusted.toml", keys.trust())
    assert load_client_key(tmp_path / "new.key").pair == keys.stranger


def test_without_a_trust_beside_it_the_remedy_is_told(
    tmp_path: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_key, "BOARD_TRUST", tmp_path / "none")
    write_key(tmp_path / "anna.key", keys.admin)
    with pytest.raises(KeyProblem, match=f"needs {tmp_path}/trusted.toml beside it"):
        load_client_key(tmp_path / "anna.key")


def test_on_a_board_a_key_needs_no_trust_beside_it(
    tmp_path: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    board_trust = tmp_path / "etc" / "trusted.toml"
    board_trust.parent.mkdir()
    write_trust(board_trust, keys.trust())
    monkeypatch.setattr(client_key, "BOARD_TRUST", board_trust)
    write_key(tmp_path / "anna.key", keys.admin)
    assert load_client_key(tmp_path / "anna.key").trust == keys.trust()


def test_a_key_open_to_everybody_is_refused(tmp_path: Path, keys: Keys) -> None:
    write_key(tmp_path / "anna.key", keys.admin)
    write_trust(tmp_path / "trusted.toml", keys.trust())
    (tmp_path / "anna.key").chmod(0o644)
    with pytest.raises(KeyProblem, match="chmod 640"):
        load_client_key(tmp_path / "anna.key")


def test_a_boards_own_key_is_no_clients(tmp_path: Path, keys: Keys) -> None:
    write_key(tmp_path / "node.key", keys.nodes[2])
    write_trust(tmp_path / "trusted.toml", keys.trust())
    with pytest.raises(KeyProblem, match="key of node 2 itself"):
        load_client_key(tmp_path / "node.key")

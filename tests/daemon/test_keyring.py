"""This board's key, and whom it trusts."""

from pathlib import Path

import pytest

from raftpi.config.file import Config, check_text
from raftpi.daemon.keyring import Keyring, open_keyring
from raftpi.errors import KeyProblem
from raftpi.transport.keys import KeyPair, make_key_pair, write_key
from raftpi.transport.trust import Trust, TrustedNode, format_trust

MEMBERS = "".join(
    f'[[member]]\nid = {i}\nname = "pi{i}"\npeer = "tcp://10.0.0.{i}:7101"\n'
    f'client = "tcp://10.0.0.{i}:7201"\nstatus = "tcp://10.0.0.{i}:7301"\n'
    for i in (1, 2)
)


def config_in(directory: Path) -> Config:
    return check_text(
        f'[node]\nid = 1\n[security]\nkeys = "{directory}"\ntrusted = "{directory}/t.toml"\n'
        + MEMBERS,
        "t",
    )


def trust_in(directory: Path, publics: dict[int, str]) -> None:
    nodes = tuple(
        TrustedNode(
            id=i,
            name=f"pi{i}",
            client=f"tcp://10.0.0.{i}:7201",
            status=f"tcp://10.0.0.{i}:7301",
            public=public,
        )
        for i, public in publics.items()
    )
    (directory / "t.toml").write_text(format_trust(Trust(nodes=nodes, clients=())))


@pytest.fixture
def own(tmp_path: Path) -> KeyPair:
    pair = make_key_pair()
    write_key(tmp_path / "node.key", pair)
    return pair


def test_a_configuration_without_keys_has_no_keyring() -> None:
    loopback = MEMBERS.replace("10.0.0.", "127.0.0.")
    assert open_keyring(check_text("[node]\nid = 1\n" + loopback, "t")) is None


def test_a_member_without_a_key_is_warned_of(tmp_path: Path, own: KeyPair) -> None:
    trust_in(tmp_path, {1: own.public})
    [warning] = Keyring(config_in(tmp_path), tmp_path).warnings()
    assert "pi2 (member 2)" in warning


def test_the_own_key_must_be_trusted_under_the_own_id(tmp_path: Path, own: KeyPair) -> None:
    trust_in(tmp_path, {1: make_key_pair().public, 2: own.public})
    with pytest.raises(KeyProblem, match=r"is the key of node:2 there.*node 1"):
        Keyring(config_in(tmp_path), tmp_path)
    trust_in(tmp_path, {1: make_key_pair().public})
    with pytest.raises(KeyProblem, match="not listed") as caught:
        Keyring(config_in(tmp_path), tmp_path)
    assert own.secret not in str(caught.value)


def test_a_reload_takes_new_keys_in_and_a_bad_one_changes_nothing(
    tmp_path: Path, own: KeyPair
) -> None:
    trust_in(tmp_path, {1: own.public})
    keyring = Keyring(config_in(tmp_path), tmp_path)
    other = make_key_pair().public
    trust_in(tmp_path, {1: own.public, 2: other})
    keyring.reload()
    assert keyring.credentials.trust.node_keys(2) == (other,)
    assert keyring.warnings() == []
    trust_in(tmp_path, {2: other})
    with pytest.raises(KeyProblem):
        keyring.reload()
    assert keyring.credentials.trust.node_keys(1) == (own.public,)

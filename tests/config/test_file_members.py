"""The members alone, for whoever needs no more than that of a configuration."""

from pathlib import Path

import pytest

from raftpi.config.file import load_members
from raftpi.errors import ConfigurationError
from tests.config.test_file import MEMBERS, member


def test_members_off_the_loopback_need_neither_keys_nor_a_node(tmp_path: Path) -> None:
    path = tmp_path / "raftpi.toml"
    far = {"peer": "tcp://10.0.0.3:1", "client": "tcp://10.0.0.3:2", "status": "tcp://10.0.0.3:3"}
    path.write_text(member(3, **far) + member(1) + "[node]\nid = 77\n[cluster]\ntiming = 5\n")
    assert [(m.id, m.name) for m in load_members(path)] == [(1, "pi1"), (3, "pi3")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", r"no \[\[member\]\] is named"),
        ("[member]\nid = 1", "two brackets"),
        (MEMBERS.replace("[[member]]", "[[members]]"), r"\[members\] is no section; .*member"),
        (member(1) + member(1), "taken already"),
        (member(1, name=None), r"raftpi.toml:1: member.name is missing"),
        ("[[member", "not valid TOML"),
    ],
)
def test_what_is_wrong_with_members_is_named(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "raftpi.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=told):
        load_members(path)

"""trusted.toml: who is let in, and what is refused with its place."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raftpi.errors import KeyProblem
from raftpi.transport.keys import make_key_pair
from raftpi.transport.trust import (
    Trust,
    TrustedClient,
    TrustedNode,
    format_trust,
    parse_trust,
    read_trust,
    write_trust,
)
from tests.transport.trusted import Keys, node

PUBLIC = [make_key_pair().public for _ in range(4)]


def node_text(**keys: object) -> str:
    values = {
        "id": 1,
        "name": "pi1",
        "client": "tcp://10.0.0.1:7201",
        "status": "tcp://10.0.0.1:7301",
        "public": PUBLIC[0],
    } | keys
    return "[[node]]\n" + _lines(values)


def client_text(**keys: object) -> str:
    return "[[client]]\n" + _lines({"name": "anna", "role": "admin", "public": PUBLIC[1]} | keys)


def _lines(values: dict[str, object]) -> str:
    shown = {key: f'"{v}"' if isinstance(v, str) else str(v) for key, v in values.items()}
    return "".join(f"{key} = {v}\n" for key, v in shown.items() if v != "None")


def problem_of(text: str) -> str:
    with pytest.raises(KeyProblem) as caught:
        parse_trust(text, "trusted.toml")
    assert str(caught.value).startswith("trusted.toml")
    return str(caught.value)


def test_a_key_stands_for_its_node_or_client_and_a_stranger_for_nobody() -> None:
    keys = Keys()
    trust = keys.trust()
    assert trust.user_of(keys.nodes[2].public) == "node:2"
    assert trust.user_of(keys.admin.public) == "admin:anna"
    assert trust.user_of(keys.ordinary.public) == "ordinary:bob"
    assert trust.user_of(keys.stranger.public) == ""
    assert trust.user_of("") == ""


def test_a_node_may_have_two_keys_and_the_first_is_expected() -> None:
    old, new, other = PUBLIC[:3]
    trust = Trust(nodes=(node(1, old), node(1, new), node(2, other)), clients=())
    again = parse_trust(format_trust(trust), "x")
    assert again.node_keys(1) == (old, new)
    assert again.user_of(new) == "node:1"
    assert again.server_key_at("tcp://127.0.0.1:7201") == old
    assert again.node_keys(9) == ()


def test_a_server_is_known_by_its_client_and_status_endpoints_however_they_are_written() -> None:
    trust = parse_trust(
        node_text(client="tcp://Pi1.local:7201", status="tcp://[::1]:7301"), "trusted.toml"
    )
    for endpoint in ("tcp://pi1.LOCAL:7201", "pi1.local.:7201", "tcp://[0:0::1]:7301"):
        assert trust.server_key_at(endpoint) == PUBLIC[0]
    for endpoint in ("tcp://pi1.local:7202", "tcp://pi2.local:7201", "ipc:///x", "", "nonsense"):
        assert trust.server_key_at(endpoint) is None


names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,10}[A-Za-z0-9])?", fullmatch=True)


@settings(max_examples=30)
@given(st.data())
def test_what_is_formatted_is_parsed_again(data: st.DataObject) -> None:
    node_ids = data.draw(st.lists(st.integers(1, 65_535), min_size=1, max_size=4, unique=True))
    clients = data.draw(st.lists(names, max_size=4, unique=True))
    nodes = tuple(
        TrustedNode(
            id=node_id,
            name=f"n{node_id}",
            client=f"tcp://10.0.0.1:{at + 1}",
            status=f"ipc:///run/{at}",
            public=make_key_pair().public,
        )
        for at, node_id in enumerate(node_ids)
    )
    trust = Trust(
        nodes=nodes,
        clients=tuple(
            TrustedClient(
                name=name,
                role=data.draw(st.sampled_from(("admin", "ordinary"))),
                public=make_key_pair().public,
            )
            for name in clients
        ),
    )
    assert parse_trust(format_trust(trust), "x") == trust


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[node", "not valid TOML"),
        ("[[nodes]]\nid = 1", "nodes is unknown here; do you mean node"),
        ("[node]\nid = 1", "two brackets"),
        ("node = [1]", "number 1 is no table"),
        ("", "names no [[node]]"),
        (client_text(), "names no [[node]]"),
        (node_text(publik="x"), "publik is no key; do you mean public"),
        (node_text(zzz="x"), "zzz is no key; there are id, name"),
        (node_text(public=None), "lacks public"),
        (node_text(public="short"), "40 characters of Z85"),
        (node_text(public="~" * 40), "40 characters of Z85"),
        (node_text(public="0" * 40), "40 characters of Z85"),
        (node_text(id=0), "from 1 to 65535"),
        (node_text(id=65_536), "from 1 to 65535"),
        (node_text(id="1"), "from 1 to 65535"),
        (node_text().replace("id = 1", "id = true"), "from 1 to 65535"),
        (node_text(name="a b"), "name must be"),
        (node_text(name=""), "name must be"),
        (node_text(client="10.0.0.1"), "client must be an endpoint"),
        (node_text(status="udp://10.0.0.1:7"), "status must be an endpoint"),
        (node_text() + client_text(role="root"), '"admin" or "ordinary"'),
        (node_text() + client_text(public=PUBLIC[0]), "client anna and node 1 have the same"),
        (
            node_text() + node_text(id=2, name="pi2", client="tcp://b:1", status="tcp://b:2"),
            "node 2 and node 1 have the same public key",
        ),
        (node_text() + node_text(), "the same public key twice"),
        (
            node_text()
            + node_text(id=2, name="PI1", client="tcp://b:1", status="tcp://b:2", public=PUBLIC[1]),
            "the same name",
        ),
        (
            node_text()
            + node_text(id=2, name="pi2", status="tcp://10.0.0.1:7201", public=PUBLIC[1]),
            "the same endpoint",
        ),
        (
            node_text() + client_text() + client_text(role="ordinary", public=PUBLIC[2]),
            "client anna has two roles",
        ),
    ],
    # Keys differ from run to run, and names must not: tests run side by side.
    ids=lambda value: "" if "\n" in value else value,
)
def test_what_is_wrong_is_named(text: str, told: str) -> None:
    assert told in problem_of(text)


def test_the_line_of_the_table_is_told() -> None:
    text = "# first\n" + node_text() + "\n" + client_text() + "\n" + client_text(name="a b")
    line = text.splitlines().index('name = "a b"')
    assert problem_of(text).startswith(f"trusted.toml:{line}: [[client]] number 2: name")


def test_a_file_that_everybody_may_write_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trusted.toml"
    path.write_text(node_text())
    path.chmod(0o666)
    with pytest.raises(KeyProblem, match=f"chmod 644 {path}"):
        read_trust(path)
    path.chmod(0o644)
    assert read_trust(path).node_keys(1) == (PUBLIC[0],)


def test_a_file_that_is_missing_or_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trusted.toml"
    with pytest.raises(KeyProblem, match="no such file"):
        read_trust(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(KeyProblem, match=f"{path}: not UTF-8"):
        read_trust(path)
    path.write_bytes(b"#" * 1_100_000)
    with pytest.raises(KeyProblem, match="larger than"):
        read_trust(path)
    with pytest.raises(KeyProblem, match=f"{tmp_path}: cannot be read"):
        read_trust(tmp_path)


def test_writing_replaces_the_whole_file_and_only_when_it_differs(tmp_path: Path) -> None:
    path, keys = tmp_path / "trusted.toml", Keys()
    before = os.umask(0o077)
    try:
        assert write_trust(path, keys.trust())
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    number = path.stat().st_ino
    assert not write_trust(path, keys.trust())
    assert path.stat().st_ino == number
    changed = Trust(nodes=keys.trust().nodes, clients=())
    assert write_trust(path, changed)
    assert read_trust(path) == changed
    assert list(tmp_path.iterdir()) == [path]


def test_what_would_be_refused_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match="same public key"):
        write_trust(
            tmp_path / "t.toml", Trust(nodes=(node(1, PUBLIC[0]), node(2, PUBLIC[0])), clients=())
        )
    assert not list(tmp_path.iterdir())

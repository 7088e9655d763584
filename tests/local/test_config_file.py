"""The raftpi.toml that a local cluster's nodes get."""

import tomllib
from pathlib import Path

import pytest

from raftpi.local.cluster_file import LocalNode
from raftpi.local.config_file import chaos_enabled, config_text


def place(node_id: int, data: str = "/c/data") -> LocalNode:
    return LocalNode(
        id=node_id,
        name=f"pi{node_id}",
        pid=None,
        peer=f"tcp://127.0.0.1:{7100 + node_id}",
        client=f"tcp://127.0.0.1:{7200 + node_id}",
        status=f"tcp://127.0.0.1:{7300 + node_id}",
        http=None,
        config="/c/raftpi.toml",
        data=data,
    )


def test_the_text_is_toml_with_the_node_and_all_members() -> None:
    members = [place(1), place(2)]
    text = config_text(members[1], members, runtime="/c/run", chaos=True, timing="wifi")
    values = tomllib.loads(text)
    assert values["node"] == {"id": 2, "data": "/c/data", "runtime": "/c/run"}
    assert values["cluster"] == {"timing": "wifi"}
    assert values["chaos"] == {"enabled": True}
    assert values["member"] == [
        {
            "id": i,
            "name": f"pi{i}",
            "peer": f"tcp://127.0.0.1:{7100 + i}",
            "client": f"tcp://127.0.0.1:{7200 + i}",
            "status": f"tcp://127.0.0.1:{7300 + i}",
        }
        for i in (1, 2)
    ]


@pytest.mark.parametrize("data", ['/a "b"/c', "/a\\b", "/päth/日本", "/a\x7fb\tc"])
def test_any_path_survives_the_quoting(data: str) -> None:
    node = place(1, data)
    text = config_text(node, [node], runtime="/r", chaos=False, timing="wired")
    assert tomllib.loads(text)["node"]["data"] == data


def test_chaos_is_seen_where_it_is_enabled_only(tmp_path: Path) -> None:
    path = tmp_path / "raftpi.toml"
    assert chaos_enabled(path) is False
    for chaos in (True, False):
        path.write_text(
            config_text(place(1), [place(1)], runtime="/r", chaos=chaos, timing="wired")
        )
        assert chaos_enabled(path) is chaos
    path.write_text("chaos = ")
    assert chaos_enabled(path) is False

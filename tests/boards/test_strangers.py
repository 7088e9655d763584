"""Strangers on the boards' network get nothing and change nothing."""

import json
from typing import Any

import pytest

from tests.boards.bench import places
from tests.boards.show import Show

pytestmark = [pytest.mark.root, pytest.mark.boards]

NODE_KEY = "/etc/raftpi/keys/node.key"


def told_by_all(show: Show) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = json.loads(show.deployment.raftpi("status", "--json"))["nodes"]
    return nodes


@pytest.mark.parametrize("key", ["none", "unknown", "node"])
def test_a_stranger_gets_nothing_and_changes_nothing(show: Show, leader: int, key: str) -> None:
    """Without a key, with one that nobody trusts, and with a member's in other members' names."""
    before = told_by_all(show)
    numbers = show.bench.numbers()
    thief = show.followers(leader)[0]
    words = [
        ",".join(places.board_address(number) for number in numbers),
        *("--key", key),
        *("--node-key", str(show.board(thief).path(NODE_KEY))),
        *("--trusted", str(show.deployment.key.with_name("trusted.toml"))),
        *("--cluster-id", str(before[0]["cluster_id"])),
        *("--replicas", ",".join(str(node["replica_id"]) for node in before)),
        *("--owner", str(thief if key == "node" else 0)),
    ]
    said = show.bench.run(show.deployment.python_words("tests.boards.stranger", words))
    got = json.loads(said)
    # A member's key opens the members' doors of the boards, and nothing is ever said there.
    assert got["frames"] == 0
    assert (got["connections"] > 0) == (key == "node")
    after = told_by_all(show)
    for name in ("term", "leader", "role", "commit_index", "last_index", "replica_id"):
        assert [node[name] for node in after] == [node[name] for node in before], name
    assert not any(node["identify_us"] for node in after)
    show.wait_until_whole()
    if key == "node":
        impostors = [node["counters"].get("frames in another board's name", 0) for node in after]
        assert min(impostors) > 0
    if key == "unknown":
        refused = [node["counters"].get("connections refused by key", 0) for node in after]
        assert min(refused) > 0


def test_a_person_in_the_group_needs_no_key_and_others_are_told_what_to_do(
    show: Show, leader: int
) -> None:
    board = show.board(show.followers(leader)[0])
    board.run("useradd", "--system", "--groups", "raftpi", "teacher")
    board.run("useradd", "--system", "visitor")
    assert "committed" in board.run("runuser", "-u", "teacher", "--", "raftpi", "put", "a", "b")
    done = board.attempt("runuser", "-u", "visitor", "--", "raftpi", "get", "a")
    assert done.returncode == 2
    assert "usermod -aG raftpi" in done.stderr
    board.run("userdel", "teacher")
    board.run("userdel", "visitor")


def test_nothing_secret_is_in_the_journal_the_status_or_world_readable_files(
    show: Show, leader: int
) -> None:
    for board in show.bench.boards():
        keys = [board.path(NODE_KEY), board.path("/etc/raftpi/client.key")]
        secrets = [_secret(key.read_text()) for key in keys]
        said = board.run("journalctl", "--no-pager", "-o", "export")
        said += show.deployment.raftpi("status", "--json")
        readable = board.run(
            "find", "/etc", "/run/raftpi", "/var/lib", "-perm", "-o=r", "-type", "f"
        )
        for path in readable.split():
            said += board.path(path).read_text(errors="replace")
        assert not any(secret in said for secret in secrets)
        modes = board.run("stat", "-c", "%a %U:%G", NODE_KEY, "/etc/raftpi/client.key").split("\n")
        assert modes[:2] == ["600 raftpi:raftpi", "640 root:raftpi"]


def _secret(text: str) -> str:
    [line] = [line for line in text.splitlines() if line.startswith("secret")]
    return line.split('"')[1]

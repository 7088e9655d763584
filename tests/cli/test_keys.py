"""`raftpi keys`: keys are made once, public halves are printed, secret ones never."""

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from raftpi.cli.keys import owner_ids
from raftpi.errors import UsageError
from raftpi.transport.client_key import load_client_key
from raftpi.transport.keys import make_key_pair, read_key, write_key
from raftpi.transport.trust import Trust, TrustedClient, read_trust, write_trust
from tests.cli.conftest import Run

# As a new user has it: boards on a network, one file for all of them, no keys yet.
CONFIG = "".join(
    f'[[member]]\nid = {i}\nname = "pi{i}"\npeer = "tcp://10.66.0.1{i}:7101"\n'
    f'client = "tcp://10.66.0.1{i}:7201"\nstatus = "tcp://10.66.0.1{i}:7301"\n'
    for i in (1, 2, 3)
)
SECRET = re.compile(r'secret = "(.*)"')


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "raftpi.toml"
    path.write_text(CONFIG)
    return str(path)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "set"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def made(run: Run, target: Path, config: str, *more: str) -> Any:
    code, out, err = run("keys", "make", str(target), "--config", config, "--json", *more)
    assert (code, err) == (0, "")
    return json.loads(out)


def snapshot(directory: Path) -> dict[str, tuple[int, bytes]]:
    """Inode and content of every file."""
    return {
        str(path): (path.stat().st_ino, path.read_bytes())
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


# --- new ------------------------------------------------------------------------------------


def test_a_new_key_prints_its_public_half_alone(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "anna.key"
    code, out, err = run("keys", "new", str(path))
    pair = read_key(path)
    assert (code, out) == (0, pair.public + "\n")
    assert "is new" in err
    assert pair.secret not in out + err
    assert mode(path) == 0o600


def test_an_existing_key_is_kept_and_printed(run: Run, tmp_path: Path) -> None:
    path, pair = tmp_path / "anna.key", make_key_pair()
    write_key(path, pair, mode=0o640)
    code, out, _ = run("keys", "new", str(path), "--json")
    assert code == 0
    assert json.loads(out) == {"path": str(path), "public": pair.public, "created": False}
    assert read_key(path, group_may_read=True) == pair


def test_json_tells_that_a_key_is_new(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "client.key"
    code, out, _ = run("keys", "new", str(path), "--mode", "0640", "--json")
    public = read_key(path, group_may_read=True).public
    assert (code, json.loads(out)) == (0, {"path": str(path), "public": public, "created": True})
    assert mode(path) == 0o640


@pytest.mark.parametrize("word", ["0644", "0666", "0777", "660", "abc", "0", "0040", "0700"])
def test_a_mode_that_would_tell_the_secret_is_a_usage_error(
    run: Run, tmp_path: Path, word: str
) -> None:
    code, _, err = run("keys", "new", str(tmp_path / "a.key"), "--mode", word)
    assert code == 2
    assert "0600 or 0640" in err
    assert not (tmp_path / "a.key").exists()


@pytest.mark.parametrize("content", ["", 'public = "x"\nsecret = "y"\n'])
def test_a_damaged_key_is_refused_and_kept(run: Run, tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.key"
    path.write_text(content)
    path.chmod(0o600)
    code, out, err = run("keys", "new", str(path))
    assert (code, out) == (16, "")
    assert str(path) in err
    assert path.read_text() == content


def test_a_link_that_leads_nowhere_is_not_filled(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.key").symlink_to(tmp_path / "elsewhere")
    code, _, err = run("keys", "new", str(tmp_path / "a.key"))
    assert code == 16
    assert "leads nowhere" in err
    assert not (tmp_path / "elsewhere").exists()


def test_an_owner_is_found_by_name_or_number() -> None:
    assert owner_ids("root") == (0, 0)
    assert owner_ids("root:root") == (0, 0)
    assert owner_ids("0:17") == (0, 17)
    assert owner_ids("1234567:1") == (1_234_567, 1)
    for text in ("no-such-user", "root:no-such-group", "1234567", "", ":root", "root:"):
        with pytest.raises(UsageError, match="there is no"):
            owner_ids(text)


@pytest.mark.root
def test_the_owner_may_be_given(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    code, _, _ = run("keys", "new", str(path), "--owner", "nobody:root", "--mode", "0640")
    assert code == 0
    assert (path.stat().st_uid, path.stat().st_gid) == (owner_ids("nobody")[0], 0)


# --- make -----------------------------------------------------------------------------------


def test_a_whole_cluster_gets_its_keys(run: Run, target: Path, config: str) -> None:
    document = made(run, target, config, "--admin", "anna", "--client", "dash")
    trust = read_trust(target / "trusted.toml")
    for i in (1, 2, 3):
        home = target / f"pi{i}"
        assert trust.node_keys(i) == (read_key(home / "keys" / "node.key").public,)
        assert trust.server_key_at(f"tcp://10.66.0.1{i}:7301") == trust.node_keys(i)[0]
        assert trust.user_of(load_client_key(home / "client.key").pair.public) == f"admin:pi{i}"
        assert read_trust(home / "trusted.toml") == trust
    for name, role in (("anna", "admin"), ("dash", "ordinary")):
        key = load_client_key(target / "clients" / f"{name}.key")
        assert key.trust == trust
        assert trust.user_of(key.pair.public) == f"{role}:{name}"
    users = [key["user"] for key in document["keys"]]
    assert sorted(users) == sorted(
        [f"node:{i}" for i in (1, 2, 3)]
        + [f"admin:pi{i}" for i in (1, 2, 3)]
        + ["admin:anna", "ordinary:dash"]
    )
    assert all(key["created"] for key in document["keys"])


def test_nothing_secret_is_open_or_printed(run: Run, target: Path, config: str) -> None:
    before = os.umask(0)
    try:
        code, out, err = run("keys", "make", str(target), "--config", config, "--admin", "anna")
    finally:
        os.umask(before)
    assert code == 0
    secrets = [
        found[1] for path in target.rglob("*.key") if (found := SECRET.search(path.read_text()))
    ]
    assert len(secrets) == 7
    assert not [secret for secret in secrets if secret in out + err]
    for path in (target, *target.rglob("*")):
        if path.is_dir():
            assert mode(path) == 0o700
        elif path.suffix == ".key":
            assert mode(path) == (0o640 if path.name == "client.key" else 0o600)
        else:
            assert mode(path) == 0o644
            assert not [secret for secret in secrets if secret in path.read_text()]


def test_a_second_run_changes_no_file(run: Run, target: Path, config: str) -> None:
    made(run, target, config, "--admin", "anna")
    before = snapshot(target)
    document = made(run, target, config, "--admin", "anna")
    assert snapshot(target) == before
    assert not any(key["created"] for key in document["keys"])


def test_a_client_that_comes_later_is_added_everywhere(run: Run, target: Path, config: str) -> None:
    made(run, target, config, "--admin", "anna")
    before = read_trust(target / "trusted.toml")
    made(run, target, config, "--client", "bob")
    after = read_trust(target / "pi3" / "trusted.toml")
    assert after.nodes == before.nodes
    assert after.clients[:-1] == before.clients
    assert after.clients[-1].name == "bob"
    assert read_trust(target / "clients" / "trusted.toml") == after


def test_a_key_that_was_moved_to_its_board_is_not_replaced(
    run: Run, target: Path, config: str
) -> None:
    made(run, target, config, "--admin", "anna")
    before = read_trust(target / "trusted.toml")
    (target / "pi1" / "keys" / "node.key").unlink()
    (target / "pi1" / "client.key").unlink()
    (target / "clients" / "anna.key").unlink()
    document = made(run, target, config, "--admin", "anna")
    assert read_trust(target / "trusted.toml") == before
    assert not any(key["created"] for key in document["keys"])
    assert {key["user"] for key in document["keys"] if not key["path"]} == {
        "node:1",
        "admin:pi1",
        "admin:anna",
    }


def test_a_client_made_elsewhere_stays_trusted(run: Run, target: Path, config: str) -> None:
    made(run, target, config)
    trust = read_trust(target / "trusted.toml")
    laptop = TrustedClient(name="laptop", role="ordinary", public=make_key_pair().public)
    write_trust(target / "trusted.toml", Trust(nodes=trust.nodes, clients=(*trust.clients, laptop)))
    made(run, target, config)
    assert laptop in read_trust(target / "pi2" / "trusted.toml").clients


def test_a_replaced_node_key_is_expected_and_the_former_one_let_in_with_a_note(
    run: Run, target: Path, config: str
) -> None:
    made(run, target, config)
    path = target / "pi1" / "keys" / "node.key"
    old, new = read_key(path), make_key_pair()
    path.unlink()
    write_key(path, new)
    document = made(run, target, config)
    assert read_trust(target / "trusted.toml").node_keys(1) == (new.public, old.public)
    assert old.public in document["notes"][0]


def test_addresses_follow_the_configuration_and_a_former_member_is_told(
    run: Run, target: Path, config: str
) -> None:
    made(run, target, config)
    text = CONFIG.replace("10.66", "10.77")
    Path(config).write_text(text[: text.index("[[member]]\nid = 3")])
    document = made(run, target, config)
    trust = read_trust(target / "trusted.toml")
    assert trust.server_key_at("tcp://10.77.0.12:7201") == trust.node_keys(2)[0]
    assert trust.server_key_at("tcp://10.66.0.12:7201") is None
    assert trust.node_keys(3)
    assert "pi3" in document["notes"][0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--admin", "pi1"), "is a board"),
        (("--admin", "a", "--client", "a"), "decide for one"),
        (("--admin", "../evil"), "name '../evil' must be"),
        (("--client", ""), "must be"),
    ],
)
def test_a_name_that_cannot_be_is_a_usage_error_and_makes_nothing(
    run: Run, target: Path, config: str, words: tuple[str, ...], told: str
) -> None:
    code, _, err = run("keys", "make", str(target), "--config", config, *words)
    assert code == 2
    assert told in err
    assert not target.exists()


def test_a_role_is_not_changed_in_passing(run: Run, target: Path, config: str) -> None:
    made(run, target, config, "--client", "bob")
    before = snapshot(target)
    code, _, err = run("keys", "make", str(target), "--config", config, "--admin", "bob")
    assert code == 2
    assert "bob is trusted as ordinary already" in err
    assert snapshot(target) == before


@pytest.mark.parametrize("name", ["clients", "Clients", "trusted.toml"])
def test_a_board_whose_name_is_taken_by_a_file_is_refused(
    run: Run, target: Path, config: str, name: str
) -> None:
    Path(config).write_text(CONFIG.replace('"pi2"', f'"{name}"'))
    code, _, err = run("keys", "make", str(target), "--config", config)
    assert code == 2
    assert "another name" in err


def test_a_configuration_that_cannot_be_read_is_a_usage_error(run: Run, target: Path) -> None:
    code, _, err = run("keys", "make", str(target), "--config", "/nowhere.toml")
    assert code == 2
    assert "/nowhere.toml" in err


def test_a_directory_that_others_may_write_or_that_is_a_link_gets_no_key(
    run: Run, target: Path, config: str, tmp_path: Path
) -> None:
    target.mkdir()
    target.chmod(0o777)
    code, _, err = run("keys", "make", str(target), "--config", config)
    assert code == 16
    assert f"chmod 700 {target}" in err
    target.chmod(0o700)
    (tmp_path / "elsewhere").mkdir()
    (target / "pi1").symlink_to(tmp_path / "elsewhere")
    code, _, err = run("keys", "make", str(target), "--config", config)
    assert code == 16
    assert "is a link" in err
    assert not list((tmp_path / "elsewhere").iterdir())


def test_people_are_told_what_goes_where(run: Run, target: Path, config: str) -> None:
    _, out, _ = run("keys", "make", str(target), "--config", config)
    assert "pi1/keys/node.key" in out
    assert "/etc/raftpi of board" in out
    assert 'keys = "/etc/raftpi/keys"' in out


# --- show -----------------------------------------------------------------------------------


def test_show_tells_public_keys_and_whose_they_are(run: Run, target: Path, config: str) -> None:
    made(run, target, config)
    pair = read_key(target / "pi1" / "keys" / "node.key")
    code, out, err = run("keys", "show", str(target / "pi1"))
    assert code == 0
    assert re.search(rf"node\.key +node:1 +{re.escape(pair.public)}", out)
    secrets = [
        found[1] for path in target.rglob("*.key") if (found := SECRET.search(path.read_text()))
    ]
    assert not [secret for secret in secrets if secret in out + err]


def test_show_as_json(run: Run, target: Path, config: str, tmp_path: Path) -> None:
    made(run, target, config)
    write_key(tmp_path / "stranger.key", make_key_pair())
    paths = [str(target / "trusted.toml"), str(tmp_path / "stranger.key")]
    code, out, _ = run("keys", "show", *paths, "--json")
    document = json.loads(out)
    trust = read_trust(target / "trusted.toml")
    assert code == 0
    assert [row["user"] for row in document["trusted"]] == [
        *("node:1", "node:2", "node:3", "admin:pi1", "admin:pi2", "admin:pi3")
    ]
    assert document["trusted"][0]["public"] == trust.nodes[0].public
    assert document["keys"][0]["user"] == ""


def test_show_of_an_empty_directory_or_a_missing_file_says_so(run: Run, tmp_path: Path) -> None:
    assert run("keys", "show", str(tmp_path))[0] == 16
    code, out, err = run("keys", "show", str(tmp_path / "a.key"))
    assert (code, out) == (16, "")
    assert "no such key" in err

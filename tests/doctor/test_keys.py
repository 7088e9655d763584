"""A board's keys: there, secret, its own, and known with those of the others."""

import os
from pathlib import Path

import pytest

from raftpi.config.file import Config
from raftpi.doctor.finding import Finding, Verdict
from raftpi.doctor.keys import board_client_key, check_keys
from raftpi.transport.keys import write_key
from raftpi.transport.trust import Trust, write_trust
from tests.doctor.configs import config_in
from tests.doctor.fake_board import fake_board
from tests.transport.trusted import Keys


class Installed:
    """The files of board 1 in a directory, as an installation leaves them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.keys = Keys()
        self.trusted = directory / "trusted.toml"
        self.node_key = directory / "keys" / "node.key"
        self.client_key = directory / "client.key"
        self.forbidden: list[Path] = []
        self.config: Config = config_in(
            directory, security=f'keys = "{directory}/keys"\ntrusted = "{self.trusted}"'
        )
        self.node_key.parent.mkdir(mode=0o700)
        write_key(self.node_key, self.keys.nodes[1])
        write_key(self.client_key, self.keys.admin, mode=0o640)
        write_trust(self.trusted, self.keys.trust())

    def findings(self) -> dict[str, Finding]:
        board = fake_board(self.directory / "root", forbidden=self.forbidden)
        found = check_keys(self.config, self.directory / "raftpi.toml", board)
        return {finding.name: finding for finding in found}

    def trust(self, trust: Trust) -> None:
        write_trust(self.trusted, trust)


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return Installed(tmp_path)


def only_bad(findings: dict[str, Finding]) -> Finding:
    bad = [finding for finding in findings.values() if finding.verdict is not Verdict.OK]
    assert len(bad) == 1
    return bad[0]


def test_a_proper_installation_is_fine_and_tells_no_secret(installed: Installed) -> None:
    findings = installed.findings()
    assert list(findings) == ["keys, own", "keys, trusted", "keys, client"]
    assert {finding.verdict for finding in findings.values()} == {Verdict.OK}
    assert "trusted as node 1" in findings["keys, own"].text
    assert "admin anna" in findings["keys, client"].text
    assert installed.keys.nodes[1].secret not in str(findings)
    assert installed.keys.admin.secret not in str(findings)


def test_a_missing_key_names_the_command(installed: Installed) -> None:
    installed.node_key.unlink()
    finding = only_bad(installed.findings())
    assert (finding.name, finding.verdict) == ("keys, own", Verdict.PROBLEM)
    assert f"raftpi keys new {installed.node_key} --owner raftpi:raftpi" in finding.remedy


def test_an_open_key_or_directory_is_told(installed: Installed) -> None:
    installed.node_key.parent.chmod(0o755)
    finding = only_bad(installed.findings())
    assert (finding.verdict, "chmod 700" in finding.remedy) == (Verdict.ADVICE, True)
    installed.node_key.chmod(0o644)
    finding = only_bad(installed.findings())
    assert (finding.verdict, "everybody may read" in finding.text) == (Verdict.PROBLEM, True)


@pytest.mark.root
def test_a_key_that_the_daemon_cannot_read_is_told(installed: Installed) -> None:
    os.chown(installed.config.node.data, 4711, -1)
    finding = only_bad(installed.findings())
    assert finding.verdict is Verdict.PROBLEM
    assert "chown --reference" in finding.remedy


def test_a_key_that_others_would_not_know_is_told(installed: Installed) -> None:
    installed.node_key.unlink()
    write_key(installed.node_key, installed.keys.stranger)
    finding = only_bad(installed.findings())
    assert "trusted by nobody" in finding.text
    assert installed.keys.stranger.public in finding.remedy


def test_the_key_of_another_board_is_told(installed: Installed) -> None:
    installed.node_key.unlink()
    write_key(installed.node_key, installed.keys.nodes[2])
    assert "is the key of node 2" in only_bad(installed.findings()).text


def test_a_member_without_a_key_is_told(installed: Installed) -> None:
    trust = installed.keys.trust()
    installed.trust(Trust(nodes=trust.nodes[:2], clients=trust.clients))
    finding = only_bad(installed.findings())
    assert (finding.name, finding.verdict) == ("keys, trusted", Verdict.PROBLEM)
    assert "no key of pi3" in finding.text


def test_addresses_that_differ_from_the_configuration_are_told(installed: Installed) -> None:
    text = installed.trusted.read_text()
    installed.trusted.write_text(text.replace("127.0.0.1:7202", "10.0.0.1:7202"))
    finding = only_bad(installed.findings())
    assert "no key for tcp://127.0.0.1:7202 of pi2" in finding.text


def test_a_damaged_list_is_told(installed: Installed) -> None:
    installed.trusted.write_text("[[node]]\nid = 1\n")
    finding = only_bad(installed.findings())
    assert (finding.name, finding.verdict) == ("keys, trusted", Verdict.PROBLEM)


def test_a_client_key_that_is_missing_or_not_trusted_is_told(installed: Installed) -> None:
    installed.client_key.unlink()
    assert only_bad(installed.findings()).verdict is Verdict.ADVICE
    write_key(installed.client_key, installed.keys.stranger, mode=0o640)
    assert only_bad(installed.findings()).verdict is Verdict.PROBLEM


def test_a_client_key_that_its_group_cannot_read_is_told(installed: Installed) -> None:
    installed.client_key.chmod(0o600)
    finding = only_bad(installed.findings())
    assert (finding.verdict, "chmod 640" in finding.remedy) == (Verdict.ADVICE, True)


def test_an_ordinary_user_is_told_to_use_sudo(installed: Installed) -> None:
    installed.forbidden = [installed.node_key.parent, installed.client_key]
    findings = installed.findings()
    assert findings["keys, trusted"].verdict is Verdict.OK
    for name in ("keys, own", "keys, client"):
        assert findings[name].verdict is Verdict.UNKNOWN
        assert "sudo" in findings[name].remedy


def test_the_boards_client_key_is_used_only_where_it_may_be(installed: Installed) -> None:
    path = installed.directory / "raftpi.toml"
    key = board_client_key(installed.config, path, fake_board(installed.directory / "root"))
    assert key is not None
    assert key.pair == installed.keys.admin
    barred = fake_board(installed.directory / "root", forbidden=[installed.client_key])
    assert board_client_key(installed.config, path, barred) is None


def test_no_keys_are_fine_on_the_loopback_alone(tmp_path: Path) -> None:
    board = fake_board(tmp_path / "root")
    path = tmp_path / "raftpi.toml"
    [finding] = check_keys(config_in(tmp_path), path, board)
    assert finding.verdict is Verdict.OK
    config = config_in(tmp_path, security="insecure_network = true", host="10.0.0.1")
    [finding] = check_keys(config, path, board)
    assert finding.verdict is Verdict.PROBLEM

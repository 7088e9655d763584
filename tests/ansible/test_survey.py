"""What the playbook is told about a board."""

from pathlib import Path

import pytest

from tests.ansible.places import load

survey = load("files/survey.py")
SECRET = "S" * 40


def test_of_a_key_file_only_the_public_half_is_told(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    assert survey.public_key(path) == ""
    path.write_text(f'public = "PPP"\nsecret = "{SECRET}"\n')
    assert survey.public_key(path) == "PPP"


def test_a_damaged_key_file_is_named_without_its_content(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    path.write_text(f'public = "PPP"\nsecret = {SECRET}"\n')
    with pytest.raises(SystemExit) as caught:
        survey.public_key(path)
    assert str(path) in str(caught.value)
    assert "move it away" in str(caught.value)
    assert "SS" not in str(caught.value)


def test_only_what_python_cannot_import_is_asked_of_apt(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"zmq", "msgpack"}
    monkeypatch.setattr(survey, "can_import", lambda name: name in there)
    missing = ["python3-gpiozero", "python3-lgpio", "python3-systemd"]
    assert survey.missing_packages("lgpio") == missing
    assert survey.missing_packages("mock") == ["python3-gpiozero", "python3-systemd"]
    monkeypatch.setattr(survey, "can_import", lambda _: True)
    assert survey.missing_packages("lgpio") == []


def test_a_module_is_looked_for_without_its_parent_being_there() -> None:
    assert survey.can_import("json.decoder")
    assert not survey.can_import("no_such_package.daemon")


def test_the_lamp_s_settings_do_not_concern_the_daemon(tmp_path: Path) -> None:
    path = tmp_path / "raftpi.toml"
    assert survey.daemon_settings(path) == ""
    path.write_text("[node]\nid = 1\n\n[lamp]\nred = 17\n")
    before = survey.daemon_settings(path)
    path.write_text("[node]\nid = 1\n\n[lamp]\nred = 5\n")
    assert survey.daemon_settings(path) == before
    path.write_text("[node]\nid = 2\n\n[lamp]\nred = 5\n")
    assert survey.daemon_settings(path) != before


def test_units_are_told_also_where_systemd_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "output", lambda *_: "")
    assert survey.read_units()["raftpi.service"]["ActiveState"] == ""
    printed = "Id=raftpi.service\nActiveState=active\n\nId=raftpi-led.service\nActiveState=failed\n"
    monkeypatch.setattr(survey, "output", lambda *_: printed)
    assert survey.read_units()["raftpi.service"]["ActiveState"] == "active"
    assert survey.read_units()["raftpi-led.service"]["ActiveState"] == "failed"


def test_networkmanager_s_connection_is_read_as_it_prints_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = {"device": "uuid-1\n", "connection": "manual\n10.0.0.2/24\n10.0.0.1\n\n"}
    monkeypatch.setattr(
        survey, "output", lambda *words: next(answers[word] for word in words if word in answers)
    )
    assert survey.connection("eth0") == {
        "uuid": "uuid-1",
        "ipv4.method": "manual",
        "ipv4.addresses": "10.0.0.2/24",
        "ipv4.gateway": "10.0.0.1",
        "ipv4.dns": "",
    }


def test_a_command_that_is_not_there_prints_nothing() -> None:
    assert survey.output("/no/such/command") == ""
    assert survey.output("false") == ""

"""What the templates make of the example inventory, read by raftpi itself."""

import json
from pathlib import Path

import pytest

from raftpi.config.file import load_config
from raftpi.transport.trust import read_trust
from tests.ansible.conftest import Run
from tests.ansible.places import PLAYBOOKS, ROLE

HERE = Path(__file__).parent
BOARDS = ("pi4", "zero1", "zero2")
PERSON = {"name": "anna", "role": "ordinary", "public": "a" * 40}

pytestmark = [pytest.mark.slow, pytest.mark.limit_s(600)]


@pytest.fixture(scope="module")
def rendered(ansible: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("rendered")
    wheel = directory / "raftpi-9.9-py3-none-any.whl"
    wheel.write_bytes(b"")
    done = render(ansible, directory, raftpi_wheel=str(wheel))
    assert done == 0
    return directory


def render(ansible: Run, directory: Path, **variables: object) -> int:
    given = variables | {
        "directory": str(directory),
        "role_directory": str(ROLE),
        "raftpi_clients": [PERSON],
        "raftpi_lamp_environment": {"NOTE": 'a "b" 100%'},
    }
    inventory = PLAYBOOKS / "inventory.example.yml"
    environment = ["-i", str(inventory), "-e", json.dumps(given), str(HERE / "render.yml")]
    done = ansible("ansible-playbook", *environment)
    print(done.stdout, done.stderr)
    return done.returncode


def test_every_board_of_the_example_gets_a_sound_configuration(rendered: Path) -> None:
    configs = [load_config(str(rendered / f"{name}-raftpi.toml")) for name in BOARDS]
    assert [config.node.id for config in configs] == [1, 2, 3]
    assert [config.me.name for config in configs] == list(BOARDS)
    assert {config.members for config in configs} == {configs[0].members}
    assert {config.cluster.timing_name for config in configs} == {"wifi"}
    assert configs[0].me.peer == "tcp://192.168.1.11:7101"
    assert not any(config.chaos.enabled for config in configs)
    assert not any(config.warnings for config in configs)


def test_the_example_has_a_lamp_of_each_kind(rendered: Path) -> None:
    lamps = [load_config(str(rendered / f"{name}-raftpi.toml")).lamp for name in BOARDS]
    assert [lamp.common for lamp in lamps] == ["cathode", "cathode", "anode"]
    assert (lamps[2].red, lamps[2].green, lamps[2].blue) == (5, 6, 13)


def test_the_trusted_keys_are_the_same_on_every_board(rendered: Path) -> None:
    texts = {(rendered / f"{name}-trusted.toml").read_text() for name in BOARDS}
    assert len(texts) == 1
    trust = read_trust(rendered / "pi4-trusted.toml")
    assert [(node.id, node.name) for node in trust.nodes] == [
        (1, "pi4"),
        (2, "zero1"),
        (3, "zero2"),
    ]
    assert trust.nodes[1].status == "tcp://192.168.1.12:7301"
    roles = {client.name: client.role for client in trust.clients}
    assert roles == {"pi4": "admin", "zero1": "admin", "zero2": "admin", "anna": "ordinary"}


def test_the_lamps_environment_is_quoted_for_systemd(rendered: Path) -> None:
    lines = (rendered / "pi4-lamp.conf").read_text().splitlines()
    assert "Environment=GPIOZERO_PIN_FACTORY=lgpio" in lines
    assert 'Environment="NOTE=a \\"b\\" 100%%"' in lines


def test_the_network_and_the_watchdog_are_tuned_as_boards_need_it(rendered: Path) -> None:
    network = (rendered / "zero1-network.conf").read_text()
    assert "\nwifi.powersave=2\n" in network
    assert "\nignore-carrier=yes\n" in network
    assert "\nRuntimeWatchdogSec=14s\n" in (rendered / "zero1-watchdog.conf").read_text()


def test_a_missing_wheel_is_told_with_the_command_that_makes_it(
    ansible: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert render(ansible, tmp_path, raftpi_wheel="") != 0
    assert "make wheel" in capsys.readouterr().out


def test_an_open_network_must_be_asked_for(ansible: Run, tmp_path: Path) -> None:
    wheel = tmp_path / "raftpi-9.9-py3-none-any.whl"
    wheel.write_bytes(b"")
    assert render(ansible, tmp_path, raftpi_wheel=str(wheel), raftpi_insecure_network=True) == 0
    config = load_config(str(tmp_path / "pi4-raftpi.toml"))
    assert config.security.insecure_network
    assert config.security.keys is None

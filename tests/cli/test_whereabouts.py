"""Where a command looks for the cluster."""

from argparse import Namespace
from pathlib import Path

import pytest

from raftpi.cli import whereabouts
from raftpi.errors import UsageError
from raftpi.local.layout import lay_out

MEMBERS = """
[[member]]
id = 1
name = "attic"
client = "tcp://10.0.0.1:7201"
[[member]]
id = 2
name = "cellar"
client = "tcp://10.0.0.2:7201"
"""


def arguments(**given: str | None) -> Namespace:
    nothing = {"endpoints": None, "config": None, "dir": None, "key_file": None}
    return Namespace(**{**nothing, **given})


@pytest.fixture(autouse=True)
def _nothing_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAFTPI_ENDPOINTS", raising=False)
    monkeypatch.delenv("RAFTPI_DIR", raising=False)
    monkeypatch.setattr(whereabouts, "BOARD_CONFIG", str(tmp_path / "etc" / "raftpi.toml"))


def test_endpoints_may_be_host_and_port() -> None:
    found = whereabouts.find(arguments(endpoints="10.0.0.1:7201, tcp://[::1]:7,ipc:///run/x"))
    assert found.endpoints == ("tcp://10.0.0.1:7201", "tcp://[::1]:7", "ipc:///run/x")
    assert not found.complete


@pytest.mark.parametrize(
    "text",
    ["", ",", "host", "host:", ":7201", "host:0", "host:65536", "http://a:1", "tcp://", "a:b"],
)
def test_what_is_no_endpoint_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="endpoint"):
        whereabouts.from_endpoints(text, "--endpoints")


def test_a_configuration_names_its_members(tmp_path: Path) -> None:
    path = tmp_path / "raftpi.toml"
    path.write_text(MEMBERS)
    found = whereabouts.find(arguments(config=str(path)))
    assert [(seat.id, seat.name) for seat in found.seats] == [(1, "attic"), (2, "cellar")]
    assert found.endpoints == ("tcp://10.0.0.1:7201", "tcp://10.0.0.2:7201")
    assert found.complete


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[member", "is no TOML"),
        ("", r"no \[\[member\]\] tables"),
        ("member = 3", r"no \[\[member\]\] tables"),
        ("[[member]]\nid = 1", "number 1 has no client"),
    ],
)
def test_a_configuration_without_endpoints_is_a_usage_error(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "raftpi.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=message):
        whereabouts.from_config(str(path))


def test_a_missing_configuration_is_named() -> None:
    with pytest.raises(UsageError, match=r"cannot read nowhere\.toml"):
        whereabouts.from_config("nowhere.toml")


def test_two_places_at_once_are_a_usage_error() -> None:
    with pytest.raises(UsageError, match="--endpoints and --dir are two places"):
        whereabouts.find(arguments(endpoints="a:1", dir="x"))


def test_the_order_of_the_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="raftpi cluster start"):
        whereabouts.find(arguments())

    record = lay_out(tmp_path / "raftpi-cluster", 1, None, chaos=False, timing="wired")
    assert whereabouts.find(arguments()).endpoints == (record.nodes[0].client,)

    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "raftpi.toml").write_text(MEMBERS)
    assert len(whereabouts.find(arguments()).endpoints) == 2

    other = lay_out(tmp_path / "other", 3, None, chaos=False, timing="wired")
    monkeypatch.setenv("RAFTPI_DIR", str(tmp_path / "other"))
    assert whereabouts.find(arguments()).endpoints == tuple(n.client for n in other.nodes)

    monkeypatch.setenv("RAFTPI_ENDPOINTS", "h:1")
    assert whereabouts.find(arguments()).endpoints == ("tcp://h:1",)

    found = whereabouts.find(arguments(dir=str(tmp_path / "other")))
    assert [seat.name for seat in found.seats] == ["pi1", "pi2", "pi3"]


def test_the_directory_of_the_cluster_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    assert whereabouts.cluster_directory(arguments()) == "raftpi-cluster"
    monkeypatch.setenv("RAFTPI_DIR", "/tmp/x")
    assert whereabouts.cluster_directory(arguments()) == "/tmp/x"
    assert whereabouts.cluster_directory(arguments(dir="y")) == "y"

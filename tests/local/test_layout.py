"""What is laid out for a cluster, and what stands in the way."""

import socket
from pathlib import Path

import pytest

from raftpi.errors import UsageError
from raftpi.local import layout
from raftpi.local.cluster_file import read_record
from raftpi.local.failures import PortInUse
from raftpi.local.ports import find_base_port


def lay_out(directory: Path, count: int = 3, base_port: int | None = None) -> None:
    layout.lay_out(directory, count, base_port, chaos=False, timing="wired")


def test_the_base_port_gives_the_endpoints(tmp_path: Path) -> None:
    base_port = find_base_port(2)
    lay_out(tmp_path, 2, base_port)
    second = read_record(tmp_path).node(2)
    assert second.peer == f"tcp://127.0.0.1:{base_port + 2}"
    assert second.client == f"tcp://127.0.0.1:{base_port + 102}"
    assert second.status == f"tcp://127.0.0.1:{base_port + 202}"
    assert Path(second.config).is_file()


@pytest.mark.parametrize("count", [0, 10])
def test_a_count_out_of_range_is_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(UsageError, match="--nodes must lie between 1 and 9"):
        lay_out(tmp_path / "c", count)
    assert not (tmp_path / "c").exists()


def test_a_taken_port_makes_nothing(tmp_path: Path) -> None:
    base_port = find_base_port(1)
    with socket.create_server(("127.0.0.1", base_port + 1)), pytest.raises(PortInUse):
        lay_out(tmp_path / "c", 1, base_port)
    assert not (tmp_path / "c").exists()


def test_a_stranger_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "pi2").write_text("mine")
    with pytest.raises(UsageError, match="pi2 is in the way"):
        lay_out(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["pi2"]


def test_a_second_cluster_in_one_place_is_refused(tmp_path: Path) -> None:
    lay_out(tmp_path, 1)
    with pytest.raises(UsageError, match=r"a cluster in .* already"):
        lay_out(tmp_path, 1)


def test_a_file_for_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("")
    with pytest.raises(UsageError, match="is not a directory"):
        lay_out(tmp_path / "c")


def test_an_unknown_timing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="wired, wifi, slow"):
        layout.lay_out(tmp_path, 1, None, chaos=False, timing="fast")


def test_a_link_put_in_the_place_of_a_node_is_not_followed(tmp_path: Path) -> None:
    lay_out(tmp_path / "c", 1)
    record = read_record(tmp_path / "c")
    home = tmp_path / "c" / "pi1"
    home.rename(tmp_path / "elsewhere")
    home.symlink_to(tmp_path / "elsewhere")
    assert layout.remove(tmp_path / "c", record) == (home,)
    assert (tmp_path / "elsewhere" / "raftpi.toml").exists()

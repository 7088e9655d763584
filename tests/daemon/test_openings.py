"""The daemon's sockets."""

from pathlib import Path

from raftpi.daemon.openings import local_endpoints


def test_the_unix_sockets_live_in_the_runtime_directory(tmp_path: Path) -> None:
    assert local_endpoints(tmp_path) == (
        f"ipc://{tmp_path}/client.sock",
        f"ipc://{tmp_path}/status.sock",
    )


def test_without_a_runtime_directory_there_are_none(tmp_path: Path) -> None:
    assert local_endpoints(tmp_path / "missing") is None


def test_a_name_too_long_for_a_sockets_address_means_none(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    assert local_endpoints(deep) is None

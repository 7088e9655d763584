"""The command with a fake client behind it."""

from collections.abc import Callable

import pytest

from raftpi.cli.main import main
from tests.cli.fake_client import FakeClient

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    fake = FakeClient()
    monkeypatch.setattr("raftpi.cli.connection.open_client", fake.open)
    monkeypatch.setenv("RAFTPI_ENDPOINTS", "127.0.0.1:7201,127.0.0.1:7202")
    return fake


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command: its exit code, standard output and standard error."""

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(words)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call

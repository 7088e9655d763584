"""`raftpi identify`."""

import json
from collections.abc import Sequence

import pytest

from raftpi.cli import connection
from raftpi.cli.main import main


class Flashing:
    """A client that only remembers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []

    def open(self, endpoints: Sequence[str], timeout_s: float, key: str = "") -> "Flashing":
        return self

    def __enter__(self) -> "Flashing":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def identify(self, node: str, duration_s: float) -> None:
        self.asked.append((node, duration_s))


@pytest.fixture
def flashing(monkeypatch: pytest.MonkeyPatch) -> Flashing:
    made = Flashing()
    monkeypatch.setattr(connection, "open_client", made.open)
    return made


def test_it_asks_the_board_named_for_ten_seconds(
    flashing: Flashing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["identify", "pi2", "--endpoints", "a:1"]) == 0
    assert flashing.asked == [("pi2", 10.0)]
    assert "pi2 flashes white for 10 s" in capsys.readouterr().out


def test_how_long_may_be_said_and_json_printed(
    flashing: Flashing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["identify", "2", "--for", "3.5", "--json", "--endpoints", "a:1"]) == 0
    assert flashing.asked == [("2", 3.5)]
    assert json.loads(capsys.readouterr().out) == {"node": "2", "seconds": 3.5}

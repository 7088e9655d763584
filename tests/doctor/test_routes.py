"""Which interface leads to an address."""

from pathlib import Path

from raftpi.doctor.routes import interfaces_to
from tests.doctor.fake_board import fake_board

ASK = "ip -j route get "


def test_interfaces_are_those_of_the_routes(tmp_path: Path) -> None:
    commands = {
        f"{ASK}10.0.0.2": '[{"dst":"10.0.0.2","dev":"wlan0","flags":[]}]',
        f"{ASK}10.0.0.3": '[{"dst":"10.0.0.3","dev":"eth0"}]',
        f"{ASK}10.0.0.4": '[{"error":"unreachable"}]',
        f"{ASK}10.0.0.5": "nonsense",
    }
    board = fake_board(tmp_path, commands=commands)
    addresses = ["10.0.0.2", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]
    assert interfaces_to(addresses, board) == {"wlan0", "eth0"}

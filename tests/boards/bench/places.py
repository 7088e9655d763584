"""Names, addresses and directories of the bench; what others may rely on to join it.

A bench elsewhere (RAFTPI_BENCH_HOME) has other names on the machine, so several can be up at once;
inside, all are alike.
"""

import hashlib
import os
from pathlib import Path

_HOME_VARIABLE = "RAFTPI_BENCH_HOME"
_HOME = "/var/tmp/raftpi-test-boards"


def home() -> Path:
    """The directory of image, key and boards; RAFTPI_BENCH_HOME names another."""
    return Path(os.environ.get(_HOME_VARIABLE) or _HOME)


def _name_on_machine() -> str:
    where = str(home())
    if where == _HOME:
        return "raftpi"
    return f"raftpi-{hashlib.sha256(where.encode()).hexdigest()[:6]}"


# What the names of this bench's namespaces and control groups begin with.
NAME = _name_on_machine()
# The namespace of the host that sees every board: ansible, clients, an emulator's tap device.
NAMESPACE = f"{NAME}-bench"
# The switch in it; every cable is one of its ports.
BRIDGE = "switch"
HOST_ADDRESS = "10.77.0.1"
PREFIX_BITS = 24
# Board numbers are 1 to 99, so that addresses stay in the subnet.
LARGEST_NUMBER = 99


def ssh_key() -> Path:
    """The secret key that root on every board trusts; its public half has `.pub`."""
    return home() / "id_ed25519"


def ssh_connections() -> Path:
    """Where Ansible keeps connections that outlive a task, named by address alone."""
    return home() / "ssh"


def board_name(number: int) -> str:
    """The host name of a board."""
    return f"pi{number}"


def board_address(number: int) -> str:
    """Where a board is on the bench's network."""
    if not 1 <= number <= LARGEST_NUMBER:
        raise ValueError(f"a board's number is 1 to {LARGEST_NUMBER}, not {number}")
    return f"10.77.0.{10 + number}"


def board_namespace(number: int) -> str:
    """The network namespace that a container board lives in."""
    return f"{NAME}-{board_name(number)}"


def cable(number: int) -> str:
    """The bench's end of a board's cable, a port of the switch: veth or tap."""
    return f"cable{number}"

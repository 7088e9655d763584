"""The bench's network: a switch in a namespace of its own, and a cable to every board.

Nothing leaves the machine: the namespaces have no way out.
"""

import os
import signal
from pathlib import Path

from tests.boards.bench import places
from tests.boards.bench.shell import attempt, run
from tests.boards.bench.waiting import wait_until

NAMESPACES = Path("/run/netns")


def exists(namespace: str) -> bool:
    """Whether there is a namespace of this name."""
    return (NAMESPACES / namespace).exists()


def lay_switch() -> None:
    """Make the bench's namespace with the switch in it, unless they are there."""
    if exists(places.NAMESPACE):
        return
    run(["ip", "netns", "add", places.NAMESPACE])
    _ip(places.NAMESPACE, "link", "add", "name", places.BRIDGE, "type", "bridge")
    address = f"{places.HOST_ADDRESS}/{places.PREFIX_BITS}"
    _ip(places.NAMESPACE, "addr", "add", address, "dev", places.BRIDGE)
    _ip(places.NAMESPACE, "link", "set", "lo", "up")
    _ip(places.NAMESPACE, "link", "set", places.BRIDGE, "up")


def lay_cable(number: int) -> None:
    """Give a container board its namespace, and a cable from its eth0 to the switch."""
    namespace = places.board_namespace(number)
    if exists(namespace):
        return
    run(["ip", "netns", "add", namespace])
    # A board keeps its hardware address when it is made anew, or its neighbours would go on
    # sending to the old one for half a minute.
    near = ["name", "eth0", "netns", namespace, "address", f"02:00:0a:4d:00:{10 + number:02x}"]
    far = ["name", places.cable(number), "netns", places.NAMESPACE]
    run(["ip", "link", "add", *near, "type", "veth", "peer", *far])
    join_switch(places.cable(number))
    address = f"{places.board_address(number)}/{places.PREFIX_BITS}"
    _ip(namespace, "addr", "add", address, "dev", "eth0")
    _ip(namespace, "link", "set", "lo", "up")
    _ip(namespace, "link", "set", "eth0", "up")


def join_switch(device: str) -> None:
    """Make a device of the bench's namespace (a cable, an emulator's tap) a port of the switch."""
    _ip(places.NAMESPACE, "link", "set", device, "master", places.BRIDGE, "up")


def pull(number: int) -> None:
    """Pull a board's cable: its eth0 loses the carrier."""
    _ip(places.NAMESPACE, "link", "set", places.cable(number), "down")


def plug(number: int) -> None:
    """Plug a board's cable in again."""
    _ip(places.NAMESPACE, "link", "set", places.cable(number), "up")


def is_plugged(number: int) -> bool:
    """Whether a board's cable is in."""
    words = ["ip", "-n", places.NAMESPACE, "-br", "link", "show", places.cable(number)]
    return "UP" in attempt(words).stdout.split()[1:2]


def remove(namespace: str) -> None:
    """Kill every process in a namespace, then the namespace; nothing if there is none."""
    if not exists(namespace):
        return
    wait_until(lambda: not _kill_all(namespace), f"the processes of {namespace} are gone")
    attempt(["ip", "netns", "del", namespace])
    if exists(namespace):
        # Left behind by a crash between making the file and mounting the namespace on it.
        (NAMESPACES / namespace).unlink()


def processes(namespace: str) -> list[int]:
    """The ids of all processes in a namespace, as this machine counts them."""
    if not exists(namespace):
        return []
    return [int(word) for word in attempt(["ip", "netns", "pids", namespace]).stdout.split()]


def _kill_all(namespace: str) -> bool:
    found = [pid for pid in processes(namespace) if pid != os.getpid()]
    for pid in found:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return bool(found)


def _ip(namespace: str, *words: str) -> None:
    run(["ip", "-n", namespace, *words])

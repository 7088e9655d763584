"""The emulated Pi as one more board on the bench of virtual boards."""

from tests.boards.bench import network, places, ssh
from tests.boards.bench.shell import attempt, run
from tests.boards.bench.waiting import wait_until
from tests.gpio.emulated_pi import machine
from tests.gpio.emulated_pi.machine import Cable
from tests.gpio.emulated_pi.payload import Payload

BOOT_LIMIT_S = 180


def power_on(number: int, neighbours: tuple[int, ...] = ()) -> None:
    """Boot as board `number`, with systemd and sshd; returns long before they are up.

    The bench must be up: its switch takes the cable, its key opens the Pi. `neighbours` get
    into /etc/hosts.
    """
    tap = places.cable(number)
    add = ["ip", "netns", "exec", places.NAMESPACE, "ip", "tuntap", "add", "dev", tap]
    if attempt(["ip", "-n", places.NAMESPACE, "link", "show", tap]).returncode != 0:
        run([*add, "mode", "tap"])
    network.join_switch(tap)
    names = {n: places.board_name(n) for n in (*neighbours, number)}
    hosts = ["127.0.0.1 localhost"]
    hosts += [f"{places.board_address(n)} {name} {name}.local" for n, name in names.items()]
    key = places.ssh_key().with_suffix(".pub").read_text()
    payload = Payload()
    address = f"{places.board_address(number)}/{places.PREFIX_BITS}"
    payload = payload.with_text("payload/address", f"{address}\n")
    payload = payload.with_text("etc/hostname", f"{places.board_name(number)}\n")
    payload = payload.with_text("etc/hosts", "\n".join([*hosts, ""]))
    payload = payload.with_text("root/.ssh/authorized_keys", key, mode=0o600)
    machine.switch_on(payload, Cable(namespace=places.NAMESPACE, tap=tap))


def wait_until_up(number: int) -> float:
    """Wait until its sshd lets us in; how many seconds that took. Raises TookTooLong."""
    what = f"{places.board_name(number)} lets us in"
    return wait_until(lambda: ssh.answers(number), what, BOOT_LIMIT_S)


def remove(number: int) -> None:
    """Cut its power and take its cable off the bench."""
    machine.switch_off()
    attempt(["ip", "-n", places.NAMESPACE, "link", "del", places.cable(number)])

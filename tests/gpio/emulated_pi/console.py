"""The Pi's serial console: what it printed so far, and typing to it."""

import socket
from pathlib import Path

from tests.boards.bench.waiting import TookTooLong, wait_until
from tests.gpio.emulated_pi import places

END_CHARACTERS = 3000


def log_path() -> Path:
    """The file in which QEMU keeps all that was printed."""
    return places.machine_directory() / "console"


def socket_path() -> Path:
    """The socket of whoever types."""
    return places.machine_directory() / "serial"


def text() -> str:
    """What it printed since it was switched on."""
    path = log_path()
    return path.read_text(errors="replace").replace("\r", "") if path.is_file() else ""


def wait_for(wanted: str, timeout_s: float = 60) -> None:
    """Wait until it shows `wanted`. Raises TookTooLong, with the console's end."""
    try:
        wait_until(lambda: wanted in text(), f"the console shows {wanted!r}", timeout_s)
    except TookTooLong as late:
        raise TookTooLong(f"{late}; it ends with:\n{text()[-END_CHARACTERS:]}") from late


def type_line(line: str) -> None:
    """Type a line and Enter."""
    with socket.socket(socket.AF_UNIX) as typist:
        typist.connect(str(socket_path()))
        typist.sendall(line.encode() + b"\n")
        # QEMU takes from the socket at the pace of the serial line, and drops what waits when
        # it is closed; the guest's echo is off, so the answer shows up in the log alone.
        typist.shutdown(socket.SHUT_WR)
        while typist.recv(4096):
            continue

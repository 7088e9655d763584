"""The emulated Pi itself: a QEMU process. Everything about it is found out anew from files."""

import contextlib
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.boards.bench.waiting import wait_until
from tests.gpio.emulated_pi import console, image, places
from tests.gpio.emulated_pi.monitor import Monitor, MonitorFailed
from tests.gpio.emulated_pi.payload import Payload

# Ends by itself if whoever started it died.
LIFE_LIMIT_S = 1800
# Page tables that are switched, and code that lies elsewhere in each process, to be translated
# anew, cost an emulated processor time. All four processors are used: those that Linux does not
# take would spin, and eat those of this machine.
KERNEL_WORDS = (
    "console=ttyAMA0,115200 rdinit=/init loglevel=3 nokaslr kpti=off mitigations=off"
    " norandmaps systemd.show_status=no"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cable:
    """A USB network adapter on the Pi, and the tap device of `namespace` that it is plugged in."""

    namespace: str
    tap: str


def switch_on(payload: Payload, cable: Cable | None = None) -> None:
    """Boot; returns when the monitor answers, long before Linux is up. Raises CommandFailed."""
    image.ensure()
    switch_off()
    directory = places.machine_directory()
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    initrd = directory / "initrd"
    shutil.copyfile(places.root_archive(), initrd)
    with initrd.open("ab") as out:
        out.write(payload.archive())
    with (directory / "qemu.err").open("wb") as errors:
        process = subprocess.Popen(  # it outlives this process; the pid file finds it again
            _words(cable),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    _pid_file().write_text(f"{process.pid}\n")
    _children.append(process)
    wait_until(_answers, "QEMU answers")
    initrd.unlink()  # it was read at the start


def monitor() -> Monitor:
    """A connection to QEMU's monitor. Raises MonitorFailed when the Pi is off."""
    return Monitor(places.machine_directory() / "monitor")


def is_on() -> bool:
    """Whether it runs."""
    return _pid() is not None


def switch_off() -> None:
    """Cut its power; nothing if it is off."""
    pid = _pid()
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)
        wait_until(lambda: _pid() is None, "QEMU has ended")
    _pid_file().unlink(missing_ok=True)


# Those that this process started, so that they are not left as zombies.
_children: list[subprocess.Popen[bytes]] = []


def _words(cable: Cable | None) -> list[str]:
    directory = places.machine_directory()
    words = ["timeout", str(LIFE_LIMIT_S), "qemu-system-aarch64", "-M", "raspi3b"]
    words += ["-kernel", str(places.kernel()), "-dtb", str(places.device_tree())]
    words += ["-initrd", str(directory / "initrd"), "-append", KERNEL_WORDS]
    words += ["-display", "none", "-no-reboot"]
    serial = f"socket,id=serial,path={console.socket_path()},server=on,wait=off"
    words += ["-chardev", f"{serial},logfile={console.log_path()}", "-serial", "chardev:serial"]
    words += ["-qmp", f"unix:{directory / 'monitor'},server=on,wait=off"]
    if cable is None:
        return words
    tap = f"tap,id=cable,ifname={cable.tap},script=no,downscript=no"
    words += ["-netdev", tap, "-device", "usb-net,netdev=cable"]
    return ["ip", "netns", "exec", cable.namespace, *words]


def _answers() -> bool:
    if not is_on():
        said = (places.machine_directory() / "qemu.err").read_text(errors="replace")
        raise MonitorFailed(f"QEMU ended at once: {said.strip()}")
    try:
        monitor().close()
    except MonitorFailed:
        return False
    return True


def _pid_file() -> Path:
    return places.machine_directory() / "pid"


def _pid() -> int | None:
    """The process that leads QEMU's group, while it runs and is what we started."""
    for child in [child for child in _children if child.poll() is not None]:
        _children.remove(child)
    try:
        pid = int(_pid_file().read_text())
        if any(child.pid == pid for child in _children):
            return pid
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    # The number may be somebody else's by now.
    return pid if str(places.machine_directory()).encode() in words else None

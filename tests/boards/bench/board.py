"""One virtual board: a container that boots its own systemd, with a power switch.

Its disk is a layer above the image. Cutting the power kills every process at once; the disk
keeps what was written, synced or not, for the page cache belongs to this machine's kernel.
"""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from tests.boards.bench import cgroups, image, network, places
from tests.boards.bench.shell import CommandFailed, attempt, run
from tests.boards.bench.waiting import TookTooLong, wait_until

BOOT_LIMIT_S = 60
# systemd-nspawn ends by itself when its container has.
HOLDERS_LIMIT_S = 5


class Board:
    """Board `number`, whatever state it is in: all is found out anew at each question.

    Invariant: a board that is on has exactly one first process in its network namespace.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = places.board_name(number)
        self.address = places.board_address(number)
        self._home = places.home() / self.name
        self._disk = self._home / "disk"

    # --- power --------------------------------------------------------------------------------

    def power_on(self, neighbours: list[int]) -> None:
        """Start booting, with `neighbours` in /etc/hosts; returns at once, see `wait_until_up`."""
        if self.is_on():
            return
        network.lay_cable(self.number)
        self._mount_disk()
        (self._disk / "etc/hostname").write_text(f"{self.name}\n")
        names = [places.board_name(n) for n in neighbours]
        lines = [
            f"{places.board_address(n)} {name} {name}.local"
            for n, name in zip(neighbours, names, strict=True)
        ]
        (self._disk / "etc/hosts").write_text("\n".join(["127.0.0.1 localhost", *lines, ""]))
        groups = cgroups.make(self._group)
        # After a reboot systemd-nspawn ends with 133, for its own supervisor to start it again.
        supervise = (
            "join() { for file; do echo $$ >$file; done; }; directory=$1; shift; join $@\n"
            "while systemd-nspawn --quiet $directory --boot --register=no --keep-unit"
            f" --machine={self.name} --console=read-only"
            f" --network-namespace-path=/run/netns/{places.board_namespace(self.number)};"
            " [ $? = 133 ]; do :; done"
        )
        with self._console.open("wb") as console:
            # A daemon of its own: it outlives this process, and `is_on` finds it again.
            subprocess.run(
                ["setsid", "--fork", "sh", "-c", supervise, "sh", self._mark, *map(str, groups)],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                check=True,
            )

    def is_on(self) -> bool:
        """Whether its first process runs."""
        return self.first_process() is not None

    def wait_until_up(self) -> None:
        """Wait until it has booted: its systemd says so and its sshd listens."""
        try:
            wait_until(self._has_booted, f"{self.name} has booted", BOOT_LIMIT_S)
        except TookTooLong as late:
            raise TookTooLong(f"{late}; its console:\n{self.console()[-4000:]}") from late

    def cut_power(self) -> None:
        """Kill all its processes at once; returns when they are gone. Nothing if it is off."""
        first = self.first_process()
        if first is not None:
            os.kill(first, signal.SIGKILL)
        try:
            wait_until(lambda: not self._holders(), f"{self.name} is off", HOLDERS_LIMIT_S)
        except TookTooLong:
            # It was about to boot anew.
            for holder in self._holders():
                os.kill(holder, signal.SIGKILL)
            wait_until(lambda: not self._holders(), f"{self.name} is off")
        wait_until(lambda: not self.is_on(), f"the processes of {self.name} are gone")
        cgroups.remove(self._group)

    # --- disk ---------------------------------------------------------------------------------

    def throw_disk_away(self) -> None:
        """Cut the power and remove all that was ever written: a freshly flashed card."""
        self.cut_power()
        self._unmount_disk()
        if self._home.exists():
            shutil.rmtree(self._home)

    def remove(self) -> None:
        """Throw all of it away, its cable and its namespace too."""
        self.cut_power()
        network.remove(places.board_namespace(self.number))
        self.throw_disk_away()

    def path(self, inside: str) -> Path:
        """Where this machine finds a board's file, on or off, with its cable or without.

        While the board is on, /run and /tmp are there too.
        """
        first = self.first_process()
        root = self._disk if first is None else Path(f"/proc/{first}/root")
        return root / inside.lstrip("/")

    def console(self) -> str:
        """What it printed since it was last powered on."""
        return self._console.read_text(errors="replace") if self._console.exists() else ""

    # --- processes ----------------------------------------------------------------------------

    def run(self, *words: str, timeout_s: float = 60) -> str:
        """Run a program on the board as root, over no network. Raises CommandFailed."""
        return run(self.entered(*words), timeout_s=timeout_s)

    def attempt(self, *words: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a program whose failure is an answer too."""
        return attempt(self.entered(*words), timeout_s=timeout_s)

    def first_process(self) -> int | None:
        """The board's process 1, as this machine counts it."""
        for pid in network.processes(places.board_namespace(self.number)):
            if _number_inside(pid) == 1:
                return pid
        return None

    def process(self, number_inside: int) -> int:
        """This machine's number of a process that the board knows by another.

        Raises CommandFailed when there is none.
        """
        for pid in network.processes(places.board_namespace(self.number)):
            if _number_inside(pid) == number_inside:
                return pid
        raise CommandFailed(f"{self.name} has no process {number_inside}")

    # --- within -------------------------------------------------------------------------------

    @property
    def _console(self) -> Path:
        return self._home / "console"

    @property
    def _group(self) -> str:
        return f"{places.NAMESPACE}-{self.name}"

    @property
    def _mark(self) -> str:
        """An argument by which the processes that hold the container are found."""
        return f"--directory={self._disk}"

    def _holders(self) -> list[int]:
        """systemd-nspawn, which holds the container and its mounts, and the shell above it."""
        found: list[int] = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if self._mark.encode() in (process / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(process.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
        return found

    def _has_booted(self) -> bool:
        if not self.is_on():
            return False
        said = self.attempt("systemctl", "is-system-running").stdout.strip()
        return said in ("running", "degraded") and self._listens()

    def _listens(self) -> bool:
        return self.attempt("systemctl", "is-active", "--quiet", "ssh").returncode == 0

    def entered(self, *words: str) -> list[str]:
        """The command that runs `words` on the board, over no network. Raises CommandFailed."""
        first = self.first_process()
        if first is None:
            raise CommandFailed(f"{self.name} is off, so it cannot run {words[0]}")
        clean = [
            "env",
            "-i",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
            "HOME=/root",
        ]
        return [
            "nsenter",
            "-t",
            str(first),
            "-m",
            "-u",
            "-i",
            "-n",
            "-p",
            "-r",
            "-w",
            *clean,
            *words,
        ]

    def _mount_disk(self) -> None:
        layers = {name: self._home / name for name in ("upper", "work", "disk")}
        for layer in layers.values():
            layer.mkdir(parents=True, exist_ok=True)
        if self._disk.is_mount():
            return
        options = f"lowerdir={image.root()},upperdir={layers['upper']},workdir={layers['work']}"
        run(["mount", "-t", "overlay", "overlay", "-o", options, str(self._disk)])

    def _unmount_disk(self) -> None:
        wait_until(self._is_unmounted, f"{self._disk} is unmounted")

    def _is_unmounted(self) -> bool:
        if self._disk.is_mount():
            attempt(["umount", str(self._disk)])
        return not self._disk.is_mount()


def _number_inside(pid: int) -> int | None:
    """A process's number in its innermost namespace, proc(5) NSpid; None if it has ended."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                numbers = line.split()[1:]
                return int(numbers[-1]) if len(numbers) > 1 else None
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None

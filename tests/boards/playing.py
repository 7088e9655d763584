"""One run of the playbook, by an Ansible of its own, as a person runs it over ssh."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.boards.bench.bench import Bench
from tests.boards.bench.shell import run
from tests.boards.recap import HostRecap, changes, read_recap

ROOT = Path(__file__).parents[2]
# Beside the virtual environment that runs this, where the Makefile puts it too.
ANSIBLE = Path(f"{sys.prefix}-ansible")
INSTALL_LIMIT_S = 600
PLAY_LIMIT_S = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One run of the playbook: what it printed, its exit code, and its recap by host."""

    printed: str
    exit_code: int
    recap: dict[str, HostRecap]

    @property
    def changes(self) -> list[str]:
        """What it changed, by task and host."""
        return changes(self.printed)


def play(
    bench: Bench,
    home: Path,
    inventory: Path,
    words: Sequence[str],
    *,
    limit_s: float = PLAY_LIMIT_S,
) -> Play:
    """Run ansible-playbook where all boards can be reached.

    `home` is Ansible's own directory; the last of `words` is the playbook, beside its
    configuration. Raises CommandFailed when it hangs.
    """
    run(
        ["sh", str(ROOT / "scripts/ansible_environment.sh"), str(ANSIBLE)],
        timeout_s=INSTALL_LIMIT_S,
    )
    config = Path(words[-1]).with_name("ansible.cfg")
    command = ["env", f"ANSIBLE_CONFIG={config}", f"ANSIBLE_HOME={home}", "ANSIBLE_NOCOLOR=1"]
    command.append(f"PATH={ANSIBLE / 'bin'}:/usr/bin:/bin:/usr/sbin:/sbin")
    command += ["ansible-playbook", "-i", str(inventory), *words]
    done = bench.attempt(command, timeout_s=limit_s)
    printed = done.stdout + done.stderr
    return Play(printed=printed, exit_code=done.returncode, recap=read_recap(printed))

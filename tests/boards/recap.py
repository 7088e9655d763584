"""What Ansible says at the end of a play: how many tasks changed and failed, by host. Pure."""

import re
from dataclasses import dataclass

_LINE = re.compile(
    r"^(?P<host>\S+)\s*: ok=(?P<ok>\d+)\s+changed=(?P<changed>\d+)\s+"
    r"unreachable=(?P<unreachable>\d+)\s+failed=(?P<failed>\d+)",
    re.MULTILINE,
)
_COLORS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRecap:
    """One host's line of the recap; counts of tasks."""

    ok_count: int
    changed_count: int
    unreachable_count: int
    failed_count: int


def read_recap(printed: str) -> dict[str, HostRecap]:
    """Host -> its recap, from all that ansible-playbook printed; empty if it broke off early."""
    plain = _COLORS.sub("", printed)
    _, _, tail = plain.rpartition("PLAY RECAP")
    return {
        match["host"]: HostRecap(
            ok_count=int(match["ok"]),
            changed_count=int(match["changed"]),
            unreachable_count=int(match["unreachable"]),
            failed_count=int(match["failed"]),
        )
        for match in _LINE.finditer(tail)
    }


def changes(printed: str) -> list[str]:
    """The lines that tell what changed, each after the task that did it."""
    found: list[str] = []
    task = ""
    for line in _COLORS.sub("", printed).splitlines():
        if line.startswith(("TASK [", "RUNNING HANDLER [")):
            task = line.partition("[")[2].partition("]")[0]
        elif line.startswith("changed: "):
            found.append(f"{task}: {line.removeprefix('changed: ')}")
    return found

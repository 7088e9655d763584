"""The command starts quickly: what a command does not need is not imported."""

import json
import subprocess
import sys

HEAVY = ("zmq", "msgpack", "textual", "rich", "gpiozero", "asyncio")

# What the daemon and the lamp must not bring along: OpenSSL's library takes 4 MB.
LARGE = ("_hashlib", "ssl", "asyncio", "textual", "rich", "email")


def test_importing_the_command_imports_nothing_heavy() -> None:
    assert imported_with("raftpi.cli.main", HEAVY) == []


def test_importing_the_daemon_imports_nothing_large() -> None:
    assert imported_with("raftpi.daemon.main", LARGE) == []


def imported_with(module: str, names: tuple[str, ...]) -> list[str]:
    """Which of `names` a fresh Python has imported after importing `module`."""
    program = (
        f"import json, sys, {module}; "
        f"print(json.dumps([name for name in {names!r} if name in sys.modules]))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert finished.returncode == 0, finished.stderr
    found: list[str] = json.loads(finished.stdout)
    return found

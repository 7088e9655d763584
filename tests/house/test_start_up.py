"""The command starts quickly: what a command does not need is not imported."""

import json
import subprocess
import sys

HEAVY = ("zmq", "msgpack", "textual", "rich", "gpiozero", "asyncio")


def test_importing_the_command_imports_nothing_heavy() -> None:
    program = (
        "import json, sys, raftpi.cli.main; "
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout) == []

"""The `raftpi` command: reads its arguments, runs one command, tells errors in one line.

Nothing heavy is imported before the command is known, so that it starts quickly on a Pi Zero.
"""

import os
import sys
from collections.abc import Sequence

from raftpi.errors import RaftpiError

INTERRUPTED = 130
# What a shell reports for a program that SIGPIPE ended.
PIPE_CLOSED = 141

KINDS = {
    1: "refused",
    2: "usage",
    3: "unknown",
    4: "unavailable",
    10: "configuration",
    11: "directory",
    12: "damage",
    13: "io",
    14: "space",
    15: "newer",
    16: "keys",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code (see the design, "From outside")."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has left; the interpreter must not try to flush once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return code


def _run(words: list[str]) -> int:
    try:
        if _is_the_daemon(words):
            from raftpi.daemon.main import run

            return run(words[2], check=False)
        from raftpi.cli.arguments import parse

        arguments = parse(words)
        return arguments.run(arguments)  # type: ignore[no-any-return]  # set by arguments.py
    except SystemExit as finished:
        # argparse has printed the help or the version.
        return finished.code if isinstance(finished.code, int) else 0
    except RaftpiError as error:
        return _report(error, words)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _report(RaftpiError(_os_error_text(error)), words)


def _is_the_daemon(words: list[str]) -> bool:
    # As systemd starts it: the parsers would take 0.7 MB for as long as it runs.
    return len(words) == 3 and words[:2] == ["node", "--config"] and not words[2].startswith("-")


def _report(error: RaftpiError, words: list[str]) -> int:
    text = " ".join(str(error).split())
    log = list(getattr(error, "last_lines", ()))
    if _wants_json(words):
        import json

        document = {"error": KINDS.get(error.exit_code, "refused"), "message": text}
        print(json.dumps(document | ({"log": log} if log else {}), ensure_ascii=False))
    for line in log:
        print(f"  {line}", file=sys.stderr)
    print(f"raftpi: {text}", file=sys.stderr)
    return error.exit_code


def _wants_json(words: list[str]) -> bool:
    options = words[: words.index("--")] if "--" in words else words
    return "--json" in options


def _os_error_text(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason

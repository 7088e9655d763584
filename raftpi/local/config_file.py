"""The raftpi.toml of each node of a local cluster."""

import json
from collections.abc import Sequence
from pathlib import Path

from raftpi.local.cluster_file import LocalNode

TIMINGS = ("wired", "wifi", "slow")


def config_text(
    node: LocalNode, members: Sequence[LocalNode], *, runtime: str, chaos: bool, timing: str
) -> str:
    """The configuration of `node` among `members`; keys left out have the daemon's defaults."""
    lines = [
        "# Written by `raftpi cluster start`; removed by `raftpi cluster clean`.",
        "[node]",
        f"id = {node.id}",
        f"data = {_quoted(node.data)}",
        f"runtime = {_quoted(runtime)}",
        "",
        "[cluster]",
        f"timing = {_quoted(timing)}",
        "",
        "[chaos]",
        f"enabled = {'true' if chaos else 'false'}",
    ]
    for member in members:
        lines += [
            "",
            "[[member]]",
            f"id = {member.id}",
            f"name = {_quoted(member.name)}",
            f"peer = {_quoted(member.peer)}",
            f"client = {_quoted(member.client)}",
            f"status = {_quoted(member.status)}",
        ]
    return "\n".join(lines) + "\n"


def chaos_enabled(path: Path) -> bool:
    """Whether this configuration lets a node misbehave on request; False when unreadable."""
    import tomllib

    try:
        chaos = tomllib.loads(path.read_text(encoding="utf-8")).get("chaos", {})
    except (OSError, ValueError):
        return False
    return isinstance(chaos, dict) and chaos.get("enabled") is True


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

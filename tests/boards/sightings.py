"""What the boards said of themselves, round after round. Pure.

A line is one round of asking: `{"asked_us", "at_us", "nodes": {id: status}}`; a board that did not
answer is not in it. Times are microseconds of CLOCK_MONOTONIC.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One round: asked at `asked_us`, all answers in at `at_us`; node id -> status."""

    asked_us: int
    at_us: int
    nodes: dict[int, dict[str, Any]]

    def leader(self) -> int:
        """The id of the one that leads in the highest term, 0 for none."""
        leading = [node for node in self.nodes.values() if node["role"] == "leader"]
        return int(max(leading, key=lambda node: node["term"])["id"]) if leading else 0

    def highest_commit(self) -> int:
        """The commit index that the cluster is known to have reached."""
        return max((int(node["commit_index"]) for node in self.nodes.values()), default=0)

    def is_whole(self, count: int) -> bool:
        """Whether so many boards run, follow one leader and have everything committed."""
        nodes = self.nodes.values()
        leader = self.leader()
        return (
            len(nodes) == count
            and leader != 0
            and all(node["leader"] == leader for node in nodes)
            and all(node["condition"] == "running" and not node["needs_person"] for node in nodes)
            and all(node["role"] in ("leader", "follower") for node in nodes)
        )


def sightings(lines: Iterable[str]) -> list[Sighting]:
    """The rounds in order; a last line that is half written is left out."""
    found: list[Sighting] = []
    for line in lines:
        if line.endswith("\n"):
            seen = json.loads(line)
            nodes = {int(number): status for number, status in seen["nodes"].items()}
            found.append(Sighting(asked_us=seen["asked_us"], at_us=seen["at_us"], nodes=nodes))
    return found


def caught_up_us(seen: Iterable[Sighting], node_id: int, after_us: int) -> int | None:
    """When a board, asked after `after_us`, first followed or led and had what was committed.

    What was committed is the highest commit index of the round before. None: not yet.
    """
    wanted = 0
    for sighting in seen:
        node = sighting.nodes.get(node_id)
        if (
            node is not None
            and sighting.asked_us >= after_us
            and node["leader"] != 0
            and node["role"] in ("leader", "follower")
            and node["commit_index"] >= wanted
        ):
            return sighting.at_us
        wanted = max(wanted, sighting.highest_commit())
    return None

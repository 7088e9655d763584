"""What happened between two looks at a board, as lines for the event log. Pure."""

from raftpi.cli.demo.board_view import BoardView
from raftpi.status import NodeStatus


def status_events(before: NodeStatus | None, after: NodeStatus) -> tuple[str, ...]:
    """What a status tells that the one before it, None for the first, did not."""
    name = after.name
    if before is None:
        if after.condition == "running":
            return (f"{name} up, {_role_now(after)}",)
        return (f"{name} up, {after.condition.replace('_', ' ')}",)
    lines = []
    if before.pid != after.pid:
        return (f"{name} back with log {after.last_index}, {_role_now(after)}",)
    if before.condition != after.condition:
        lines.append(_condition_event(before, after))
    if (before.role, before.leader, before.term) != (after.role, after.leader, after.term):
        lines.extend(_role_events(before, after))
    if before.needs_person != after.needs_person:
        why = after.needs_person
        lines.append(f"{name} needs a person: {why}" if why else f"{name} needs nobody any more")
    return tuple(lines)


def view_events(before: BoardView | None, after: BoardView) -> tuple[str, ...]:
    """A board that fell silent, or is heard again and is still the same process."""
    if before is None or before.online == after.online:
        return ()
    if not after.online:
        return (f"{after.name} is offline",)
    return (f"{after.name} is heard again",) if before.pid == after.pid else ()


def _condition_event(before: NodeStatus, after: NodeStatus) -> str:
    if after.condition == "disk_full":
        return f"{after.name} has a full disk: it takes no entries"
    if before.condition == "disk_full" and after.condition == "running":
        return f"{after.name} has space on its disk again"
    if after.condition == "lost_memory":
        return f"{after.name} has lost its memory: it will not vote"
    if after.condition == "founding":
        return f"{after.name} waits to found the cluster"
    if after.condition == "stopping":
        return f"{after.name} is stopping"
    return f"{after.name} is a member of the cluster"


def _role_events(before: NodeStatus, after: NodeStatus) -> list[str]:
    if before.role == "leader" and after.role != "leader":
        return [f"{after.name} leads no longer: {_role_now(after)}"]
    if before.role == "pre_candidate" and after.role == "follower" and after.leader == 0:
        return []  # refused for now; it will ask again
    if before.role == after.role == "follower" and after.leader == 0:
        if before.leader == 0:
            return []  # a newer term whose leader is not known yet
        return [f"{after.name} hears no leader, term {after.term}"]
    return [f"{after.name} {_role_now(after)}"]


def _role_now(after: NodeStatus) -> str:
    if after.role == "leader":
        return f"leads term {after.term}"
    if after.role == "candidate":
        return f"asks for votes in term {after.term}"
    if after.role == "pre_candidate":
        return f"pre-votes; its term stays {after.term}"
    if after.leader:
        verb = "learns from" if after.role == "learner" else "follows"
        return f"{verb} {_name_of(after, after.leader)}, term {after.term}"
    return f"no leader, term {after.term}"


def _name_of(status: NodeStatus, node_id: int) -> str:
    for peer in status.peers:
        if peer.id == node_id:
            return peer.name
    return f"node {node_id}"

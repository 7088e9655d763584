"""What happens, in words: the one place where the journal's and the traces' sentences are made."""

from raftpi.core.configuration import Configuration
from raftpi.core.founding import Founding
from raftpi.core.hello import Hello
from raftpi.core.ready import Role, RoleChange
from raftpi.node.event import Event


def role_changed(change: RoleChange, configuration: Configuration | None) -> Event:
    """A change of role, term or known leader."""
    leader = configuration.member(change.leader) if configuration is not None else None
    if change.role is Role.LEADER:
        text = f"leads term {change.term}"
    elif change.role is Role.CANDIDATE:
        text = f"campaigns for term {change.term}"
    elif change.role is Role.PRE_CANDIDATE:
        text = f"asks whether it could lead after term {change.term}"
    elif leader is not None:
        text = f"follows {leader.name} in term {change.term}"
    else:
        text = f"hears no leader in term {change.term}"
    fields: dict[str, int | str] = {"term": change.term, "role": change.role.value}
    if leader is not None:
        fields["leader"] = leader.name
    return Event(text=text, fields=fields)


def founding_story(founding: Founding) -> Event | None:
    """Where the founding of the cluster stands, when there is something to say."""
    if founding.founded is not None:
        names = ", ".join(member.name for member in founding.founded.members)
        text = f"founds cluster {founding.founded.cluster_id:016x} with {names}"
        return Event(text=text, fields={"cluster": f"{founding.founded.cluster_id:016x}"})
    if founding.lost_memory:
        return Event(
            text=(
                "has lost its memory: the data directory is fresh but the cluster exists without "
                "it. It does not vote and is not counted; take it in with "
                "`raftpi member replace`, or put its old directory back"
            ),
            severity="error",
        )
    if founding.problem:
        return Event(text=founding.problem, severity="error")
    if founding.missing:
        return Event(text="waits for its co-founders " + ", ".join(founding.missing))
    return None


def memory_lost_elsewhere(hello: Hello) -> Event:
    """A member's board came back with a fresh directory."""
    return Event(
        text=(
            f"{hello.name} (node {hello.node_id}) has lost its memory: its directory is fresh; "
            f"it is not counted until it is taken in again"
        ),
        severity="warning",
        fields={"node": hello.node_id},
    )

"""What happens, in words: the one place where the journal's and the traces' sentences are made."""

from raftpi.core.configuration import Configuration
from raftpi.core.founding import Founding
from raftpi.core.hello import Hello
from raftpi.core.ready import Role, RoleChange
from raftpi.node.event import Event
from raftpi.storage.shortage import Shortage


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
    elif change.leader != 0:
        text = f"hears a leader in term {change.term}, whose name will come with the log"
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
                "has lost its memory, or is new: the data directory is fresh but the cluster "
                "exists without it. It does not vote and is not counted; put its old directory "
                "back, or take it in with `raftpi member replace` (a new one: `raftpi member add`)"
            ),
            severity="error",
        )
    if founding.cluster_id != 0:
        return Event(text=f"waits for the leader of cluster {founding.cluster_id:016x}")
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


def newcomer_heard(hello: Hello) -> Event:
    """A board that belongs to no cluster wants to come in."""
    return Event(
        text=f"{hello.name} (node {hello.node_id}) is new here: `raftpi member add {hello.name}`",
        fields={"node": hello.node_id},
    )


def membership_changed(after: Configuration) -> Event:
    """A configuration is in force that was not before."""
    voters = ", ".join(member.name for member in after.members if member.voter)
    text = f"members: {voters}"
    leaving = [m.name for m in after.members if m.outgoing and not m.voter]
    learning = [m.name for m in after.members if not m.voter and not m.outgoing]
    if leaving:
        text += f"; leaving: {', '.join(leaving)}"
    if learning:
        text += f"; learning: {', '.join(learning)}"
    if after.is_joint:
        text += "; old and new voters must agree"
    return Event(text=text, fields={"voters": len(after.electorates()[0])})


def snapshot_made(index: int) -> Event:
    """The own snapshot is durable."""
    return Event(text=f"has a snapshot up to index {index}", fields={"index": index})


def snapshot_installed(index: int, leader: str) -> Event:
    """A leader's snapshot took the place of the log."""
    return Event(
        text=f"goes on from a snapshot of {leader or 'its leader'} up to index {index}",
        fields={"index": index},
    )


def rot_found(rot: str) -> Event:
    """The scrub found something on the card that is not as it was written."""
    return Event(
        text=f"rot on the card: {rot}; the memory of this node is whole, so it goes on, and "
        "mends it if it can",
        severity="error",
    )


def rot_mended(how: str) -> Event:
    """What was rotten is not needed any more, or was written again."""
    return Event(
        text=f"has mended rot on the card: {how}; a card that rots should be replaced",
        severity="warning",
    )


def card_is_full(shortage: Shortage) -> Event:
    """There is no room for entries any more."""
    return Event(
        text=(
            f"the disk is full: {shortage.text}. {shortage.free_bytes} bytes are free; make room "
            f"for {shortage.wanted_bytes}. Until then this node takes no entries and does not "
            "lead if others can; it goes on by itself"
        ),
        severity="error",
        fields={"free_bytes": shortage.free_bytes, "wanted_bytes": shortage.wanted_bytes},
    )


def no_room_for_votes() -> Event:
    """Even what was reserved for terms and votes is used up."""
    text = "the disk is full, and what was reserved for votes is used up: does not vote any more"
    return Event(text=text, severity="error")


def has_space_again() -> Event:
    """Entries are taken again."""
    return Event(text="has space on the disk again, and goes on")

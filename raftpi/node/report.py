"""The status of a node at one moment, from what the node itself knows."""

from raftpi.core.configuration import Member
from raftpi.core.ready import Role
from raftpi.node.node import Node
from raftpi.status import Condition, NodeStatus, PeerStatus


def status_of(node: Node, *, name: str, now_us: int) -> NodeStatus:
    """The node's status; the driver adds what only a process knows (syncs, pid, uptime)."""
    raft = node.raft
    state = raft.state
    configuration = node.configuration
    leads = raft.role is Role.LEADER
    member = configuration.member(node.replica_id) if configuration is not None else None
    voted_for = configuration.member(state.voted_for) if configuration is not None else None
    counters = dict(node.refused_counts)
    for reason in state.refused_counts:
        counters[reason] = counters.get(reason, 0) + state.refused_counts[reason]
    return NodeStatus(
        id=node.node_id,
        name=name,
        cluster_id=configuration.cluster_id if configuration is not None else 0,
        replica_id=node.replica_id,
        condition=_condition(node).value,
        role=raft.role.value if configuration is not None else "none",
        term=raft.current_term,
        leader=node.leader_node_id(),
        voted_for=voted_for.node_id if voted_for is not None else 0,
        last_index=state.log.last_index,
        commit_index=state.commit_index,
        applied_index=node.applied_index,
        durable_index=state.durability.durable_index,
        lease_us=max(0, raft.lease_until_us() - now_us) if leads else 0,
        quorum_silence_us=raft.quorum_silence_us(now_us),
        election_max_us=state.timing.election_max_us,
        lag_count=node.lag.count(state.log.last_index) if not leads else 0,
        behind_us=node.lag.behind_us(state.log.last_index, now_us) if not leads else 0,
        alive_count=(
            node.census.alive_count(configuration, now_us) if configuration is not None else 1
        ),
        voter_count=len(configuration.voters()) if configuration is not None else 0,
        needs_person=_needs_person(node),
        standing=_standing(member) if member is not None else "none",
        peers=_peers(node, now_us),
        scrub=node.scrubbing.status(now_us),
        counters=counters,
    )


def _condition(node: Node) -> Condition:
    if node.is_stopping:
        return Condition.STOPPING
    if node.has_lost_memory():
        return Condition.LOST_MEMORY
    if node.space.shortage is not None:
        return Condition.DISK_FULL
    if node.configuration is None:
        return Condition.FOUNDING
    return Condition.RUNNING


def _needs_person(node: Node) -> str:
    need = node.space.need()
    if need:
        return need
    if node.has_lost_memory():
        return "lost memory: the data directory is fresh, but the cluster exists without it"
    if node.is_removed():
        return (
            "removed: this board is no member any more; stop its daemon, or empty its data "
            "directory and take it in with `raftpi member add`"
        )
    if node.scrubbing.rotten:
        return (
            f"rot on the card: {node.scrubbing.rotten}; it goes on from memory, and mends it as "
            "soon as a snapshot can take its place: do not restart it before. If this stays, stop "
            "it and run `raftpi fsck --repair --from PEER` on its data directory"
        )
    if node.configuration is None and node.founding is not None:
        return node.founding.problem
    return ""


def _standing(member: Member) -> str:
    if member.voter:
        return "voter"
    if member.outgoing:
        return "leaving"
    return "joining" if member.joining else "learner"


def _peers(node: Node, now_us: int) -> tuple[PeerStatus, ...]:
    configuration = node.configuration
    if configuration is None:
        return ()
    peers: list[PeerStatus] = []
    for member in configuration.members:
        if member.replica_id == node.replica_id:
            continue
        progress = node.raft.state.progress.get(member.replica_id)
        peers.append(
            PeerStatus(
                id=member.node_id,
                name=member.name,
                replica_id=member.replica_id,
                voter=member.voter,
                heard_us_ago=node.census.heard_us_ago(member.replica_id, now_us),
                match_index=progress.match_index if progress is not None else -1,
                delay_us=progress.delay_us if progress is not None else -1,
                standing=_standing(member),
            )
        )
    return tuple(peers)

"""Whether the others can take a board in again: they must decide without it. Pure."""

from collections.abc import Sequence

from raftpi.status import NodeStatus


def leader_of(statuses: Sequence[NodeStatus]) -> NodeStatus | None:
    """Who leads with a quorum behind it, as far as the statuses tell."""
    leaders = [
        status
        for status in statuses
        if status.role == "leader" and status.quorum_silence_us <= status.election_max_us
    ]
    return max(leaders, key=lambda status: status.term, default=None)


def why_not_without(statuses: Sequence[NodeStatus], node_id: int) -> str:
    """Why the others cannot change the membership without this board, or ""."""
    others = [status for status in statuses if status.id != node_id]
    if not others:
        return "no other board answers"
    leader = leader_of(others)
    teller = leader or max(others, key=lambda status: status.term)
    voters: dict[int, str] = {p.id: p.name for p in teller.peers if _counts(p.standing)}
    if _counts(teller.standing):
        voters[teller.id] = teller.name
    if node_id not in [teller.id, *(peer.id for peer in teller.peers)]:
        return f"it is no member (as {teller.name} tells): use `raftpi member add` instead"
    answering = {status.id for status in others if status.standing != "none"}
    if leader is not None:
        limit_us = 2 * leader.election_max_us
        answering |= {p.id for p in leader.peers if 0 <= p.heard_us_ago <= limit_us}
    alive = [name for i, name in voters.items() if i != node_id and i in answering]
    silent = [name for i, name in voters.items() if i != node_id and i not in answering]
    needed_count = len(voters) // 2 + 1
    if len(alive) < needed_count:
        count = f"{len(alive)} of {len(voters)} voters answers besides it, {needed_count} must"
        return count + (f" ({', '.join(silent)}: silent)" if silent else "")
    if leader is None:
        return "the others have no leader"
    return ""


def _counts(standing: str) -> bool:
    return standing in ("voter", "leaving")

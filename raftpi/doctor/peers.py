"""Whether the other members can be reached: their peer and client addresses."""

from raftpi.config.endpoint import parse_endpoint
from raftpi.config.file import Config
from raftpi.config.members import MemberAddress
from raftpi.doctor.finding import Finding, ok, problem
from raftpi.doctor.reach import Reach
from raftpi.doctor.sync_speed import shown_ms


def endpoints_to_reach(config: Config) -> list[str]:
    """The TCP endpoints of all other members that are connected to."""
    return [
        endpoint
        for member in config.members
        if member.id != config.node.id
        for endpoint in (member.peer, member.client)
        if parse_endpoint(endpoint).scheme == "tcp"
    ]


def judge_peers(config: Config, reached: dict[str, Reach]) -> list[Finding]:
    """One finding for each other member."""
    return [
        _judge_member(member, reached) for member in config.members if member.id != config.node.id
    ]


def _judge_member(member: MemberAddress, reached: dict[str, Reach]) -> Finding:
    name = f"reach {member.name}"
    found = [
        (purpose, reached[endpoint])
        for purpose, endpoint in (("peer", member.peer), ("client", member.client))
        if endpoint in reached
    ]
    failed = [(purpose, reach) for purpose, reach in found if reach.error]
    if not failed:
        times = [t for _, reach in found for t in reach.round_trips_us]
        return ok(name, f"answers; round trip up to {shown_ms(max(times))}" if times else "local")
    text = "; ".join(
        f"{purpose} address {reach.endpoint}: {reach.error}" for purpose, reach in failed
    )
    if all("listens" in reach.error for _, reach in failed):
        remedy = f"the board is there: look on {member.name} with: systemctl status raftpi"
    elif any("name" in reach.error for _, reach in failed):
        remedy = "write its IP address in raftpi.toml; names fail when the network does"
    else:
        remedy = f"see that {member.name} is on, its cable in, the address right, no firewall"
    return problem(name, text, remedy)

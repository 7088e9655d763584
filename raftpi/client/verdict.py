"""Why nobody does what was asked, in one sentence made of what the nodes said. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from raftpi.transport.requests import Discovery, Redirect

_SENTENCES = {
    "founding": "the cluster is not founded yet: not all of its members have met",
    "lost memory": "the node has lost its memory and waits to be taken in again",
    "handing over": "leadership is being handed over",
    "overloaded": "the leader is overloaded",
}
# The node says which: "disk full on pi2".
_DISK_FULL = "disk full"
_ELECTION = "no leader (an election is going on)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one node said last: how many voters it hears, who leads, and why it will not do it."""

    alive_count: int
    voter_count: int
    leader: int
    reason: str


def word_of(reply: Discovery | Redirect) -> Word:
    """What a reply says about the state of the cluster."""
    if isinstance(reply, Redirect):
        reason = reply.reason
    else:
        reason = {"founding": "founding", "lost_memory": "lost memory"}.get(reply.condition, "")
    return Word(
        alive_count=reply.alive_count,
        voter_count=reply.voter_count,
        leader=reply.leader,
        reason=reason,
    )


def verdict(words: Collection[Word]) -> str:
    """The sentence for what the nodes that answer say; "" when none does."""
    if not words:
        return ""
    best = max(words, key=lambda word: word.alive_count)
    reasons = {word.reason for word in words}
    if best.voter_count and best.alive_count * 2 <= best.voter_count:
        return f"no quorum (only {best.alive_count}/{best.voter_count} alive)"
    # A node that is cut off alone says "no quorum", and the others, who have one, decide.
    if reasons == {"no quorum"}:
        return "no quorum: the nodes do not hear enough of each other"
    for reason in sorted(reasons):
        if reason.startswith(_DISK_FULL):
            return f"{reason}: free some room there, or wait until another node leads"
    for reason in ("overloaded", "handing over", "founding"):
        if reason in reasons:
            return _SENTENCES[reason]
    if reasons == {"lost memory"}:
        return _SENTENCES["lost memory"]
    return _ELECTION


def nobody(endpoints: Sequence[str], strangers: Collection[str], reasons: Mapping[str, str]) -> str:
    """The sentence for when no node answers at all; `reasons` are of connections that failed."""
    told = [endpoint for endpoint in endpoints if reasons.get(endpoint)]
    silent = [
        endpoint for endpoint in endpoints if endpoint not in strangers and endpoint not in told
    ]
    parts = [f"no connection to {endpoint}: {reasons[endpoint]}" for endpoint in told]
    if silent:
        parts.append(
            f"no answer from {silent[0]}"
            if len(silent) == 1
            else f"no answer from any of {', '.join(silent)}"
        )
    parts += [f"what answers at {endpoint} is no raftpi" for endpoint in sorted(strangers)]
    return "; ".join(parts)

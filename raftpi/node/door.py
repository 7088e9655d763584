"""The door for clients' requests: what a node says before anything enters the log."""

from raftpi.core.raft import Raft
from raftpi.core.ready import Role

# What a leader takes in before it has an answer for it: beyond this, clients come again.
WAITING_LIMIT_COUNT = 20_000
WAITING_LIMIT_BYTES = 64 * 1024 * 1024


def reason_to_turn_away(
    raft: Raft,
    *,
    now_us: int,
    is_quorum_alive: bool,
    waiting_count: int,
    waiting_bytes: int,
    applied_index: int,
) -> str:
    """Why a command or a read is turned away here for now, or "".

    Turned away means certainly not done. A leader that has heard no quorum for a minimum
    election timeout, or saw the connections to one drop, takes nothing in: it could not say
    how it ended.
    """
    configuration = raft.configuration
    if configuration is None:
        return "founding"
    silence_us = raft.quorum_silence_us(now_us)
    if raft.role is not Role.LEADER:
        if raft.leader_id != 0:
            return "not leader"
        if silence_us > 2 * configuration.timing.election_max_us:
            return "no quorum"
        return "election"
    if not is_quorum_alive or silence_us > configuration.timing.election_min_us:
        return "no quorum"
    if raft.is_handing_over:
        return "handing over"
    if applied_index == 0:
        return "election"
    if waiting_count >= WAITING_LIMIT_COUNT or waiting_bytes >= WAITING_LIMIT_BYTES:
        return "overloaded"
    return ""

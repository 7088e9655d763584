"""A board in one line: its log, what its card holds, what it knows of the others."""

from raftpi.core.progress import Progress, ProgressState
from raftpi.core.raft import Raft


def shown_log(raft: Raft) -> str:
    """Role, term, the terms of the log's entries, and how much is committed."""
    state = raft.state
    log = state.log
    terms = " ".join(str(log.term_at(i)) for i in range(log.first_index, log.last_index + 1))
    return (
        f"{raft.role.value} in term {raft.current_term}, log {log.first_index}..{log.last_index} "
        f"(terms {terms or 'none'}), commit {state.commit_index}"
    )


def shown_card(raft: Raft) -> str:
    """How much of the log is on the card, and which term and vote."""
    state = raft.state
    durability = state.durability
    hard_state = durability.durable_hard_state
    voted_for = raft.configuration.member(hard_state.voted_for) if raft.configuration else None
    return (
        f"its card holds entries up to {durability.durable_index} of {state.log.last_index}, "
        f"term {hard_state.term} of {state.current_term}, "
        f"and {f'a vote for {voted_for.name}' if voted_for is not None else 'no vote'}"
    )


def shown_progress(progress: Progress) -> str:
    """What a leader knows of a follower's log, and what is under way to it."""
    text = f"{progress.state.value}, match {progress.match_index}, next {progress.next_index}"
    if progress.state is ProgressState.REPLICATE:
        return f"{text}, in flight {len(progress.inflight)}"
    if progress.state is ProgressState.SNAPSHOT:
        return f"{text}, snapshot up to {progress.snapshot_index}"
    return f"{text}, {'waits for an answer' if progress.probe_sent else 'may send'}"

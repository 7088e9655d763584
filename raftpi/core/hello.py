"""The message with which boards find out who is fresh, before and beside Raft itself."""

from dataclasses import dataclass

from raftpi.core.configuration import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Who lives here: sent by a board that belongs to no cluster yet, and in answer to it.

    `sender` is the replica id of the directory, `receiver` 0 means whoever lives there.
    `view` is the cluster id that the sender would found with what it has heard, 0 while it
    has not heard every founder. `settings_digest` is a hash of the founders' names and the
    replicated settings, which must agree.

    When `fresh` is false, `view` is the sender's cluster, `configuration` the founding record,
    unless it was compacted away, and `is_member` tells whether the receiver is a member there.
    """

    sender: int
    receiver: int
    node_id: int
    name: str
    fresh: bool
    view: int
    settings_digest: int
    configuration: Configuration | None
    is_member: bool = False

"""Who speaks to somebody that has been silent says first on which board it lives.

A member whose log ends before a change of the membership does not know who joined with it. If it
refused the newcomer's messages it would never get the log that names it: so a leader or candidate
that was not heard from introduces itself, and whoever hears that can answer. A founder need not,
while it is a member: every log names it.
"""

from raftpi.core.configuration import Configuration
from raftpi.core.hello import Hello
from raftpi.core.messages import Heartbeat, Message, RequestPreVote, RequestVote
from raftpi.node.census import Census

# With these leaders and candidates begin to speak.
_FIRST_WORDS = (Heartbeat, RequestPreVote, RequestVote)


class Introduction:
    """Knows whom this node has not heard for an election timeout."""

    def __init__(self, replica_id: int, node_id: int, census: Census, *, is_founder: bool) -> None:
        """The ids are this node's own; `is_founder`: the founding record is known to name it."""
        self.is_founder = is_founder
        self._replica_id = replica_id
        self._node_id = node_id
        self._census = census
        self._configuration: Configuration | None = None
        self._now_us = 0

    def follow(self, configuration: Configuration | None, now_us: int) -> None:
        """It is `now_us`, and this configuration is in force."""
        self._configuration = configuration
        self._now_us = now_us

    def before(self, message: Message) -> Hello | None:
        """The words to send before this message, if the receiver may not know its sender."""
        configuration = self._configuration
        if configuration is None or not isinstance(message, _FIRST_WORDS):
            return None
        if self.is_founder and configuration.member(self._replica_id) is not None:
            return None
        silent_us = self._census.heard_us_ago(message.receiver, self._now_us)
        if 0 <= silent_us < configuration.timing.election_min_us:
            return None
        return Hello(
            sender=self._replica_id,
            receiver=message.receiver,
            node_id=self._node_id,
            name="",
            fresh=False,
            view=configuration.cluster_id,
            settings_digest=0,
            configuration=None,
            is_member=configuration.member(message.receiver) is not None,
        )

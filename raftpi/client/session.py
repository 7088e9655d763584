"""The client's side of a session: the stamps that make a command that is sent again run once."""

from raftpi.command import Stamp

SESSION_ID_BITS = 63


class Session:
    """Stamps commands, one at a time (thesis 6.3).

    Invariant: a command is stamped only when the one before is answered or given up, so every
    result below the present sequence is no longer needed.
    """

    def __init__(self, session_id: int, began_index: int) -> None:
        """`session_id` is random and not 0; `began_index`: a commit index of a leader."""
        self._session_id = session_id
        self._began_index = began_index
        self._sequence = 0

    def stamp(self) -> Stamp:
        """The stamp of the next command; it stays the same however often that is sent."""
        self._sequence += 1
        return Stamp(
            session_id=self._session_id,
            sequence=self._sequence,
            first_pending=self._sequence,
            began_index=self._began_index,
        )

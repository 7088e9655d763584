"""What is remembered of one client, so that no command of it runs twice (thesis 6.3)."""

from bisect import bisect_left, insort


class Session:
    """What is remembered of one client: the results that it may still ask for.

    Invariant: every sequence of this session that was ever run is in `results` or below `floor`;
    nothing below `floor` is in `results`; `sequences` are its keys, ascending.
    """

    __slots__ = ("floor", "last_index", "results", "sequences", "session_id")

    def __init__(self, session_id: int) -> None:
        self.session_id = session_id
        self.floor = 1
        self.last_index = 0
        self.results: dict[int, bytes] = {}
        self.sequences: list[int] = []

    def remember(self, sequence: int, result: bytes, window: int) -> None:
        """Keep a result; of more than `window`, the lowest go and the floor rises above them."""
        sequences = self.sequences
        self.results[sequence] = result
        if not sequences or sequence > sequences[-1]:
            sequences.append(sequence)
        else:
            insort(sequences, sequence)
        if len(sequences) > window:
            self.raise_floor(sequences[-window - 1] + 1)

    def raise_floor(self, floor: int) -> None:
        """Forget the results below `floor`; a floor never falls."""
        if floor <= self.floor:
            return
        self.floor = floor
        sequences = self.sequences
        if sequences and sequences[-1] < floor:
            # Most often so: the client has had the answers to all that it sent.
            sequences.clear()
            self.results.clear()
            return
        count = bisect_left(sequences, floor)
        for sequence in sequences[:count]:
            del self.results[sequence]
        del sequences[:count]

    def clone(self) -> "Session":
        """A session of its own that remembers the same."""
        twin = Session(self.session_id)
        twin.floor = self.floor
        twin.last_index = self.last_index
        twin.results = self.results.copy()
        twin.sequences = self.sequences.copy()
        return twin

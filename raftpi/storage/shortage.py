"""No space: what the storage says of a full card, while it goes on with what it has reserved."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """The card is full: no entries are taken.

    `text` is what was met, and where. `free_bytes` are left on the file system, of `wanted_bytes`
    that are needed to go on. `takes_votes`: a term or a vote can still be written.
    """

    text: str
    free_bytes: int
    wanted_bytes: int
    takes_votes: bool

"""What a node asks of the state machine that it replicates."""

from typing import Protocol


class MachineView(Protocol):
    """The state of one moment, walked while commands go on being applied."""

    def next_block(self, max_bytes: int, /) -> bytes:
        """The next piece of the image, about `max_bytes` long; b"" at the end. Bounded work."""

    def close(self) -> None:
        """Forget it; also before its end."""


class Restoration(Protocol):
    """A state that is being read back from the blocks of an image."""

    def take(self, block: bytes, /) -> None:
        """The next block. Raises ProtocolError for what is none, or not the next."""

    def machine(self) -> "StateMachine":
        """The machine with that state. Raises ProtocolError when blocks are missing."""


class StateMachine(Protocol):
    """Deterministic: the same commands at the same indexes give the same state everywhere."""

    def apply(self, index: int, command: bytes) -> bytes:
        """Run the command committed at `index`; its result."""

    def query(self, query: bytes) -> bytes:
        """Answer a query from the present state."""

    def refusal(self, command: bytes) -> str:
        """Why this command must not enter the log, or ""."""

    def query_refusal(self, query: bytes) -> str:
        """Why this query cannot be answered, or ""."""

    def configure(self, machine_settings: bytes) -> None:
        """Take over the replicated settings of the configuration being applied."""

    def view(self) -> MachineView:
        """The state as it is now, for a snapshot; one at a time."""

    def restoration(self) -> Restoration:
        """A machine of this kind, to be made from a snapshot."""

    def dismantle(self) -> bool:
        """Give up a part of a state that is not used any more, in bounded work; False: all gone."""

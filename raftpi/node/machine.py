"""What a node asks of the state machine that it replicates."""

from typing import Protocol


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

"""What a run can find: something that must never be."""

import re

DIGITS = re.compile(r"\b[0-9a-f]{16}\b|\d+")


class Violation(AssertionError):
    """A promise was broken: by the node, the storage or the state machine, or in time.

    `kind` is which sort: "invariant", "linearizability", "liveness", "storm", "storage" or "error".
    """

    def __init__(self, kind: str, text: str) -> None:
        """`text` says what, for people."""
        super().__init__(text)
        self.kind = kind

    @property
    def signature(self) -> str:
        """What two failures in the same way have in common: the first line, without numbers."""
        return f"{self.kind}: {DIGITS.sub('#', str(self).splitlines()[0])}"

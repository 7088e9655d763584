"""What a snapshot stands for; its bytes are the state machine's and the storage's."""

from dataclasses import dataclass

from raftpi.core.configuration import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotMeta:
    """A snapshot replaces every entry up to and with `index`, whose term is `term`.

    `configuration` is the one in force at `index`, from the entry `configuration_index`
    (paper 7, thesis 5.1).
    """

    index: int
    term: int
    configuration_index: int
    configuration: Configuration

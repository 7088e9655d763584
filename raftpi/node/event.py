"""What happened on a node: one line of its journal, and of a simulator's trace."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`text` says it in words; `fields` are what a journal can be searched by.

    `severity` is "info", "warning" or "error".
    """

    text: str
    severity: str = "info"
    fields: dict[str, int | str] = field(default_factory=dict)

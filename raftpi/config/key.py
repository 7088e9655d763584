"""One key of raftpi.toml: what may stand there, and how a person is told what may not."""

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath

from raftpi.config.endpoint import endpoint_problem

NAME_PATTERN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


class Kind(Enum):
    """The types that a key may have; the values are what the documentation calls them."""

    WHOLE = "whole number"
    TRUTH = "true or false"
    CHOICE = "word"
    PATH = "absolute path"
    NAME = "name"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key. `default` None means that it must be written.

    `minimum` and `maximum` bound WHOLE, `choices` lists the words of CHOICE, `schemes` the
    transports of ENDPOINT.
    """

    section: str
    name: str
    kind: Kind
    doc: str
    default: int | bool | str | None = None
    minimum: int = 0
    maximum: int = 0
    choices: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The key as it is called in messages: `section.name`."""
        return f"{self.section}.{self.name}"

    def allowed(self) -> str:
        """What may stand here, in words."""
        match self.kind:
            case Kind.WHOLE:
                return f"a whole number from {self.minimum} to {self.maximum}"
            case Kind.TRUTH:
                return "true or false"
            case Kind.CHOICE:
                return "one of " + ", ".join(f'"{choice}"' for choice in self.choices)
            case Kind.PATH:
                path = 'an absolute path in quotes, like "/var/lib/raftpi"'
                return path + (', or "" for none' if self.default == "" else "")
            case Kind.NAME:
                return "1 to 63 letters, digits, dots, dashes or underscores, in quotes"
            case Kind.ENDPOINT:
                forms = {"tcp": '"tcp://HOST:PORT"', "ipc": '"ipc:///PATH"'}
                return " or ".join(forms[scheme] for scheme in self.schemes)

    def problem(self, value: object) -> str | None:
        """What is wrong with `value`, or None; the sentence goes on after the key's path."""
        if self._fits(value):
            return None
        if self.kind is Kind.ENDPOINT and isinstance(value, str):
            reason = endpoint_problem(value, self.schemes)
            return None if reason is None else f"must be {self.allowed()}: {reason}"
        return f"must be {self.allowed()}, not {shown(value)}"

    def _fits(self, value: object) -> bool:
        match self.kind:
            case Kind.WHOLE:
                # bool is an int to Python, but `id = true` is a mistake.
                return (
                    isinstance(value, int)
                    and not isinstance(value, bool)
                    and self.minimum <= value <= self.maximum
                )
            case Kind.TRUTH:
                return isinstance(value, bool)
            case Kind.CHOICE:
                return value in self.choices
            case Kind.PATH:
                if not isinstance(value, str) or "\0" in value:
                    return False
                return PurePosixPath(value).is_absolute() or value == self.default
            case Kind.NAME:
                return isinstance(value, str) and NAME_PATTERN.fullmatch(value) is not None
            case Kind.ENDPOINT:
                return False


def shown(value: object) -> str:
    """A value as its writer will recognise it, shortened."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > 64:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, str):
        text = f'"{value}"'
    elif isinstance(value, dict):
        return "a section"
    elif isinstance(value, list):
        return "a list"
    else:
        text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."

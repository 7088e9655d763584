"""What a check found: a verdict, a sentence, and what to do about it."""

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How bad it is. Only `PROBLEM` keeps a board from doing its work."""

    OK = "ok"
    ADVICE = "advice"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report. `remedy` is "" where there is nothing to do."""

    name: str
    verdict: Verdict
    text: str
    remedy: str = ""


def ok(name: str, text: str) -> Finding:
    """All is well."""
    return Finding(name=name, verdict=Verdict.OK, text=text)


def advice(name: str, text: str, remedy: str) -> Finding:
    """It works, and could be better."""
    return Finding(name=name, verdict=Verdict.ADVICE, text=text, remedy=remedy)


def problem(name: str, text: str, remedy: str) -> Finding:
    """It does not work, or will not for long."""
    return Finding(name=name, verdict=Verdict.PROBLEM, text=text, remedy=remedy)


def unknown(name: str, text: str, remedy: str = "") -> Finding:
    """It could not be looked at."""
    return Finding(name=name, verdict=Verdict.UNKNOWN, text=text, remedy=remedy)

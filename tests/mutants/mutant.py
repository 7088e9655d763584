"""A mutant: one bug that real implementations had, put back into this one while a test runs."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """`bug` says it in the field's words; `infect` puts it in, for the rest of the process.

    `kind` is what should catch it: S a log or state invariant, L linearizability, V liveness,
    D a crash or a card.
    """

    name: str
    bug: str
    kind: str
    infect: Callable[[], None]


CATALOGUE: dict[str, Mutant] = {}


def mutant(kind: str, bug: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Enter a function that infects this process into the catalogue, under its own name."""

    def enter(infect: Callable[[], None]) -> Callable[[], None]:
        name = infect.__name__
        CATALOGUE[name] = Mutant(name=name, bug=bug, kind=kind, infect=infect)
        return infect

    return enter

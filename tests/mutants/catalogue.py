"""All mutants: importing this fills `mutant.CATALOGUE`."""

from tests.mutants import cards, clients, elections, logs, members
from tests.mutants.mutant import CATALOGUE, Mutant

MODULES = (cards, clients, elections, logs, members)


def mutant_named(name: str) -> Mutant:
    """The mutant of this name. Raises KeyError."""
    return CATALOGUE[name]

"""`make mutants`: hunts every mutant, or those named, and prints the table."""

import sys
from collections.abc import Sequence

from tests.mutants.catalogue import CATALOGUE
from tests.mutants.hunt import SEED_COUNT, hunt_with_seeds, hunt_with_tests


def main(names: Sequence[str]) -> int:
    """Hunt; 1 if one survives."""
    survivors = 0
    print("| bug | kind | caught by | after | in |")
    print("|---|---|---|---|---|", flush=True)
    for name in names or sorted(CATALOGUE):
        mutant = CATALOGUE[name]
        catch = hunt_with_seeds(name, range(SEED_COUNT))
        after = f"{catch.seed_count} seeds"
        if not catch.by:
            catch = hunt_with_tests(name)
            after = f"{SEED_COUNT} seeds and the tests"
        signature = f" ({catch.signature})" if catch.signature else ""
        by = catch.by + signature if catch.by else "NOTHING: it survives"
        survivors += not catch.by
        print(
            f"| {mutant.bug} (`{name}`) | {mutant.kind} | {by} | {after} | {catch.took_s:.0f} s |",
            flush=True,
        )
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

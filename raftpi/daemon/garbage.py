"""Python's collector of reference cycles must not hold up the loop."""

import gc

# As Python has them.
YOUNG_COUNT = 700
MIDDLE_COUNT = 10
NEVER = 1_000_000_000


def keep_collections_short() -> None:
    """Let the collector look at what is new only, never at everything; call it first of all.

    A full collection visits every object: with a million keys that takes a quarter of a second on
    a fast machine and seconds on a small board, which is longer than an election timeout. It
    would find next to nothing: what the daemon makes is freed by counting its references, and a
    cycle that is garbage is nearly always found while it is new.

    Besides, a full collection makes Python forget that it watches a dict of plain values, and
    find out again with the next write: the visit of all of them then falls to a small collection.
    """
    gc.set_threshold(YOUNG_COUNT, MIDDLE_COUNT, NEVER)

"""The checker on histories that are known good and known bad."""

import pytest

from raftpi.sim.linearizability.checker import check, history_until
from raftpi.sim.linearizability.history import Kind, Operation, Outcome
from raftpi.sim.linearizability.search import Verdict

# A history is written as lines "CLIENT CALLED RETURNED WHAT", WHAT one of
#   put V | get V | get - | del | del - | cas OLD NEW | cas OLD NEW - (not swapped)
# RETURNED "?" means that the outcome is unknown; OLD "-" that the key must not exist.


def parse(text: str, key: bytes = b"k") -> list[Operation]:
    return [_parse_line(line.split(), key) for line in text.strip().splitlines()]


def _parse_line(words: list[str], key: bytes) -> Operation:
    client, called, returned, kind, *rest = words
    done = True
    value: bytes | None = None
    inputs: tuple[bytes | None, ...] = ()
    if kind == "get":
        done = rest != ["-"]
        value = rest[0].encode() if done else None
    elif kind == "put":
        inputs = (rest[0].encode(),)
    elif kind == "del":
        done = not rest
    else:
        inputs = (None if rest[0] == "-" else rest[0].encode(), rest[1].encode())
        done = len(rest) == 2
    known = returned != "?"
    return Operation(
        client=int(client),
        key=key,
        kind=Kind("delete" if kind == "del" else kind),
        inputs=inputs,
        output=Outcome(done=done, value=value) if known else None,
        called_at=float(called),
        returned_at=float(returned) if known else None,
    )


GOOD = {
    "nothing at all": "",
    "a read of nothing": "1 0 1 get -",
    "one after the other": """
        1 0 1 put a
        2 2 3 get a
        1 4 5 del
        2 6 7 get -
        1 8 9 del -""",
    "a read during a write sees the old": """
        1 0 1 put a
        1 2 5 put b
        2 3 4 get a
        2 6 7 get b""",
    "a read during a write sees the new": """
        1 0 1 put a
        1 2 5 put b
        2 3 4 get b""",
    "two readers during a write see it one after the other": """
        1 0 1 put a
        1 2 9 put b
        2 3 4 get a
        3 5 6 get b""",
    "overlapping readers may see new and old in either order of return": """
        1 0 1 put a
        1 2 9 put b
        2 3 7 get a
        3 4 6 get b""",
    "overlapping writes in the order of neither call nor return": """
        1 0 9 put a
        2 1 8 put b
        3 10 11 get a""",
    "what ends as another begins overlaps it": """
        1 0 1 put a
        2 1 2 get -""",
    "one of two swaps wins": """
        1 0 1 put a
        1 2 5 cas a b
        2 2 5 cas a c -
        3 6 7 get b""",
    "a swap that loses while the value is another": """
        1 0 1 put a
        1 2 9 put b
        2 3 4 cas b c -
        3 5 6 get a""",
    "a swap that asks for nothing": """
        1 0 1 cas - a
        2 2 3 cas - b -
        1 4 5 del
        2 6 7 cas - b
        1 8 9 get b""",
    "a swap of a value for itself": """
        1 0 1 put a
        1 2 3 cas a a
        1 4 5 get a""",
    "the same value written twice": """
        1 0 1 put a
        1 2 3 put b
        2 4 5 put a
        1 6 7 get a""",
    "an unknown write is never seen": """
        1 0 1 put a
        2 2 ? put b
        1 3 4 get a
        1 5 6 get a""",
    "an unknown write is seen late": """
        1 0 1 put a
        2 2 ? put b
        1 3 4 get a
        1 5 6 put c
        1 7 8 get c
        1 9 10 get b""",
    "an unknown write explains a swap that lost": """
        1 0 1 put a
        2 2 ? put b
        1 3 4 cas a c -""",
    "an unknown swap feeds another": """
        1 0 1 put a
        2 2 ? cas b c
        3 2 ? cas a b
        1 3 4 get c""",
    "an unknown delete is seen late": """
        1 0 1 put a
        2 2 ? del
        1 3 4 get a
        1 5 6 get -""",
    "two unknown deletes are each seen": """
        1 0 1 put a
        2 2 ? del
        3 2 ? del
        1 3 4 get -
        1 5 6 put b
        1 7 8 get -""",
    "an unknown write, overwritten, explains a delete that found something": """
        2 0 ? put b
        1 1 2 del
        1 3 4 get -""",
    "an unknown read says nothing": """
        1 0 1 put a
        2 0 ? get -""",
    "unknown writes that nobody asks for by name are alike": """
        1 0 1 put a
        2 2 ? put b
        3 2 ? put c
        1 3 4 cas a d -
        1 5 6 put a
        1 7 8 cas a d -""",
}

BAD = {
    "a read of what nobody wrote": "1 0 1 get a",
    "a stale read": """
        1 0 1 put a
        1 2 3 put b
        2 4 5 get a""",
    "a read before the write began": """
        2 0 1 get a
        1 2 3 put a""",
    "a lost update": """
        1 0 1 put a
        2 2 3 get -""",
    "a client does not read its own write": """
        1 0 1 put a
        2 0 1 put b
        1 2 3 get a
        1 4 5 get b
        1 6 7 get a""",
    "two swaps of the same value both win": """
        1 0 1 put a
        1 2 5 cas a b
        2 2 5 cas a c""",
    "a swap wins on a value long gone": """
        1 0 1 put a
        1 2 3 put b
        2 4 5 cas a c""",
    "a swap loses on the value it asked for": """
        1 0 1 put a
        2 2 3 cas a b -""",
    "a swap that asks for nothing wins on something": """
        1 0 1 put a
        2 2 3 cas - b""",
    "a delete finds what was deleted": """
        1 0 1 put a
        1 2 3 del
        2 4 5 del""",
    "a delete misses what is there": """
        1 0 1 put a
        2 2 3 del -""",
    "two reads go back in time during a write": """
        1 0 1 put a
        1 2 9 put b
        2 3 4 get b
        3 5 6 get a""",
    "a put sent again takes effect twice": """
        1 0 1 put a
        2 2 3 put b
        3 4 5 get b
        3 6 7 get a""",
    "an unknown write is seen and then unseen": """
        1 0 1 put a
        2 2 ? put b
        1 3 4 get b
        1 5 6 get a""",
    "an unknown write is seen twice": """
        2 0 ? put b
        1 1 2 get b
        1 3 4 put a
        1 5 6 get a
        1 7 8 get b""",
    "an unknown write is seen before it was called": """
        1 0 1 get b
        2 2 ? put b""",
    "one unknown delete cannot happen twice": """
        1 0 1 put a
        2 2 ? del
        1 3 4 get -
        1 5 6 put b
        1 7 8 get -""",
    "an unknown swap of what never was": """
        1 0 1 put a
        2 2 ? cas x b
        1 3 4 get b""",
    "one unknown write cannot explain two swaps that lost": """
        1 0 1 put a
        2 2 ? put b
        1 3 4 cas a d -
        1 5 6 put a
        1 7 8 cas a d -""",
    "the dead leader answers a read": """
        1 0 1 put a
        2 2 3 cas a b
        3 4 5 get a""",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_history_is_linearizable(name: str) -> None:
    report = check(parse(GOOD[name]))
    assert report.verdict is Verdict.LINEARIZABLE, report.text
    assert report.text == ""


@pytest.mark.parametrize("name", BAD)
def test_a_bad_history_is_a_violation(name: str) -> None:
    report = check(parse(BAD[name]))
    assert report.verdict is Verdict.VIOLATION
    assert report.key == b"k"


def test_keys_do_not_touch_each_other() -> None:
    good = parse("1 0 1 put a\n1 4 5 get a", b"good")
    other = parse("1 0 1 put b\n1 2 3 get b", b"other")
    assert check(good + other).verdict is Verdict.LINEARIZABLE
    bad = parse("1 0 1 put a\n1 4 5 get b", b"bad")
    report = check(good + bad + other)
    assert report.verdict is Verdict.VIOLATION
    assert report.key == b"bad"
    assert report.operation_count == 6


def test_a_violation_is_told_by_the_shortest_history_that_shows_it() -> None:
    good = "\n".join(f"1 {n} {n + 0.5} put {n}" for n in range(100))
    stale = "2 100 101 get 42"
    after = "\n".join(f"1 {n} {n + 0.5} put {n}" for n in range(100, 200))
    operations = parse(f"{good}\n{stale}\n{after}")
    report = check(operations)
    assert len(report.operations) == 103
    assert report.text.startswith(
        "key b'k': no order of these operations explains "
        "[100.000000 … 101.000000] client 2: get 'k' -> '42'\n  … 79 earlier operations"
    )
    lines = report.text.splitlines()
    assert len(lines) == 26
    # Not finished when the stale read returned, so its outcome is not part of the explanation.
    assert lines[-1] == "  [101.000000 … …] client 1: put 'k' '101' -> unknown"


def test_a_shortest_history_is_itself_a_violation_and_any_shorter_is_none() -> None:
    for text in BAD.values():
        report = check(parse(text))
        assert check(report.operations).verdict is Verdict.VIOLATION
        ends = sorted({o.returned_at for o in report.operations if o.returned_at is not None})
        if len(ends) > 1:
            shorter = history_until(report.operations, ends[-2])
            assert check(shorter).verdict is Verdict.LINEARIZABLE


def exploding(clients: int) -> list[Operation]:
    """Writers that all overlap, and then a read of what nobody wrote: 2**clients places."""
    swaps = "\n".join(
        f"{n} 0 {n + 10} cas v{n} w{n} -\n{n} 0 {n + 10} put v{n}" for n in range(clients)
    )
    return parse(f"{swaps}\n99 900 901 get nonsense")


def test_a_search_out_of_budget_is_undecided_not_a_pass() -> None:
    report = check(exploding(24), budget_steps=2000)
    assert report.verdict is Verdict.UNDECIDED
    assert report.key == b"k"
    assert "undecided after 2000 steps" in report.text
    assert report.step_count == 2000


def test_the_same_search_with_budget_enough_is_decided() -> None:
    """Of 10 writers there are 10! orders, but only 10 * 2**9 places, and the memo knows them."""
    report = check(exploding(10))
    assert report.verdict is Verdict.VIOLATION
    assert report.step_count <= 10 * 2**9 + 1


def test_a_violation_elsewhere_outweighs_an_undecided_key() -> None:
    report = check(exploding(24) + parse(BAD["a stale read"], b"z"), budget_steps=2000)
    assert report.verdict is Verdict.VIOLATION
    assert report.key == b"z"


def test_an_undecided_part_does_not_hide_the_violation_that_was_found() -> None:
    """The bisection meets shorter histories that the budget does not decide."""
    operations = parse(BAD["two reads go back in time during a write"])
    enough = next(n for n in range(100) if check(operations, n).verdict is Verdict.VIOLATION)
    report = check(operations, enough)
    assert check(report.operations).verdict is Verdict.VIOLATION


def test_the_order_in_which_operations_are_recorded_does_not_matter() -> None:
    for text, verdict in [(t, Verdict.LINEARIZABLE) for t in GOOD.values()] + [
        (t, Verdict.VIOLATION) for t in BAD.values()
    ]:
        assert check(reversed(parse(text))).verdict is verdict


def test_a_put_that_is_said_not_to_be_done_does_not_belong_in_a_history() -> None:
    refused = Operation(
        client=1,
        key=b"k",
        kind=Kind.PUT,
        inputs=(b"v",),
        output=Outcome(done=False),
        called_at=0.0,
        returned_at=1.0,
    )
    with pytest.raises(ValueError, match="has no place here"):
        check([refused])


def unanswered(count: int, then: str) -> list[Operation]:
    """Writes of unknown outcome whose values are asked for by name, and then something else."""
    puts = "\n".join(f"{n} 0 ? put v{n}\n{n} 0 ? cas v{n} w{n}" for n in range(count))
    return parse(f"{puts}\n{then}")


def test_unanswered_writes_that_nobody_can_have_seen_do_not_multiply_the_search() -> None:
    """Else 15 of them made 2**15 places to search."""
    report = check(unanswered(15, "99 900 901 get nonsense"))
    assert report.verdict is Verdict.VIOLATION
    assert report.step_count < 50


def test_unanswered_writes_before_answered_ones_do_not_multiply_the_search() -> None:
    puts = "\n".join(f"99 {n} {n + 0.5} put a{n}" for n in range(10, 20))
    report = check(unanswered(15, f"{puts}\n99 900 901 get nonsense"))
    assert report.verdict is Verdict.VIOLATION
    assert report.step_count < 500


def test_unanswered_writes_that_nobody_asks_for_by_name_count_as_one() -> None:
    puts = "\n".join(f"{n} 0 ? put v{n}" for n in range(15))
    lost = "\n".join(f"99 {n} {n + 0.2} put a\n99 {n + 0.5} {n + 0.7} cas a b -" for n in range(9))
    report = check(parse(f"{puts}\n{lost}\n99 900 901 get nonsense"))
    assert report.verdict is Verdict.VIOLATION
    assert report.step_count < 100

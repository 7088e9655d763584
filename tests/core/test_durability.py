"""What is on the card, and what is only on its way there."""

from raftpi.core.durability import Durability
from raftpi.core.ready import HardState


def state(term: int) -> HardState:
    return HardState(term=term, voted_for=0)


def test_batches_become_durable_in_order_up_to_the_one_named() -> None:
    durability = Durability(last_index=3, hard_state=state(1))
    first = durability.issue(last_index=5, hard_state=state(1))
    durability.issue(last_index=8, hard_state=state(2))
    durability.persisted(first)
    assert (durability.durable_index, durability.durable_hard_state.term) == (5, 1)
    durability.persisted(first + 1)
    assert (durability.durable_index, durability.durable_hard_state.term) == (8, 2)


def test_a_later_completion_stands_for_the_earlier_ones() -> None:
    durability = Durability(last_index=0, hard_state=state(1))
    durability.issue(last_index=5, hard_state=state(1))
    second = durability.issue(last_index=8, hard_state=state(1))
    durability.persisted(second)
    assert durability.durable_index == 8


def test_an_overwritten_suffix_is_vouched_for_by_nobody() -> None:
    durability = Durability(last_index=3, hard_state=state(1))
    first = durability.issue(last_index=8, hard_state=state(1))
    durability.overwritten_from(6)
    assert durability.issued_index == 5
    second = durability.issue(last_index=7, hard_state=state(1))
    durability.persisted(first)
    assert durability.durable_index == 5
    durability.persisted(second)
    assert durability.durable_index == 7


def test_overwriting_what_was_durable_lowers_it() -> None:
    durability = Durability(last_index=9, hard_state=state(1))
    durability.overwritten_from(4)
    assert (durability.durable_index, durability.issued_index) == (3, 3)


def test_an_unknown_number_changes_nothing() -> None:
    durability = Durability(last_index=3, hard_state=state(1))
    durability.persisted(99)
    assert durability.durable_index == 3

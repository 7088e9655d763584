"""Who introduces itself, to whom, and when it need not."""

from raftpi.core.messages import AppendEntries, Heartbeat, Message, RequestPreVote
from raftpi.node.address import INTRODUCED_LIMIT_COUNT, AddressBook
from raftpi.node.census import Census
from raftpi.node.introduction import Introduction
from tests.core.bench import configuration

NOW_US = 10_000_000


def words(receiver: int) -> RequestPreVote:
    return RequestPreVote(sender=3, receiver=receiver, term=2, last_log_index=1, last_log_term=1)


def introduction(*, is_founder: bool = False, heard_us_ago: int | None = None) -> Introduction:
    census = Census(3)
    if heard_us_ago is not None:
        census.heard(2, NOW_US - heard_us_ago)
    found = Introduction(3, 3, census, is_founder=is_founder)
    found.follow(configuration(3), NOW_US)
    return found


def test_who_was_never_heard_is_told_on_which_board_the_sender_lives() -> None:
    hello = introduction().before(words(2))
    assert hello is not None
    assert (hello.sender, hello.receiver, hello.node_id) == (3, 2, 3)
    assert (hello.fresh, hello.is_member) == (False, True)
    assert hello.view == configuration(3).cluster_id
    assert introduction().before(words(9)).is_member is False  # type: ignore[union-attr]


def test_leaders_introduce_themselves_too_but_not_before_every_message() -> None:
    heartbeat = Heartbeat(
        sender=3, receiver=2, term=2, round=1, commit_index=0, leader_commit_index=0
    )
    append: Message = AppendEntries(
        sender=3, receiver=2, term=2, prev_log_index=1, prev_log_term=1, commit_index=1, entries=()
    )
    assert introduction().before(heartbeat) is not None
    assert introduction().before(append) is None


def test_who_was_heard_within_an_election_timeout_knows_the_sender() -> None:
    timing = configuration(3).timing
    assert introduction(heard_us_ago=timing.election_min_us - 1).before(words(2)) is None
    assert introduction(heard_us_ago=timing.election_min_us).before(words(2)) is not None


def test_a_founder_that_is_a_member_is_named_in_every_log() -> None:
    founder = introduction(is_founder=True)
    assert founder.before(words(2)) is None
    founder.follow(configuration(2), NOW_US)  # without it
    assert founder.before(words(2)) is not None


def test_without_a_cluster_there_is_nothing_to_say() -> None:
    nobody = Introduction(3, 3, Census(3), is_founder=False)
    assert nobody.before(words(2)) is None


def test_the_address_book_takes_in_who_introduces_itself_one_for_each_board() -> None:
    book = AddressBook()
    book.follow(configuration(3), None)
    book.introduce(77, 2)
    assert (book.board_of(77), book.board_of(2)) == (2, 2)
    book.introduce(78, 2)
    assert (book.board_of(77), book.board_of(78)) == (0, 2)


def test_what_a_configuration_says_is_not_overruled() -> None:
    book = AddressBook()
    book.follow(configuration(3), None)
    book.introduce(1, 3)
    assert book.board_of(1) == 1


def test_who_became_a_member_stays_when_its_board_has_another_replica() -> None:
    book = AddressBook()
    book.follow(configuration(3), None)
    book.introduce(4, 4)
    book.follow(configuration(4), None)
    book.introduce(99, 4)
    assert (book.board_of(4), book.board_of(99)) == (4, 4)


def test_the_address_book_does_not_grow_without_end() -> None:
    book = AddressBook()
    for number in range(1, 1_000):
        book.introduce(number, number)
    known = sum(book.board_of(number) != 0 for number in range(1, 1_000))
    assert known == INTRODUCED_LIMIT_COUNT

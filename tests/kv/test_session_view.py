"""The sessions of one moment, walked while they go on being used."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from raftpi.kv.image import SessionPiece
from raftpi.kv.session_view import SessionView
from raftpi.kv.sessions import SessionImage, Sessions
from tests.kv.test_sessions import run, stamp


def images_of(pieces: list[SessionPiece]) -> list[SessionImage]:
    """The pieces, put together again."""
    images: list[SessionImage] = []
    for piece in pieces:
        results = tuple(zip(piece.sequences, piece.results, strict=True))
        if images and images[-1].session_id == piece.session_id:
            results = images.pop().results + results
        images.append(
            SessionImage(
                session_id=piece.session_id,
                floor=piece.floor,
                last_index=piece.last_index,
                results=results,
            )
        )
    return images


def walk(view: SessionView, max_bytes: int = 4096, max_count: int = 99) -> list[SessionPiece]:
    pieces: list[SessionPiece] = []
    while part := view.next_pieces(max_bytes, max_count):
        pieces.extend(part)
    return pieces


def used(sessions: Sessions, *calls: tuple[int, int], after: int = 0) -> int:
    """Run (session, sequence) one after the other; the last index."""
    for session_id, sequence in calls:
        after += 1
        run(sessions, after, stamp(session_id, sequence))
    return after


def test_no_sessions_have_no_pieces() -> None:
    assert walk(Sessions(4, 4).open_view(0)) == []


def test_sessions_come_in_the_order_of_their_last_use() -> None:
    sessions = Sessions(4, 4)
    index = used(sessions, (7, 1), (8, 1), (7, 2))
    assert [piece.session_id for piece in walk(sessions.open_view(index))] == [8, 7]


def test_a_session_that_never_had_a_result_has_a_piece() -> None:
    sessions = Sessions(4, 4)
    assert sessions.admit(3, stamp(7, 1)) is None
    (piece,) = walk(sessions.open_view(3))
    assert piece == SessionPiece(session_id=7, floor=1, last_index=3, sequences=(), results=())


def test_many_results_are_split_by_number_and_by_size() -> None:
    sessions = Sessions(4, 100)
    index = used(sessions, *[(7, sequence) for sequence in range(1, 31)], (8, 1))
    by_count = walk(sessions.open_view(index), max_count=11)
    assert [len(piece.results) for piece in by_count] == [10, 10, 10, 1]
    each_bytes = 16 + len(b"ran at 1")
    by_size = walk(sessions.open_view(index), max_bytes=32 + 40 + 9 * each_bytes)
    assert [len(piece.results) for piece in by_size] == [9, 8, 8, 5, 1]
    one_by_one = walk(sessions.open_view(index), max_bytes=1)
    assert [len(piece.results) for piece in one_by_one] == [1] * 31


def test_a_session_of_which_no_result_fits_waits_for_the_next_block() -> None:
    sessions = Sessions(4, 4)
    index = used(sessions, (7, 1), (8, 1))
    view = sessions.open_view(index)
    max_bytes = 32 + 40 + 16 + len(b"ran at 1") + 40 + 1
    assert [piece.session_id for piece in view.next_pieces(max_bytes, 99)] == [7]
    assert [piece.session_id for piece in view.next_pieces(max_bytes, 99)] == [8]


def test_only_what_changes_before_it_is_walked_is_cloned_and_once() -> None:
    sessions = Sessions(4, 4)
    index = used(sessions, (7, 1), (8, 1), (9, 1))
    view = sessions.open_view(index)
    view.next_pieces(1, 99)
    index = used(sessions, (7, 2), (8, 2), (8, 3), (6, 1), (6, 2), after=index)
    assert [*view._aside] == [8]
    assert [piece.sequences for piece in walk(view)] == [(1,), (1,)]
    assert not view._aside


def test_a_session_that_is_next_and_has_changed_already_does_not_open_the_door_to_others() -> None:
    """Its own index is late by then; those behind it still have to be kept."""
    sessions = Sessions(4, 4)
    index = used(sessions, (7, 1), (8, 1), (9, 1))
    view = sessions.open_view(index)
    index = used(sessions, (8, 2), after=index)
    view.next_pieces(1, 99)
    used(sessions, (9, 2), after=index)
    assert [piece.sequences for piece in walk(view)] == [(1,), (1,)]


def test_after_closing_nothing_is_kept() -> None:
    sessions = Sessions(4, 4)
    index = used(sessions, (7, 1))
    view = sessions.open_view(index)
    sessions.close_view()
    used(sessions, (7, 2), after=index)
    assert not view._aside


@given(
    before=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 9)), max_size=40),
    between=st.lists(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 12)), max_size=6)),
    limit=st.integers(1, 5),
    window=st.integers(1, 6),
    max_bytes=st.integers(1, 300),
    max_count=st.integers(1, 9),
    smaller=st.booleans(),
)
def test_the_view_has_the_sessions_of_its_moment_whatever_happens_meanwhile(
    before: list[tuple[int, int]],
    between: list[list[tuple[int, int]]],
    limit: int,
    window: int,
    max_bytes: int,
    max_count: int,
    smaller: bool,
) -> None:
    sessions = Sessions(limit, window)
    index = 0
    for session_id, sequence in before:
        index += 1
        run(sessions, index, stamp(session_id, sequence, began_index=index - 1))
    expected = list(copy.deepcopy(sessions).images())
    view = sessions.open_view(index)
    if smaller:
        sessions.configure(1, 1)
    pieces: list[SessionPiece] = []
    for calls in [*between, []]:
        for session_id, sequence in calls:
            index += 1
            run(sessions, index, stamp(session_id, sequence, sequence // 2 + 1, index - 1))
        part = view.next_pieces(max_bytes, max_count)
        assert sum(len(piece.results) for piece in part) <= max_count
        pieces.extend(part)
    pieces.extend(walk(view, max_bytes, max_count))
    assert images_of(pieces) == expected

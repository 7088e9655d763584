"""The sessions alone: what is run, what is answered again, what is refused."""

from hypothesis import given
from hypothesis import strategies as st

from raftpi.command import Stamp
from raftpi.kv.sessions import EXPIRED, Sessions


def stamp(session_id: int, sequence: int, first_pending: int = 1, began_index: int = 0) -> Stamp:
    return Stamp(
        session_id=session_id,
        sequence=sequence,
        first_pending=first_pending,
        began_index=began_index,
    )


def run(sessions: Sessions, index: int, asked: Stamp) -> bytes:
    """What a machine does: the remembered answer, or run and remember one of our own."""
    answer = sessions.admit(index, asked)
    if answer is None:
        answer = b"ran at %d" % index
        sessions.remember(asked, answer)
    return answer


def test_a_command_sent_again_gets_the_first_result_and_is_not_run() -> None:
    sessions = Sessions(limit=4, window=4)
    assert run(sessions, 10, stamp(7, 1)) == b"ran at 10"
    assert run(sessions, 11, stamp(7, 1)) == b"ran at 10"
    assert run(sessions, 12, stamp(7, 2)) == b"ran at 12"
    assert run(sessions, 13, stamp(7, 1)) == b"ran at 10"


def test_sessions_do_not_share_their_sequences() -> None:
    sessions = Sessions(limit=4, window=4)
    assert run(sessions, 10, stamp(7, 1)) == b"ran at 10"
    assert run(sessions, 11, stamp(8, 1)) == b"ran at 11"


def test_commands_of_a_pipeline_may_arrive_in_any_order() -> None:
    sessions = Sessions(limit=4, window=4)
    assert run(sessions, 10, stamp(7, 3)) == b"ran at 10"
    assert run(sessions, 11, stamp(7, 1)) == b"ran at 11"
    assert run(sessions, 12, stamp(7, 2)) == b"ran at 12"
    assert run(sessions, 13, stamp(7, 3)) == b"ran at 10"


def test_a_result_that_the_client_has_is_dropped_and_its_command_not_run_again() -> None:
    sessions = Sessions(limit=4, window=4)
    run(sessions, 10, stamp(7, 1))
    run(sessions, 11, stamp(7, 2))
    run(sessions, 12, stamp(7, 3, first_pending=2))
    (image,) = sessions.images()
    assert image.floor == 2
    assert image.results == ((2, b"ran at 11"), (3, b"ran at 12"))
    assert run(sessions, 13, stamp(7, 1)) == EXPIRED
    assert run(sessions, 14, stamp(7, 2)) == b"ran at 11"


def test_a_command_below_the_floor_is_not_run_even_if_it_never_was() -> None:
    sessions = Sessions(limit=4, window=4)
    run(sessions, 10, stamp(7, 9, first_pending=5))
    assert run(sessions, 11, stamp(7, 4)) == EXPIRED
    assert run(sessions, 12, stamp(7, 5)) == b"ran at 12"


def test_an_old_stamp_does_not_lower_the_floor() -> None:
    sessions = Sessions(limit=4, window=4)
    run(sessions, 10, stamp(7, 5, first_pending=5))
    run(sessions, 11, stamp(7, 6, first_pending=2))
    assert run(sessions, 12, stamp(7, 3, first_pending=2)) == EXPIRED


def test_beyond_the_window_the_lowest_result_goes_and_the_floor_rises() -> None:
    sessions = Sessions(limit=4, window=2)
    for sequence in (1, 2, 5):
        run(sessions, 10 + sequence, stamp(7, sequence))
    (image,) = sessions.images()
    assert image.floor == 2
    assert [sequence for sequence, _ in image.results] == [2, 5]
    assert run(sessions, 20, stamp(7, 1)) == EXPIRED
    assert run(sessions, 21, stamp(7, 2)) == b"ran at 12"
    run(sessions, 22, stamp(7, 6))
    assert run(sessions, 23, stamp(7, 2)) == EXPIRED
    assert run(sessions, 24, stamp(7, 4)) == b"ran at 24"


def test_the_session_that_was_used_longest_ago_is_evicted() -> None:
    sessions = Sessions(limit=2, window=4)
    run(sessions, 10, stamp(7, 1, began_index=9))
    run(sessions, 11, stamp(8, 1, began_index=9))
    run(sessions, 12, stamp(7, 2, began_index=9))
    run(sessions, 13, stamp(9, 1, began_index=12))
    assert [image.session_id for image in sessions.images()] == [7, 9]
    assert sessions.horizon == 11
    assert run(sessions, 14, stamp(8, 1, began_index=9)) == EXPIRED
    assert run(sessions, 15, stamp(7, 1, began_index=9)) == b"ran at 10"


def test_an_answer_from_memory_counts_as_use() -> None:
    sessions = Sessions(limit=2, window=4)
    run(sessions, 10, stamp(7, 1))
    run(sessions, 11, stamp(8, 1))
    run(sessions, 12, stamp(7, 1))
    run(sessions, 13, stamp(9, 1))
    assert [image.session_id for image in sessions.images()] == [7, 9]


def test_a_refused_stranger_evicts_nobody() -> None:
    sessions = Sessions(limit=1, window=4)
    run(sessions, 10, stamp(7, 1, began_index=9))
    run(sessions, 11, stamp(8, 1, began_index=10))
    assert run(sessions, 12, stamp(7, 1, began_index=9)) == EXPIRED
    assert [image.session_id for image in sessions.images()] == [8]


def test_a_session_that_began_at_the_horizon_is_new() -> None:
    sessions = Sessions(limit=1, window=4)
    run(sessions, 10, stamp(7, 1, began_index=9))
    run(sessions, 12, stamp(8, 1, began_index=11))
    assert sessions.horizon == 10
    assert run(sessions, 13, stamp(9, 1, began_index=9)) == EXPIRED
    assert run(sessions, 14, stamp(9, 1, began_index=10)) == b"ran at 14"


def test_a_session_that_claims_to_have_begun_after_its_command_is_refused() -> None:
    """It would slip past every horizon, and be run twice once it was evicted."""
    sessions = Sessions(limit=4, window=4)
    assert run(sessions, 10, stamp(7, 1, began_index=10)) == EXPIRED
    assert len(sessions) == 0
    assert run(sessions, 11, stamp(7, 1, began_index=10)) == b"ran at 11"


def test_a_lower_limit_evicts_at_once_and_a_lower_window_at_the_next_result() -> None:
    sessions = Sessions(limit=4, window=4)
    for session_id in (7, 8, 9):
        for sequence in (1, 2, 3):
            run(sessions, session_id * 10 + sequence, stamp(session_id, sequence))
    sessions.configure(limit=1, window=2)
    assert [image.session_id for image in sessions.images()] == [9]
    assert sessions.horizon == 83
    run(sessions, 100, stamp(9, 4))
    (image,) = sessions.images()
    assert [sequence for sequence, _ in image.results] == [3, 4]


@given(
    limit=st.integers(1, 3),
    window=st.integers(1, 3),
    calls=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 6), st.integers(0, 5)), max_size=60),
)
def test_honest_clients_never_run_a_command_twice(
    limit: int, window: int, calls: list[tuple[int, int, int]]
) -> None:
    """Each client began when its first command was about to be sent; anything may come again."""
    sessions = Sessions(limit, window)
    began: dict[int, int] = {}
    ran: dict[tuple[int, int], bytes] = {}
    for index, (client, sequence, acknowledged) in enumerate(calls, start=1):
        began.setdefault(client, index - 1)
        asked = stamp(client + 1, sequence, min(sequence, acknowledged + 1), began[client])
        answer = run(sessions, index, asked)
        if answer != EXPIRED:
            assert answer == ran.setdefault((client, sequence), answer)
        assert len(sessions) <= limit
        images = list(sessions.images())
        assert [i.last_index for i in images] == sorted({i.last_index for i in images})
        for image in images:
            assert len(image.results) <= window
            assert all(number >= image.floor for number, _ in image.results)

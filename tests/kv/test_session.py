"""One session: what it remembers, what it forgets."""

from raftpi.kv.session import Session


def session_of(*sequences: int, window: int = 9) -> Session:
    session = Session(7)
    for sequence in sequences:
        session.remember(sequence, b"%d" % sequence, window)
    return session


def test_a_session_keeps_its_sequences_ascending() -> None:
    session = session_of(5, 2, 9, 4, window=3)
    assert session.sequences == [4, 5, 9]
    assert session.floor == 3
    assert session.results == {4: b"4", 5: b"5", 9: b"9"}


def test_a_clone_remembers_the_same_and_lives_on_its_own() -> None:
    session = session_of(2, 4)
    session.raise_floor(2)
    session.last_index = 11
    clone = session.clone()
    session.remember(5, b"5", 9)
    session.raise_floor(5)
    assert (clone.session_id, clone.floor, clone.last_index) == (7, 2, 11)
    assert (clone.sequences, clone.results) == ([2, 4], {2: b"2", 4: b"4"})

"""What the log amounts to at its end."""

from raftpi.core.entry import Entry, EntryKind
from raftpi.payload import pack_configuration
from raftpi.storage.log_end import LogEnd
from raftpi.storage.segment_head import LoggedConfiguration
from tests.storage.script import batch, command, configuration, founding


def changed(index: int, settings: bytes) -> Entry:
    return Entry(
        index=index,
        term=2,
        kind=EntryKind.CONFIGURATION,
        configuration=configuration(settings=settings),
    )


def in_force(end: LogEnd) -> LoggedConfiguration | None:
    return end.junction(1, 1, 1).configuration


def test_the_configuration_in_force_is_the_last_one_that_no_truncation_voided() -> None:
    end = LogEnd()
    assert in_force(end) is None
    end.add_batches([], 0, (batch(founding(), changed(2, b"a"), command(3, 2), changed(4, b"b")),))
    assert in_force(end) == LoggedConfiguration(
        index=4, term=2, payload=pack_configuration(configuration(settings=b"b"))
    )
    end.add_batches([], 0, (batch(command(4, 3)),))
    assert in_force(end) == LoggedConfiguration(
        index=2, term=2, payload=pack_configuration(configuration(settings=b"a"))
    )
    end.add_batches([], 0, (batch(command(2, 4)),))
    known = in_force(end)
    assert known is not None
    assert known.index == 1
    assert end.last_index == 2


def test_the_last_of_several_hard_states_counts() -> None:
    end = LogEnd()
    pieces: list[bytes] = []
    end.add_batches(pieces, 0, (batch(term=2), batch(term=2, vote=5), batch(term=3)))
    assert (end.hard_state.term, end.hard_state.voted_for) == (3, 0)
    assert len(b"".join(pieces)) == 32

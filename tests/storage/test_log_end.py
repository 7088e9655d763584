"""What the log amounts to at its end."""

from raftpi.core.entry import Entry, EntryKind
from raftpi.payload import pack_configuration
from raftpi.storage.log_end import LogEnd
from raftpi.storage.segment_head import LoggedConfiguration
from raftpi.storage.snapshot_record import LoggedSnapshot
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


def logged(index: int, *, voids: bool) -> LoggedSnapshot:
    configuration_in_it = LoggedConfiguration(index=1, term=0, payload=b"in the snapshot")
    return LoggedSnapshot(index=index, term=9, voids=voids, configuration=configuration_in_it)


def segmented() -> LogEnd:
    """Segments that begin at 1, 4, 7 and 10, of a log that ends at 9."""
    end = LogEnd()
    for generation, first in enumerate((1, 4, 7), 1):
        end.begin_segment(generation)
        entries = [command(index, 1) for index in range(first, first + 3)]
        if first == 1:
            entries[0] = founding()
        end.add_batches([], 0, (batch(*entries),))
    end.begin_segment(4)
    return end


def test_the_log_can_begin_at_the_last_segment_that_lies_behind_what_is_not_needed() -> None:
    expected = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4]
    assert [segmented().cut(index) for index in range(11)] == expected
    assert LogEnd().cut(5) == 0


def test_the_log_cannot_begin_where_what_lies_before_is_replaced_later() -> None:
    end = segmented()
    end.truncate(6)
    assert end.beginnings == [(1, 1), (2, 4)]
    end = segmented()
    end.take_snapshot(logged(5, voids=True))
    assert end.beginnings == [(1, 1), (2, 4)]
    end.begin_segment(5)
    assert end.cut(5) == 5


def test_the_configuration_of_a_snapshot_is_in_force_behind_it_where_the_log_is_void() -> None:
    end = LogEnd()
    end.add_batches([], 0, (batch(founding(), changed(2, b"a"), command(3, 2), changed(4, b"b")),))
    end.take_snapshot(logged(3, voids=False))
    # Those up to the snapshot are forgotten but for the one in force at it.
    assert [known.index for known in end.configurations] == [2, 4]
    end.take_snapshot(logged(9, voids=True))
    known = in_force(end)
    assert known is not None
    assert known.payload == b"in the snapshot"
    assert end.last_index == 9

"""What a leader knows of one follower."""

from raftpi.core.progress import Progress, ProgressState


def replicating() -> Progress:
    progress = Progress(next_index=5, now_us=0)
    progress.acknowledged(4)
    progress.become_replicate()
    return progress


def test_a_probe_has_room_for_one_append() -> None:
    progress = Progress(next_index=5, now_us=0)
    assert progress.has_room(64, 1000)
    progress.sent(7, 100)
    assert not progress.has_room(64, 1000)
    assert progress.next_index == 5


def test_a_pipeline_runs_ahead_of_the_answers() -> None:
    progress = replicating()
    progress.sent(7, 100)
    assert progress.next_index == 8
    assert progress.has_room(2, 1000)
    progress.sent(9, 100)
    assert not progress.has_room(2, 1000)


def test_an_answer_frees_all_appends_up_to_it() -> None:
    progress = replicating()
    for last_index in (7, 9, 12):
        progress.sent(last_index, 100)
    progress.acknowledged(9)
    assert list(progress.inflight) == [(12, 100)]
    assert progress.inflight_bytes == 100


def test_going_back_to_a_probe_never_falls_below_what_matched() -> None:
    progress = replicating()
    progress.sent(7, 100)
    progress.become_probe(2)
    assert progress.state is ProgressState.PROBE
    assert (progress.next_index, progress.inflight_bytes) == (5, 0)


def test_a_window_that_is_full_to_the_byte_has_no_room() -> None:
    progress = replicating()
    progress.sent(7, 100)
    assert progress.has_room(64, 101)
    assert not progress.has_room(64, 100)

"""Who waits for what."""

from raftpi.node.waiting import WaitingCommand, WaitingRequests


def command(request: str, term: int = 2) -> WaitingCommand:
    return WaitingCommand(request=request, term=term, size_bytes=10)


def test_a_command_is_answered_by_the_entry_of_its_index_and_term() -> None:
    waiting = WaitingRequests()
    waiting.add_command(7, command("a"))
    assert waiting.take_command(8, 2) is None
    assert waiting.take_command(7, 2) == "a"
    assert waiting.take_command(7, 2) is None


def test_an_entry_of_another_term_is_somebody_elses() -> None:
    waiting = WaitingRequests()
    waiting.add_command(7, command("a"))
    assert waiting.take_command(7, 3) is None


def test_bytes_are_counted_while_they_wait() -> None:
    waiting = WaitingRequests()
    for index in (7, 8, 9):
        waiting.add_command(index, command("a"))
    assert waiting.command_bytes == 30
    waiting.take_command(7, 2)
    assert waiting.command_bytes == 20
    assert waiting.take_all_commands() == ["a", "a"]
    assert waiting.command_bytes == 0


def test_a_read_waits_for_its_confirmation_and_then_for_its_index() -> None:
    waiting = WaitingRequests()
    read_id = waiting.add_reads([("r", b"q"), ("s", b"q")])
    assert waiting.take_reads(100) == []
    waiting.confirm_reads(read_id, 5)
    assert waiting.count() == 2
    assert waiting.take_reads(4) == []
    assert waiting.take_reads(5) == [(5, [("r", b"q"), ("s", b"q")])]
    assert waiting.count() == 0


def test_reads_that_are_lost_wait_no_longer_and_are_confirmed_in_vain() -> None:
    waiting = WaitingRequests()
    read_id = waiting.add_reads([("r", b"q"), ("s", b"q")])
    assert waiting.take_lost_reads(read_id) == [("r", b"q"), ("s", b"q")]
    assert waiting.count() == 0
    waiting.confirm_reads(read_id, 5)
    assert waiting.take_reads(5) == []
    assert waiting.take_lost_reads(read_id) == []

"""The trace: lines in columns, in words; its hash covers what is not printed, too."""

from raftpi.core.entry import Entry, EntryKind
from raftpi.core.messages import AppendEntries, RequestVoteResponse
from raftpi.sim.trace import Trace, Verbosity, shown_message

VOTE = RequestVoteResponse(sender=1, receiver=2, term=3, granted=True)


def entries(count: int) -> tuple[Entry, ...]:
    return tuple(Entry(index=i, term=2, kind=EntryKind.COMMAND) for i in range(1, count + 1))


def append(count: int) -> AppendEntries:
    return AppendEntries(
        sender=1,
        receiver=2,
        term=2,
        prev_log_index=0,
        prev_log_term=0,
        commit_index=1,
        entries=entries(count),
    )


def test_a_message_is_told_by_its_fields_but_not_its_addresses() -> None:
    assert shown_message(VOTE) == "RequestVoteResponse term=3 granted=yes"
    assert shown_message(append(1)) == (
        "AppendEntries term=2 prev_log_index=0 prev_log_term=0 commit_index=1 entries=[1/2 command]"
    )
    assert shown_message(append(9)).endswith("entries=[1/2 command, 2/2 command, …, 9/2 command]")


def test_lines_have_time_who_and_what() -> None:
    lines: list[str] = []
    trace = Trace(lines.append, Verbosity.ALL)
    trace.event(1_234_567, "pi2", "leads term 3")
    trace.client(1_300_000, 4, "was told: done @7")
    trace.message(12_000_000, "lost", 1, 2, VOTE)
    assert lines == [
        "   1.234567  pi2      leads term 3",
        "   1.300000  client 4 was told: done @7",
        "  12.000000  pi1>pi2  lost: RequestVoteResponse term=3 granted=yes",
    ]


def test_messages_and_clients_are_told_on_request_only() -> None:
    lines: list[str] = []
    trace = Trace(lines.append, Verbosity.EVENTS)
    trace.client(1, 4, "asks")
    trace.message(2, "lost", 1, 2, VOTE)
    trace.event(3, "pi1", "is killed")
    assert lines == ["   0.000003  pi1      is killed"]


def test_the_hash_covers_what_is_not_told() -> None:
    silent, other = Trace(), Trace()
    for trace in (silent, other):
        trace.event(1, "pi1", "is killed")
    assert silent.digest == other.digest
    silent.message(2, "lost", 1, 2, VOTE)
    assert silent.digest != other.digest
    other.message(2, "delivered", 1, 2, VOTE)
    assert silent.digest != other.digest

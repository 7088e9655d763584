"""The birth of a cluster, and boards that have lost their memory ("Who is who")."""

from raftpi.core.founding import (
    HELLO_INTERVAL_US,
    WAITING_INTERVAL_US,
    Founding,
    cluster_id_of,
    founding_entry,
)
from raftpi.core.hello import Hello
from raftpi.core.timing import PROFILES

FOUNDERS = ((1, "pi1"), (2, "pi2"), (3, "pi3"))


def board(node_id: int, replica_id: int, **changes: object) -> Founding:
    values: dict[str, object] = {
        "founders": FOUNDERS,
        "timing": PROFILES["wired"],
        "machine_settings": b"",
        "now_us": 0,
    }
    values.update(changes)
    return Founding(replica_id=replica_id, node_id=node_id, **values)  # type: ignore[arg-type]


def exchange(boards: dict[int, Founding], now_us: int, *, without: tuple[int, ...] = ()) -> None:
    """One round of hellos; boards in `without` neither speak nor hear."""
    sent = [
        (target, hello)
        for node_id, one in boards.items()
        if node_id not in without
        for target, hello in one.tick(now_us)
    ]
    for target, hello in sent:
        if target not in without:
            boards[target].on_hello(hello, now_us)


def three() -> dict[int, Founding]:
    return {1: board(1, 11), 2: board(2, 22), 3: board(3, 33)}


def settle(boards: dict[int, Founding], rounds: int = 4) -> None:
    for turn in range(rounds):
        exchange(boards, turn * HELLO_INTERVAL_US)


def test_when_all_founders_are_fresh_all_log_the_same_record() -> None:
    boards = three()
    settle(boards)
    records = [one.founded for one in boards.values()]
    assert records[0] is not None
    assert records[0] == records[1] == records[2]
    assert [m.replica_id for m in records[0].members] == [11, 22, 33]
    assert founding_entry(records[0]).index == 1


def test_nothing_is_founded_while_a_founder_is_missing() -> None:
    boards = three()
    for turn in range(10):
        exchange(boards, turn * HELLO_INTERVAL_US, without=(3,))
    assert boards[1].founded is None
    assert boards[1].missing == ("pi3",)


def test_nothing_is_founded_before_the_others_have_heard_everybody_too() -> None:
    boards = three()
    for target, hello in [*boards[2].tick(0), *boards[3].tick(0)]:
        if target == 1:
            boards[1].on_hello(hello, 0)
    boards[1].tick(HELLO_INTERVAL_US)
    assert boards[1].founded is None


def test_a_founder_that_missed_the_moment_takes_the_record_that_lists_it() -> None:
    boards = three()
    settle(boards)
    record = boards[1].founded
    late = board(3, 33)
    late.on_hello(answer_of(1, 11, record), 0)
    assert late.founded == record


def test_a_fresh_directory_that_the_record_does_not_list_has_lost_its_memory() -> None:
    boards = three()
    settle(boards)
    reflashed = board(3, 99)
    reflashed.on_hello(answer_of(1, 11, boards[1].founded), 0)
    assert reflashed.lost_memory
    assert reflashed.founded is None


def test_lost_memory_is_never_undone_by_fresh_boards() -> None:
    boards = three()
    settle(boards)
    reflashed = board(3, 99)
    reflashed.on_hello(answer_of(1, 11, boards[1].founded), 0)
    fresh = {1: board(1, 111), 2: board(2, 222), 3: reflashed}
    settle(fresh, 8)
    assert reflashed.founded is None


def test_two_of_three_reflashed_boards_do_not_found_a_second_cluster() -> None:
    boards = three()
    settle(boards)
    record = boards[1].founded
    again = {2: board(2, 222), 3: board(3, 333)}
    for turn in range(5):
        for node_id in again:
            again[node_id].on_hello(answer_of(1, 11, record), turn)
        for node_id in again:
            for target, hello in again[node_id].tick(turn * HELLO_INTERVAL_US):
                if target in again:
                    again[target].on_hello(hello, turn)
    assert all(one.lost_memory and one.founded is None for one in again.values())


def test_a_directory_thrown_away_before_the_founding_is_simply_another_founder() -> None:
    boards = three()
    exchange(boards, 0)
    boards[3] = board(3, 44)
    for turn in range(1, 6):
        exchange(boards, turn * HELLO_INTERVAL_US)
    assert boards[1].founded is not None
    assert boards[1].founded == boards[3].founded
    assert [m.replica_id for m in boards[1].founded.members] == [11, 22, 44]


def test_founders_with_other_settings_are_named_and_nothing_is_founded() -> None:
    boards = three()
    boards[2] = board(2, 22, timing=PROFILES["wifi"])
    settle(boards, 6)
    assert boards[1].founded is None
    assert "pi2" in boards[1].problem
    assert "pi3" not in boards[1].problem


def test_founders_that_name_other_members_are_named_and_nothing_is_founded() -> None:
    boards = three()
    boards[2] = board(2, 22, founders=(*FOUNDERS, (4, "pi4")))
    boards[4] = board(4, 44, founders=(*FOUNDERS, (4, "pi4")))
    settle(boards, 6)
    assert all(one.founded is None for one in boards.values())
    assert "pi2" in boards[1].problem
    boards[1].on_hello(hello_of(4, 44), 0)
    assert "pi4" not in boards[1].problem


def test_who_claims_to_be_this_very_board_is_not_heard() -> None:
    one = board(1, 11)
    twin = board(1, 111, timing=PROFILES["wifi"])
    one.on_hello(twin.tick(0)[0][1], 0)
    assert one.problem == ""
    assert one.missing == ("pi2", "pi3")


def test_hellos_are_sent_once_an_interval() -> None:
    one = board(1, 11)
    assert [node_id for node_id, _ in one.tick(0)] == [2, 3]
    assert one.tick(HELLO_INTERVAL_US - 1) == ()
    assert one.next_deadline_us() == HELLO_INTERVAL_US
    assert len(one.tick(HELLO_INTERVAL_US)) == 2


def test_who_has_lost_its_memory_asks_less_often() -> None:
    one = board(1, 11)
    one.on_hello(answer_of(2, 22, None), 0)
    one.tick(0)
    assert one.next_deadline_us() == WAITING_INTERVAL_US


def test_a_single_founder_founds_at_once() -> None:
    alone = board(1, 11, founders=((1, "pi1"),))
    alone.tick(0)
    assert alone.founded is not None


def test_a_changed_view_is_told_at_once() -> None:
    one = board(1, 11)
    one.tick(0)
    one.on_hello(hello_of(2, 22), 5)
    one.on_hello(hello_of(3, 33), 6)
    assert one.next_deadline_us() == 6


def test_the_cluster_id_depends_on_every_replica_and_is_never_zero() -> None:
    boards = three()
    settle(boards)
    other = three()
    other[2] = board(2, 23)
    settle(other)
    assert boards[1].founded is not None
    assert other[1].founded is not None
    assert boards[1].founded.cluster_id != other[1].founded.cluster_id
    assert cluster_id_of([], 0) != 0


def test_what_is_said_after_the_founding_changes_nothing() -> None:
    boards = three()
    settle(boards)
    record = boards[1].founded
    boards[1].on_hello(hello_of(2, 222), 1_000_000)
    other = three()
    other[2] = board(2, 23)
    settle(other)
    boards[1].on_hello(answer_of(2, 23, other[1].founded), 1_000_000)
    assert boards[1].founded == record
    assert not boards[1].lost_memory
    assert boards[1].tick(2_000_000) == ()


def test_who_is_no_member_any_more_is_not_made_one_by_a_record_that_still_lists_it() -> None:
    boards = three()
    settle(boards)
    late = board(3, 33)
    late.on_hello(answer_of(1, 11, None), 0)
    assert late.lost_memory
    late.on_hello(answer_of(2, 22, boards[1].founded), 1)
    assert late.founded is None
    assert late.lost_memory


def test_a_member_whose_record_was_compacted_away_waits_for_the_log() -> None:
    boards = three()
    exchange(boards, 0)
    agreed = [boards[n].tick(HELLO_INTERVAL_US)[0][1] for n in (1, 2)]
    late, unaware = board(3, 33), board(3, 33)
    late.on_hello(answer_of(1, 11, None, is_member=True), 0)
    for hello in agreed:
        late.on_hello(hello, 1)
        unaware.on_hello(hello, 1)
    late.tick(HELLO_INTERVAL_US)
    unaware.tick(HELLO_INTERVAL_US)
    assert (late.founded, late.lost_memory) == (None, False)
    assert unaware.founded is not None


def test_founders_of_which_one_wants_lease_reads_are_named_and_nothing_is_founded() -> None:
    boards = three()
    boards[2] = board(2, 22, lease_reads=True)
    settle(boards, 6)
    assert all(one.founded is None for one in boards.values())
    assert "pi2" in boards[1].problem
    agreed = {n: board(n, n * 11, lease_reads=True) for n in (1, 2, 3)}
    settle(agreed)
    assert agreed[1].founded is not None
    assert agreed[1].founded.lease_reads


def hello_of(node_id: int, replica_id: int) -> Hello:
    founders = FOUNDERS if node_id <= len(FOUNDERS) else (*FOUNDERS, (node_id, f"pi{node_id}"))
    return board(node_id, replica_id, founders=founders).tick(0)[0][1]


def answer_of(node_id: int, replica_id: int, record: object, *, is_member: bool = False) -> Hello:
    return Hello(
        sender=replica_id,
        receiver=0,
        node_id=node_id,
        name="",
        fresh=False,
        view=7,
        settings_digest=0,
        configuration=record,  # type: ignore[arg-type]
        is_member=is_member,
    )

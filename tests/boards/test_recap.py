"""Reading Ansible's recap."""

from tests.boards.recap import HostRecap, changes, read_recap

PRINTED = """\
TASK [raftpi : Configure raftpi] ***************************************
changed: [pi1]
ok: [pi2]

PLAY RECAP *************************************************************
pi1                        : ok=21   changed=1    unreachable=0    failed=0  skipped=9
\x1b[0;31mpi2\x1b[0m     : ok=3    changed=0    unreachable=0    failed=1  skipped=2
"""


def test_each_host_has_its_counts_whatever_their_colour() -> None:
    assert read_recap(PRINTED) == {
        "pi1": HostRecap(ok_count=21, changed_count=1, unreachable_count=0, failed_count=0),
        "pi2": HostRecap(ok_count=3, changed_count=0, unreachable_count=0, failed_count=1),
    }


def test_what_changed_is_told_with_its_task() -> None:
    assert changes(PRINTED) == ["raftpi : Configure raftpi: [pi1]"]


def test_a_play_that_broke_off_has_no_recap() -> None:
    assert read_recap("ERROR! the playbook could not be found\n") == {}

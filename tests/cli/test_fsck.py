"""`raftpi fsck` on real files: what it prints, what it ends with, and what it leaves alone."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from raftpi.errors import Refused
from raftpi.storage.disk import RealDisk
from raftpi.storage.store import Store
from raftpi.transport.held_log import HeldLog
from tests.cli.conftest import Run
from tests.storage.script import CLUSTER_ID, batch, command, founding

VALUE = b"a value to be found again " * 30
PI1, PI2 = 0x1111, 0x2222


def make_board(path: Path, replica_id: int, *, segment_bytes: int = 1 << 16) -> Path:
    store = Store.open(
        disk=RealDisk(),
        directory=str(path),
        node_id=1,
        name="pi1",
        mint_replica_id=lambda: replica_id,
        segment_bytes=segment_bytes,
    )
    store.append((batch(founding(), term=1, vote=PI1),))
    store.append((batch(command(2, 1, VALUE), command(3, 1, b"other")),))
    store.append((batch(command(4, 1, b"last")),))
    store.close()
    return path


@pytest.fixture
def board(tmp_path: Path) -> Path:
    return make_board(tmp_path / "pi1", PI1)


def flip(path: Path, offset: int, mask: int = 1) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= mask
    path.write_bytes(bytes(data))


def segment(board: Path) -> Path:
    return max((board / "log").glob("*.wal"))


def rot_payload(board: Path) -> int:
    """Rot in entry 2; the offset."""
    at = segment(board).read_bytes().index(VALUE[:20])
    flip(segment(board), at + 300)
    return at


def snapshot_of(board: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(board.rglob("*"))
        if path.is_file()
    }


def test_a_whole_directory_is_clean(run: Run, board: Path) -> None:
    before = snapshot_of(board)
    code, out, err = run("fsck", str(board))
    assert (code, err) == (0, "")
    assert f"{board}: node 1 (pi1), replica {PI1:016x}, cluster {CLUSTER_ID:016x}" in out
    assert "entries 1 to 4, term 1, voted for 0000000000001111" in out
    assert out.rstrip().endswith("clean")
    assert snapshot_of(board) == before


def test_the_json_tells_the_same(run: Run, board: Path) -> None:
    code, out, _ = run("fsck", str(board), "--json")
    told = json.loads(out)
    assert (code, told["clean"], told["exit_code"], told["start"]["starts"]) == (0, True, 0, True)
    assert told["node"]["name"] == "pi1"
    assert (told["log"]["first_index"], told["log"]["last_index"], told["log"]["term"]) == (1, 4, 1)
    assert told["segments"][0]["path"] == str(segment(board))
    assert (told["damage"], told["unreadable"]) == ([], [])


def test_damage_is_named_with_what_to_do_next(run: Run, board: Path) -> None:
    at = rot_payload(board)
    before = snapshot_of(board)
    code, out, _ = run("fsck", str(board))
    assert code == 12
    text = " ".join(out.split())
    assert f"damage: {segment(board)} at offset {at}:" in text
    assert "entry 2 (term 1)" in text
    assert f"next: raftpi fsck --repair --from PEER {board}" in text
    assert "start: the node refuses, and ends with 12" in text
    assert snapshot_of(board) == before
    told = json.loads(run("fsck", "--json", str(board))[1])
    [damage] = told["damage"]
    assert (damage["offset"], damage["kind"], damage["remedy"]) == (
        at,
        "payload",
        "repair-from-peer",
    )


def test_what_is_no_data_directory_ends_with_11(run: Run, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        for words in ((), ("--repair",)):
            code, _, err = run("fsck", *words, str(path))
            assert code == 11
            assert str(path) in err
    assert list(tmp_path.iterdir()) == []


def test_from_without_repair_is_a_mistake(run: Run, board: Path) -> None:
    assert run("fsck", "--from", "pi2:7201", str(board))[0] == 2
    assert run("fsck", "--repair", "--from", "neither-file-nor-address", str(board))[0] == 2
    assert run("fsck")[0] == 2


def test_a_directory_in_use_is_reported_and_not_repaired(run: Run, board: Path) -> None:
    flip(segment(board), 1)
    lock = RealDisk().lock(str(board / "lock"))
    before = snapshot_of(board)
    code, out, _ = run("fsck", str(board))
    assert code == 12
    assert f"in use by process {os.getpid()}" in out
    assert json.loads(run("fsck", "--json", str(board))[1])["in_use_by"]
    code, _, err = run("fsck", "--repair", str(board))
    assert code == 11
    assert "stop that daemon" in err
    assert snapshot_of(board) == before
    lock.release()
    assert "in use" not in run("fsck", str(board))[1]


def test_what_is_safe_alone_is_repaired_and_what_was_there_is_kept(run: Run, board: Path) -> None:
    whole = segment(board).read_bytes()
    flip(segment(board), 1)
    code, out, _ = run("fsck", "--repair", str(board))
    assert code == 0
    assert segment(board).read_bytes() == whole
    [kept] = (board / "log").glob("before-repair-*")
    assert str(kept) in out
    assert kept.read_bytes()[1] == whole[1] ^ 1
    code, out, _ = run("fsck", "--repair", str(board))
    assert (code, "repaired: nothing" in out) == (0, True)


def test_a_payload_is_refilled_from_a_peers_directory(
    run: Run, board: Path, tmp_path: Path
) -> None:
    peer = make_board(tmp_path / "pi2", PI2)
    flip(segment(peer), segment(peer).read_bytes().index(b"other"))
    whole = segment(board).read_bytes()
    rot_payload(board)
    before = snapshot_of(peer)
    code, out, _ = run("fsck", "--repair", "--from", str(peer), str(board), "--json")
    told = json.loads(out)
    assert (code, told["clean"]) == (0, True)
    assert [one["path"] for one in told["repaired"]] == [str(segment(board))]
    assert segment(board).read_bytes() == whole
    assert snapshot_of(peer) == before


def test_a_peer_that_lacks_the_entry_changes_nothing(run: Run, board: Path, tmp_path: Path) -> None:
    peer = make_board(tmp_path / "pi2", PI2)
    rot_payload(peer)
    rot_payload(board)
    before = segment(board).read_bytes()
    code, out, _ = run("fsck", "--repair", "--from", str(peer), str(board))
    assert code == 12
    assert f"none of {peer} has a copy that fits of: entry 2 (term 1)" in " ".join(out.split())
    assert segment(board).read_bytes() == before


class FakePeer:
    """In the place of a client of a running daemon."""

    def __init__(self, cluster_id: int, *entries: tuple[int, int, bytes]) -> None:
        self.cluster_id = cluster_id
        self.entries = entries
        self.asked: list[tuple[str, int, int]] = []
        self.keys: list[str] = []

    def open(self, endpoints: list[str], timeout_s: float, key: str = "") -> "FakePeer":
        self.keys.append(key)
        return self

    def __enter__(self) -> "FakePeer":
        return self

    def __exit__(self, *ignored: object) -> None:
        return

    def held_log(self, endpoint: str, first: int, last: int) -> HeldLog:
        self.asked.append((endpoint, first, last))
        if not self.entries:
            raise Refused("the node refuses: this key is an ordinary one")
        return HeldLog(
            cluster_id=self.cluster_id,
            first_index=1,
            last_index=9,
            entries=tuple(one for one in self.entries if first <= one[0] <= last),
        )


def repair_from(
    run: Run, board: Path, peer: FakePeer, monkeypatch: pytest.MonkeyPatch
) -> tuple[int, str]:
    monkeypatch.setattr("raftpi.cli.node_payloads.open_client", peer.open)
    code, out, err = run(
        "fsck", "--repair", "--from", "10.0.0.2:7201", "--key", "mine.key", str(board)
    )
    return code, " ".join((out + err).split())


def test_a_payload_is_refilled_from_a_running_daemon(
    run: Run, board: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = segment(board).read_bytes()
    rot_payload(board)
    peer = FakePeer(CLUSTER_ID, (2, 1, VALUE + b" 2/1"))
    assert repair_from(run, board, peer, monkeypatch)[0] == 0
    assert peer.asked == [("tcp://10.0.0.2:7201", 2, 2)]
    assert peer.keys == ["mine.key"]
    assert segment(board).read_bytes() == whole


@pytest.mark.parametrize(
    ("peer", "code", "text"),
    [
        (FakePeer(CLUSTER_ID, (2, 1, VALUE + b" 2/2")), 12, "entry 2 (term 1)"),
        (FakePeer(CLUSTER_ID, (2, 7, VALUE + b" 2/1")), 12, "entry 2 (term 1)"),
        (FakePeer(CLUSTER_ID, (3, 1, VALUE + b" 2/1")), 12, "entry 2 (term 1)"),
        (FakePeer(99, (2, 1, VALUE + b" 2/1")), 11, "cluster"),
        (FakePeer(CLUSTER_ID), 1, "ordinary"),
    ],
)
def test_a_daemon_that_does_not_have_it_changes_nothing(
    run: Run, board: Path, monkeypatch: pytest.MonkeyPatch, peer: FakePeer, code: int, text: str
) -> None:
    rot_payload(board)
    before = segment(board).read_bytes()
    outcome = repair_from(run, board, peer, monkeypatch)
    assert outcome[0] == code
    assert text in outcome[1]
    assert segment(board).read_bytes() == before


def test_a_daemon_that_does_not_answer_changes_nothing(run: Run, board: Path) -> None:
    rot_payload(board)
    before = snapshot_of(board)
    code, _, _ = run("fsck", "--repair", "--from", "127.0.0.1:1", "--timeout", "1", str(board))
    assert code in (3, 4)
    assert snapshot_of(board) == before


@pytest.mark.root
def test_what_root_repairs_belongs_to_the_directorys_owner(run: Run) -> None:
    # pytest's own directories are closed to others, and a board's are not to its daemon.
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        board = make_board(Path(place, "data"), PI1)
        for path in (board, *board.rglob("*")):
            os.chown(path, 12345, 23456)
        flip(segment(board), 1)
        assert run("fsck", "--repair", str(board))[0] == 0
        owners = {(path.stat().st_uid, path.stat().st_gid) for path in board.rglob("*")}
        assert owners == {(12345, 23456)}
        assert len(list((board / "log").iterdir())) > 1


def test_a_directory_that_must_not_be_read_is_an_io_error(
    run: Run, board: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.open

    def failing(path: Path, *words: object, **named: object) -> object:
        if path == segment(board):
            raise OSError(5, "Input/output error", str(path))
        return real(path, *words, **named)  # type: ignore[call-overload]  # passed on as it came

    monkeypatch.setattr(Path, "open", failing)
    code, out, err = run("fsck", str(board))
    assert code == 13
    assert str(segment(board)) in out + err

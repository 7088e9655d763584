"""cluster.json as other people's programs read it, and as it may be damaged."""

import json
from pathlib import Path

import pytest

from raftpi.local.cluster_file import ClusterRecord, LocalNode, read_record, write_record
from raftpi.local.failures import ClusterMismatch, NoCluster

NODE = LocalNode(
    id=1,
    name="pi1",
    pid=None,
    peer="tcp://127.0.0.1:7101",
    client="tcp://127.0.0.1:7201",
    status="tcp://127.0.0.1:7301",
    http=None,
    config="/c/pi1/raftpi.toml",
    data="/c/pi1/data",
)
RECORD = ClusterRecord(nodes=(NODE,), directory_made=True)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    record = RECORD.with_pid(1, 4711)
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record
    assert record.node(1).pid == 4711


def test_the_keys_are_those_that_other_programs_rely_on(tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    values = json.loads((tmp_path / "cluster.json").read_text())
    assert values["nodes"] == [
        {
            "id": 1,
            "name": "pi1",
            "pid": None,
            "peer": "tcp://127.0.0.1:7101",
            "client": "tcp://127.0.0.1:7201",
            "status": "tcp://127.0.0.1:7301",
            "http": None,
            "config": "/c/pi1/raftpi.toml",
            "data": "/c/pi1/data",
        }
    ]


def test_writing_leaves_no_other_file_behind(tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    write_record(tmp_path, RECORD)
    assert [path.name for path in tmp_path.iterdir()] == ["cluster.json"]


def test_a_failed_write_leaves_the_old_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_record(tmp_path, RECORD)

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("raftpi.local.cluster_file.json.dump", fail)
    with pytest.raises(OSError, match="No space"):
        write_record(tmp_path, RECORD.with_pid(1, 5))
    assert read_record(tmp_path) == RECORD
    assert [path.name for path in tmp_path.iterdir()] == ["cluster.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"nodes": []}',
        '{"nodes": [{"id": 1}]}',
        '{"nodes": [1]}',
        '{"nodes": "x"}',
        b"\xff".decode("latin-1"),
    ],
)
def test_a_damaged_record_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "cluster.json").write_text(text, encoding="latin-1")
    with pytest.raises(NoCluster, match=r"cluster\.json"):
        read_record(tmp_path)


def test_a_name_that_leads_out_of_the_directory_is_refused(tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    path = tmp_path / "cluster.json"
    path.write_text(path.read_text().replace('"pi1"', '"../../home"'))
    with pytest.raises(NoCluster, match="not 'pi1'"):
        read_record(tmp_path)


def test_an_unknown_id_is_refused() -> None:
    with pytest.raises(ClusterMismatch, match="no node 2; its nodes are 1"):
        RECORD.node(2)

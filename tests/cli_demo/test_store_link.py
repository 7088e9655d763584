"""The prompt's commands as calls of the client library."""

from typing import Any

import pytest

from raftpi.cli.demo import store_link
from raftpi.cli.demo.actions import Misbehaviour
from raftpi.cli.demo.answers import Done, Found
from raftpi.cli.demo.commands import ListKeys
from raftpi.cli.demo.store_link import StoreLink
from raftpi.client import Committed, Entry
from raftpi.command import Get, Item, Listing, NotWritten, Operation, Put, Written

ITEM = Item(key=b"a", value=b"1", revision=7)


class FakeClient:
    """Remembers the calls."""

    def __init__(self, endpoints: list[str], timeout_s: float) -> None:
        self.endpoints = endpoints
        self.calls: list[Any] = []
        self.result: Written | NotWritten = Written(revision=48)

    def submit(self, operation: Operation) -> Committed:
        self.calls.append(operation)
        return Committed(index=48, acks=2, voter_count=3, result=self.result)

    def ask(self, query: Get) -> Listing:
        self.calls.append(query)
        return Listing(items=(ITEM,), more=False)

    def list(self, prefix: bytes) -> list[Entry]:
        self.calls.append(prefix)
        return [Entry(key=b"a", value=b"1", revision=7)]

    def chaos(self, node: int, **how: object) -> None:
        self.calls.append((node, how))

    def close(self) -> None:
        self.calls.append("close")


@pytest.fixture
def link(monkeypatch: pytest.MonkeyPatch) -> StoreLink:
    monkeypatch.setattr(store_link, "Client", FakeClient)
    return StoreLink(["tcp://127.0.0.1:7201"])


def client_of(link: StoreLink) -> FakeClient:
    client: Any = link._client
    assert isinstance(client, FakeClient)
    return client


def test_a_write_tells_index_acks_and_whether_it_changed_anything(link: StoreLink) -> None:
    put = Put(key=b"a", value=b"1")
    assert link.run(put) == Done(changed=True, index=48, acks=2, voter_count=3)
    client_of(link).result = NotWritten(revision=3)
    assert link.run(put) == Done(changed=False, index=48, acks=2, voter_count=3)
    assert client_of(link).calls == [put, put]


def test_reads_bring_items(link: StoreLink) -> None:
    assert link.run(Get(key=b"a")) == Found(items=(ITEM,))
    assert link.run(ListKeys(prefix=b"a")) == Found(items=(ITEM,))


def test_an_order_to_misbehave_goes_to_one_node_both_ways(link: StoreLink) -> None:
    link.tell(2, Misbehaviour(cut_from=(1, 3), delay_ms=500, duration_ms=9_000))
    node, how = client_of(link).calls[0]
    assert node == 2
    assert how == {
        "blocked_in": (1, 3),
        "blocked_out": (1, 3),
        "delay_ms": 500,
        "duration_ms": 9_000,
    }


def test_closing_closes_the_client(link: StoreLink) -> None:
    link.close()
    assert client_of(link).calls == ["close"]

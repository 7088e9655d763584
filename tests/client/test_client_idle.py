"""A client that waits costs nothing."""

import time

import pytest

from raftpi.client import Client
from raftpi.client.conversation import Conversation, Send
from raftpi.errors import Unavailable
from tests.client.fake_node import free_endpoint

TIMEOUT_S = 0.5
# One turn for each back-off and each refused connection; a busy loop makes ten thousands.
MOST_TURNS = 500


def test_a_client_whose_every_endpoint_refuses_waits_without_spinning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns: list[int] = []
    advance = Conversation.advance

    def counted(conversation: Conversation, now_us: int) -> list[Send]:
        turns.append(now_us)
        return advance(conversation, now_us)

    monkeypatch.setattr(Conversation, "advance", counted)
    began_s = time.monotonic()
    with Client([free_endpoint(), free_endpoint()], timeout_s=TIMEOUT_S) as client:
        with pytest.raises(Unavailable, match="no answer from any"):
            client.put("k", "v")
        assert time.monotonic() - began_s >= TIMEOUT_S
    assert len(turns) < MOST_TURNS

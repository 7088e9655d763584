"""The feeds over real sockets: the newest status, and whether the connection stands."""

import time
from collections.abc import Callable

import zmq

from raftpi.cli.demo.feeds import StatusFeeds
from raftpi.status import pack_status
from raftpi.transport.status_feed import StatusFeed
from tests.cli_demo.fakes import make_status

NOBODY = "tcp://127.0.0.1:1"


def eventually(feeds: StatusFeeds, holds: Callable[[], bool]) -> bool:
    deadline_s = time.monotonic() + 5.0
    while time.monotonic() < deadline_s:
        feeds.wait(0.05)
        if holds():
            return True
    return False


def test_a_published_status_is_read_and_a_closed_feed_is_noticed() -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    feed = StatusFeed(context, bind="tcp://127.0.0.1:*")
    feeds = StatusFeeds({2: feed.endpoint, 3: NOBODY})
    status = make_status(2)

    def arrives() -> bool:
        feed.poll_subscriptions()
        feed.publish(pack_status(status))
        return feeds.read().get(2) == status

    assert eventually(feeds, arrives)
    assert feeds.connected(2)
    assert not feeds.connected(3)
    feed.close()

    def gone() -> bool:
        feeds.read()
        return not feeds.connected(2)

    assert eventually(feeds, gone)
    feeds.close()
    context.destroy(linger=0)

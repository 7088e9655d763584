"""Telling one node to misbehave, on its client socket; nodes obey only over the loopback."""

import random
from collections.abc import Mapping

import zmq

from raftpi.cli.demo.actions import Misbehaviour
from raftpi.errors import ProtocolError, Refused, Timeout
from raftpi.transport import requests

_ANSWER_MS = 2_000


class MisbehaviourLink:
    """`tell` one node at a time; each call has a socket of its own, so any thread may call.

    `endpoints` are the nodes' client endpoints by node id.
    """

    def __init__(self, endpoints: Mapping[int, str]) -> None:
        self._endpoints = dict(endpoints)

    def tell(self, node_id: int, how: Misbehaviour) -> None:
        """Have the node misbehave like this, in place of what it was told before.

        Raises Refused when the node says no, Timeout when it does not answer.
        """
        request = requests.Chaos(
            request_id=random.getrandbits(32),
            blocked_in=how.cut_from,
            blocked_out=how.cut_from,
            delay_ms=how.delay_ms,
            duration_ms=how.duration_ms,
        )
        socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
        try:
            socket.setsockopt(zmq.LINGER, 0)
            socket.connect(self._endpoints[node_id])
            socket.send(requests.pack_request(request))
            if not socket.poll(_ANSWER_MS):
                raise Timeout(f"node {node_id} did not answer within {_ANSWER_MS / 1000:g} s")
            reply = requests.unpack_reply(socket.recv())
        finally:
            socket.close()
        if isinstance(reply, requests.Refused):
            raise Refused(f"node {node_id} refuses: {reply.reason}")
        if not isinstance(reply, requests.Answer):
            raise ProtocolError(f"node {node_id} gave an answer that fits no request for chaos")

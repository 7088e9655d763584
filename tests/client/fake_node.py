"""Scripted nodes on real sockets, with the real state machine and no Raft at all behind them."""

import socket
import threading
from collections.abc import Callable

import zmq

from raftpi.kv.machine import Machine
from raftpi.status import NodeStatus, pack_status
from raftpi.transport import requests
from raftpi.transport.requests import (
    Answer,
    Ask,
    AskStatus,
    Discover,
    Discovery,
    Redirect,
    Reply,
    Request,
    Submit,
    pack_reply,
    unpack_request,
)

# Instead of a reply: say nothing, or drop every connection.
SILENCE = "silence"
HANG_UP = "hang up"

Script = Callable[["FakeNode", Request], "Reply | bytes | str | None"]


class FakeCluster:
    """Nodes that agree without asking each other. `leader` 0: there is none."""

    def __init__(self, count: int = 3) -> None:
        self.lock = threading.Lock()
        self.machine = Machine()
        self.machine.configure(b"")
        self.index = 10
        self.leader = 1
        self.alive_count = count
        self.applied: list[bytes] = []
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.nodes = {i: FakeNode(self, i) for i in range(1, count + 1)}
        for node in self.nodes.values():
            node.start()

    @property
    def endpoints(self) -> list[str]:
        return [node.endpoint for node in self.nodes.values()]

    def apply(self, request: Submit) -> Answer:
        """Commit the command."""
        with self.lock:
            self.index += 1
            self.applied.append(request.command)
            return Answer(
                request_id=request.request_id,
                body=self.machine.apply(self.index, request.command),
                index=self.index,
                acks=2,
                voter_count=len(self.nodes),
            )

    def close(self) -> None:
        for node in self.nodes.values():
            node.stop()
        self.context.term()


class FakeNode:
    """One node: a thread that answers as the cluster would, or as its script says."""

    def __init__(self, cluster: FakeCluster, node_id: int) -> None:
        self.cluster = cluster
        self.node_id = node_id
        self.script: Script | None = None
        self.requests: list[Request] = []
        self._router = cluster.context.socket(zmq.ROUTER)
        self._router.bind("tcp://127.0.0.1:*")
        self.endpoint = self._router.getsockopt_string(zmq.LAST_ENDPOINT)
        self._stopping = threading.Event()
        address = f"inproc://stop-{id(self)}"
        self._wake = cluster.context.socket(zmq.PAIR)
        self._wake.bind(address)
        self._woken = cluster.context.socket(zmq.PAIR)
        self._woken.connect(address)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End as a killed process does: its kernel closes the connections."""
        self._stopping.set()
        if self._thread.is_alive():
            self._wake.send(b"")
            self._thread.join()
        self._wake.close(linger=0)

    def asked(self, kind: type) -> int:
        """How many requests of this kind have come."""
        return sum(isinstance(request, kind) for request in self.requests)

    def _run(self) -> None:
        poller = zmq.Poller()
        poller.register(self._router, zmq.POLLIN)
        poller.register(self._woken, zmq.POLLIN)
        while not self._stopping.is_set():
            poller.poll()
            if self._stopping.is_set() or not self._router.poll(0):
                continue
            identity, data = self._router.recv_multipart()
            request = unpack_request(data)
            self.requests.append(request)
            reply = self.script(self, request) if self.script is not None else None
            reply = self.reply(request) if reply is None else reply
            if reply == HANG_UP:
                break
            if isinstance(reply, str):
                continue
            packed = reply if isinstance(reply, bytes) else pack_reply(reply)
            self._router.send_multipart((identity, packed))
        self._woken.close(linger=0)
        self._router.close(linger=0)

    def reply(self, request: Request) -> Reply:
        """What a sound node says."""
        cluster = self.cluster
        request_id = request.request_id
        if isinstance(request, Discover):
            return Discovery(
                request_id=request_id,
                node_id=self.node_id,
                leader=cluster.leader,
                commit_index=cluster.index,
                members=tuple(
                    (node.node_id, f"pi{node.node_id}", node.endpoint, "")
                    for node in cluster.nodes.values()
                ),
                alive_count=cluster.alive_count,
                voter_count=len(cluster.nodes),
                condition="running",
            )
        if isinstance(request, AskStatus):
            return self._done(request_id, pack_status(self._status()))
        if isinstance(request, requests.Chaos):
            return self._done(request_id, b"")
        if cluster.leader != self.node_id:
            return Redirect(
                request_id=request_id,
                leader=cluster.leader,
                reason="not leader" if cluster.leader else "election",
                alive_count=cluster.alive_count,
                voter_count=len(cluster.nodes),
            )
        if isinstance(request, Submit):
            refusal = cluster.machine.refusal(request.command)
            if refusal:
                return requests.Refused(request_id=request_id, reason=refusal)
            return cluster.apply(request)
        if isinstance(request, Ask):
            with cluster.lock:
                return self._done(request_id, cluster.machine.query(request.query))
        return self._done(request_id, b"")

    def _done(self, request_id: int, body: bytes) -> Answer:
        return Answer(request_id=request_id, body=body, index=0, acks=0, voter_count=0)

    def _status(self) -> NodeStatus:
        return NodeStatus(
            id=self.node_id,
            name=f"pi{self.node_id}",
            cluster_id=5,
            replica_id=self.node_id,
            condition="running",
            role="leader" if self.cluster.leader == self.node_id else "follower",
            term=1,
            leader=self.cluster.leader,
            voted_for=0,
            last_index=self.cluster.index,
            commit_index=self.cluster.index,
            applied_index=self.cluster.index,
            durable_index=self.cluster.index,
        )


def free_endpoint() -> str:
    """An endpoint where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"

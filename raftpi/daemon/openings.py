"""The daemon's sockets, bound: for members, for clients, for lamps; and who is let in."""

import os
from dataclasses import dataclass
from pathlib import Path

from raftpi.config.endpoint import IPC_PATH_BYTES
from raftpi.config.file import Config
from raftpi.daemon.keyring import Keyring
from raftpi.transport.client_door import ClientDoor, by_key, by_origin
from raftpi.transport.peer_links import PeerLinks
from raftpi.transport.sockets import Context
from raftpi.transport.standing import Standing
from raftpi.transport.status_feed import StatusFeed
from raftpi.transport.zap_door import ZapDoor

CLIENT_SOCKET_NAME = "client.sock"
STATUS_SOCKET_NAME = "status.sock"
# libzmq looks whether a connection stands once in so many of Raft's heartbeats: with the timing
# of a cable four times a second.
HEARTBEATS_PER_LOOK = 5


Opening = PeerLinks | ClientDoor | StatusFeed | ZapDoor


@dataclass(frozen=True, slots=True, kw_only=True)
class Openings:
    """All sockets of a daemon. `zap` is there where keys are."""

    peers: PeerLinks
    doors: tuple[ClientDoor, ...]
    feed: StatusFeed
    zap: ZapDoor | None = None

    def all(self) -> list[Opening]:
        """Every one of them."""
        openings: list[Opening] = [self.peers, *self.doors, self.feed]
        return openings if self.zap is None else [*openings, self.zap]

    def counters(self) -> dict[str, int]:
        """What went wrong so far, by name."""
        totals: dict[str, int] = {}
        doors: list[PeerLinks | ClientDoor | ZapDoor] = [self.peers, *self.doors]
        for opening in doors if self.zap is None else [*doors, self.zap]:
            for name, count in opening.counters().items():
                totals[name] = totals.get(name, 0) + count
        return totals

    def close(self) -> None:
        """Close them all."""
        for opening in self.all():
            opening.close()


def bind_all(context: Context, config: Config, keyring: Keyring | None) -> Openings:
    """Bind everything, or nothing: raises as `transport.sockets.bind` does."""
    me = config.me
    credentials = keyring.credentials if keyring is not None else None
    local = local_endpoints(config.node.runtime)
    opened: list[Opening] = []
    try:
        zap = None
        if keyring is not None:
            zap = ZapDoor(context, lambda: keyring.credentials.trust)
            opened.append(zap)
        peers = PeerLinks(
            context,
            own_node_id=me.id,
            bind=me.peer,
            peers={member.id: member.peer for member in config.members},
            credentials=credentials,
            heartbeat_ivl_ms=HEARTBEATS_PER_LOOK * config.cluster.timing.heartbeat_us // 1000,
        )
        opened.append(peers)
        doors = [_network_door(context, config, keyring)]
        opened.extend(doors)
        if local is not None:
            doors.append(ClientDoor(context, bind=local[0], standing=Standing.LOCAL))
            opened.append(doors[-1])
        feed = StatusFeed(
            context,
            bind=me.status,
            local=None if local is None else local[1],
            credentials=credentials,
        )
    except BaseException:
        for opening in opened:
            opening.close()
        raise
    return Openings(peers=peers, doors=tuple(doors), feed=feed, zap=zap)


def local_endpoints(runtime: Path) -> tuple[str, str] | None:
    """The Unix sockets for clients and for lamps, where their directory exists.

    systemd makes it. None without it, as on a laptop, where everything is on the loopback; and
    where its name is too long for a socket's address, or somebody else's.
    """
    if not runtime.is_dir() or not os.access(runtime, os.W_OK):
        return None
    client, status = runtime / CLIENT_SOCKET_NAME, runtime / STATUS_SOCKET_NAME
    if max(len(os.fsencode(client)), len(os.fsencode(status))) > IPC_PATH_BYTES:
        return None
    return f"ipc://{client}", f"ipc://{status}"


def _network_door(context: Context, config: Config, keyring: Keyring | None) -> ClientDoor:
    endpoint = config.me.client
    if keyring is not None:
        judge = by_key(lambda: keyring.credentials)
        return ClientDoor(context, bind=endpoint, standing=judge, credentials=keyring.credentials)
    # Looking at where each request comes from costs time; only chaos asks.
    return ClientDoor(
        context, bind=endpoint, standing=by_origin if config.chaos.enabled else Standing.OPEN
    )

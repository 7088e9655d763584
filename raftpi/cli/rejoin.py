"""`raftpi rejoin`: a directory that cannot be repaired is set aside, and its board comes back.

It comes back as a fresh directory does: under a new replica id, as a learner that has no vote
until it has caught up. Then it takes its former self's place, in one step.
"""

import time
from typing import TYPE_CHECKING

from raftpi.cli import connection
from raftpi.cli.member import members_of
from raftpi.cli.printing import print_json, print_line, print_note
from raftpi.cli.rejoin_place import Place, as_owner, find_place, start_daemon
from raftpi.cli.rejoin_quorum import leader_of, why_not_without
from raftpi.errors import DirectoryRefused, Refused, Timeout, Unavailable

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from raftpi.client import Client
    from raftpi.status import NodeStatus

# A daemon may be started by hand meanwhile, and a snapshot sent over a slow link.
TIMEOUT_S = 120.0
# How long the others may take to elect, when this board led until a moment ago.
ELECTION_S = 10.0
ASK_S = 2.0
POLL_S = 0.1
# What a leader says to a change that it may take on in a moment.
PASSING = ("was heard of", "another change", "has not committed", "handed over")


def rejoin(arguments: "Namespace") -> int:
    """Sets the directory aside, if there is anything in it, and waits until its board votes."""
    place = find_place(arguments)
    deadline = time.monotonic() + (arguments.timeout or TIMEOUT_S)
    where = place.whereabouts
    with connection.open_client(where.endpoints, ASK_S, where.key) as client:
        kept = _make_room(place, client, deadline, is_forced=arguments.force)
        if arguments.start:
            start_daemon(place)
        replica_id = _Return(place, client).wait(deadline)
        members = members_of(_statuses(client))
    if arguments.json:
        print_json(
            {
                "id": place.node_id,
                "name": place.name,
                "replica_id": f"{replica_id:016x}",
                "set_aside": kept or None,
                "members": members,
            }
        )
    else:
        print_line(f"{place.name} is a voter again, as replica {replica_id:016x}")
    return 0


def _make_room(place: Place, client: "Client", deadline: float, *, is_forced: bool) -> str:
    """Set aside what is in the directory; where it is now, "" if there is nothing to set aside.

    Raises DirectoryRefused while a daemon uses it, Refused when it is whole, Unavailable when
    the others cannot take the board in.
    """
    from raftpi.storage.disk import RealDisk
    from raftpi.storage.set_aside import set_aside, soundness_of

    disk = RealDisk()
    if not disk.exists(place.data):
        print_note(f"{place.data} does not exist yet: nothing to set aside")
        return ""
    try:
        with as_owner(place.data):
            lock = disk.lock(f"{place.data}/lock")
    except DirectoryRefused as refusal:
        if _is_coming_back(place, _statuses(client)):
            print_note(f"{place.name} runs with a fresh directory already: nothing to set aside")
            return ""
        raise DirectoryRefused(f"{refusal} (`{place.stop_command}`)") from None
    try:
        with as_owner(place.data):
            found = soundness_of(disk, place.data, place.node_id)
        if found.is_fresh:
            print_note(f"{place.data} is fresh: nothing to set aside")
            return ""
        if found.fault:
            print_note(f"a node cannot start on this directory: {found.fault}")
        elif not is_forced:
            raise Refused(
                f"{place.data} is whole: nothing was set aside; start its daemon "
                f"(`{place.start_command}`). For a board whose directory is new there is "
                f"`raftpi member replace {place.name}`; --force sets a whole one aside"
            )
        if not is_forced:
            _check_key(place)
            _check_others(place, client, min(deadline, time.monotonic() + ELECTION_S))
        with as_owner(place.data):
            kept = set_aside(disk, place.data)
    finally:
        lock.release()
    print_note(f"what {place.data} held is kept in {kept}")
    return kept


def _check_key(place: Place) -> None:
    """Raise Refused if the leader would not listen to the key that there is."""
    path = place.whereabouts.key
    if not path:
        return
    from pathlib import Path

    from raftpi.transport.client_key import load_client_key

    key = load_client_key(Path(path))
    if key.trust.user_of(key.pair.public).startswith("ordinary:"):
        raise Refused(
            f"{path} is an ordinary key, and the leader takes a board in for an admin's only; "
            "nothing was set aside; name an admin's with --key FILE"
        )


def _check_others(place: Place, client: "Client", deadline: float) -> None:
    """Raise Unavailable unless the others can take the board in."""
    while True:
        reason = why_not_without(_statuses(client), place.node_id)
        if not reason:
            return
        if time.monotonic() >= deadline:
            raise Unavailable(
                f"the others cannot take {place.name} in: {reason}; nothing was set aside. Get "
                "the silent boards going first, or repair this directory with "
                f"`raftpi fsck --repair --from PEER {place.data}`; --force sets it aside all the "
                "same, and what only this board remembered is then lost to the cluster"
            )
        time.sleep(POLL_S)


class _Return:
    """A board with a fresh directory on its way to a vote: looked at, told, asked for."""

    def __init__(self, place: Place, client: "Client") -> None:
        self._place = place
        self._client = client
        self._told = ""
        self._has_begun = False

    def wait(self, deadline: float) -> int:
        """The replica id under which the board votes. Raises Timeout, Unavailable, Refused."""
        while True:
            statuses = _statuses(self._client)
            replica_id = self._step(statuses)
            if replica_id:
                return replica_id
            if time.monotonic() >= deadline:
                raise self._too_late()
            time.sleep(POLL_S)

    def _step(self, statuses: "Sequence[NodeStatus]") -> int:
        """Do what is next; the new replica id once all is done, else 0."""
        place = self._place
        own = next((status for status in statuses if status.id == place.node_id), None)
        leader = leader_of([status for status in statuses if status.id != place.node_id])
        if own is None:
            self._tell(f"waits for the daemon of {place.name} (`{place.start_command}`)")
        elif own.standing == "voter" and own.role == "leader":
            return own.replica_id
        elif leader is None:
            self._tell("waits for a leader among the others")
        else:
            return self._follow(own, leader)
        return 0

    def _follow(self, own: "NodeStatus", leader: "NodeStatus") -> int:
        place = self._place
        mine = {p.replica_id: p for p in leader.peers if p.id == place.node_id}
        member = mine.get(own.replica_id)
        if member is None:
            self._tell(f"asks {leader.name} to take {place.name} in")
            self._ask()
        elif member.standing == "voter" and len(mine) == 1:
            return own.replica_id
        else:
            self._has_begun = True
            behind_count = leader.last_index - max(member.match_index, 0)
            self._tell(
                f"{place.name} learns from {leader.name}, as replica {own.replica_id:016x}"
                + (f": {behind_count} entries behind" if behind_count > 0 else "")
            )
        return 0

    def _ask(self) -> None:
        try:
            self._client.change_members("replace", self._place.node_id)
        except Refused as refusal:
            if not any(text in str(refusal) for text in PASSING):
                raise
        except (Timeout, Unavailable) as error:
            # Whether it was begun shows in the members, which are looked at next.
            self._tell(str(error))
        else:
            self._has_begun = True

    def _tell(self, text: str) -> None:
        if text != self._told:
            self._told = text
            print_note(text)

    def _too_late(self) -> Timeout | Unavailable:
        name = self._place.name
        if self._has_begun:
            return Timeout(
                f"{name} is being taken in, but has no vote yet; that goes on by itself: see "
                "`raftpi member list`, or run this again to wait"
            )
        return Unavailable(f"{name} was not taken in yet ({self._told}); run this again to go on")


def _is_coming_back(place: Place, statuses: "Sequence[NodeStatus]") -> bool:
    """Whether the running daemon has a directory that waits to be taken in."""
    return any(
        status.id == place.node_id
        and (status.condition in ("lost_memory", "founding") or status.standing != "voter")
        for status in statuses
    )


def _statuses(client: "Client") -> "Sequence[NodeStatus]":
    try:
        return client.status()
    except (Timeout, Unavailable):
        return ()

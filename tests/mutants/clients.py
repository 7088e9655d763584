"""Bugs of sessions and clients."""

from dataclasses import replace
from typing import Any

from raftpi.command import Get, Stamp, pack_command
from raftpi.kv import restoration, sessions
from raftpi.sim import client
from tests.mutants.mutant import mutant


@mutant("L", "request ids kept only in memory, lost with the leader")
def requests_forgotten() -> None:
    admit_once, remember_once = sessions.Sessions.admit, sessions.Sessions.remember

    def admit(self: sessions.Sessions, index: int, stamp: Any) -> Any:
        answer = admit_once(self, index, stamp)
        return None if answer not in (None, sessions.EXPIRED) else answer

    def remember(self: sessions.Sessions, stamp: Any, result: bytes) -> None:
        session = self._sessions[stamp.session_id]
        if stamp.sequence in session.results:
            session.results[stamp.sequence] = result
        else:
            remember_once(self, stamp, result)

    sessions.Sessions.admit = admit  # type: ignore[method-assign]
    sessions.Sessions.remember = remember  # type: ignore[method-assign]


@mutant("L", "session table missing from the snapshot")
def sessions_not_in_snapshot() -> None:
    restoration.Restoration._take_sessions = lambda self, pieces: None  # type: ignore[method-assign]
    original = restoration.Restoration._take_end

    def take_end(self: Any, end: Any) -> None:
        original(self, replace(end, session_count=0, result_count=0))

    restoration.Restoration._take_end = take_end  # type: ignore[method-assign]


@mutant("L", "a forwarder retries an unknown outcome")
def retried_as_new() -> None:
    original = client.VirtualClient._move_on

    def move_on(self: Any, leader: int) -> None:
        asked = self._asked
        if asked is not None and not isinstance(asked, Get):
            self._sequence += 1
            stamp = Stamp(
                session_id=self._session_id,
                sequence=self._sequence,
                first_pending=self._sequence,
                began_index=self._began_index,
            )
            self._packed = pack_command(stamp, asked)
        original(self, leader)

    client.VirtualClient._move_on = move_on  # type: ignore[method-assign]

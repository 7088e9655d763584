"""The replicated state machine: the same commands in the same order, the same state anywhere."""

import zlib

import msgpack

from raftpi.command import (
    CompareAndSwap,
    Delete,
    List,
    Listing,
    Malformed,
    NotWritten,
    Operation,
    Result,
    Written,
    pack_found,
    pack_listing,
    pack_result,
    pack_written,
    unpack_command,
    unpack_get,
    unpack_query,
)
from raftpi.errors import ProtocolError
from raftpi.kv.door import (
    command_fault,
    command_refusal,
    is_within,
    plain_put,
    query_fault,
    query_refusal,
)
from raftpi.kv.parsed_puts import ParsedPuts
from raftpi.kv.restoration import Restoration
from raftpi.kv.sessions import Sessions
from raftpi.kv.settings import MachineSettings, unpack_settings
from raftpi.kv.state import State
from raftpi.kv.store import Store
from raftpi.kv.view import View

# One text for all: what a decoder says about a fault differs from version to version, and a
# result must not differ from board to board.
MALFORMED: bytes = pack_result(
    Malformed(reason="the bytes are no command of a version that this state machine knows")
)
NOTHING_FOUND: bytes = pack_listing(Listing(items=(), more=False))


class Machine:
    """The key-value store with its client sessions, driven by the log alone.

    Invariant: the state and every result are a function of the configurations and commands
    applied so far; nothing of this board, this process or this moment has a part in it.
    """

    __slots__ = (
        "_applied_index",
        "_packed_settings",
        "_parsed",
        "_sessions",
        "_settings",
        "_store",
        "_view",
    )

    def __init__(self, state: State | None = None) -> None:
        """The machine that no command has reached, or the one that has this `state`."""
        if state is None:
            state = _blank_state()
        # As they were packed: this version may not know all that another one put in.
        self._packed_settings = state.settings
        self._settings = unpack_settings(state.settings)
        self._store = state.store
        self._sessions = state.sessions
        self._applied_index = state.applied_index
        self._view: View | None = None
        self._parsed = ParsedPuts()

    def configure(self, machine_settings: bytes) -> None:
        """Take over the replicated settings (bytes of `pack_settings`; empty: the defaults).

        To be called when the configuration that carries them is applied, in its place among the
        commands. Raises ProtocolError, and changes nothing, if they are none.
        """
        settings = unpack_settings(machine_settings)
        self._packed_settings = machine_settings
        self._settings = settings
        self._sessions.configure(settings.session_limit, settings.session_window)

    def apply(self, index: int, command: bytes) -> bytes:
        """Run the command at log index `index`; the packed Result.

        Sizes are not looked at: what is in the log is run. Raises ValueError if `index` is not
        above that of the command before, for then a command would run twice.
        """
        if index <= self._applied_index:
            raise ValueError(f"command {index} came after command {self._applied_index}")
        self._applied_index = index
        put = self._parsed.take(command) or plain_put(command)
        if put is not None:
            stamp, key, value = put
            answer = self._sessions.admit(index, stamp)
            if answer is None:
                self._store.put(key, value, index)
                answer = pack_written(index)
                self._sessions.remember(stamp, answer)
            return answer
        return self._apply_other(index, command)

    def _apply_other(self, index: int, command: bytes) -> bytes:
        try:
            stamp, operation = unpack_command(command)
        except ProtocolError:
            return MALFORMED
        fault = command_fault(stamp, operation, len(command))
        if fault:
            return pack_result(Malformed(reason=fault))
        answer = self._sessions.admit(index, stamp)
        if answer is None:
            answer = pack_result(self._run(index, operation))
            self._sessions.remember(stamp, answer)
        return answer

    def query(self, query: bytes) -> bytes:
        """The packed Listing that answers a packed query. Raises ProtocolError if it is none."""
        key = unpack_get(query)
        if key:
            found = self._store.get(key)
            return NOTHING_FOUND if found is None else pack_found(key, found[0], found[1])
        asked = unpack_query(query)
        fault = query_fault(asked)
        if fault:
            raise ProtocolError(fault)
        assert isinstance(asked, List)
        return pack_listing(self._store.listing(asked.prefix, asked.after, asked.limit))

    def refusal(self, command: bytes) -> str:
        """Why this command must not enter the log, for people to read; "" if it may."""
        put = plain_put(command)
        if put is not None and is_within(put, self._settings):
            self._parsed.keep(command, put)
            return ""
        return command_refusal(command, self._settings)

    def query_refusal(self, query: bytes) -> str:
        """Why this query is not answered, for people to read; "" if it is."""
        key = unpack_get(query)
        if key and len(key) <= self._settings.key_bytes:
            return ""
        return query_refusal(query, self._settings)

    def view(self) -> View:
        """The state as it is now, to be walked while commands go on; one at a time.

        Copies references to buckets and sessions, nothing else. Raises ValueError while another
        view is open.
        """
        if self._view is not None and self._view.is_open:
            raise ValueError("a view of this machine is open already: close that one first")
        self._view = View(
            State(
                settings=self._packed_settings,
                applied_index=self._applied_index,
                sessions=self._sessions,
                store=self._store,
            )
        )
        return self._view

    def dismantle(self) -> bool:
        """Give up a part of the state of a machine that is not used any more: bounded work.

        False when nothing is left.
        """
        has_items = self._store.dismantle()
        has_sessions = self._sessions.dismantle()
        return has_items or has_sessions

    def restoration(self) -> Restoration["Machine"]:
        """A machine to be made from the blocks of an image; this one has no part in it."""
        return Restoration(Machine)

    def digest(self) -> int:
        """A CRC-32 of the whole state, equal on replicas that applied the same commands.

        Walks everything: for comparing replicas, not for every command.
        """
        crc = zlib.crc32(msgpack.packb([self._sessions.horizon, len(self._store)]))
        for item in self._store.items():
            crc = zlib.crc32(msgpack.packb([item.key, item.value, item.revision]), crc)
        for image in self._sessions.images():
            fields = [image.session_id, image.floor, image.last_index, image.results]
            crc = zlib.crc32(msgpack.packb(fields), crc)
        return crc

    def _run(self, index: int, operation: Operation) -> Result:
        found = self._store.get(operation.key)
        revision = 0 if found is None else found[1]
        if isinstance(operation, Delete):
            if found is None:
                return NotWritten(revision=0)
            self._store.remove(operation.key)
            return Written(revision=index)
        if isinstance(operation, CompareAndSwap):
            present = None if found is None else found[0]
            if present != operation.expected:
                return NotWritten(revision=revision)
        self._store.put(operation.key, operation.value, index)
        return Written(revision=index)


def _blank_state() -> State:
    defaults = MachineSettings()
    return State(
        settings=b"",
        applied_index=0,
        sessions=Sessions(defaults.session_limit, defaults.session_window),
        store=Store(),
    )

"""What may enter: faults that every replica sees alike, and the sizes that the leader enforces."""

from raftpi.command import (
    CompareAndSwap,
    Delete,
    Get,
    Operation,
    Put,
    Query,
    Stamp,
    unpack_command,
    unpack_put,
    unpack_query,
)
from raftpi.errors import ProtocolError
from raftpi.kv.settings import MachineSettings

# Codes, stamp and lengths of a command take 54 bytes at most, and less than this in any
# msgpack encoding; whatever is beyond was not asked for and would only fill the log.
COMMAND_OVERHEAD_BYTES = 96


def command_fault(stamp: Stamp, operation: Operation, size_bytes: int) -> str:
    """Why no replica would run this command, whatever its settings; "" if it would.

    `size_bytes` is the length of the packed command. Depends on nothing but the arguments.
    """
    if stamp.session_id == 0:
        return "the session id is 0: it must be a random number"
    if stamp.sequence == 0:
        return "the sequence is 0: a session counts its commands from 1"
    if stamp.first_pending > stamp.sequence:
        return (
            f"command {stamp.sequence} of its session cannot be answered already: "
            f"first_pending is {stamp.first_pending}"
        )
    if not operation.key:
        return "the key is empty"
    surplus_bytes = size_bytes - _content_bytes(operation) - COMMAND_OVERHEAD_BYTES
    if surplus_bytes > 0:
        return f"the command carries {surplus_bytes} bytes that belong to neither key nor value"
    return ""


def plain_put(command: bytes) -> tuple[Stamp, bytes, bytes] | None:
    """Stamp, key and value of a Put without a fault (see `command_fault`), None for all else."""
    found = unpack_put(command)
    if found is None:
        return None
    stamp, key, value = found
    if stamp.first_pending > stamp.sequence:
        return None
    surplus_bytes = len(command) - len(key) - len(value) - COMMAND_OVERHEAD_BYTES
    if stamp.session_id == 0 or stamp.sequence == 0 or not key or surplus_bytes > 0:
        return None
    return found


def is_within(put: tuple[Stamp, bytes, bytes], settings: MachineSettings) -> bool:
    """Whether key and value are as small as they must be; `command_refusal` says why not."""
    return len(put[1]) <= settings.key_bytes and len(put[2]) <= settings.value_bytes


def command_refusal(command: bytes, settings: MachineSettings) -> str:
    """Why this command must not enter the log, with the limit and the size; "" if it may."""
    try:
        stamp, operation = unpack_command(command)
    except ProtocolError as error:
        return str(error)
    refusal = command_fault(stamp, operation, len(command))
    if refusal:
        return refusal
    refusal = _key_refusal("key", operation.key, settings)
    if refusal or isinstance(operation, Delete):
        return refusal
    refusal = _value_refusal("value", operation.value, settings)
    if refusal or isinstance(operation, Put) or operation.expected is None:
        return refusal
    return _value_refusal("expected value", operation.expected, settings)


def query_fault(query: Query) -> str:
    """Why this query has no answer, whatever the settings; "" if it has one."""
    if isinstance(query, Get):
        return "" if query.key else "the key is empty"
    return "" if query.limit else "the limit of a listing is 0: it must be at least 1"


def query_refusal(query: bytes, settings: MachineSettings) -> str:
    """Why this query is not answered, with the limit and the size; "" if it is."""
    try:
        asked = unpack_query(query)
    except ProtocolError as error:
        return str(error)
    refusal = query_fault(asked)
    if refusal:
        return refusal
    if isinstance(asked, Get):
        return _key_refusal("key", asked.key, settings)
    return _key_refusal("prefix", asked.prefix, settings)


def _content_bytes(operation: Operation) -> int:
    if isinstance(operation, Delete):
        return len(operation.key)
    if isinstance(operation, CompareAndSwap):
        return len(operation.key) + len(operation.value) + len(operation.expected or b"")
    return len(operation.key) + len(operation.value)


def _key_refusal(what: str, key: bytes, settings: MachineSettings) -> str:
    return _size_refusal(what, len(key), settings.key_bytes, "cluster.key_bytes")


def _value_refusal(what: str, value: bytes, settings: MachineSettings) -> str:
    return _size_refusal(what, len(value), settings.value_bytes, "cluster.value_bytes")


def _size_refusal(what: str, size_bytes: int, limit_bytes: int, setting: str) -> str:
    if size_bytes <= limit_bytes:
        return ""
    return (
        f"the {what} has {size_bytes} bytes; this cluster takes {limit_bytes} at most ({setting})"
    )

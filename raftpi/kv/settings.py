"""The settings of the state machine: replicated, so that every member follows the same."""

from dataclasses import asdict, dataclass, fields

import msgpack

from raftpi.errors import ProtocolError

# The largest value that each setting may have. Keys and values travel in one message each, and
# a message must pass a Pi's radio well within an election timeout.
CEILINGS: dict[str, int] = {
    "key_bytes": 64 * 1024,
    "value_bytes": 16 * 1024 * 1024,
    "session_limit": 1_000_000,
    "session_window": 1_000_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSettings:
    """Sizes and bounds, the same on every member: the `[cluster]` keys of the configuration.

    `key_bytes`, `value_bytes`: the largest key and value that may enter the log.
    `session_limit`: client sessions remembered; `session_window`: results remembered per session.
    Raises ValueError for what is no whole number from 1 to the setting's ceiling.
    """

    key_bytes: int = 1024
    value_bytes: int = 1024 * 1024
    session_limit: int = 4096
    session_window: int = 1024

    def __post_init__(self) -> None:
        for name, ceiling in CEILINGS.items():
            value: object = getattr(self, name)
            if type(value) is not int or not 1 <= value <= ceiling:
                raise ValueError(
                    f"{name} must be a whole number from 1 to {ceiling}, not {value!r}"
                )


def pack_settings(settings: MachineSettings) -> bytes:
    """The settings as a msgpack map by name, so that later versions may add some."""
    packed: bytes = msgpack.packb(asdict(settings))
    return packed


def unpack_settings(data: bytes) -> MachineSettings:
    """The settings packed in `data`; empty bytes and missing names mean the defaults.

    Names unknown here are ignored. Raises ProtocolError for anything else.
    """
    if not data:
        return MachineSettings()
    try:
        values = msgpack.unpackb(data)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise ProtocolError(f"not the settings of a state machine: {error}") from error
    if not isinstance(values, dict):
        raise ProtocolError("not the settings of a state machine: a map was expected")
    names = [field.name for field in fields(MachineSettings)]
    try:
        return MachineSettings(**{name: values[name] for name in names if name in values})
    except ValueError as error:
        raise ProtocolError(f"not the settings of a state machine: {error}") from error

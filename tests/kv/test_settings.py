"""The replicated settings of the state machine."""

from contextlib import suppress

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftpi.errors import ProtocolError
from raftpi.kv.settings import CEILINGS, MachineSettings, pack_settings, unpack_settings


def test_the_defaults_are_those_of_the_configuration() -> None:
    settings = MachineSettings()
    assert settings.key_bytes == 1024
    assert settings.value_bytes == 1048576
    assert settings.session_limit == 4096
    assert settings.session_window == 1024


@pytest.mark.parametrize("name", sorted(CEILINGS))
@pytest.mark.parametrize("value", [0, -1, True, 1.0, "7", None, 2**40])
def test_a_value_that_is_no_count_within_the_ceiling_is_named(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"{name} must be a whole number from 1 to"):
        MachineSettings(**{name: value})  # type: ignore[arg-type]  # that is the test


@pytest.mark.parametrize("name", sorted(CEILINGS))
def test_one_and_the_ceiling_are_allowed(name: str) -> None:
    for value in (1, CEILINGS[name]):
        assert getattr(MachineSettings(**{name: value}), name) == value


settings_strategy = st.builds(
    MachineSettings, **{name: st.integers(1, ceiling) for name, ceiling in CEILINGS.items()}
)


@given(settings_strategy)
def test_settings_come_back_as_they_were_packed(settings: MachineSettings) -> None:
    assert unpack_settings(pack_settings(settings)) == settings


def test_empty_bytes_and_missing_names_mean_the_defaults() -> None:
    assert unpack_settings(b"") == MachineSettings()
    assert unpack_settings(msgpack.packb({})) == MachineSettings()
    assert unpack_settings(msgpack.packb({"key_bytes": 7})) == MachineSettings(key_bytes=7)


def test_names_of_a_later_version_are_ignored() -> None:
    packed = msgpack.packb({"session_limit": 3, "watch_limit": [1, 2]})
    assert unpack_settings(packed) == MachineSettings(session_limit=3)


@pytest.mark.parametrize(
    "data",
    [
        b"\xc1",
        b"\x80\x80",
        msgpack.packb([1024]),
        msgpack.packb(None),
        msgpack.packb({"key_bytes": 0}),
        msgpack.packb({"key_bytes": "1024"}),
        msgpack.packb({"session_window": True}),
    ],
)
def test_what_are_no_settings_is_a_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError, match="not the settings of a state machine"):
        unpack_settings(data)


@given(st.binary(max_size=64))
def test_no_bytes_raise_anything_but_a_protocol_error(data: bytes) -> None:
    with suppress(ProtocolError):
        assert isinstance(unpack_settings(data), MachineSettings)

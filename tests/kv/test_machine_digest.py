"""The machine's digest: the same on every Python, and different for any difference."""

import os
import subprocess
import sys

import pytest

from raftpi.command import CompareAndSwap, Delete, Operation, Put
from raftpi.kv.machine import Machine
from raftpi.kv.settings import MachineSettings, pack_settings
from tests.kv.test_machine import command, run


def long_history() -> int:
    """A digest over the results and the state of some 2,000 commands: a fixed, varied history."""
    machine = Machine()
    machine.configure(pack_settings(MachineSettings(session_limit=8, session_window=4)))
    crc, number = 0, 12345
    for index in range(1, 2000):
        number = number * 1103515245 + 12345 & 0x7FFFFFFF
        key = b"key %d" % (number % 97)
        operation: Operation = Put(key=key, value=b"%d" % number)
        if number % 5 == 0:
            operation = Delete(key=key)
        elif number % 7 == 0:
            operation = CompareAndSwap(key=key, expected=None, value=b"%d" % index)
        session_id = number % 13 + 1
        packed = command(
            operation,
            session_id=session_id,
            sequence=index // 3 + 1,
            first_pending=max(1, index // 3 - 2),
            began_index=max(0, index - 40),
        )
        result = machine.apply(index, packed if number % 31 else packed[:-1])
        crc = (crc * 31 + sum(result)) % 2**32
    return crc ^ machine.digest()


DIGEST_OF_THE_LONG_HISTORY = 496472496


@pytest.mark.parametrize(
    "setting",
    [{"PYTHONHASHSEED": "0"}, {"PYTHONHASHSEED": "4242"}, {"MSGPACK_PUREPYTHON": "1"}],
)
def test_every_python_hash_seed_and_decoder_comes_to_the_same_state(
    setting: dict[str, str],
) -> None:
    script = "from tests.kv.test_machine_digest import long_history; print(long_history())"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, **setting},
    )
    assert int(done.stdout) == DIGEST_OF_THE_LONG_HISTORY


@pytest.mark.parametrize(
    "operation",
    [
        Put(key=b"k", value=b"other"),
        Put(key=b"k", value=b"v"),
        Delete(key=b"k"),
        Put(key=b"j", value=b"v"),
    ],
)
def test_the_digest_tells_values_revisions_and_keys_apart(operation: Operation) -> None:
    machine = Machine()
    run(machine, 1, Put(key=b"k", value=b"v"))
    before = machine.digest()
    run(machine, 2, operation)
    assert machine.digest() != before


def test_the_digest_tells_what_sessions_remember() -> None:
    one, other = Machine(), Machine()
    for machine, session_id in ((one, 1), (other, 2)):
        run(machine, 1, Put(key=b"k", value=b"v"), session_id=session_id)
    assert one.digest() != other.digest()

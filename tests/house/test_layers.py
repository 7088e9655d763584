"""No room of the house imports what docs/ARCHITECTURE.md does not give it."""

import re

import pytest

from tests.house.finding import ROOT, python_files, report
from tests.house.layers import check_layers, imports_of
from tests.house.rooms import FIRST_ROWS, ROOMS


def test_every_room_keeps_to_its_row() -> None:
    findings = [
        finding for path, source in python_files("raftpi") for finding in check_layers(path, source)
    ]
    assert not findings, report(findings)


def test_the_page_on_the_architecture_has_the_same_table() -> None:
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows: dict[str, tuple[set[str], set[str]]] = {}
    for names, uses, packages in re.findall(
        r"^\| (`raftpi/[^|]*) \|[^|]*\| ([^|]*) \| ([^|]*) \|", page, re.MULTILINE
    ):
        used = set(re.findall(r"`(\w+)`", uses))
        if "first rows" in uses:
            used |= set(FIRST_ROWS)
        if "every room" in uses:
            used |= set(ROOMS) - {"cli", "__main__"}
        for name in re.findall(r"`raftpi/(\w+)", names):
            rows[name] = (used, set(re.findall(r"`(\w+)`", packages)))
    expected = {
        name: (set(room.uses), set(room.packages))
        for name, room in ROOMS.items()
        if name != "__main__"
    }
    assert rows == expected


ALLOWED = [
    ("raftpi/core/raft.py", "from raftpi.core.log import RaftLog\nfrom dataclasses import field"),
    ("raftpi/core/raft.py", "from collections.abc import Mapping\nimport enum, typing"),
    ("raftpi/storage/wal.py", "import os\nfrom raftpi.core.entry import Entry"),
    ("raftpi/storage/wal.py", "from raftpi.payload import pack_payload\nfrom . import segment"),
    ("raftpi/kv/store.py", "from raftpi import command, errors"),
    ("raftpi/node/node.py", "from raftpi.kv.machine import Machine"),
    ("raftpi/daemon/loop.py", "import zmq\nimport time\nfrom raftpi.node.node import Node"),
    ("raftpi/daemon/loop.py", "from raftpi import __version__"),
    ("raftpi/client/client.py", "import zmq\nfrom raftpi.transport.requests import Submit"),
    ("raftpi/led/driver.py", "from gpiozero import RGBLED\nfrom raftpi.lamp import lamp_of"),
    ("raftpi/cli/main.py", "def run() -> None:\n    import textual\n    import raftpi.client"),
    ("raftpi/cli/main.py", "import importlib\nimportlib.import_module('raftpi.cli.put')"),
    ("raftpi/__main__.py", "import sys\nfrom raftpi.cli.main import main"),
    ("raftpi/__init__.py", "__version__ = '1'"),
]

FORBIDDEN = [
    ("raftpi/core/raft.py", "import time", "core must not import time"),
    ("raftpi/core/raft.py", "from random import Random", "core must not import random"),
    ("raftpi/core/raft.py", "import msgpack", "core must not import msgpack"),
    ("raftpi/core/raft.py", "from raftpi.errors import RaftpiError", "raftpi.errors"),
    ("raftpi/core/raft.py", "from ..errors import RaftpiError", "raftpi.errors"),
    ("raftpi/core/raft.py", "from .. import storage", "raftpi.storage"),
    ("raftpi/core/raft.py", "def late():\n    import functools", "core must not import functools"),
    ("raftpi/errors.py", "import enum", "errors must not import enum"),
    ("raftpi/command.py", "from raftpi.kv.store import Store", "raftpi.kv"),
    ("raftpi/storage/wal.py", "from raftpi.kv.store import Store", "raftpi.kv"),
    ("raftpi/storage/wal.py", "import time", "storage must not import time"),
    ("raftpi/kv/store.py", "from raftpi.storage import wal", "raftpi.storage"),
    ("raftpi/kv/store.py", "import os", "kv must not import os"),
    ("raftpi/transport/link.py", "import raftpi.storage.wal", "raftpi.storage"),
    ("raftpi/node/node.py", "from raftpi.transport import link", "raftpi.transport"),
    ("raftpi/node/node.py", "import threading", "node must not import threading"),
    ("raftpi/node/node.py", "import zmq", "node must not import zmq"),
    ("raftpi/sim/world.py", "from raftpi.daemon import loop", "raftpi.daemon"),
    ("raftpi/daemon/loop.py", "from raftpi.sim import world", "raftpi.sim"),
    ("raftpi/client/client.py", "from raftpi.daemon.loop import Loop", "raftpi.daemon"),
    ("raftpi/led/driver.py", "from raftpi.client import Client", "raftpi.client"),
    ("raftpi/led/driver.py", "import raftpi.daemon", "raftpi.daemon"),
    ("raftpi/local/cluster.py", "from raftpi.daemon.loop import Loop", "raftpi.daemon"),
    ("raftpi/local/cluster.py", "import zmq", "local must not import zmq"),
    ("raftpi/daemon/loop.py", "from raftpi.cli import main", "raftpi.cli"),
    ("raftpi/daemon/loop.py", "import raftpi", "not the whole package"),
    ("raftpi/daemon/loop.py", "import importlib", "hides from the layers"),
    ("raftpi/daemon/loop.py", "__import__('raftpi.cli')", "hides from the layers"),
    ("raftpi/cli/main.py", "import pickle", "runs code when it reads"),
    ("raftpi/cli/main.py", "import requests", "cli must not import requests"),
    ("raftpi/attic/box.py", "", "add it to ROOMS in tests/house/rooms.py"),
    ("raftpi/attic.py", "", "add it to ROOMS in tests/house/rooms.py"),
    ("raftpi/__init__.py", "from raftpi.client import Client", "raftpi.client"),
]


@pytest.mark.parametrize(("path", "source"), ALLOWED)
def test_what_the_table_gives_is_allowed(path: str, source: str) -> None:
    assert not check_layers(path, source)


@pytest.mark.parametrize(("path", "source", "expected"), FORBIDDEN)
def test_what_the_table_does_not_give_is_found(path: str, source: str, expected: str) -> None:
    findings = check_layers(path, source)
    assert len(findings) == 1, report(findings)
    assert expected in findings[0].text


def test_a_finding_names_the_line_of_the_import() -> None:
    finding = check_layers("raftpi/core/raft.py", "x = 1\n\ndef f():\n    import os\n")[0]
    assert str(finding).startswith("raftpi/core/raft.py:4: core must not import os")


def test_relative_imports_are_resolved() -> None:
    source = "from .log import RaftLog\nfrom ..kv import store\nfrom . import quorum\n"
    assert [one.module for one in imports_of("raftpi/core/raft.py", source)] == [
        "raftpi.core.log.RaftLog",
        "raftpi.kv.store",
        "raftpi.core.quorum",
    ]
    one = imports_of("raftpi/core/__init__.py", "from . import raft")[0]
    assert one.module == "raftpi.core.raft"

"""The rooms of the house and what each may touch: DESIGN's table, and docs/ARCHITECTURE.md's.

`uses` are other rooms, `packages` third-party modules, `stdlib` the only modules of the
standard library (None: any), `never` those that it must not touch although any is allowed.
"""

from dataclasses import dataclass

# The rooms that everyone below them may use.
FIRST_ROWS = ("errors", "status", "lamp", "command", "core", "payload")

LANGUAGE = ("collections", "dataclasses", "enum", "typing")
CLOCKS = ("time", "datetime", "sched")
NETWORK = ("socket", "socketserver", "select", "selectors", "ssl", "http", "urllib")
CONCURRENCY = ("asyncio", "threading", "concurrent", "multiprocessing", "subprocess", "queue")
CHANCE = ("random", "secrets", "uuid")

# Formats that run code when they are read: nobody's.
FORBIDDEN_EVERYWHERE = ("pickle", "marshal", "shelve")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One row of the table."""

    uses: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    stdlib: tuple[str, ...] | None = None
    never: tuple[str, ...] = ()


ROOMS: dict[str, Room] = {
    "errors": Room(stdlib=()),
    "status": Room(uses=("errors",), packages=("msgpack",), stdlib=LANGUAGE),
    "lamp": Room(uses=("errors", "status"), packages=("msgpack",), stdlib=LANGUAGE),
    "command": Room(uses=("errors",), packages=("msgpack",), stdlib=LANGUAGE),
    "core": Room(stdlib=LANGUAGE),
    "payload": Room(uses=("errors", "core"), packages=("msgpack",), stdlib=LANGUAGE),
    "storage": Room(uses=FIRST_ROWS, never=(*CLOCKS, *NETWORK, "asyncio", "random")),
    "fsck": Room(uses=(*FIRST_ROWS, "storage"), never=(*CLOCKS, *NETWORK, *CONCURRENCY, *CHANCE)),
    "kv": Room(
        uses=FIRST_ROWS,
        packages=("msgpack",),
        stdlib=(*LANGUAGE, "bisect", "hashlib", "struct", "zlib"),
    ),
    "config": Room(uses=FIRST_ROWS, never=(*CLOCKS, *NETWORK, *CONCURRENCY, *CHANCE)),
    "transport": Room(uses=FIRST_ROWS, packages=("zmq", "msgpack"), never=("asyncio", "random")),
    "node": Room(
        uses=(*FIRST_ROWS, "storage", "kv"), never=(*CLOCKS, *NETWORK, *CONCURRENCY, *CHANCE)
    ),
    "daemon": Room(
        uses=(*FIRST_ROWS, "config", "storage", "kv", "transport", "node"),
        packages=("zmq", "msgpack", "systemd"),
    ),
    "sim": Room(
        uses=(*FIRST_ROWS, "storage", "kv", "node"),
        # Runs many seeds at a time, each in a process of its own.
        never=(
            *CLOCKS,
            *NETWORK,
            *(name for name in CONCURRENCY if name != "multiprocessing"),
            *("secrets", "uuid"),
        ),
    ),
    "client": Room(uses=(*FIRST_ROWS, "transport"), packages=("zmq",)),
    "local": Room(uses=("errors", "status", "client")),
    "led": Room(uses=(*FIRST_ROWS, "config", "transport"), packages=("gpiozero", "zmq", "systemd")),
    "doctor": Room(uses=(*FIRST_ROWS, "config", "transport", "client"), packages=("zmq",)),
    "web": Room(uses=(*FIRST_ROWS, "client"), packages=("starlette", "uvicorn")),
    "cli": Room(
        uses=(
            *FIRST_ROWS,
            *("config", "storage", "fsck", "kv", "transport", "node", "daemon", "sim", "client"),
            *("local", "led", "doctor", "web"),
        ),
        packages=("zmq", "msgpack", "textual", "rich", "gpiozero"),
    ),
    # `python -m raftpi`, which is the command.
    "__main__": Room(uses=("cli",), stdlib=("sys",)),
}

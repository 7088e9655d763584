"""One run of the demo, from the first daemon's start to the last one's end."""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from raftpi.cli.demo.actions import Actions
from raftpi.cli.demo.feeds import StatusFeeds
from raftpi.cli.demo.local_boards import LocalBoards
from raftpi.cli.demo.plain import PlainFace
from raftpi.cli.demo.scene import Scene
from raftpi.cli.demo.store_link import StoreLink
from raftpi.cli.demo.watch import Watch
from raftpi.local.cluster import LocalCluster

STOP_LIMIT_S = 5.0
# How long the screen may take to go away once the end was asked for. Textual hangs for ever
# when its terminal has gone: its writing thread dies of the error, then its queue fills up.
FACE_LIMIT_S = 3.0
HUNG_UP = 128 + signal.SIGHUP
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_show(
    nodes: int | None, directory: str | None, base_port: int | None, *, screen: bool
) -> int:
    """Start the cluster, show it until the end is asked for, stop it; 0.

    Invariant: however the show ends, short of SIGKILL, the daemons are stopped before this
    returns or raises.
    """
    ending = threading.Event()
    with _ended_by_signals(ending), _cluster(nodes, directory, base_port) as cluster:
        boards = LocalBoards(cluster)
        boards.start_all(ending)
        scene = _scene(cluster, boards, ending)
        face_ended = threading.Event()

        def force_the_end() -> None:
            ending.wait()
            if not face_ended.wait(FACE_LIMIT_S):
                _end_without_face(scene, cluster, temporary=directory is None)

        threading.Thread(target=force_the_end, daemon=True).start()
        try:
            scene.begin()
            _play(scene, ending, str(cluster.directory), screen=screen)
        finally:
            face_ended.set()
            scene.close()
        if scene.failure is not None:
            raise scene.failure
    return 0


def _play(scene: Scene, ending: threading.Event, hint: str, *, screen: bool) -> None:
    if screen:
        from raftpi.cli.demo.screen import DemoScreen

        DemoScreen(scene, _clock_us, hint).run()
        return
    print(f"raftpi demo: {len(scene.names)} boards in {hint}", flush=True)
    PlainFace(scene, lambda line: print(line, flush=True), ending).run(sys.stdin)


def _scene(cluster: LocalCluster, boards: LocalBoards, ending: threading.Event) -> Scene:
    names = {node.id: node.name for node in cluster.nodes}
    feeds = StatusFeeds({node.id: node.status for node in cluster.nodes})
    watch = Watch(names, feeds, _clock_us)
    store = StoreLink(cluster.endpoints())
    return Scene(
        names=names,
        cluster=boards,
        watch=watch,
        store=store,
        actions=Actions(boards, watch, names, store.tell, ending.wait),
        clock_us=_clock_us,
        ending=ending,
    )


def _end_without_face(scene: Scene, cluster: LocalCluster, *, temporary: bool) -> None:
    """Stop the daemons and end the process, for the main thread is stuck in its face."""
    try:
        scene.close()
    finally:
        try:
            cluster.stop_all(STOP_LIMIT_S)
            if temporary:
                shutil.rmtree(cluster.directory, ignore_errors=True)
        finally:
            os._exit(HUNG_UP)


@contextlib.contextmanager
def _cluster(
    nodes: int | None, directory: str | None, base_port: int | None
) -> Iterator[LocalCluster]:
    """The cluster's files; at the end no daemon runs, and a temporary directory is gone."""
    home = Path(directory or tempfile.mkdtemp(prefix="raftpi-demo-"))
    cluster = None
    try:
        cluster = LocalCluster.open_or_create(home, nodes, base_port, chaos=True)
        yield cluster
    finally:
        if cluster is not None:
            _farewell("raftpi demo: stopping the boards …")
            cluster.stop_all(STOP_LIMIT_S)
        if directory is None:
            shutil.rmtree(home, ignore_errors=True)
        elif cluster is not None:
            _farewell(f"raftpi demo: all is kept in {home}; the same command goes on from there")


@contextlib.contextmanager
def _ended_by_signals(ending: threading.Event) -> Iterator[None]:
    """SIGINT, SIGTERM and the terminal's hang-up set `ending` and do nothing else.

    They do so until the daemons are stopped, so an impatient second Ctrl-C leaves none.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        ending.set()

    before = {number: signal.signal(number, end) for number in _ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _farewell(text: str) -> None:
    # The terminal may be gone by now.
    with contextlib.suppress(OSError, ValueError):
        print(text, flush=True)


def _clock_us() -> int:
    return time.monotonic_ns() // 1000

"""`raftpi node`: from a configuration file to a running replica, and to an exit code."""

import faulthandler
import os
import random
import signal
import sys
import time

import zmq

from raftpi import __version__
from raftpi.config.file import Config, load_config
from raftpi.core.configuration import Configuration
from raftpi.core.founding import Founding
from raftpi.core.timing import name_of
from raftpi.daemon.garbage import keep_collections_short
from raftpi.daemon.journal import Journal
from raftpi.daemon.kernel_writes import kernel_written_bytes
from raftpi.daemon.keyring import Keyring, open_keyring
from raftpi.daemon.loop import Loop
from raftpi.daemon.openings import Openings, bind_all
from raftpi.daemon.supervisor import Supervisor, open_supervisor
from raftpi.daemon.wear_meter import Counts, WearMeter
from raftpi.daemon.writer import Writer
from raftpi.errors import RaftpiError, StorageFailure
from raftpi.kv.machine import Machine
from raftpi.kv.settings import MachineSettings, pack_settings
from raftpi.node import Node
from raftpi.node.restored import restored
from raftpi.node.snapshot_store import SnapshotStore
from raftpi.storage.disk import RealDisk
from raftpi.storage.metered_disk import MeteredDisk
from raftpi.storage.scrubbed_store import ScrubbedStore
from raftpi.storage.store import Store
from raftpi.transport.sockets import AddressNotReady

NETWORK_RETRY_S = 1.0
# A thread coming back from a sync waits this long for a busy loop to yield, at most.
SWITCH_INTERVAL_S = 0.0005
CARD_CLOSE_TIMEOUT_S = 5.0
TERABYTE = 10**12
# The kernel's random numbers. The module `secrets` would give the same, but brings OpenSSL's
# library along, which is 4 MB of a small board's memory.
CHANCE = random.SystemRandom()


def run(config_path: str, check: bool) -> int:
    """Run the daemon until it is told to stop; its exit code (see `raftpi.errors`).

    With `check`: only read the configuration and say whether it is sound.
    """
    try:
        config = load_config(config_path)
    except RaftpiError as error:
        print(f"raftpi: {error}", file=sys.stderr)
        return error.exit_code
    if check:
        for warning in config.warnings:
            print(f"raftpi: warning: {warning}", file=sys.stderr)
        print(f"{config_path}: sound; this is {config.me.name}, one of {len(config.members)}")
        return 0
    keep_collections_short()
    journal = Journal(name=config.me.name, level=config.log.level)
    try:
        _serve(config, journal)
    except RaftpiError as error:
        journal.say(f"stops: {error}", severity="error")
        return error.exit_code
    return 0


def clock_us() -> int:
    """The monotonic clock in microseconds: boards have no battery clock, so no other counts."""
    return time.monotonic_ns() // 1000


def _serve(config: Config, journal: Journal) -> None:
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    stop = _StopSignal()
    # A watchdog ends a daemon that hangs with SIGABRT: where it hung is then told.
    faulthandler.enable()
    supervisor = open_supervisor(
        os.environ, os.getpid(), lambda text: journal.say(text, severity="warning")
    )
    journal.say(f"raftpi {__version__} starts, process {os.getpid()}")
    for warning in config.warnings:
        journal.say(warning, severity="warning")
    keyring = open_keyring(config)
    if keyring is not None:
        for warning in keyring.warnings():
            journal.say(warning, severity="warning")
    disk = MeteredDisk(RealDisk())
    store = Store.open(
        disk=disk,
        directory=str(config.node.data),
        node_id=config.node.id,
        name=config.me.name,
        mint_replica_id=lambda: CHANCE.getrandbits(62) + 1,
        segment_bytes=config.storage.segment_bytes,
        reserve_bytes=config.storage.reserve_bytes,
    )
    writer: Writer | None = None
    context = zmq.Context()
    try:
        for finding in store.recovered.findings:
            journal.say(f"{finding.path} at {finding.offset}: {finding.text}", severity="warning")
        journal.say(
            f"recovered {len(store.recovered.entries)} entries, "
            f"term {store.recovered.hard_state.term}"
        )
        openings = _bind(config, context, keyring, journal, supervisor, stop)
        if openings is None:
            return
        writer = Writer(store, SnapshotStore(store, ScrubbedStore(store)), clock_us)
        _run_loop(config, journal, supervisor, disk, store, writer, openings, keyring, stop)
    finally:
        if writer is not None and not writer.close(CARD_CLOSE_TIMEOUT_S):
            # The card hangs: end without waiting for it; nothing unsynced was promised.
            journal.say("the card does not answer; ends without it", severity="error")
            os._exit(StorageFailure.exit_code)
        store.close()
        context.destroy(linger=200)
    journal.say("stopped")


class _StopSignal:
    """SIGTERM and SIGINT, from the first moment on: before the loop runs they are remembered."""

    def __init__(self) -> None:
        self.loop: Loop | None = None
        self.is_set = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

        signal.signal(signal.SIGHUP, self._on_hang_up)

    def _on_signal(self, number: int, frame: object) -> None:
        self.is_set = True
        if self.loop is not None:
            self.loop.request_stop()

    def _on_hang_up(self, number: int, frame: object) -> None:
        # Before the loop runs nothing is to be read anew: the keys are being read just now.
        if self.loop is not None:
            self.loop.request_reload()

    def watch(self, loop: Loop) -> None:
        """From now on a signal stops this loop."""
        self.loop = loop
        signal.set_wakeup_fd(loop.wake_fd, warn_on_full_buffer=False)
        if self.is_set:
            loop.request_stop()


def _bind(
    config: Config,
    context: zmq.Context[zmq.Socket[bytes]],
    keyring: Keyring | None,
    journal: Journal,
    supervisor: Supervisor,
    stop: _StopSignal,
) -> Openings | None:
    """Bind all sockets, waiting for a network that is not there yet; None when told to stop."""
    told = False
    while not stop.is_set:
        try:
            return bind_all(context, config, keyring)
        except AddressNotReady as error:
            if not told:
                journal.say(f"waits for the network: {error}", severity="warning")
                supervisor.say(f"waits for the network: {error}")
                told = True
            time.sleep(NETWORK_RETRY_S)
    return None


def _run_loop(
    config: Config,
    journal: Journal,
    supervisor: Supervisor,
    disk: MeteredDisk,
    store: Store,
    writer: Writer,
    openings: Openings,
    keyring: Keyring | None,
    stop: _StopSignal,
) -> None:
    node = make_node(config, store)
    node.space.told(store.shortage, clock_us())
    for warning in settings_warnings(config, node.configuration):
        journal.say(warning, severity="warning")
    loop = Loop(
        config=config,
        node=node,
        writer=writer,
        openings=openings,
        keyring=keyring,
        journal=journal,
        supervisor=supervisor,
        wear=_wear_meter(config, disk, writer, node),
        clock_us=clock_us,
    )
    stop.watch(loop)
    supervisor.ready(clock_us())
    try:
        loop.run()
    finally:
        signal.set_wakeup_fd(-1)
        openings.close()
        loop.close()


def _wear_meter(config: Config, disk: MeteredDisk, writer: Writer, node: Node) -> WearMeter:
    """Counts what goes through the disk, recovery's writes at this start included."""

    def count() -> Counts:
        return Counts(
            handed_bytes=disk.written_bytes,
            page_bytes=disk.page_bytes,
            kernel_bytes=kernel_written_bytes(),
            sync_count=disk.sync_count,
            batch_count=writer.meter.write_count,
            acknowledged_bytes=node.acknowledged_bytes,
        )

    endurance_bytes = config.storage.card_endurance_tbw * TERABYTE
    return WearMeter(count, endurance_bytes=endurance_bytes, now_us=clock_us())


def make_node(config: Config, store: Store) -> Node:
    """The replica that goes on from what the store recovered."""
    recovered = store.recovered
    now_us = clock_us()
    founding = None
    if not recovered.entries and recovered.snapshot is None:
        founding = Founding(
            replica_id=recovered.identity.replica_id,
            node_id=config.node.id,
            founders=tuple((member.id, member.name) for member in config.members),
            timing=config.cluster.timing,
            machine_settings=machine_settings(config),
            now_us=now_us,
            lease_reads=config.cluster.lease_reads,
        )
    node = Node(
        replica_id=recovered.identity.replica_id,
        node_id=config.node.id,
        hard_state=recovered.hard_state,
        entries=recovered.entries,
        founding_of=founding,
        machine=restored(Machine(), store),
        random=random.Random(CHANCE.getrandbits(64)),
        now_us=now_us,
        snapshot=recovered.snapshot,
        priorities={member.id: member.priority for member in config.members},
        snapshot_entry_count=config.storage.snapshot_entries,
        snapshot_log_bytes=config.storage.snapshot_log_bytes,
        scrub_pass_us=config.storage.scrub_pass_s * 1_000_000,
    )
    node.log_has_air(recovered.log_air_bytes)
    return node


def settings_warnings(config: Config, configuration: Configuration | None) -> list[str]:
    """What the file says in vain: the cluster was founded with other settings."""
    if configuration is None:
        return []
    warnings: list[str] = []
    if configuration.timing != config.cluster.timing:
        warnings.append(
            f'cluster.timing = "{config.cluster.timing_name}" is not in force: the cluster was '
            f'founded with "{name_of(configuration.timing)}"'
        )
    if configuration.lease_reads != config.cluster.lease_reads:
        warnings.append(
            f"cluster.lease_reads is not in force: the cluster was founded with "
            f"{str(configuration.lease_reads).lower()}"
        )
    if configuration.machine_settings != machine_settings(config):
        warnings.append(
            "the limits of [cluster] (key_bytes, value_bytes, session_limit, session_window) are "
            "not in force: the cluster was founded with others"
        )
    return warnings


def machine_settings(config: Config) -> bytes:
    """The state machine's replicated settings, as the configuration file has them."""
    cluster = config.cluster
    return pack_settings(
        MachineSettings(
            key_bytes=cluster.key_bytes,
            value_bytes=cluster.value_bytes,
            session_limit=cluster.session_limit,
            session_window=cluster.session_window,
        )
    )

"""From a configuration file to a lamp that tells the truth, and to an exit code."""

import argparse
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence

import zmq

from raftpi.config.file import Config, load_config
from raftpi.errors import ConfigurationError, RaftpiError
from raftpi.led import early_red, pins
from raftpi.led.lamp_process import LampProcess
from raftpi.led.sign_of_life import open_sign_of_life
from raftpi.transport.sockets import Context
from raftpi.transport.status_feed import StatusReader

STATUS_SOCKET_NAME = "status.sock"


def main(words: Sequence[str]) -> int:
    """The arguments that systemd gives: --config FILE."""
    parser = argparse.ArgumentParser(prog="python3 -m raftpi.led", allow_abbrev=False)
    parser.add_argument("--config", default="/etc/raftpi/raftpi.toml", metavar="FILE")
    return run(parser.parse_args(words).config)


def run(config_path: str, *, self_test: bool = False) -> int:
    """Drive the lamp until told to stop, or show everything once; the exit code."""
    try:
        config = load_config(config_path)
        pins.prepare(os.environ)
        if self_test:
            return _self_test(config)
        return _serve(config)
    except RaftpiError as error:
        print(f"raftpi: {error}", file=sys.stderr)
        return error.exit_code


def clock_us() -> int:
    """The monotonic clock in microseconds."""
    return time.monotonic_ns() // 1000


def feed_of(config: Config) -> str:
    """The status feed of this board. Raises ConfigurationError when only keys would open it.

    Under systemd the daemon has its directory, whether or not it was started yet.
    """
    is_service = "NOTIFY_SOCKET" in os.environ
    if is_service or config.node.runtime.is_dir() or config.security.keys is not None:
        return f"ipc://{config.node.runtime / STATUS_SOCKET_NAME}"
    if config.me.status.startswith("ipc://") or not config.security.insecure_network:
        return config.me.status
    raise ConfigurationError(
        f"{config.node.runtime} is missing: it holds the socket on which the daemon tells its lamp"
    )


def _serve(config: Config) -> int:
    logging.captureWarnings(True)
    context: Context = zmq.Context()
    reader = StatusReader(context, {config.node.id: feed_of(config)})
    factory = pins.pin_factory(os.environ, config.lamp)
    # Red until now, held since this process began; the pins are gpiozero's from here on.
    early_red.release()
    process = LampProcess(
        reader=reader,
        node_id=config.node.id,
        driver=pins.open_lamp(config.lamp, factory),
        buzzer=pins.open_buzzer(config.lamp, factory),
        style=pins.style_of(config.lamp),
        clock_us=clock_us,
        progress=open_sign_of_life(os.environ, os.getpid()),
    )
    wake_read_fd, wake_write_fd = os.pipe()
    os.set_blocking(wake_write_fd, False)

    def stop(number: int, frame: object) -> None:
        process.is_stopping = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    signal.set_wakeup_fd(wake_write_fd, warn_on_full_buffer=False)
    process.run(wake_read_fd)
    process.leave()
    # gpiozero would turn the pins into inputs on the way out, and the lamp dark.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _self_test(config: Config) -> int:
    from raftpi.led import self_test

    driver = pins.open_lamp(config.lamp, pins.pin_factory(os.environ, config.lamp))
    try:
        self_test.run(
            driver,
            self_test.steps(config.lamp, pins.style_of(config.lamp)),
            say=lambda text: print(text, flush=True),
            clock_us=clock_us,
            sleep_us=lambda duration_us: time.sleep(max(0, duration_us) / 1_000_000),
        )
    except KeyboardInterrupt:
        return 130
    finally:
        driver.close()
    return 0

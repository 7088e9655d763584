"""`raftpi led`: the lamp of one board, or a walk through all that it can show."""

from typing import TYPE_CHECKING

from raftpi.errors import ConfigurationError

if TYPE_CHECKING:
    from argparse import Namespace


def led(arguments: "Namespace") -> int:
    """Drives the lamp until told to stop, or shows everything once; the exit code."""
    try:
        from raftpi.led.command import run
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the lamp needs {error.name}, not installed here: apt install python3-gpiozero "
            "python3-lgpio python3-zmq"
        ) from error

    return run(arguments.config, self_test=arguments.self_test)

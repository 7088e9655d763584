"""From a configuration's [lamp] to a driven lamp: which pins, through which of gpiozero's ways."""

import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from raftpi.config.file import LampSection
from raftpi.errors import ConfigurationError, StorageFailure
from raftpi.lamp import (
    CUT_OFF,
    ELECTION,
    FOLLOWER,
    LEADER,
    LEARNER,
    OFFLINE,
    Pattern,
    Style,
)
from raftpi.led.buzzer import Buzzer
from raftpi.led.lamp_driver import LampDriver

CHIPS = Path("/dev")
# gpiozero finds these quickly itself.
GPIOZEROS_OWN = ("", "rpigpio", "rpio", "pigpio", "native")


def prepare(environment: MutableMapping[str, str]) -> None:
    """Before gpiozero is imported: on a board its pins are lgpio's, and a fault is an error.

    gpiozero would else fall back to something that drives nothing. lgpio writes pipes into the
    directory $LG_WD, and goes there.
    """
    if "GPIOZERO_PIN_FACTORY" not in environment:
        if not any(CHIPS.glob("gpiochip*")):
            raise ConfigurationError(
                "this machine has no GPIO (there is no /dev/gpiochip*), so there is no lamp to "
                "drive; GPIOZERO_PIN_FACTORY=mock runs it without one"
            )
        environment["GPIOZERO_PIN_FACTORY"] = "lgpio"
    environment.setdefault("LG_WD", environment.get("RUNTIME_DIRECTORY", tempfile.gettempdir()))


def pin_factory(environment: Mapping[str, str], section: LampSection) -> Any:
    """The way to the pins that the environment names, made; None: gpiozero makes it itself.

    Its libraries are loaded then, so that the pins can be taken at once. And for any but its own,
    gpiozero 1.6.2 would import pkg_resources: 10 MB of a small board's memory.
    Raises ConfigurationError for a name that nothing installed here answers to, StorageFailure
    when lgpio may not drive this machine's pins.
    """
    name = environment.get("GPIOZERO_PIN_FACTORY", "")
    if name in GPIOZEROS_OWN:
        return None
    if name == "lgpio":
        return _lgpio_factory(section)
    if name == "mock":
        from gpiozero.pins.mock import MockFactory

        return MockFactory()
    from importlib.metadata import entry_points

    for entry_point in entry_points(group="gpiozero_pin_factories", name=name):
        return entry_point.load()()
    raise ConfigurationError(f"GPIOZERO_PIN_FACTORY={name}: no such pin factory is installed")


def _lgpio_factory(section: LampSection) -> Any:
    try:
        from gpiozero.pins.lgpio import LGPIOFactory

        return LGPIOFactory()
    except Exception as error:  # gpiozero and lgpio have many, of no common kind
        raise StorageFailure(_why(error, section)) from error


def style_of(section: LampSection) -> Style:
    """The patterns that the configuration chose."""
    return {
        LEADER: Pattern(section.leader),
        FOLLOWER: Pattern(section.follower),
        LEARNER: Pattern(section.learner),
        ELECTION: Pattern(section.election),
        OFFLINE: Pattern(section.offline),
        CUT_OFF: Pattern(section.cut_off),
    }


def open_lamp(section: LampSection, pin_factory: Any = None) -> LampDriver:
    """The lamp, dark as yet. Raises StorageFailure, which says what stands in the way."""
    try:
        return LampDriver(
            section.red,
            section.green,
            section.blue,
            active_high=section.common == "cathode",
            brightness=section.brightness_percent / 100,
            smooth=section.fade,
            pin_factory=pin_factory,
        )
    except Exception as error:  # gpiozero and lgpio have many, of no common kind
        raise StorageFailure(_why(error, section)) from error


def open_buzzer(section: LampSection, pin_factory: Any = None) -> Buzzer:
    """The buzzer, or one that makes no sound where none is configured. Raises StorageFailure."""
    if section.buzzer == 0:
        return Buzzer(lambda on: None)
    from gpiozero import DigitalOutputDevice

    try:
        device = DigitalOutputDevice(section.buzzer, pin_factory=pin_factory)
    except Exception as error:  # as above
        raise StorageFailure(_why(error, section)) from error
    return Buzzer(lambda on: device.on() if on else device.off())


def _why(error: Exception, section: LampSection) -> str:
    pins = f"GPIO {section.red}, {section.green} and {section.blue}"
    text = " ".join(str(error).split()) or type(error).__name__
    if "busy" in text.lower() or "in use" in text.lower():
        return (
            f"{pins} are in use by another program ({text}); if that is the lamp's own service: "
            "sudo systemctl stop raftpi-led"
        )
    if "permission" in text.lower() or "can not open gpiochip" in text.lower():
        return f"{pins} may not be driven ({text}): be in the group gpio, or use sudo"
    return f"the lamp on {pins} cannot be driven: {text}"

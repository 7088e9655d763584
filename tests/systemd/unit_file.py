"""A unit file as its keys and values, in their order: systemd.syntax(7)."""

from dataclasses import dataclass
from pathlib import Path

UNITS = Path(__file__).parents[2] / "systemd"
DAEMON = UNITS / "raftpi.service"
LAMP = UNITS / "raftpi-led.service"
SYSUSERS = UNITS / "raftpi.sysusers"
TMPFILES = UNITS / "raftpi.tmpfiles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What a unit says; `settings` are (section, key, value)."""

    settings: tuple[tuple[str, str, str], ...]

    def all(self, key: str, section: str = "Service") -> list[str]:
        """Every value of a key that may be given several times."""
        return [value for where, name, value in self.settings if (where, name) == (section, key)]

    def one(self, key: str, section: str = "Service") -> str:
        """The value of a key that must be given once."""
        [value] = self.all(key, section)
        return value

    def words(self, key: str, section: str = "Service") -> set[str]:
        """The words of all values of a key."""
        return {word for value in self.all(key, section) for word in value.split()}


def read_unit(path: Path) -> Unit:
    """A unit file. Raises AssertionError for a line that is none of its syntax."""
    section = ""
    settings = []
    for line in path.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section = line.strip("[]")
            continue
        key, equals, value = line.partition("=")
        assert equals and section, f"{path.name}: what is {line!r}?"
        settings.append((section, key, value))
    return Unit(settings=tuple(settings))


def seconds(text: str) -> float:
    """A time span of one number and one unit, like "8s", in seconds: systemd.time(7)."""
    for unit, factor in (("ms", 0.001), ("s", 1.0), ("min", 60.0)):
        if text.endswith(unit) and text.removesuffix(unit).isdecimal():
            return int(text.removesuffix(unit)) * factor
    raise AssertionError(f"{text!r} is no time span of one number and unit")


def table(path: Path) -> list[list[str]]:
    """The fields of each line of a sysusers or tmpfiles file."""
    lines = path.read_text().splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]

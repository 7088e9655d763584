"""Red at once: before Python has imported what drives the lamp properly.

On a Pi Zero 2 W the imports take more than a second. A lamp whose process was killed must not
show an old colour for so long: Raspberry Pi's kernel keeps a freed line as it was. So the first
thing a new process does is to ask the kernel for the three lines, red lit, and to hold them until
gpiozero takes over. Only modules that are there anyway, and nothing of the house.

The kernel's interface: <linux/gpio.h>, GPIO_V2_GET_LINE_IOCTL and GPIO_GET_CHIPINFO_IOCTL.
"""

import fcntl
import os
import struct

_GET_CHIPINFO = 0x8044B401
_GET_LINE = 0xC250B407
_LINE_OFFSETS = 64
_CONSUMER = b"raftpi-led"
_FLAG_OUTPUT = 1 << 3
_ATTRIBUTE_OUTPUT_VALUES = 2
_ATTRIBUTE_COUNT = 10
_PADDING_WORDS = 5

_CHIPINFO = struct.Struct("=32s32sI")
# offsets, consumer, flags, number of attributes, padding, attributes (id, padding, values, mask),
# number of lines, size of the event buffer, padding, file descriptor.
_REQUEST = struct.Struct(
    f"={_LINE_OFFSETS}I32sQI{_PADDING_WORDS}I" + "IIQQ" * _ATTRIBUTE_COUNT + f"II{_PADDING_WORDS}Ii"
)

# The header's pins belong to this controller: its label begins so on every Pi.
_CONTROLLER = b"pinctrl-"
_CHIP_NUMBERS = range(8)
DEFAULT_PINS = (17, 27, 22)


class Held:
    """Lines that show red for as long as they are held."""

    def __init__(self, line_fd: int) -> None:
        """`line_fd` as the kernel gave it."""
        self._fd = line_fd

    def release(self) -> None:
        """Let them go: whoever takes the lines next decides. Harmless when done already."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


# What this process holds, until the driver takes over.
held: Held | None = None


def show(config_path: str, environment: "os._Environ[str]") -> None:
    """Hold the lines of the lamp, red lit, if this machine has any; never raises.

    A file that cannot be read or makes no sense is complained of later, by who reads all of it.
    """
    global held
    if environment.get("GPIOZERO_PIN_FACTORY", "lgpio") not in ("lgpio", "rpigpio", "native"):
        return  # other pins than the header's: a test's, or another machine's
    pins, is_anode = _wiring(config_path)
    chip_fd = _open_controller()
    if chip_fd < 0:
        return
    try:
        held = Held(_request(chip_fd, pins, is_anode))
    except OSError:
        held = None  # somebody else has them; gpiozero will say so
    finally:
        os.close(chip_fd)


def release() -> None:
    """Let the lines go, if they are held."""
    if held is not None:
        held.release()


def request_bytes(pins: tuple[int, int, int], is_anode: bool) -> bytes:
    """The kernel's request for red, green, blue as outputs, only red lit."""
    lit = 0b001
    levels = ~lit & 0b111 if is_anode else lit
    offsets = [*pins, *[0] * (_LINE_OFFSETS - len(pins))]
    padding = [0] * _PADDING_WORDS
    attributes = [_ATTRIBUTE_OUTPUT_VALUES, 0, levels, 0b111]
    attributes += [0] * 4 * (_ATTRIBUTE_COUNT - 1)
    return _REQUEST.pack(
        *offsets, _CONSUMER, _FLAG_OUTPUT, 1, *padding, *attributes, len(pins), 0, *padding, 0
    )


def _request(chip_fd: int, pins: tuple[int, int, int], is_anode: bool) -> int:
    answer = fcntl.ioctl(chip_fd, _GET_LINE, request_bytes(pins, is_anode))
    line_fd: int = _REQUEST.unpack(answer)[-1]
    return line_fd


def _open_controller() -> int:
    for number in _CHIP_NUMBERS:
        try:
            fd = os.open(f"/dev/gpiochip{number}", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            _, label, _ = _CHIPINFO.unpack(fcntl.ioctl(fd, _GET_CHIPINFO, bytes(_CHIPINFO.size)))
            if label.startswith(_CONTROLLER):
                return fd
        except OSError:
            pass  # no GPIO controller after all: the next one may be
        os.close(fd)
    return -1


def _wiring(config_path: str) -> tuple[tuple[int, int, int], bool]:
    """The pins and whether they are a common anode's, as far as the file can be read."""
    import tomllib

    try:
        with open(config_path, "rb") as file:  # noqa: PTH123  # pathlib costs a Zero 30 ms
            lamp = tomllib.load(file).get("lamp", {})
        red, green, blue = (
            int(lamp.get(name, default))
            for name, default in zip(("red", "green", "blue"), DEFAULT_PINS, strict=True)
        )
        return (red, green, blue), lamp.get("common") == "anode"
    except (OSError, ValueError, TypeError, AttributeError):
        return DEFAULT_PINS, False

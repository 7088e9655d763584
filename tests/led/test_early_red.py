"""Red before anything is imported: the kernel's request, byte by byte, and when none is made."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from raftpi.led import early_red

# <linux/gpio.h> as a C compiler lays it out: offsets of struct gpio_v2_line_request.
SIZE, CONSUMER, FLAGS, ATTRIBUTE_COUNT, FIRST_ATTRIBUTE, LINE_COUNT, FD = (
    592,
    256,
    288,
    296,
    320,
    560,
    588,
)


@pytest.mark.parametrize(("is_anode", "levels"), [(False, 0b001), (True, 0b110)])
def test_the_request_is_what_the_kernel_expects(is_anode: bool, levels: int) -> None:
    data = early_red.request_bytes((17, 27, 22), is_anode)
    assert len(data) == SIZE
    assert struct.unpack_from("=4I", data) == (17, 27, 22, 0)
    assert data[CONSUMER : CONSUMER + 11] == b"raftpi-led\0"
    assert struct.unpack_from("=QI", data, FLAGS) == (1 << 3, 1)
    assert FLAGS + 8 == ATTRIBUTE_COUNT
    # Attribute: id (2: output values), padding, values by line, mask of lines.
    assert struct.unpack_from("=IIQQ", data, FIRST_ATTRIBUTE) == (2, 0, levels, 0b111)
    assert struct.unpack_from("=I", data, LINE_COUNT) == (3,)
    assert struct.unpack_from("=i", data, FD) == (0,)


def test_other_pins_than_the_headers_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(os, "open", lambda path, flags: opened.append(path))
    environment = os.environ.copy()
    environment["GPIOZERO_PIN_FACTORY"] = "mock"
    monkeypatch.setattr(os, "environ", environment)
    early_red.show(str(tmp_path / "missing"), os.environ)
    assert opened == []
    assert early_red.held is None


def test_a_machine_without_gpio_goes_on_without(tmp_path: Path) -> None:
    program = (
        "import os, sys; from raftpi.led import early_red; "
        f"early_red._CHIP_NUMBERS = range(900, 901); early_red.show({str(tmp_path)!r}, os.environ);"
        "assert early_red.held is None; early_red.release(); "
        "print(sorted({'gpiozero', 'zmq', 'argparse', 'raftpi.lamp'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (early_red.DEFAULT_PINS, False)),
        ('[lamp]\nred = 5\ngreen = 6\nblue = 13\ncommon = "anode"', ((5, 6, 13), True)),
        ("[lamp]\nred = 'x'", (early_red.DEFAULT_PINS, False)),
        ("lamp = 3", (early_red.DEFAULT_PINS, False)),
        ("[lamp", (early_red.DEFAULT_PINS, False)),
    ],
)
def test_the_wiring_is_read_without_complaints(
    tmp_path: Path, text: str, expected: tuple[tuple[int, int, int], bool]
) -> None:
    path = tmp_path / "raftpi.toml"
    path.write_text(text)
    assert early_red._wiring(str(path)) == expected


def test_a_held_line_is_let_go_once() -> None:
    read_fd, write_fd = os.pipe()
    held = early_red.Held(write_fd)
    held.release()
    held.release()
    assert os.read(read_fd, 1) == b""
    os.close(read_fd)

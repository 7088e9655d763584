"""What HARDWARE_SETUP.md tells people to type, open and look at exists."""

import argparse
import re
import shlex
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from raftpi import errors, lamp
from raftpi.cli.arguments import build
from raftpi.config.schema import KEYS
from raftpi.core.timing import PROFILES
from tests.house.finding import ROOT

GUIDE = (ROOT / "HARDWARE_SETUP.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# The reader makes these; they are in nobody's repository.
READERS_FILES = {"inventory.yml"}
OPTIONS_OF_ANSIBLE = ("--ask-become-pass", "--limit")
BOARD_PATH = re.compile(r"/(?:etc|opt|var/lib|run|boot)/[\w./-]*\w")
REPOSITORY_PATH = re.compile(r"\b(?:ansible|scripts|docs|systemd|raftpi|tests)/[\w./-]+\.\w+")


def spans() -> list[str]:
    """Every `span` of code outside the blocks."""
    return SPAN.findall(BLOCK.sub("", GUIDE))


def blocks(language: str) -> list[str]:
    """The blocks of code of one language."""
    return [text for name, text in BLOCK.findall(GUIDE) if name == language]


def commands(program: str) -> list[list[str]]:
    """The words of every command of this program, in spans and shell blocks."""
    lines = [line for text in blocks("sh") for line in text.splitlines()]
    found: list[list[str]] = []
    for line in [*spans(), *lines]:
        for part in re.split(r"; do |; | && |\|", line):
            words = shlex.split(part)
            if program in words and words[0] in (program, "sudo"):
                found.append(words[words.index(program) + 1 :])
    return found


def everything_shipped() -> str:
    """The text of all that is installed on a board."""
    folders = ("raftpi", "ansible", "systemd")
    return "\n".join(
        path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    )


def subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands below this one, by name."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def mistakes(words: list[str]) -> Iterator[str]:
    """What of this `raftpi` command does not exist."""
    parser: argparse.ArgumentParser = build()
    for word in words:
        below = subparsers(parser)
        if word.startswith("-"):
            if word not in parser._option_string_actions:
                yield f"{parser.prog} has no {word}"
        elif below:
            if word not in below:
                yield f"{parser.prog} has no {word}"
                return
            parser = below[word]


def test_every_raftpi_command_and_option_exists() -> None:
    found = commands("raftpi")
    assert len(found) > 15
    wrong = [f"raftpi {' '.join(words)}: {text}" for words in found for text in mistakes(words)]
    assert wrong == []


def options(parser: argparse.ArgumentParser) -> set[str]:
    """Every option of this command and of all below it."""
    found = set(parser._option_string_actions)
    return found.union(*(options(below) for below in subparsers(parser).values()))


def test_every_option_that_is_named_alone_exists() -> None:
    named = {span.split()[0] for span in spans() if span.startswith("--")}
    assert "--self-test" in named
    assert named - options(build()) <= set(OPTIONS_OF_ANSIBLE)


def test_every_make_target_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for words in commands("make"):
        for target in words:
            assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), target


def test_every_playbook_exists() -> None:
    named = set(re.findall(r"\b[\w.]+\.yml\b", GUIDE)) - READERS_FILES
    assert {"site.yml", "inventory.example.yml"} <= named
    known = {path.name for path in (ROOT / "ansible").rglob("*.yml")}
    assert named <= known, named - known


def test_every_variable_of_the_inventory_exists() -> None:
    defaults = (ROOT / "ansible/roles/raftpi/defaults/main.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"\braftpi_\w+", GUIDE))
    assert "raftpi_lamp_settings" in named
    assert {name for name in named if not re.search(rf"\b{name}\b", defaults)} == set()


def test_every_key_of_the_configuration_exists() -> None:
    known = {key.path for key in KEYS}
    known_sections = {name.split(".")[0] for name in known}
    named = {span for span in spans() if span.split(".")[0] in known_sections and "." in span}
    named = {name for name in named if re.fullmatch(r"[a-z_]+\.[a-z_]+", name)}
    assert "lamp.red" in named
    assert named <= known, named - known


def test_the_lamp_settings_of_the_inventory_are_keys_of_the_lamp() -> None:
    known = {key.name for key in KEYS if key.section == "lamp"}
    found = re.findall(r"raftpi_lamp_settings: \{(.*)\}", GUIDE)
    assert found
    for inline in found:
        assert {pair.split(":")[0].strip() for pair in inline.split(",")} <= known


def test_the_patterns_for_the_colour_blind_are_those_that_tell_every_meaning_apart() -> None:
    (block,) = [text for text in blocks("yaml") if "winking" in text]
    told = dict(re.findall(r"^ {6}(\w+): (.+)$", block, re.MULTILINE))
    assert told.pop("common") == "cathode"
    names = ("LEADER", "FOLLOWER", "LEARNER", "ELECTION", "OFFLINE", "CUT_OFF")
    distinct = {name.lower(): lamp.DISTINCT[getattr(lamp, name)].value for name in names}
    assert told == distinct
    assert set(told) <= {key.name for key in KEYS if key.section == "lamp"}


def test_every_path_on_a_board_is_one_that_something_shipped_names() -> None:
    shipped = everything_shipped()
    text = GUIDE.replace("anna.key", "")
    named = set(BOARD_PATH.findall(text))
    assert "/etc/raftpi/trusted.toml" in named
    assert {path for path in named if path not in shipped} == set()


def test_every_path_in_the_repository_exists() -> None:
    named = set(REPOSITORY_PATH.findall(BOARD_PATH.sub("", GUIDE)))
    assert "ansible/roles/raftpi/defaults/main.yml" in named
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_every_link_leads_somewhere() -> None:
    headings = {anchor(line.lstrip("# ")) for line in GUIDE.splitlines() if line.startswith("#")}
    links = LINK.findall(GUIDE)
    assert links
    for link in links:
        if link.startswith("#"):
            assert link[1:] in headings, link
        else:
            assert (ROOT / link).exists(), link


def anchor(heading: str) -> str:
    """The fragment that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_journal_field_is_written_by_the_daemon() -> None:
    shipped = everything_shipped()
    for name in set(re.findall(r"\bRAFT_([A-Z]+)\b", GUIDE)):
        named = re.search(rf"\bRAFT_{name}\b", shipped) or f'"{name.lower()}":' in shipped
        assert named, name


def test_every_unit_is_shipped() -> None:
    for name in set(re.findall(r"(?:systemctl \w+|journalctl -u) (raftpi[\w-]*)", GUIDE)):
        assert (ROOT / "systemd" / f"{name}.service").exists(), name


def test_the_exit_codes_are_those_of_the_daemon_and_of_its_unit() -> None:
    unit = (ROOT / "systemd/raftpi.service").read_text(encoding="utf-8")
    (final,) = re.findall(r"^RestartPreventExitStatus=(.*)$", unit, re.MULTILINE)
    told = dict(re.findall(r"^\| (\d\d) \|.*\| (yes|no) \|$", GUIDE, re.MULTILINE))
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = {str(kind.exit_code) for kind in kinds if getattr(kind, "exit_code", 0) >= 10}
    assert set(told) == codes
    assert {code for code, again in told.items() if again == "no"} == codes & set(final.split())


def test_the_table_of_lamps_is_complete() -> None:
    for shown in lamp._MEANINGS:
        assert f"| {lamp.describe(shown)} |" in GUIDE


def test_the_timings_are_those_of_the_profiles() -> None:
    for name, timing in PROFILES.items():
        low_ms, high_ms = timing.election_min_us // 1000, timing.election_max_us // 1000
        range_ms = f"{low_ms}–{high_ms} ms"
        range_s = f"{low_ms / 1000:g}–{high_ms / 1000:g} s"
        (row,) = re.findall(rf"^\| `{name}` \|.*$", GUIDE, re.MULTILINE)
        assert range_ms in row or range_s in row
        assert f"| {timing.heartbeat_us // 1000} ms |" in row


@pytest.mark.parametrize("kind", ["cathode", "anode"])
def test_the_drawings_say_what_the_table_says(kind: str) -> None:
    drawing = ROOT / f"docs/images/wiring-common-{kind}.svg"
    assert f"({drawing.relative_to(ROOT).as_posix()})" in GUIDE
    words = " ".join(ElementTree.parse(drawing).getroot().itertext())
    defaults = {key.name: key.default for key in KEYS if key.section == "lamp"}
    pins = {"red": ("330 Ω", 11), "green": ("100 Ω", 13), "blue": ("100 Ω", 15)}
    for color, (resistor, pin) in pins.items():
        gpio = f"GPIO{defaults[color]}"
        assert f"| {color} | {resistor} | {gpio} | {pin} |" in GUIDE
        assert f"pin {pin}" in words
        assert gpio in words
        assert resistor in words
    assert "3V3, never 5 V" in words or kind == "cathode"

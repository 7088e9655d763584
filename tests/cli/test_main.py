"""How the command ends: exit codes, one line for an error, no traceback."""

import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from raftpi import __version__, errors
from raftpi.cli import main as main_module
from raftpi.cli.main import main
from raftpi.local.layout import lay_out


@pytest.fixture(autouse=True)
def _nothing_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("RAFTPI_ENDPOINTS", "RAFTPI_DIR"):
        monkeypatch.delenv(name, raising=False)


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Makes every command raise this."""

    def run(arguments: Namespace) -> int:
        raise error

    monkeypatch.setattr("raftpi.cli.arguments.parse", lambda words: Namespace(run=run))


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"raftpi {__version__}\n"


COMMANDS = ["demo", "cluster", "node", "status", "put", "get", "delete", "list", "cas", "transfer"]


def test_the_help_names_every_command_and_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for command in COMMANDS:
        assert f"\n    {command} " in text
    assert "examples:" in text
    assert "exit codes:" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert f"raftpi {command}" in capsys.readouterr().out


@pytest.mark.parametrize("action", ["start", "status", "logs", "kill", "stop", "clean"])
def test_each_cluster_action_has_help(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cluster", action, "--help"]) == 0
    assert "--dir" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["pot"],
        ["put", "key"],
        ["put", "", "value", "--endpoints", "h:1"],
        ["get"],
        ["get", "key", "--jsn"],
        ["get", "key"],
        ["get", "key", "--timeout", "0"],
        ["get", "key", "--timeout", "nan"],
        ["get", "key", "--timeout", "soon"],
        ["get", "key", "--endpoints", "nonsense"],
        ["get", "key", "--config", "missing.toml"],
        ["cas", "key", "new", "--endpoints", "h:1"],
        ["cas", "key", "old", "new", "--absent", "--endpoints", "h:1"],
        ["status", "--dir", "nowhere"],
        ["node"],
        ["cluster"],
        ["cluster", "kill"],
        ["cluster", "kill", "0"],
        ["cluster", "start", "--nodes", "0"],
        ["cluster", "start", "--nodes", "10"],
        ["cluster", "start", "--nodes", "three"],
        ["cluster", "start", "1", "--nodes", "3"],
        ["cluster", "start", "1"],
        ["cluster", "stop"],
        ["cluster", "clean"],
        ["cluster", "logs"],
        ["cluster", "status"],
    ],
)
def test_wrong_usage_is_two_with_one_line(
    words: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("raftpi: ")
    assert printed.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_with_json_an_error_is_a_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["get", "key", "--json"]) == 2
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert document["error"] == "usage"
    assert printed.err == f"raftpi: {document['message']}\n"


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (errors.Refused("the value is too large"), 1, "refused"),
        (errors.UsageError("no"), 2, "usage"),
        (errors.Timeout("no answer"), 3, "unknown"),
        (errors.Unavailable("no quorum"), 4, "unavailable"),
        (errors.ConfigurationError("bad key"), 10, "configuration"),
        (errors.DirectoryRefused("in use"), 11, "directory"),
        (errors.DamagedData("rot"), 12, "damage"),
        (errors.StorageFailure("EIO"), 13, "io"),
        (errors.NoSpace("full"), 14, "space"),
        (errors.NewerVersion("newer"), 15, "newer"),
        (errors.KeyProblem("keys"), 16, "keys"),
        (OSError(13, "Permission denied", "/x"), 1, "refused"),
    ],
)
def test_every_error_has_its_code_and_kind(
    error: Exception,
    code: int,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    raising(monkeypatch, error)
    assert main(["status", "--json"]) == code
    printed = capsys.readouterr()
    assert json.loads(printed.out)["error"] == kind
    assert printed.err.startswith("raftpi: ")
    assert "Traceback" not in printed.err


def test_a_message_of_several_lines_becomes_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, errors.Refused("first\n   second"))
    assert main(["status"]) == 1
    assert capsys.readouterr().err == "raftpi: first second\n"


def test_an_interrupt_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, KeyboardInterrupt())
    assert main(["status"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_left_is_no_error(tmp_path: Path) -> None:
    record = lay_out(tmp_path / "c", 1, None, chaos=False, timing="wired")
    Path(record.nodes[0].config).with_name("log").write_text("line\n" * 100_000)
    words = ["cluster", "logs", "-n", "100000", "--dir", str(tmp_path / "c")]
    with subprocess.Popen(
        [sys.executable, "-m", "raftpi", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"line\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == main_module.PIPE_CLOSED


def test_words_after_two_dashes_are_no_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["put", "--endpoints", "nonsense", "--", "key", "--json"]) == 2
    assert capsys.readouterr().out == ""


def test_the_light_commands_import_nothing_heavy() -> None:
    code = (
        "import sys; from raftpi.cli.main import main; main(['--help']); "
        "print([m for m in ('zmq','msgpack','textual','asyncio','logging','subprocess','json')"
        " if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == "[]\n"


def test_the_daemon_as_systemd_starts_it_holds_no_parsers() -> None:
    code = (
        "import sys; from raftpi.cli.main import main; code = main(['node', '--config', '/none']); "
        "print(code, 'raftpi.daemon.loop' in sys.modules, 'argparse' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "10 True False\n"

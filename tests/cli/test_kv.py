"""What `put get delete list cas` print, and how they end."""

import io
import json
import sys

import pytest

from raftpi.cli.main import main
from raftpi.client import Entry
from raftpi.errors import Refused, Timeout, Unavailable
from tests.cli.conftest import Run
from tests.cli.fake_client import FakeClient


def test_put_tells_where_it_was_committed(client: FakeClient, run: Run) -> None:
    assert run("put", "temperature", "72.5") == (0, "committed at index 48 (2/3 acks)\n", "")
    assert client.items[b"temperature"].value == b"72.5"
    assert client.endpoints == ("tcp://127.0.0.1:7201", "tcp://127.0.0.1:7202")
    assert client.is_closed


def test_put_as_json(client: FakeClient, run: Run) -> None:
    code, out, _ = run("put", "temperature", "72.5", "--json")
    assert code == 0
    assert json.loads(out) == {
        "outcome": "committed",
        "key": "temperature",
        "revision": 48,
        "index": 48,
        "acks": 2,
        "voters": 3,
    }


def test_a_value_may_come_from_standard_input_byte_for_byte(
    client: FakeClient, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\x00\xff\n")))
    assert run("put", "photo", "-")[0] == 0
    assert client.items[b"photo"].value == b"\x00\xff\n"


def test_get_prints_the_bytes_and_nothing_else(
    client: FakeClient, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    client.items[b"photo"] = Entry(key=b"photo", value=b"\x00\xff\n", revision=48)
    assert main(["get", "photo"]) == 0
    assert capsysbinary.readouterr().out == b"\x00\xff\n"


def test_get_as_json_names_the_revision(client: FakeClient, run: Run) -> None:
    run("put", "k", "v")
    code, out, _ = run("get", "k", "--json")
    assert code == 0
    assert json.loads(out) == {"key": "k", "value": "v", "revision": 48}


def test_a_missing_key_is_one(client: FakeClient, run: Run) -> None:
    assert run("get", "k") == (1, "", "raftpi: no such key: k\n")
    assert run("delete", "k") == (1, "", "raftpi: no such key: k\n")
    code, out, _ = run("get", "k", "--json")
    assert code == 1
    assert json.loads(out) == {"key": "k", "value": None, "revision": None}
    code, out, _ = run("delete", "k", "--json")
    assert code == 1
    assert json.loads(out)["deleted"] is False


def test_delete_tells_where_it_was_committed(client: FakeClient, run: Run) -> None:
    run("put", "k", "v")
    assert run("delete", "k") == (0, "committed at index 49 (2/3 acks)\n", "")
    assert client.items == {}


def test_list_prints_a_line_for_each_key_whatever_it_holds(client: FakeClient, run: Run) -> None:
    for key, value in (("room/b", "two\nlines"), ("room/a", "1"), ("other", "x")):
        run("put", key, value)
    assert run("list", "room/") == (0, "room/a\t1\nroom/b\ttwo\\nlines\n", "")
    assert run("list", "none/") == (0, "", "")
    assert len(run("list")[1].splitlines()) == 3
    code, out, _ = run("list", "room/", "--json")
    assert code == 0
    assert json.loads(out)["entries"][0] == {"key": "room/a", "value": "1", "revision": 49}


def test_cas_swaps_what_is_as_expected(client: FakeClient, run: Run) -> None:
    run("put", "heating", "off")
    assert run("cas", "heating", "off", "on") == (0, "committed at index 49 (2/3 acks)\n", "")
    assert client.items[b"heating"].value == b"on"
    code, out, err = run("cas", "heating", "off", "on")
    assert (code, out, err) == (1, "", "raftpi: heating not swapped: it holds another value\n")
    code, _, err = run("cas", "cooling", "off", "on")
    assert (code, err) == (1, "raftpi: cooling not swapped: there is no such key\n")


def test_cas_absent_sets_what_does_not_exist(client: FakeClient, run: Run) -> None:
    assert run("cas", "captain", "--absent", "pi1")[0] == 0
    assert client.items[b"captain"].value == b"pi1"
    code, _, err = run("cas", "captain", "--absent", "pi2")
    assert (code, err) == (1, "raftpi: captain not swapped: it exists\n")
    code, out, _ = run("cas", "captain", "--absent", "pi2", "--json")
    assert code == 1
    assert json.loads(out)["swapped"] is False


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (Refused("the value is too large"), 1, "refused"),
        (Timeout("no answer"), 3, "unknown"),
        (Unavailable("no quorum (only 1/3 alive)"), 4, "unavailable"),
    ],
)
@pytest.mark.parametrize(
    "words",
    [("put", "k", "v"), ("get", "k"), ("delete", "k"), ("list", ""), ("cas", "k", "a", "b")],
)
def test_failed_and_unknown_are_told_apart(
    words: tuple[str, ...],
    error: Refused | Timeout | Unavailable,
    code: int,
    kind: str,
    client: FakeClient,
    run: Run,
) -> None:
    client.error = error
    assert run(*words) == (code, "", f"raftpi: {error}\n")
    failed, out, _ = run(*words, "--json")
    assert failed == code
    assert json.loads(out) == {"error": kind, "message": str(error)}


def test_the_timeout_reaches_the_client(client: FakeClient, run: Run) -> None:
    run("get", "k")
    assert client.timeout_s == 5.0
    run("get", "k", "--timeout", "0.25")
    assert client.timeout_s == 0.25


def test_bytes_that_are_no_text_reach_the_store_as_they_are(client: FakeClient, run: Run) -> None:
    assert run("put", "k\udcff", "v\udcfe")[0] == 0
    assert client.items[b"k\xff"].value == b"v\xfe"


def test_words_after_two_dashes_may_look_like_options(client: FakeClient, run: Run) -> None:
    assert run("put", "k", "--", "-v")[0] == 0
    assert client.items[b"k"].value == b"-v"

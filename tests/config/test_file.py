"""raftpi.toml is read whole, and refused with every problem named at once."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftpi.config.file import Config, check_text, load_config
from raftpi.core.timing import PROFILES
from raftpi.errors import ConfigurationError

NODE = "[node]\nid = 1\n"


def member(number: int, **keys: object) -> str:
    """A [[member]] section on the loopback; `keys` replace or, with None, remove."""
    values: dict[str, object] = {
        "id": number,
        "name": f"pi{number}",
        "peer": f"tcp://127.0.0.1:{7100 + number}",
        "client": f"tcp://127.0.0.1:{7200 + number}",
        "status": f"tcp://127.0.0.1:{7300 + number}",
    } | keys
    lines = [
        f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"
        for key, value in values.items()
        if value is not None
    ]
    return "[[member]]\n" + "\n".join(lines) + "\n"


MEMBERS = member(1) + member(2) + member(3)


def problems_of(text: str) -> list[str]:
    """The lines of the error that `text` gets."""
    with pytest.raises(ConfigurationError) as caught:
        check_text(text, "raftpi.toml")
    return str(caught.value).splitlines()


def problem_of(text: str) -> str:
    """The only line of the error that `text` gets."""
    problems = problems_of(text)
    assert len(problems) == 1, problems
    return problems[0]


def with_section(text: str) -> str:
    return NODE + text + MEMBERS


# --- what is read ------------------------------------------------------------------------


def test_a_short_file_gets_every_default() -> None:
    config = check_text(NODE + MEMBERS, "raftpi.toml")
    assert config.node.id == 1
    assert config.node.data == Path("/var/lib/raftpi")
    assert config.node.runtime == Path("/run/raftpi")
    assert config.cluster.timing == PROFILES["wired"]
    assert config.cluster.timing_name == "wired"
    assert config.cluster.key_bytes == 1024
    assert config.cluster.value_bytes == 1_048_576
    assert config.cluster.session_limit == 4096
    assert config.cluster.session_window == 1024
    assert config.storage.segment_bytes == 8_388_608
    assert config.storage.card_endurance_tbw == 0
    assert config.chaos.enabled is False
    assert config.security.insecure_network is False
    assert config.log.level == "info"
    assert config.warnings == ()


def test_every_key_that_is_written_is_taken() -> None:
    text = """
        [node]
        id = 2
        data = "/srv/data"
        runtime = "/srv/run"
        [cluster]
        timing = "slow"
        key_bytes = 10
        value_bytes = 20_000
        session_limit = 30
        session_window = 40
        [storage]
        segment_bytes = 65536
        [chaos]
        enabled = true
        [security]
        insecure_network = true
        [log]
        level = "debug"
        """
    config = check_text(text + MEMBERS, "raftpi.toml")
    assert (config.node.id, config.node.data, config.node.runtime) == (
        2,
        Path("/srv/data"),
        Path("/srv/run"),
    )
    assert config.cluster.timing == PROFILES["slow"]
    assert (config.cluster.key_bytes, config.cluster.value_bytes) == (10, 20_000)
    assert (config.cluster.session_limit, config.cluster.session_window) == (30, 40)
    assert config.storage.segment_bytes == 65_536
    assert config.chaos.enabled
    assert config.security.insecure_network
    assert config.log.level == "debug"


def test_members_come_in_the_order_of_their_ids() -> None:
    config = check_text(NODE + member(3) + member(1) + member(2), "raftpi.toml")
    assert [m.id for m in config.members] == [1, 2, 3]
    assert config.members[0].name == "pi1"
    assert config.members[2].peer == "tcp://127.0.0.1:7103"
    assert config.members[2].client == "tcp://127.0.0.1:7203"
    assert config.members[2].status == "tcp://127.0.0.1:7303"


def test_a_config_knows_its_own_member_and_the_others() -> None:
    config = check_text("[node]\nid = 2\n" + MEMBERS, "raftpi.toml")
    assert config.me.name == "pi2"
    third = config.member(3)
    assert third is not None
    assert third.name == "pi3"
    assert config.member(4) is None


# --- the file itself ---------------------------------------------------------------------


def test_a_file_is_loaded_and_named_in_messages(tmp_path: Path) -> None:
    path = tmp_path / "raftpi.toml"
    path.write_text(NODE + MEMBERS)
    assert load_config(path).node.id == 1
    path.write_text("[node]\nid = 0\n" + MEMBERS)
    with pytest.raises(ConfigurationError, match=re.escape(f"{path}:2: node.id")):
        load_config(str(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent\.toml: no such file.*--config"):
        load_config(tmp_path / "absent.toml")


def test_a_directory_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        load_config(tmp_path)


def test_bytes_that_are_no_utf8_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "raftpi.toml"
    path.write_bytes(b"[node]\nid = 1 # \xe9\n")
    with pytest.raises(ConfigurationError, match=r"raftpi\.toml:2: not UTF-8"):
        load_config(path)


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "raftpi.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (NODE + MEMBERS).encode())
    assert load_config(path).node.id == 1


def test_a_file_that_is_far_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "raftpi.toml"
    path.write_text("#" * 1_100_000)
    with pytest.raises(ConfigurationError, match="larger than 1 MiB"):
        load_config(path)


def test_a_syntax_error_is_placed() -> None:
    problem = problem_of("[node]\nid = = 1\n")
    assert problem.startswith("raftpi.toml:2: not valid TOML: ")


def test_a_text_that_ends_too_early_is_placed_at_its_end() -> None:
    assert problem_of('[node]\nid = 1\ndata = """\n').startswith("raftpi.toml:3: not valid TOML")


def test_the_exit_code_says_configuration() -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_text("", "raftpi.toml")
    assert caught.value.exit_code == 10


# --- names -------------------------------------------------------------------------------


def test_a_mistyped_key_names_the_nearest_and_its_line() -> None:
    problem = problem_of(with_section('[cluster]\ntimming = "wired"\n'))
    assert problem == "raftpi.toml:4: cluster.timming is no key; did you mean cluster.timing?"


def test_a_key_like_no_other_gets_the_list() -> None:
    problem = problem_of(with_section("[log]\nxyz = 1\n"))
    assert problem == "raftpi.toml:4: log.xyz is no key; known are level"


def test_a_mistyped_section_names_the_nearest() -> None:
    problem = problem_of(with_section("[stoarge]\nsegment_bytes = 65536\n"))
    assert problem == "raftpi.toml:3: [stoarge] is no section; did you mean [storage]?"


def test_a_key_outside_a_section_is_sent_home() -> None:
    problem = problem_of('level = "info"\n' + NODE + MEMBERS)
    assert problem == "raftpi.toml:1: level stands outside a section; it belongs below [log]"


def test_a_key_outside_that_no_section_has_gets_the_list_of_sections() -> None:
    problem = problem_of("colour = 1\n" + NODE + MEMBERS)
    assert problem.startswith("raftpi.toml:1: colour stands outside a section; sections are node,")


def test_a_text_that_is_nested_without_end_is_refused() -> None:
    assert problem_of("a = " + "[" * 100_000).startswith("raftpi.toml:")


def test_a_mistyped_key_of_a_member_is_placed_in_the_right_member() -> None:
    text = NODE + member(1) + member(2, pear="tcp://127.0.0.1:1")
    problem = problem_of(text)
    assert problem.startswith("raftpi.toml:15: member.pear is no key; did you mean member.peer?")


def test_one_bracket_around_member_is_explained() -> None:
    text = NODE + MEMBERS[: MEMBERS.index("[[member]]", 5)].replace("[[member]]", "[member]")
    assert "write [[member]] with two brackets" in problem_of(text)


def test_two_brackets_around_node_are_explained() -> None:
    assert "write [node] with one bracket" in problem_of("[[node]]\nid = 1\n" + MEMBERS)


def test_a_section_written_as_a_value_is_explained() -> None:
    assert "node is a section: write [node]" in problem_of("node = 1\n" + MEMBERS)


# --- values ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "line", "expected"),
    [
        ("cluster", "key_bytes = 0", "a whole number from 1 to 65536, not 0"),
        ("cluster", "key_bytes = 65537", "a whole number from 1 to 65536, not 65537"),
        ("cluster", 'key_bytes = "10"', 'a whole number from 1 to 65536, not "10"'),
        ("cluster", "key_bytes = 10.0", "a whole number from 1 to 65536, not 10.0"),
        ("cluster", "key_bytes = true", "a whole number from 1 to 65536, not true"),
        ("cluster", "value_bytes = 0", "a whole number from 1 to 16777216, not 0"),
        ("cluster", "session_limit = 0", "a whole number from 1 to 1000000, not 0"),
        ("cluster", "session_window = 0", "a whole number from 1 to 65536, not 0"),
        ("cluster", 'timing = "fast"', 'one of "wired", "wifi", "slow", not "fast"'),
        ("cluster", "timing = 50", 'one of "wired", "wifi", "slow", not 50'),
        ("cluster", "timing = []", 'one of "wired", "wifi", "slow", not a list'),
        ("storage", "segment_bytes = 65535", "from 65536 to 1073741824, not 65535"),
        ("storage", "card_endurance_tbw = -1", "from 0 to 1000000, not -1"),
        ("chaos", "enabled = 1", "must be true or false, not 1"),
        ("chaos", 'enabled = "yes"', 'must be true or false, not "yes"'),
        ("security", "insecure_network = 0", "must be true or false, not 0"),
        ("log", 'level = "loud"', 'one of "debug", "info", "warning", "error", not "loud"'),
    ],
)
def test_a_value_of_the_wrong_type_or_size_is_refused(
    section: str, line: str, expected: str
) -> None:
    problem = problem_of(with_section(f"[{section}]\n{line}\n"))
    assert problem.startswith(f"raftpi.toml:4: {section}.{line.split(' = ')[0]} must be ")
    assert expected in problem


@pytest.mark.parametrize("value", ['"data"', '""', '"./data"', "7", '"/a\\u0000b"'])
def test_a_data_directory_that_depends_on_where_one_stands_is_refused(value: str) -> None:
    problem = problem_of(f"[node]\nid = 1\ndata = {value}\n" + MEMBERS)
    assert problem.startswith("raftpi.toml:3: node.data must be an absolute path")


def test_a_file_without_a_node_says_what_is_missing() -> None:
    problem = problem_of(MEMBERS)
    assert problem.startswith("raftpi.toml: node.id is missing: this board's number")


def test_a_member_without_a_peer_says_which() -> None:
    problem = problem_of(NODE + member(1) + member(2, peer=None))
    assert problem.startswith("raftpi.toml:9: member.peer is missing")


def test_a_file_without_members_is_refused() -> None:
    assert "there must be at least one" in problem_of(NODE)


def test_a_member_that_is_no_section_is_refused() -> None:
    assert "a member is a section, not 1" in problem_of("member = [1]\n" + NODE)


def test_a_segment_too_small_for_the_largest_value_is_refused() -> None:
    problem = problem_of(with_section("[storage]\nsegment_bytes = 65536\n"))
    assert "storage.segment_bytes 65536 must be at least twice" in problem
    assert "1049600" in problem


def test_an_own_id_that_no_member_has_is_refused() -> None:
    problem = problem_of("[node]\nid = 4\n" + MEMBERS)
    assert problem == ("raftpi.toml:2: node.id 4 is the id of no [[member]]; there are 1, 2, 3")


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    text = (
        "[node]\nid = 9\ndata = 5\n[cluster]\nkey_bytes = -1\nfoo = 1\n[logg]\n"
        + member(1)
        + member(2, client="tcp://127.0.0.1:7201")
    )
    places = [problem.split(": ")[0].removeprefix("raftpi.toml:") for problem in problems_of(text)]
    assert places == ["2", "3", "5", "6", "7", "18"]


@given(st.text(max_size=200))
def test_any_text_is_either_a_configuration_or_refused(text: str) -> None:
    try:
        config = check_text(text + "\n", "x")
    except ConfigurationError as error:
        assert str(error).startswith("x:")
    else:
        assert isinstance(config, Config)


@given(
    st.sampled_from(["node", "cluster", "storage", "chaos", "security", "log"]),
    st.sampled_from(["id", "data", "timing", "key_bytes", "segment_bytes", "enabled", "level"]),
    st.sampled_from(["0", "-1", "0x" + "f" * 9000, "9" * 5000, "nan", "1979-05-27", "{}", "[[]]"]),
)
def test_any_value_is_either_taken_or_refused(section: str, key: str, value: str) -> None:
    text = f"[{section}]\n{key} = {value}\n" + MEMBERS
    with pytest.raises(ConfigurationError):
        check_text(text, "x")

"""Sections and keys are found on their lines, however the file is written."""

from raftpi.config.lines import Lines

TEXT = """\
# a comment
chaos.enabled = true
[node]   # this board
id = 1
data = '''
id = 5
'''
runtime = "/run"

[[member]]
id = 1
[[ member ]]
"name" = "pi2"
"""


def test_keys_and_headers_are_found() -> None:
    lines = Lines(TEXT)
    assert lines.of("node") == 3
    assert lines.of("node", "id") == 4
    assert lines.of("node", "runtime") == 8


def test_a_long_string_is_not_read_as_keys() -> None:
    lines = Lines("[node]\ndata = '''\nid = 5\n'''\nid = 1\n")
    assert lines.of("node", "id") == 5


def test_each_member_has_lines_of_its_own() -> None:
    lines = Lines(TEXT)
    assert lines.of("member", "id", 0) == 11
    assert lines.of("member", "name", 1) == 13
    assert lines.of("member", "", 1) == 12


def test_a_key_that_is_absent_is_placed_at_its_section() -> None:
    lines = Lines(TEXT)
    assert lines.of("node", "absent") == 3
    assert lines.of("member", "peer", 1) == 12


def test_dotted_keys_are_found() -> None:
    assert Lines(TEXT).of("chaos", "enabled") == 2


def test_what_is_not_there_has_no_line() -> None:
    assert Lines(TEXT).of("storage", "segment_bytes") is None
    assert Lines("").of("node") is None

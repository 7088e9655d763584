"""The table of keys is complete and consistent with itself."""

from dataclasses import fields

import pytest

from raftpi.config import file as config
from raftpi.config.key import Key, shown
from raftpi.config.schema import KEYS, describe_keys, keys_of

DATACLASSES = {
    "node": config.NodeSection,
    "cluster": config.ClusterSection,
    "storage": config.StorageSection,
    "chaos": config.ChaosSection,
    "security": config.SecuritySection,
    "log": config.LogSection,
    "member": config.MemberAddress,
}


@pytest.mark.parametrize("section", DATACLASSES)
def test_every_field_of_a_section_is_a_key_and_every_key_a_field(section: str) -> None:
    names = {field.name for field in fields(DATACLASSES[section])} - {"timing_name"}
    assert set(keys_of(section)) == names


@pytest.mark.parametrize(
    "key", [key for key in KEYS if key.default is not None], ids=lambda key: key.path
)
def test_every_default_is_allowed(key: Key) -> None:
    assert key.problem(key.default) is None


def test_no_key_is_listed_twice() -> None:
    assert len({key.path for key in KEYS}) == len(KEYS)


def test_the_description_has_a_row_for_every_key() -> None:
    rows = describe_keys()
    assert len(rows) == len(KEYS)
    by_name = {(row.section, row.name): row for row in rows}
    assert by_name["[node]", "id"].default == ""
    assert by_name["[cluster]", "key_bytes"].default == "1024"
    assert by_name["[cluster]", "timing"].allowed == 'one of "wired", "wifi", "slow"'
    assert by_name["[chaos]", "enabled"].default == "false"
    assert by_name["[[member]]", "peer"].type == "endpoint"
    assert all(row.doc and row.allowed and row.type for row in rows)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        ("a", '"a"'),
        (1.5, "1.5"),
        ({}, "a section"),
        ([], "a list"),
        (2**70, "a number of 71 bits"),
        ("x" * 100, '"' + "x" * 56 + "..."),
    ],
)
def test_values_are_shown_as_their_writer_knows_them(value: object, text: str) -> None:
    assert shown(value) == text

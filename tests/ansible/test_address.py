"""Static addresses: the interface that they belong to, and NetworkManager's words."""

from typing import Any

import pytest

from tests.ansible.places import load

address = load("filter_plugins/raftpi_address.py")

CONNECTION = {
    "uuid": "u",
    "ipv4.method": "auto",
    "ipv4.addresses": "",
    "ipv4.gateway": "",
    "ipv4.dns": "",
}


def interfaces() -> dict[str, Any]:
    return {
        "eth0": {"addresses": ["10.0.0.2/24"], "connection": CONNECTION | {"uuid": "wire"}},
        "wlan0": {"addresses": ["10.0.1.2/24"], "connection": CONNECTION | {"uuid": "air"}},
        "usb0": {"addresses": [], "connection": None},
    }


@pytest.mark.parametrize(
    ("wanted", "static", "reached_at", "name"),
    [
        ("", "10.0.1.2/24", "", "wlan0"),
        ("", "10.0.1.9/24", "", "wlan0"),
        ("", "10.9.9.9/24", "10.0.0.2", "eth0"),
        ("wlan0", "10.0.0.9/24", "10.0.0.2", "wlan0"),
    ],
)
def test_the_interface_is_found(wanted: str, static: str, reached_at: str, name: str) -> None:
    found = address.interface(interfaces(), wanted, static, reached_at)
    assert found["name"] == name
    assert found["uuid"] in ("wire", "air")


@pytest.mark.parametrize(
    ("wanted", "static", "text"),
    [
        ("", "10.0.0.2", "must have its prefix"),
        ("", "10.9.9.9/24", "set raftpi_interface"),
        ("usb0", "10.0.0.2/24", "no connection on usb0"),
    ],
)
def test_an_address_without_a_place_is_refused(wanted: str, static: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        address.interface(interfaces(), wanted, static, "")


def test_networkmanager_is_told_once() -> None:
    words = address.address_words(CONNECTION, "10.0.0.2/24", "10.0.0.1", ["10.0.0.1", "9.9.9.9"])
    told = CONNECTION | dict(zip(words[::2], words[1::2], strict=True))
    assert told["ipv4.method"] == "manual"
    assert told["ipv4.dns"] == "10.0.0.1,9.9.9.9"
    again = told | {"ipv4.dns": "10.0.0.1, 9.9.9.9"}
    assert address.address_words(again, "10.0.0.2/24", "10.0.0.1", ["10.0.0.1", "9.9.9.9"]) == []


def test_the_address_is_set_before_the_method_that_needs_it() -> None:
    words = address.address_words(CONNECTION, "10.0.0.2/24", "", [])
    assert words == ["ipv4.addresses", "10.0.0.2/24", "ipv4.method", "manual"]

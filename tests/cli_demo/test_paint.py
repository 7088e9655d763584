"""The colours of the screen follow the pins."""

from raftpi.cli.demo.paint import ink_color, screen_color
from raftpi.lamp import FOLLOWER, IDENTIFY, LEADER, NEEDS_PERSON, OFFLINE, shade_at


def test_each_lamp_has_a_colour_of_its_own() -> None:
    shades = [shade_at(lamp, 0) for lamp in (LEADER, FOLLOWER, OFFLINE, IDENTIFY)]
    shades += [(0.0, 0.0, 0.0), shade_at(NEEDS_PERSON, 500_000)]
    assert len({screen_color(shade) for shade in shades}) == 6


def test_a_dark_lamp_is_dark_grey_and_a_white_one_white() -> None:
    assert screen_color((0.0, 0.0, 0.0)) == "#2c2c30"
    assert screen_color((1.0, 1.0, 1.0)) == "#ffffff"


def test_a_dim_lamp_is_darker_than_a_full_one() -> None:
    assert screen_color((0.0, 0.5, 0.0)) < screen_color((0.0, 1.0, 0.0))


def test_the_glyph_is_read_on_every_colour() -> None:
    assert ink_color((1.0, 1.0, 0.0)) == "#000000"
    assert ink_color((0.0, 0.0, 1.0)) == "#ffffff"

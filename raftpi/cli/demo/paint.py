"""The colour on a screen for what the pins of a lamp say. Pure."""

from raftpi.lamp import Shade

# A screen's pure blue is too dark to be seen and its pure green glares: each diode is
# given a little of the other two.
_RED = (255, 45, 40)
_GREEN = (10, 205, 75)
_BLUE = (45, 95, 255)
_DARK = (44, 44, 48)


def screen_color(shade: Shade) -> str:
    """`#rrggbb` for red, green and blue of 0 to 1; dark grey for a lamp that is off."""
    channels = []
    for red, green, blue, dark in zip(_RED, _GREEN, _BLUE, _DARK, strict=True):
        light = shade[0] * red + shade[1] * green + shade[2] * blue
        channels.append(min(255, max(dark, round(light))))
    return "#{:02x}{:02x}{:02x}".format(*channels)


def ink_color(shade: Shade) -> str:
    """Black or white, whichever is read on that colour."""
    luminance = 0.3 * shade[0] + 0.6 * shade[1] + 0.1 * shade[2]
    return "#000000" if luminance > 0.5 else "#ffffff"

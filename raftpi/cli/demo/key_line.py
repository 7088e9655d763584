"""The line at the bottom that says what the keys do now. Pure."""

_KEYS = (
    "1-9 board",
    "k kill",
    "r restart",
    "p cut off",
    "h heal",
    "s slow",
    "g rogue",
    "a all",
    "/ prompt",
    "q quit",
)
_TYPING = ("SET k v", "GET k", "DEL k", "CAS k old new", "LIST p", "Enter run", "Esc keys")


def footer_lines(width: int, *, typing: bool) -> list[str]:
    """The keys, broken into lines of at most `width`; `typing`: the prompt has them."""
    lines = [""]
    for item in _TYPING if typing else _KEYS:
        joined = f"{lines[-1]}  {item}" if lines[-1] else item
        if len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(item)
    return lines

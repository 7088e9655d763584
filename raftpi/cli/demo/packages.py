"""Whether the packages of the `demo` extra are there, before anything is started."""

import importlib.util

from raftpi.errors import UsageError


def require_packages(*, screen: bool) -> None:
    """Raises UsageError, which says what to install, when one is missing.

    The screen needs Textual; without a terminal the demo does without it.
    """
    wanted = {"gpiozero": "gpiozero"}
    if screen:
        wanted["textual"] = "Textual"
    missing = [title for name, title in wanted.items() if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the demo needs {' and '.join(missing)}, not installed here; install it with: "
            "pip install 'raftpi[demo]'"
        )

"""The reference of raftpi.toml, written from the table that checks it.

`python -m raftpi.config.reference > docs/CONFIGURATION.md` brings the page up to date.
"""

from raftpi.config.schema import KeyDescription, describe_keys

HEAD = """# raftpi.toml

Every key is checked at the start: `raftpi node --config FILE --check` names all problems of a
file at once, and an unknown key with the nearest known one. The `[cluster]` section and the
list of members must be the same on every founder; it goes into the founding record, and what
the file says later is not looked at (the journal warns when it differs).

This page is written by `python -m raftpi.config.reference`.
"""


def reference() -> str:
    """The whole page, in Markdown."""
    lines = [HEAD]
    section = ""
    for key in describe_keys():
        if key.section != section:
            section = key.section
            lines += [
                "",
                f"## `{section}`",
                "",
                "| key | allowed | default | |",
                "|---|---|---|---|",
            ]
        lines.append(_row(key))
    return "\n".join(lines) + "\n"


def _row(key: KeyDescription) -> str:
    default = f"`{key.default}`" if key.default else "must be given"
    return f"| `{key.name}` | {key.allowed} | {default} | {key.doc} |"


if __name__ == "__main__":
    print(reference(), end="")

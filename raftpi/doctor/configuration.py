"""raftpi.toml itself."""

from pathlib import Path

from raftpi.config.file import Config, load_config
from raftpi.doctor.finding import Finding, advice, ok, problem
from raftpi.errors import ConfigurationError

NAME = "configuration"


def check_configuration(path: Path) -> tuple[Finding, Config | None]:
    """Whether the daemon would take the file, and what it says."""
    try:
        config = load_config(path)
    except ConfigurationError as error:
        remedy = f"mend it, and try: raftpi node --config {path} --check"
        return problem(NAME, str(error), remedy), None
    text = f"{path} is sound: this is {config.me.name}, one of {len(config.members)}"
    if config.warnings:
        remedy = f"see docs/CONFIGURATION.md, and change {path}"
        return advice(NAME, f"{text}; {'; '.join(config.warnings)}", remedy), config
    return ok(NAME, text), config

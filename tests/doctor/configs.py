"""Configurations of boards on the loopback, with and without keys."""

from pathlib import Path

from raftpi.config.file import Config, load_config


def write_config(
    directory: Path,
    *,
    base_port: int = 7100,
    node_id: int = 1,
    count: int = 3,
    security: str = "",
    host: str = "127.0.0.1",
) -> Path:
    """A raftpi.toml whose data are in `directory`/data; ports are base_port + 1 …, +101, +201."""
    (directory / "data").mkdir(exist_ok=True)
    text = (
        f'[node]\nid = {node_id}\ndata = "{directory}/data"\nruntime = "{directory}/run"\n'
        f"[security]\n{security}\n"
    )
    for i in range(1, count + 1):
        text += (
            f'[[member]]\nid = {i}\nname = "pi{i}"\npeer = "tcp://{host}:{base_port + i}"\n'
            f'client = "tcp://{host}:{base_port + 100 + i}"\n'
            f'status = "tcp://{host}:{base_port + 200 + i}"\n'
        )
    path = directory / "raftpi.toml"
    path.write_text(text)
    return path


def config_in(directory: Path, *, security: str = "", host: str = "127.0.0.1") -> Config:
    """The same, read."""
    return load_config(write_config(directory, security=security, host=host))

"""raftpi.toml: every key, what may stand there, and one checked value of the whole file."""

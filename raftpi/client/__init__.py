"""The library that other people's programs import: `from raftpi.client import Client`."""

from raftpi.client.client import Client, Committed, Entry
from raftpi.client.survey import Offline

__all__ = ["Client", "Committed", "Entry", "Offline"]

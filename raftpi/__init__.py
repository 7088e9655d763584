"""raftpi: a handful of Raspberry Pi boards that keep one small state identical and durable.

The package's rooms and which may import which are told in docs/ARCHITECTURE.md;
``tests/house/test_layers.py`` enforces it.
"""

__version__ = "0.1.0"

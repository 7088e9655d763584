"""``python -m raftpi`` is the ``raftpi`` command."""

import sys

from raftpi.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

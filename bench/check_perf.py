"""etcd's own load, `etcdctl check perf`: gRPC, a hundred and more clients, at most 15,000 a second.

It asks for so many puts a second of 1 KB and tells how many were done, so it shows how much more
etcd does for a client that does not go through its gateway.
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from bench.peers.etcd import Etcd
from bench.peers.peer import etcd_program

LOAD = "xl"
TIMEOUT_S = 180


def check_perf() -> float:
    """Puts a second, for the minute that it lasts."""
    with tempfile.TemporaryDirectory() as directory:
        peer = Etcd(Path(directory))
        try:
            words = [etcd_program("etcdctl"), f"--endpoints={','.join(peer.clients)}"]
            told = subprocess.run(
                [*words, "check", "perf", f"--load={LOAD}"],
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                env={**os.environ, "ETCDCTL_API": "3"},
            )
        finally:
            peer.close()
    found = re.search(r"Throughput.*?(\d+) writes/s", told.stdout)
    if found is None:
        raise RuntimeError(f"etcdctl check perf told no throughput: {told.stdout[-500:]!r}")
    return float(found.group(1))

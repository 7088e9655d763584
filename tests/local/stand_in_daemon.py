"""Stands in for `raftpi node --config FILE`: listens at its client port and tells a status.

What it does is written in DIR/piN/behaviour, if that is there: `die CODE`, `deaf` (to SIGTERM),
`follower` (never leads).
"""

import json
import os
import signal
import socket
import sys
import tomllib
from pathlib import Path


def main() -> int:
    config = Path(sys.argv[-1])
    settings = tomllib.loads(config.read_text(encoding="utf-8"))
    node_id = settings["node"]["id"]
    behaviour_file = config.with_name("behaviour")
    behaviour = behaviour_file.read_text() if behaviour_file.exists() else ""
    print(f"stand-in {node_id} begins", flush=True)
    if behaviour.startswith("die"):
        print("stand-in: the card is on fire", file=sys.stderr, flush=True)
        return int(behaviour.split()[1])
    signal.signal(signal.SIGTERM, signal.SIG_IGN if behaviour == "deaf" else lambda *_: sys.exit(0))
    member = next(m for m in settings["member"] if m["id"] == node_id)
    port = int(member["client"].rpartition(":")[2])
    leader = node_id == 1 and behaviour != "follower"
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        while True:
            caller, _ = listener.accept()
            told = {"id": node_id, "role": "leader" if leader else "follower", "pid": os.getpid()}
            with caller:
                caller.sendall(json.dumps(told).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())

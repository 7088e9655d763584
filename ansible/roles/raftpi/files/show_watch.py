"""Watches the cluster from one board during an act of the cable show, and tells what it saw.

    show_watch.py ACT READY_FILE --boards 2,3 --timeout 60

It writes a value some twenty times a second and asks every member for its status meanwhile.
READY_FILE appears when it has seen the cluster as it is before anything is pulled. What it saw
is one JSON object: `seen` (what the act shows did happen), `lines` for people, `measured` in
milliseconds. Acts: normal, lost, majority_lost, recovered, leader_lost, leader_back.
"""

import argparse
import json
import statistics
import sys
import threading
import time
from pathlib import Path

KEY = "raftpi/show"
PAUSE_S = 0.05
WRITE_TIMEOUT_S = 1.0
SURVEY_TIMEOUT_S = 2.0
# So many acknowledged writes show that the cluster serves.
SERVING_COUNT = 10
# So long without one shows that it does not.
SILENT_S = 2.0


class Writes:
    """What became of the writes: when one was acknowledged, and how long it took."""

    def __init__(self):
        self.acknowledged = []
        self.took = []

    def note(self, begun, ended):
        """One acknowledged write, in seconds of the monotonic clock."""
        self.acknowledged.append(ended)
        self.took.append(ended - begun)

    def count_since(self, moment):
        """How many were acknowledged since."""
        return sum(1 for at in self.acknowledged if at >= moment)

    def first_since(self, moment):
        """When the first was acknowledged since then, None if none was."""
        return next((at for at in self.acknowledged if at >= moment), None)

    def longest_gap(self):
        """The longest time between two acknowledged writes, 0 with fewer than two."""
        pairs = zip(self.acknowledged, self.acknowledged[1:], strict=False)
        return max((later - earlier for earlier, later in pairs), default=0.0)


class Act:
    """One act: takes in what is seen, one sight after the other, until it has seen enough.

    A sight maps node ids to (name, role, leader, lamp), with lamp None for a silent member.
    """

    def __init__(self, kind, boards, writes, begun):
        self.kind = kind
        self.boards = boards
        self.writes = writes
        self.first_sign = None
        self.effect = None
        self.leader_before = None
        self.begun = begun

    def take(self, sight, now):
        """Whether the act is over."""
        leader = _leader(sight)
        if self.leader_before is None:
            self.leader_before = leader
        return getattr(self, f"_{self.kind}")(sight, leader, now)

    def _normal(self, sight, leader, _now):
        served = self.writes.count_since(self.begun) >= SERVING_COUNT
        return served and _all_well(sight, leader)

    def _lost(self, sight, leader, now):
        if all(sight[board][3] is None for board in self.boards):
            self._sign(now)
        return self._serves_again(now) and leader is not None

    def _majority_lost(self, sight, _leader, now):
        if not all(sight[board][3] is None for board in self.boards):
            return False
        self._sign(now)
        left = [entry for entry in sight.values() if entry[3] is not None]
        if left and all(entry[3] == "red, blinking" for entry in left):
            self.effect = self.effect or now
        last = self.writes.acknowledged[-1] if self.writes.acknowledged else self.begun
        return self.effect is not None and now - last > SILENT_S

    def _recovered(self, sight, leader, now):
        if any(sight[board][3] is not None for board in self.boards):
            self._sign(now)
        if self.first_sign is None or not self.writes.count_since(self.first_sign):
            return False
        self.effect = now
        return _all_well(sight, leader)

    def _leader_lost(self, sight, leader, now):
        if leader is not None and leader not in self.boards:
            self._sign(now)
            self.effect = self.effect or now
        return self._serves_again(now)

    def _leader_back(self, sight, leader, now):
        return self._recovered(sight, leader, now)

    def _sign(self, now):
        self.first_sign = self.first_sign or now

    def _serves_again(self, _now):
        return self.first_sign is not None and (
            self.writes.count_since(self.first_sign) >= SERVING_COUNT
        )

    def report(self, sight, over):
        """What is printed."""
        names = " and ".join(sight[board][0] for board in self.boards)
        measured, lines = getattr(self, f"_tell_{self.kind}")(sight, names)
        measured = {name: round(seconds * 1000, 1) for name, seconds in measured.items()}
        if not over:
            lines = ["NOT SEEN in time: what this act shows did not happen"]
        lines += [f"{name}: {_shown(role, lamp)}" for name, role, _, lamp in sight.values()]
        return {"seen": over, "lines": lines, "measured": measured if over else {}}

    def _tell_normal(self, _sight, _names):
        median = statistics.median(self.writes.took or [0.0])
        return {"median write": median}, [f"writes are acknowledged in {median * 1000:.1f} ms"]

    def _tell_lost(self, _sight, names):
        gap = self.writes.longest_gap()
        text = f"{names} is gone, and writes went on: the longest pause was {gap * 1000:.0f} ms"
        return {"longest pause of writes": gap}, [text]

    def _tell_majority_lost(self, _sight, names):
        last = self.writes.acknowledged[-1] if self.writes.acknowledged else self.begun
        until_red = (self.effect or last) - last
        lines = [
            f"{names} are gone: nothing is acknowledged any more, so nothing can be lost",
            f"red, blinking {until_red:.1f} s after the last acknowledged write",
        ]
        return {"last write to red, blinking": until_red}, lines

    def _tell_recovered(self, _sight, names):
        sign = self.first_sign or self.begun
        until_write = (self.writes.first_since(sign) or sign) - sign
        until_well = (self.effect or sign) - sign
        lines = [
            f"after the first sign of {names}: a write acknowledged after {until_write:.1f} s, "
            f"every board green or blue after {until_well:.1f} s"
        ]
        return {"sign to write": until_write, "sign to all well": until_well}, lines

    def _tell_leader_lost(self, sight, names):
        gap = self.writes.longest_gap()
        leader = _leader(sight)
        heir = sight[leader][0] if leader is not None else "nobody"
        text = f"{names} led and is gone, {heir} leads: writes paused for {gap * 1000:.0f} ms"
        return {"pause of writes": gap}, [text]

    def _tell_leader_back(self, sight, names):
        return self._tell_recovered(sight, names)


def _leader(sight):
    return next((board for board, entry in sight.items() if entry[3] == "blue"), None)


def _all_well(sight, leader):
    lamps = [entry[3] for board, entry in sight.items() if board != leader]
    return leader is not None and all(lamp == "green" for lamp in lamps)


def _shown(role, lamp):
    return "not heard (look at its lamp)" if lamp is None else f"{role}, lamp {lamp}"


def look(client):
    """One sight of the cluster."""
    from raftpi.client import Offline
    from raftpi.lamp import describe, lamp_for

    sight = {}
    for one in client.survey():
        if isinstance(one, Offline):
            sight[one.id] = (one.name, "offline", 0, None)
        else:
            lamp = describe(lamp_for(one, age_us=0, connected=True))
            sight[one.id] = (one.name, one.role, one.leader, lamp)
    return sight


def write(client, writes, stop):
    """Writes until told to stop; what is refused or unknown is not counted."""
    from raftpi.errors import RaftpiError

    number = 0
    while not stop.is_set():
        number += 1
        begun = time.monotonic()
        try:
            client.put(KEY, str(number))
        except RaftpiError:
            pass  # the show is about that: the gap tells it
        else:
            writes.note(begun, time.monotonic())
        stop.wait(PAUSE_S)


def watch(act, client, ready_file, timeout_s):
    """Looks until the act is over or the time is up; (the last sight, whether it is over)."""
    until = time.monotonic() + timeout_s
    over = False
    sight = {}
    while not over and time.monotonic() < until:
        found = look(client)
        if set(act.boards) <= set(found):
            sight = found
            over = act.take(sight, time.monotonic())
            ready_file.touch()
        time.sleep(PAUSE_S)
    return sight, over


def main():
    """Watches one act."""
    sys.path.insert(0, str(Path("/opt/raftpi/current").resolve()))
    from raftpi.cli.board_config import from_config
    from raftpi.client import Client

    parser = argparse.ArgumentParser()
    parser.add_argument("act")
    parser.add_argument("ready_file", type=Path)
    parser.add_argument("--boards", default="")
    parser.add_argument("--timeout", type=float, default=60.0)
    arguments = parser.parse_args()
    where = from_config("/etc/raftpi/raftpi.toml")
    endpoints, key = where.endpoints, where.key or None
    writes, stop = Writes(), threading.Event()
    boards = [int(board) for board in arguments.boards.split(",") if board]
    act = Act(arguments.act, boards, writes, time.monotonic())
    with (
        Client(endpoints, timeout_s=WRITE_TIMEOUT_S, key=key) as writing,
        Client(endpoints, timeout_s=SURVEY_TIMEOUT_S, key=key) as asking,
    ):
        thread = threading.Thread(target=write, args=(writing, writes, stop), daemon=True)
        thread.start()
        sight, over = watch(act, asking, arguments.ready_file, arguments.timeout)
        stop.set()
        thread.join(timeout=5)
    if not sight:
        sys.exit("no member answers")
    print(json.dumps(act.report(sight, over)))


if __name__ == "__main__":
    main()

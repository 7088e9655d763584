"""What `raftpi status --json` of a board says, judged: may it be restarted, is it back, is it well.

Every function takes the command's output as it is: it may be empty, or an error, when the
daemon is not there.
"""

import json

VOTERS = ("leader", "follower")


def nodes(output):
    """The nodes in the output, [] when there are none."""
    try:
        document = json.loads(output)
    except (TypeError, ValueError):
        return []
    found = document.get("nodes") if isinstance(document, dict) else None
    return found if isinstance(found, list) else []


def obstacle(output, node_id):
    """Why this board must not be restarted now, "" when it may.

    It may when the others are a majority without it, when all are well, or when it is no use to
    the cluster anyhow.
    """
    found = nodes(output)
    if not found:
        return "no node answers"
    others = [node for node in found if node["id"] != node_id]
    ill = [node for node in others if not _is_well(node)]
    if not _is_well(_one(found, node_id)) or not ill:
        return ""
    voter_count = max(node.get("voter_count") or 0 for node in found) or len(found)
    well_count = len(others) - len(ill)
    needed_count = voter_count // 2 + 1
    if well_count >= needed_count:
        return ""
    reasons = ", ".join(f"{node['name']} is {_ailment(node)}" for node in ill)
    return (
        f"{reasons}; without this board {well_count} would be left, and {needed_count} are needed"
    )


def highest_commit(output):
    """The commit index that the cluster has reached, as far as is known."""
    return max((node.get("commit_index") or 0 for node in nodes(output)), default=0)


def caught_up(output, node_id, commit_index):
    """Whether this board follows or leads again and has what was committed before."""
    node = _one(nodes(output), node_id)
    return _is_well(node) and (node.get("commit_index") or 0) >= commit_index


def settled(output, node_id, is_complete):
    """Whether there is nothing more to wait for on this board.

    `is_complete`: all founders are there; without one of them a founding cannot end.
    """
    node = _one(nodes(output), node_id)
    if not node.get("online"):
        return False
    if node.get("condition") == "founding" and not is_complete:
        return True
    return _is_well(node) or _ailment(node) in ("without its memory", node.get("needs_person"))


def lamp_trouble(output, restart_count):
    """What is wrong with the lamp's process, "" when nothing.

    `output` is what systemctl shows of its ActiveState and NRestarts; `restart_count` how often
    systemd had started it again before this run.
    """
    shown = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
    has_failed = int(shown.get("NRestarts") or 0) > int(restart_count or 0)
    if shown.get("ActiveState", "active") == "active" and not has_failed:
        return ""
    return (
        "its lamp does not run: journalctl -u raftpi-led (a board without a lamp has "
        "raftpi_lamp: false in the inventory)"
    )


def verdict(output, node_id, lamp="", roll_obstacle=""):
    """The state of one board in words, what a person has to do ("" for nothing), and `is_in_order`.

    `lamp` is what is wrong with its lamp, `roll_obstacle` why it was not restarted.

    A board without its memory is in order as far as a playbook can go: it must not vote, and
    only a person may take it in again.
    """
    node = _one(nodes(output), node_id)
    if not node.get("online"):
        return _verdict("does not answer", "look at: journalctl -u raftpi")
    if node.get("condition") == "lost_memory":
        remedy = (
            "its disk is new, or was thrown away: it runs and does not vote until a person takes "
            f"it in again with: raftpi member replace {node['name']}"
        )
        return _verdict("lost its memory", remedy, is_in_order=True)
    if node.get("needs_person"):
        return _verdict("needs a person", node["needs_person"])
    if node.get("condition") == "founding":
        remedy = (
            "a cluster is founded when every board of the inventory is there: bring those up that "
            "are missing, then run this again"
        )
        return _verdict("waits for the other founders", remedy)
    if _is_well(node) and roll_obstacle:
        remedy = (
            f"it was not restarted, and still runs what it ran before: {roll_obstacle}. Mend that "
            "and run this again, or restart it all the same with -e raftpi_restart_anyway=true"
        )
        return _verdict(node["role"], remedy)
    if _is_well(node):
        return _verdict(node["role"], lamp, is_in_order=not lamp)
    remedy = "a majority of the boards must run and reach each other: raftpi status"
    return _verdict(f"knows no leader ({node.get('role')})", remedy)


def summary(members, hostvars):
    """One line for each board of the inventory, as the last task prints it."""
    return [_line(member, hostvars[member["host"]]) for member in members]


def _line(member, variables):
    found = variables.get("raftpi_verdict")
    if found is None:
        left_out = "was not part of this run, or broke off; what changed elsewhere it does not know"
        fresh = "is fresh: a run without --check installs it"
        survey = variables.get("raftpi_survey") or {}
        is_fresh = survey and not survey.get("is_installed")
        return f"{member['name']}: {fresh if is_fresh else left_out}"
    person = f"  NEEDS A PERSON: {found['remedy']}" if found["remedy"] else ""
    return f"{member['name']}: {found['state']}{person}"


def _verdict(state, remedy, is_in_order=False):
    return {"state": state, "remedy": remedy, "is_in_order": is_in_order}


def _one(found, node_id):
    return next((node for node in found if node.get("id") == node_id), {})


def _is_well(node):
    return bool(
        node.get("online")
        and node.get("condition") == "running"
        and node.get("role") in VOTERS
        and node.get("leader")
        and not node.get("needs_person")
    )


def _ailment(node):
    if not node.get("online"):
        return "offline"
    if node.get("condition") == "lost_memory":
        return "without its memory"
    if node.get("needs_person"):
        return node["needs_person"]
    return "not following a leader"


class FilterModule:
    """What Ansible looks for."""

    def filters(self):
        """The filters by name."""
        return {
            "raftpi_obstacle": obstacle,
            "raftpi_highest_commit": highest_commit,
            "raftpi_caught_up": caught_up,
            "raftpi_settled": settled,
            "raftpi_verdict": verdict,
            "raftpi_lamp_trouble": lamp_trouble,
            "raftpi_summary": summary,
        }

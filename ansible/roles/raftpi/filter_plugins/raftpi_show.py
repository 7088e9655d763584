"""Which boards are pulled in which act of the cable show, and who watches."""

import json


def cast(output, members):
    """The parts of the show, by the present leader: `watcher`, `leader`, `lost` and `majority`.

    `lost` is the follower that is pulled first, `majority` all that are pulled when the majority
    goes, the leader among them. The watcher is never pulled. Raises ValueError.
    """
    found = {node["id"]: node for node in json.loads(output or "{}").get("nodes", [])}
    by_id = {member["id"]: member for member in members}
    missing = [
        member["name"] for member in members if not found.get(member["id"], {}).get("online")
    ]
    leaders = [one for one, node in found.items() if node.get("role") == "leader" and one in by_id]
    if missing or len(leaders) != 1:
        text = f"{', '.join(missing)} is missing" if missing else "there is no leader"
        raise ValueError(
            f"the show begins with every board up: {text} (ansible-playbook start.yml)"
        )
    if len(members) < 3:
        raise ValueError("the show needs three boards: with fewer none can be spared")
    followers = [member for member in members if member["id"] != leaders[0]]
    lost, watcher = followers[0], followers[-1]
    majority_count = len(members) // 2 + 1
    pulled = [lost, by_id[leaders[0]], *followers[1:-1]][:majority_count]
    return {"watcher": watcher, "leader": by_id[leaders[0]], "lost": lost, "majority": pulled}


class FilterModule:
    """What Ansible looks for."""

    def filters(self):
        """The filters by name."""
        return {"raftpi_cast": cast}

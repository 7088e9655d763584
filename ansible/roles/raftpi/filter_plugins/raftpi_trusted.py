"""The public keys that every board lets in: what trusted.toml is made from."""

from collections import Counter

ROLES = ("admin", "ordinary")


def trusted(members, hostvars, people):
    """The nodes and clients of trusted.toml, the same whichever board asks.

    A board of this run has told its keys (raftpi_node_public, raftpi_client_public). Of one that
    was not reached, or is outside --limit, those keys stay that the boards of this run know
    already. `unknown` are the members that have no key at all then, `kept` those whose keys were
    taken over. Raises ValueError where two share a key or a name.
    """
    known = _known(members, hostvars)
    result = {"nodes": [], "clients": [], "kept": [], "unknown": []}
    for member in members:
        mine = hostvars[member["host"]]
        if mine.get("raftpi_node_public"):
            node_keys = [mine["raftpi_node_public"]]
            client_keys = [mine["raftpi_client_public"]]
        else:
            node_keys = _most_named(known, "node", "id", member["id"])
            client_keys = _most_named(known, "client", "name", member["name"])
            result["kept" if node_keys else "unknown"].append(member["name"])
        result["nodes"] += [
            {name: member[name] for name in ("id", "name", "client", "status")} | {"public": key}
            for key in node_keys
        ]
        result["clients"] += [
            {"name": member["name"], "role": "admin", "public": key} for key in client_keys
        ]
    result["clients"] += [_person(person, members) for person in people]
    _check_keys_apart(result)
    return result


def _known(members, hostvars):
    """The trusted.toml of every board of this run that has one."""
    surveys = [hostvars[member["host"]].get("raftpi_survey") or {} for member in members]
    return [survey["trusted"] for survey in surveys if survey.get("trusted")]


def _most_named(known, table, field, value):
    """The keys of one node or client, the one that most boards have first.

    A board that missed an earlier run may still have an older key: the others outvote it.
    """
    count = Counter(
        row["public"]
        for document in known
        for row in document.get(table, [])
        if row[field] == value
    )
    return [public for public, _ in count.most_common()]


def _person(person, members):
    row = {"name": str(person["name"]), "role": str(person.get("role", "ordinary"))}
    if row["role"] not in ROLES:
        raise ValueError(
            f"raftpi_clients: the role of {row['name']} must be admin or ordinary, "
            f"not {row['role']!r}"
        )
    if row["name"] in [member["name"] for member in members]:
        raise ValueError(f"raftpi_clients: {row['name']} is a board's name; choose another")
    return row | {"public": str(person["public"]).strip()}


def _check_keys_apart(result):
    owners = {}
    for row in [*result["nodes"], *result["clients"]]:
        whose = f"node {row['id']}" if "id" in row else f"client {row['name']}"
        if row["public"] in owners:
            raise ValueError(
                f"{owners[row['public']]} and {whose} have the same key: every board and every "
                "person needs one of their own (a card was copied? delete its "
                "/etc/raftpi/keys/node.key and /etc/raftpi/client.key, then run this again)"
            )
        owners[row["public"]] = whose


class FilterModule:
    """What Ansible looks for."""

    def filters(self):
        """The filters by name."""
        return {"raftpi_trusted": trusted}

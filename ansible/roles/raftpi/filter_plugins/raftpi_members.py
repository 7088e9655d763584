"""Who is in the cluster, as the inventory tells it."""

import re

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
HIGHEST_PRIORITY = 100
HIGHEST_ID = 65_535
PORTS = {"peer": 7101, "client": 7201, "status": 7301}
INVENTORY = "in the inventory"


def members(hosts, hostvars):
    """One dictionary per host with its id, name, address and endpoints, by id.

    `hosts` are the hosts of the group raftpi, `hostvars` Ansible's variables of each. The list
    is the same whatever part of the hosts a run is limited to. Raises ValueError.
    """
    found = sorted((_member(host, hostvars[host]) for host in hosts), key=lambda one: one["id"])
    for field in ("id", "name", "address"):
        _check_apart(found, field)
    return found


def _member(host, variables):
    number = variables.get("raftpi_id")
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= HIGHEST_ID:
        raise ValueError(
            f"{host}: raftpi_id must be a whole number from 1 to {HIGHEST_ID} {INVENTORY}, "
            f"not {number!r}"
        )
    name = str(variables.get("raftpi_name") or host)
    if not NAME.fullmatch(name):
        raise ValueError(
            f"{host}: {name!r} is no name for a board (letters, digits, dots, dashes and "
            f"underscores, 63 at most): set raftpi_name {INVENTORY}"
        )
    address = _address(host, variables)
    shown = f"[{address}]" if ":" in address else address
    endpoints = {
        purpose: f"tcp://{shown}:{variables.get(f'raftpi_{purpose}_port', port)}"
        for purpose, port in PORTS.items()
    }
    member = {"host": host, "id": number, "name": name, "address": address} | endpoints
    priority = variables.get("raftpi_priority", 0)
    if (
        not isinstance(priority, int)
        or isinstance(priority, bool)
        or not 0 <= priority <= HIGHEST_PRIORITY
    ):
        raise ValueError(
            f"{host}: raftpi_priority must be a whole number from 0 to {HIGHEST_PRIORITY} "
            f"{INVENTORY}, not {priority!r}"
        )
    if priority:
        member["priority"] = priority
    return member


def _address(host, variables):
    given = variables.get("raftpi_address") or variables.get("raftpi_static_address")
    address = str(given or variables.get("ansible_host") or host).split("/")[0]
    if address == "localhost" or address.startswith("127."):
        raise ValueError(
            f"{host}: other boards cannot reach {address}: set ansible_host or raftpi_address "
            f"{INVENTORY}"
        )
    return address


def _check_apart(found, field):
    owners = {}
    for one in found:
        value = str(one[field]).lower()
        if value in owners:
            raise ValueError(
                f"{owners[value]} and {one['host']} have the same {field}, {one[field]}: "
                f"give each its own {INVENTORY}"
            )
        owners[value] = one["host"]


class FilterModule:
    """What Ansible looks for."""

    def filters(self):
        """The filters by name."""
        return {"raftpi_members": members}

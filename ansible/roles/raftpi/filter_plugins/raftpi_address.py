"""Which interface a static address belongs to, and what NetworkManager has to be told."""

import ipaddress

INVENTORY = "in the inventory"


def interface(interfaces, wanted, static, reached_at):
    """The interface by its name, or the one that holds the address in use. Raises ValueError.

    `interfaces` as the survey has them; `wanted` may be "", `reached_at` is where Ansible reaches
    the board.
    """
    if "/" not in static:
        raise ValueError(
            f"raftpi_static_address must have its prefix, like 192.168.1.11/24, not {static!r}"
        )
    address = ipaddress.ip_interface(static)
    for name, found in interfaces.items():
        own = [ipaddress.ip_interface(item) for item in found["addresses"]]
        holds = any(str(one.ip) in (str(address.ip), reached_at) for one in own)
        is_near = holds or any(address.ip in one.network for one in own)
        if name == wanted or (not wanted and is_near):
            if not found["connection"]:
                raise ValueError(
                    f"NetworkManager has no connection on {name}: connect it first, or set "
                    f"raftpi_interface {INVENTORY}"
                )
            return {"name": name, "addresses": found["addresses"]} | found["connection"]
    raise ValueError(
        f"no interface for {static} among {', '.join(interfaces) or 'none'}: set raftpi_interface "
        f"{INVENTORY}"
    )


def address_words(found, static, gateway, dns):
    """The arguments of `nmcli connection modify`, [] when all is as it should be."""
    wanted = {"ipv4.addresses": static, "ipv4.method": "manual"}
    if gateway:
        wanted["ipv4.gateway"] = gateway
    if dns:
        wanted["ipv4.dns"] = ",".join(dns)
    same = all(found.get(name, "").replace(" ", "") == value for name, value in wanted.items())
    return [] if same else [word for pair in wanted.items() for word in pair]


class FilterModule:
    """What Ansible looks for."""

    def filters(self):
        """The filters by name."""
        return {"raftpi_interface": interface, "raftpi_address_words": address_words}

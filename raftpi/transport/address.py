"""Endpoints, written in one way: for comparing what two files call the same place."""

import ipaddress

LOOPBACK = "127.0.0.1"


def normal_endpoint(endpoint: str) -> str:
    """The endpoint in the one way in which it is compared, "" if it is none.

    Host names lose their case and their last dot, addresses have one spelling each, and
    `localhost` is 127.0.0.1. `host:port` stands for `tcp://host:port`. No name is resolved.
    """
    scheme, mark, rest = endpoint.partition("://")
    if not mark:
        scheme, rest = "tcp", endpoint
    scheme = scheme.lower()
    if any(c.isspace() or not c.isprintable() or c in "\"'\\" for c in rest):
        return ""
    if scheme == "ipc":
        return f"ipc://{rest}" if rest.startswith("/") else ""
    host, mark, port = rest.rpartition(":")
    is_port = port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65_536
    if scheme != "tcp" or not host or "/" in rest or not is_port:
        return ""
    return f"tcp://{_normal_host(host)}:{int(port)}"


def _normal_host(host: str) -> str:
    name = host.lower().rstrip(".")
    if name == "localhost":
        return LOOPBACK
    try:
        address = ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return name
    return f"[{address}]" if address.version == 6 else str(address)

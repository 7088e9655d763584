"""Endpoints as configuration files write them: `tcp://HOST:PORT` and `ipc:///PATH`."""

import ipaddress
import re
from dataclasses import dataclass

# A Unix socket's path, less its final zero byte: unix(7).
IPC_PATH_BYTES = 107

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")
_EVERY_ADDRESS = ("*", "0.0.0.0", "[::]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An endpoint in its parts. For `ipc`, `host` is empty, `port` 0 and `path` set."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_loopback(self) -> bool:
        """Whether only programs on this machine can reach it."""
        if self.scheme == "ipc" or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False  # a name: whatever it resolves to today, do not count on it


def parse_endpoint(text: str) -> Endpoint:
    """The parts of `text`; `localhost` and spellings of one address stay what they are.

    Raises ValueError with a reason that reads well after a colon.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise ValueError(f'"{text}" does not begin with tcp:// or ipc://')
    if scheme == "ipc":
        return _parse_ipc(rest)
    if scheme != "tcp":
        raise ValueError(f"{scheme}:// is not spoken here")
    if any(character.isspace() for character in rest) or "/" in rest:
        raise ValueError(f'"{text}" has something besides a host and a port')
    host, separator, port_text = rest.rpartition(":")
    if not separator or not port_text:
        raise ValueError(f'"{text}" has no port')
    if not (port_text.isascii() and port_text.isdigit() and 1 <= int(port_text) <= 65_535):
        raise ValueError(f'"{port_text}" is no port; ports go from 1 to 65535')
    return Endpoint(scheme="tcp", host=_parse_host(host), port=int(port_text), path="")


def endpoint_problem(text: str, schemes: tuple[str, ...]) -> str | None:
    """Why `text` cannot stand where these schemes are allowed, or None."""
    try:
        endpoint = parse_endpoint(text)
    except ValueError as error:
        return str(error)
    if endpoint.scheme not in schemes:
        return f"{endpoint.scheme}:// cannot be used here"
    return None


def _parse_ipc(path: str) -> Endpoint:
    if not path.startswith("/") or "\0" in path:
        raise ValueError("an ipc endpoint needs an absolute path, like ipc:///run/raftpi/client")
    if len(path.encode()) > IPC_PATH_BYTES:
        raise ValueError(
            f"the path has {len(path.encode())} bytes; a socket's may have {IPC_PATH_BYTES}"
        )
    return Endpoint(scheme="ipc", host="", port=0, path=path)


def _parse_host(host: str) -> str:
    if not host:
        raise ValueError("the host is missing")
    if host in _EVERY_ADDRESS:
        raise ValueError(f"{host} is no address that others can reach; name one of this board's")
    if host.startswith("[") and host.endswith("]"):
        try:
            return str(ipaddress.IPv6Address(host[1:-1]))
        except ValueError:
            raise ValueError(f'"{host}" is no IPv6 address') from None
    if ":" in host:
        raise ValueError(f'an IPv6 address stands in brackets: "[{host}]"')
    if re.fullmatch(r"[0-9.]+", host):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise ValueError(f'"{host}" is no IPv4 address') from None
    if len(host) > 253 or not _HOST_NAME.fullmatch(host):
        raise ValueError(f'"{host}" is neither an address nor a host name')
    return host.lower()

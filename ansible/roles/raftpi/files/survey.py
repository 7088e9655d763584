"""Looks a board over for the playbook: one JSON object on standard output, nothing changed.

    survey.py RELEASE PIN_FACTORY

One look instead of thirty: on a Pi Zero every question over ssh takes a second. Public keys are
read out of the key files; the secret halves are not.
"""

import grp
import hashlib
import importlib.util
import json
import os
import pwd
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ETC = Path("/etc/raftpi")
OPT = Path("/opt/raftpi")
PACKAGES = {
    "zmq": "python3-zmq",
    "msgpack": "python3-msgpack",
    "gpiozero": "python3-gpiozero",
    "lgpio": "python3-lgpio",
    "systemd.daemon": "python3-systemd",
}
UNITS = ("raftpi.service", "raftpi-led.service", "NetworkManager.service")
BOOT_CONFIG = Path("/boot/firmware/config.txt")
NETWORK = Path("/sys/class/net")
LAMP_SECTION = "\n[lamp]\n"


def main(release, pin_factory):
    """Prints what is found."""
    units = read_units()
    found = {
        "missing_packages": missing_packages(pin_factory),
        "releases": releases(),
        "current": current(),
        "release_ready": is_ready(OPT / f"releases/{release}"),
        "in_force": read_json(OPT / "in-force.json"),
        "daemon_settings": daemon_settings(ETC / "raftpi.toml"),
        "node_key": public_key(ETC / "keys/node.key"),
        "client_key": public_key(ETC / "client.key"),
        "trusted": read_toml(ETC / "trusted.toml"),
        "has_user": has_user(),
        "units": units,
        "has_network_manager": units["NetworkManager.service"]["ActiveState"] == "active",
        "has_watchdog": Path("/dev/watchdog").exists(),
        "boot_config": str(BOOT_CONFIG) if BOOT_CONFIG.exists() else "",
        "wireless": wireless(),
        "has_iw": shutil.which("iw", path="/usr/sbin:/sbin:/usr/bin:/bin") is not None,
    }
    found["is_installed"] = bool(found["has_user"] and found["current"] and (ETC / "keys").is_dir())
    found["interfaces"] = interfaces(found["has_network_manager"])
    print(json.dumps(found))


def missing_packages(pin_factory):
    """The Debian packages of the modules that Python cannot import here."""
    wanted = {
        name: package
        for name, package in PACKAGES.items()
        if name != "lgpio" or pin_factory == "lgpio"
    }
    return sorted(package for name, package in wanted.items() if not can_import(name))


def can_import(name):
    """Whether the module is there; it is not run."""
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:
        return False


def releases():
    """The names of the unpacked releases, the newest first."""
    try:
        with os.scandir(OPT / "releases") as entries:
            found = [entry for entry in entries if entry.is_dir() and entry.name[:1].isdigit()]
            return [e.name for e in sorted(found, key=lambda e: e.stat().st_mtime_ns, reverse=True)]
    except FileNotFoundError:
        return []


def current():
    """The release that the command takes, "" when there is none."""
    path = (OPT / "current").resolve()
    return path.name if path.is_dir() else ""


def is_ready(release):
    """Whether it is unpacked, and compiled for this very Python."""
    tag = sys.implementation.cache_tag
    return (release / f"raftpi/__pycache__/__init__.{tag}.pyc").exists()


def daemon_settings(path):
    """A digest of what the daemon reads of its configuration: all but the lamp, which is last."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    return hashlib.sha256(text.split(LAMP_SECTION)[0].strip().encode()).hexdigest()


def public_key(path):
    """The public half, "" where there is no key."""
    document = read_toml(path)
    return document.get("public", "") if document else ""


def read_toml(path):
    """The document, None where there is none. Ends with a sentence where it is damaged."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        # The parser's own words may quote the line, and the line may be a secret.
        place = str(error).rpartition("(")[2].rstrip(")")
        sys.exit(f"{path} is damaged ({place}): move it away, then run this again")


def read_json(path):
    """The object, an empty one where there is none or a damaged one."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def has_user():
    """Whether both users and the group exist."""
    try:
        pwd.getpwnam("raftpi")
        pwd.getpwnam("raftpi-led")
        grp.getgrnam("raftpi")
    except KeyError:
        return False
    return True


def read_units():
    """What systemd knows of each unit."""
    wanted = ("Id", "ActiveState", "SubState", "UnitFileState", "NeedDaemonReload", "NRestarts")
    printed = output("systemctl", "show", "--property", ",".join(wanted), *UNITS)
    blocks = printed.strip().split("\n\n") if printed.strip() else []
    found = [dict(line.split("=", 1) for line in block.splitlines()) for block in blocks]
    units = {unit: dict.fromkeys(wanted, "") for unit in UNITS}
    units.update({unit["Id"]: unit for unit in found})
    return units


def wireless():
    """The names of the Wi-Fi interfaces."""
    try:
        found = sorted(NETWORK.iterdir())
    except FileNotFoundError:
        return []
    return [interface.name for interface in found if (interface / "wireless").exists()]


def interfaces(has_network_manager):
    """Interface names with their IPv4 addresses, and NetworkManager's connection of each."""
    found = {}
    for link in json.loads(output("ip", "-4", "-json", "address") or "[]"):
        if link.get("ifname") and link["ifname"] != "lo":
            addresses = [
                f"{item['local']}/{item['prefixlen']}" for item in link.get("addr_info", [])
            ]
            found[link["ifname"]] = {"addresses": addresses, "connection": None}
    if has_network_manager:
        for name, interface in found.items():
            interface["connection"] = connection(name)
    return found


def connection(interface):
    """NetworkManager's connection of an interface, None when it has none."""
    uuid = output("nmcli", "-g", "GENERAL.CON-UUID", "device", "show", interface).strip()
    if not uuid or uuid == "--":
        return None
    fields = ("ipv4.method", "ipv4.addresses", "ipv4.gateway", "ipv4.dns")
    lines = output("nmcli", "-e", "no", "-g", ",".join(fields), "connection", "show", uuid)
    values = [*lines.splitlines(), *[""] * len(fields)]
    return {"uuid": uuid} | dict(zip(fields, values, strict=False))


def output(*command):
    """What the command prints, "" when it is missing or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""


if __name__ == "__main__":
    main(*sys.argv[1:])

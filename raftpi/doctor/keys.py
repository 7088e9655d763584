"""The keys of this board: there, secret, its own, and known with those of the others."""

import os
import stat
from pathlib import Path

from raftpi.config.endpoint import parse_endpoint
from raftpi.config.file import Config
from raftpi.doctor.board import Board
from raftpi.doctor.finding import Finding, advice, ok, problem, unknown
from raftpi.errors import KeyProblem
from raftpi.transport.address import normal_endpoint
from raftpi.transport.client_key import ClientKey, load_client_key
from raftpi.transport.keys import fingerprint, read_key
from raftpi.transport.trust import Trust, read_trust

NAME, TRUST_NAME, CLIENT_NAME = "keys, own", "keys, trusted", "keys, client"
NODE_KEY_NAME, CLIENT_KEY_NAME = "node.key", "client.key"


def check_keys(config: Config, config_path: Path, board: Board) -> list[Finding]:
    """What is wrong with the keys that the configuration names."""
    directory = config.security.keys
    if directory is None:
        return [_without_keys(config)]
    try:
        trust = read_trust(config.security.trusted)
    except KeyProblem as error:
        return [problem(TRUST_NAME, str(error), "copy trusted.toml from another board")]
    findings = [_check_own(config, directory, trust, board), judge_trust(config, trust)]
    findings.append(_check_client(config_path.parent / CLIENT_KEY_NAME, config, trust, board))
    return findings


def board_client_key(config: Config, config_path: Path, board: Board) -> ClientKey | None:
    """The board's key for asking other members, None when it cannot be used."""
    path = config_path.parent / CLIENT_KEY_NAME
    if config.security.keys is None or not board.may(path, os.R_OK):
        return None
    try:
        return load_client_key(path)
    except KeyProblem:
        return None  # check_keys tells


def judge_trust(config: Config, trust: Trust) -> Finding:
    """Whether every member is known, and at the address that the configuration names."""
    remedy = f"write {config.security.trusted} anew (site.yml, or raftpi keys make), then reload"
    missing = [member.name for member in config.members if not trust.node_keys(member.id)]
    if missing:
        text = f"no key of {', '.join(missing)} in {config.security.trusted}: no link to there"
        return problem(TRUST_NAME, text, remedy)
    strangers = sorted({n.name for n in trust.nodes if config.member(n.id) is None})
    if strangers:
        text = f"{', '.join(strangers)} would be let in, and is no member by the configuration"
        return advice(TRUST_NAME, text, remedy)
    for member in config.members:
        for endpoint in (member.client, member.status):
            is_tcp = parse_endpoint(endpoint).scheme == "tcp"
            known = trust.server_key_at(endpoint)
            if is_tcp and known not in trust.node_keys(member.id):
                text = f"no key for {normal_endpoint(endpoint)} of {member.name}"
                return problem(TRUST_NAME, f"{text}: clients cannot go there", remedy)
    text = f"keys of members: {len(trust.nodes)}, of clients: {len(trust.clients)}"
    return ok(TRUST_NAME, text)


def _check_own(config: Config, directory: Path, trust: Trust, board: Board) -> Finding:
    if board.may(directory, os.F_OK) and not board.may(directory, os.R_OK | os.X_OK):
        return _hidden(directory)
    path = directory / NODE_KEY_NAME
    new = f"sudo raftpi keys new {path} --owner raftpi:raftpi"
    try:
        pair = read_key(path)
        found = directory.stat()
        owner = path.stat().st_uid
    except KeyProblem as error:
        return problem(NAME, str(error), new)
    except OSError as error:
        return problem(NAME, f"{directory}: {error.strerror}", new)
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        text = f"{directory} is open to others (mode {stat.S_IMODE(found.st_mode):04o})"
        return advice(NAME, text, f"sudo chmod 700 {directory}")
    daemon = _owner(config.node.data)
    if daemon is not None and owner != daemon:
        text = f"{path} belongs to another user than {config.node.data}: the daemon cannot read it"
        return problem(NAME, text, f"sudo chown --reference={config.node.data} {directory} {path}")
    return judge_own(config, path, pair.public, trust)


def judge_own(config: Config, path: Path, public: str, trust: Trust) -> Finding:
    """Whether others would know this board by its key."""
    if public in trust.node_keys(config.node.id):
        return ok(NAME, f"{path}: {fingerprint(public)}…, trusted as node {config.node.id}")
    user = trust.user_of(public)
    text = f"{path}: {fingerprint(public)}… is " + (
        f"the key of {user.replace(':', ' ')}" if user else "trusted by nobody"
    )
    remedy = (
        f"put the right key there, or write {config.security.trusted} anew on every board, with "
        f'public = "{public}" for node {config.node.id}'
    )
    return problem(NAME, text, remedy)


def _check_client(path: Path, config: Config, trust: Trust, board: Board) -> Finding:
    new = f"sudo raftpi keys new {path} --owner root:raftpi --mode 0640, and trust it"
    if not board.may(path, os.F_OK):
        return advice(CLIENT_NAME, f"there is no {path}: people here need keys of their own", new)
    if not board.may(path, os.R_OK):
        remedy = "run this with sudo, or join the group: sudo usermod -aG raftpi $USER"
        return unknown(CLIENT_NAME, f"you may not read {path}", remedy)
    try:
        key = load_client_key(path)
    except KeyProblem as error:
        return problem(CLIENT_NAME, str(error), new)
    user = trust.user_of(key.pair.public)
    if not user:
        text = f"{path}: {fingerprint(key.pair.public)}… is trusted by nobody"
        return problem(CLIENT_NAME, text, "write trusted.toml anew on every board, with this key")
    if not _is_readable_by_group_of(config.node.data, path):
        text = f"{path} can be read by its owner alone, not by people in the group raftpi"
        remedy = f"sudo chgrp --reference={config.node.data} {path}; sudo chmod 640 {path}"
        return advice(CLIENT_NAME, text, remedy)
    return ok(CLIENT_NAME, f"{path}: {fingerprint(key.pair.public)}…, {user.replace(':', ' ')}")


def _without_keys(config: Config) -> Finding:
    endpoints = [endpoint for member in config.members for _, endpoint in member.endpoints()]
    if all(parse_endpoint(endpoint).is_loopback for endpoint in endpoints):
        return ok(NAME, "none, and none are needed: nothing leaves this machine")
    text = "none: whoever reaches the network reads and changes everything"
    return problem(NAME, text, 'make keys (raftpi keys make), set keys = "…" below [security]')


def _hidden(directory: Path) -> Finding:
    return unknown(NAME, f"you may not look into {directory}", "run this with sudo")


def _is_readable_by_group_of(data: Path, path: Path) -> bool:
    """Whether the daemon's group may read this file; True where that cannot be told."""
    try:
        found, daemon = path.stat(), data.stat()
    except OSError:
        return True
    return found.st_gid == daemon.st_gid and bool(found.st_mode & stat.S_IRGRP)


def _owner(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except OSError:
        return None

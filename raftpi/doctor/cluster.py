"""What the members say of themselves when they are asked with this board's key."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from raftpi import __version__
from raftpi.client import Client, Offline
from raftpi.config.file import Config
from raftpi.doctor.board import Board
from raftpi.doctor.finding import Finding, advice, ok, problem, unknown
from raftpi.doctor.keys import board_client_key
from raftpi.errors import RaftpiError
from raftpi.status import NodeStatus

NAME = "cluster"
TIMEOUT_S = 2.0
SOCKET_NAME = "client.sock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Who answered, who did not, and why nobody was asked ("" if they were).

    `may_ask_all`: without a key only this board itself answers.
    """

    statuses: tuple[NodeStatus, ...] = ()
    silent: tuple[str, ...] = ()
    error: str = ""
    may_ask_all: bool = True


def ask_members(config: Config, config_path: Path, board: Board) -> Survey:
    """Ask every member for its status."""
    key = board_client_key(config, config_path, board)
    may_ask_all = config.security.keys is None or key is not None
    socket = config.node.runtime / SOCKET_NAME
    has_socket = board.may(socket, os.R_OK | os.W_OK) and socket.is_socket()
    endpoints = [
        f"ipc://{socket}" if member.id == config.node.id and has_socket else member.client
        for member in config.members
        if may_ask_all or (member.id == config.node.id and has_socket)
    ]
    if not endpoints:
        return Survey(error="you have no key to ask with", may_ask_all=False)
    try:
        with Client(endpoints, timeout_s=TIMEOUT_S, key=key) as client:
            found = client.survey()
    except RaftpiError as error:
        return Survey(error=str(error), may_ask_all=may_ask_all)
    return Survey(
        statuses=tuple(item for item in found if isinstance(item, NodeStatus)),
        silent=tuple(item.name for item in found if isinstance(item, Offline) and item.name),
        may_ask_all=may_ask_all,
    )


def judge_cluster(config: Config, survey: Survey) -> Finding:
    """Whether the members answer, agree on a leader, and run the same raftpi."""
    if survey.error and not survey.may_ask_all:
        return unknown(NAME, survey.error, "run this with sudo")
    if survey.error or not survey.statuses:
        text = survey.error or "nobody answers"
        return problem(NAME, text, "sudo systemctl start raftpi; journalctl -u raftpi tells why")
    mine = [status for status in survey.statuses if status.id == config.node.id]
    if not mine:
        text = f"{config.me.name}, this board's own daemon, does not answer"
        return problem(NAME, text, "sudo systemctl start raftpi; journalctl -u raftpi tells why")
    needy = [status for status in survey.statuses if status.needs_person]
    if needy:
        text = "; ".join(f"{status.name} needs a person: {status.needs_person}" for status in needy)
        return problem(NAME, text, "see the journal of that board")
    if survey.silent and survey.may_ask_all:
        text = f"no answer from {', '.join(survey.silent)}"
        remedy = "if its addresses answer, its keys are others: compare raftpi keys show there"
        return problem(NAME, text, remedy)
    leader = mine[0].leader
    if not leader:
        text = f"{config.me.name} knows of no leader ({mine[0].condition}, {mine[0].role})"
        return problem(NAME, text, "start the other members: a majority must hear each other")
    return _judge_versions(config, survey.statuses, leader)


def worst_delay_us(survey: Survey) -> int:
    """The longest message round trip that a leader told of, 0 when none did."""
    return max((peer.delay_us for s in survey.statuses for peer in s.peers), default=0)


def _judge_versions(config: Config, statuses: Sequence[NodeStatus], leader: int) -> Finding:
    member = config.member(leader)
    name = member.name if member is not None else f"node {leader}"
    others = sorted({s.version for s in statuses if s.version} - {__version__})
    text = f"{len(statuses)} of {len(config.members)} members asked and answering, {name} leads"
    if others:
        remedy = "bring every board to the same version, one after the other"
        return advice(NAME, f"{text}; also running: raftpi {', '.join(others)}", remedy)
    return ok(NAME, text)

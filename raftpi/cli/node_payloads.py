"""The payloads of rotten records, asked of a daemon that runs."""

import os
from collections.abc import Collection
from typing import TYPE_CHECKING

from raftpi.cli.connection import TIMEOUT_S, open_client
from raftpi.cli.seats import endpoint
from raftpi.cli.whereabouts import BOARD_CONFIG
from raftpi.errors import DirectoryRefused, UsageError

if TYPE_CHECKING:
    from argparse import Namespace

    from raftpi.client import Client
    from raftpi.storage.record import RecordHeader


class NodePayloads:
    """What the node at an endpoint holds of its log in memory: a `PayloadSource`."""

    def __init__(self, text: str, arguments: "Namespace") -> None:
        """`text` as the user gave it. Raises UsageError for what is no endpoint."""
        try:
            self.name = endpoint(text, "--from")
        except UsageError as error:
            raise UsageError(f"--from: {text} is no directory, and no endpoint: {error}") from error
        self._timeout_s = arguments.timeout or TIMEOUT_S
        self._key = arguments.key_file or os.environ.get("RAFTPI_KEY") or self._board_key()

    def find(
        self, wanted: "Collection[RecordHeader]", cluster_id: int
    ) -> "dict[RecordHeader, bytes]":
        """Those that it holds, whatever their checksums.

        Raises Unavailable, Timeout, Refused; DirectoryRefused if it is of another cluster.
        """
        found: dict[RecordHeader, bytes] = {}
        with open_client([self.name], self._timeout_s, self._key) as client:
            for header in wanted:
                payload = self._payload(client, header, cluster_id)
                if payload is not None:
                    found[header] = payload
        return found

    def _payload(self, client: "Client", header: "RecordHeader", cluster_id: int) -> bytes | None:
        from raftpi.fsck.advice import REFILLED_KINDS
        from raftpi.storage.record import RecordKind

        if header.kind not in REFILLED_KINDS:
            return None
        held = client.held_log(self.name, header.log_index, header.log_index)
        if cluster_id and held.cluster_id not in (0, cluster_id):
            raise DirectoryRefused(
                f"the node at {self.name} belongs to cluster {held.cluster_id:016x}, and the "
                f"directory to {cluster_id:016x}: name a peer of the same cluster"
            )
        for index, term, payload in held.entries:
            # A configuration that is repeated at a segment's head may have lost its term.
            is_same_term = header.kind != RecordKind.ENTRY or term == header.term
            if index == header.log_index and is_same_term:
                return payload
        return None

    def _board_key(self) -> str:
        """The key of the board, where this runs on one that has keys."""
        from pathlib import Path

        if self.name.startswith("ipc://") or not Path(BOARD_CONFIG).exists():
            return ""
        from raftpi.cli.board_config import from_config

        return from_config(BOARD_CONFIG).key

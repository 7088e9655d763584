"""Whose a data directory is: minted when it is fresh, checked at every start, then founded."""

from collections.abc import Sequence
from dataclasses import replace

from raftpi.core.ready import Batch
from raftpi.errors import DirectoryRefused
from raftpi.storage.directory import DataDirectory
from raftpi.storage.identity import Identity, IdentityFile


def minted(node_id: int, name: str, replica_id: int) -> IdentityFile:
    """The identity of a fresh directory."""
    if not 0 < replica_id < 1 << 64:
        raise ValueError(f"a replica id is a number from 1 to 2**64 - 1, not {replica_id}")
    identity = Identity(replica_id=replica_id, node_id=node_id, name=name, cluster_id=0)
    return IdentityFile(identity=identity, newest_generation=0)


def check_owner(directory: DataDirectory, identity: Identity, node_id: int, name: str) -> None:
    """Raise DirectoryRefused if the directory is another node's."""
    if (identity.node_id, identity.name) != (node_id, name):
        raise DirectoryRefused(
            f"{directory.path} belongs to node {identity.node_id} ({identity.name}), and this is "
            f"node {node_id} ({name}): set `id`, `data` and the [[member]] list right; "
            "never give a node another one's directory"
        )


def founded_by(identity: Identity, batches: Sequence[Batch]) -> Identity:
    """The identity that the founding entry, or a snapshot, first of all, makes of an unfounded."""
    for batch in batches:
        founding = batch.snapshot or (batch.entries[0] if batch.entries else None)
        if founding is None:
            continue
        if founding.configuration is None or founding.configuration.cluster_id == 0:
            break
        return replace(identity, cluster_id=founding.configuration.cluster_id)
    raise ValueError(
        "the first append to a directory must begin with the founding entry or a snapshot"
    )

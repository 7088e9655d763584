"""The exception tree: everything raftpi raises on purpose is a `RaftpiError`.

Each class carries the exit code with which the command line and the daemon end
when it reaches the top. The codes are part of the outside surface: systemd does not
restart the daemon on 10 to 12, 15 and 16, for a restart would not mend those.
"""


class RaftpiError(Exception):
    """The root: catch this to catch all that raftpi raises on purpose."""

    exit_code = 1


# --- what a client may be told -------------------------------------------------------


class Refused(RaftpiError):
    """The cluster or the library said no; certainly not done, and asking again is no use."""

    exit_code = 1


class Timeout(RaftpiError):
    """No answer in time: the outcome is unknown, it may be done or not."""

    exit_code = 3


class Unavailable(RaftpiError):
    """Certainly not done: no leader, no quorum or nobody answered before anything was sent."""

    exit_code = 4


class UsageError(RaftpiError):
    """The command was called with something it cannot use."""

    exit_code = 2


# --- why a daemon does not start, or stops --------------------------------------------


class ConfigurationError(RaftpiError):
    """The configuration file is missing, malformed or contradicts itself."""

    exit_code = 10


class DirectoryRefused(RaftpiError):
    """The data directory is in use by another daemon or belongs to another node."""

    exit_code = 11


class DamagedData(RaftpiError):
    """The data directory holds damage that only a person may decide about."""

    exit_code = 12


class StorageFailure(RaftpiError):
    """A read, write or sync failed, or a socket could not be had: the node stops at once."""

    exit_code = 13


class NoSpace(RaftpiError):
    """There is no space left on the card to start with."""

    exit_code = 14


class NewerVersion(RaftpiError):
    """The data directory was written by a newer raftpi."""

    exit_code = 15


class KeyProblem(RaftpiError):
    """A key is missing, unreadable, open to the world or not the one expected."""

    exit_code = 16


# --- what other programs send ----------------------------------------------------------


class ProtocolError(RaftpiError):
    """Bytes from outside that are no valid frame, request or command: counted and dropped."""

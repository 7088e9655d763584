"""In whose name a request came: what the connection that carried it stands for."""

from enum import Enum


class Standing(Enum):
    """What a client may ask follows from this alone, never from what it says of itself."""

    LOCAL = "local"  # a program on this machine, through a socket that only a group may open
    ADMIN = "admin"  # a key that may do everything
    ORDINARY = "ordinary"  # a key that may read, write and look
    OPEN = "open"  # nobody was asked for a key

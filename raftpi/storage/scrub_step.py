"""What a slice of the scrub came to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubStep:
    """What one slice came to.

    `read_bytes` of this slice; `done_bytes` of `total_bytes` of this pass, which `pass_ended`
    ends. `rot` tells what was just found and `mended` what was just mended, or "". `rotten` is
    what is rotten and not mended yet, or "", and `needed_index` up to where a snapshot would
    have to reach to mend it, 0 for none: one that does is being read back (`is_proving`).
    """

    read_bytes: int = 0
    done_bytes: int = 0
    total_bytes: int = 0
    pass_ended: bool = False
    rot: str = ""
    mended: str = ""
    rotten: str = ""
    needed_index: int = 0
    is_proving: bool = False

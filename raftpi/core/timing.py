"""How fast a cluster notices: heartbeat and election times, one set for the whole cluster."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Heartbeat interval and election timeout range, in microseconds.

    "Within an election timeout" always means `election_max_us`.
    Raises ValueError when the three contradict each other.
    """

    heartbeat_us: int
    election_min_us: int
    election_max_us: int

    def __post_init__(self) -> None:
        if not 0 < self.heartbeat_us * 2 <= self.election_min_us <= self.election_max_us:
            raise ValueError(
                "timing must satisfy 0 < 2 * heartbeat_us <= election_min_us <= election_max_us"
            )


# The profiles a configuration may name. `wifi` allows for the power save of a Pi's radio,
# `slow` for a processor a tenth as fast.
PROFILES: dict[str, Timing] = {
    "wired": Timing(heartbeat_us=50_000, election_min_us=150_000, election_max_us=300_000),
    "wifi": Timing(heartbeat_us=250_000, election_min_us=1_500_000, election_max_us=3_000_000),
    "slow": Timing(heartbeat_us=500_000, election_min_us=3_000_000, election_max_us=6_000_000),
}


def name_of(timing: Timing) -> str:
    """The profile that this timing is, or "custom"."""
    for name in sorted(PROFILES):
        if PROFILES[name] == timing:
            return name
    return "custom"

"""The arguments of `raftpi sim`."""

from typing import TYPE_CHECKING

from raftpi.cli.parser import bare_command, seconds, whole

if TYPE_CHECKING:
    from raftpi.cli.parser import Commands

EXAMPLE = "raftpi sim --seed 1\n  raftpi sim --seeds 1000\n  raftpi sim --seeds 100 --shrink"


def _add_sim(commands: "Commands") -> None:
    text = "run whole clusters on virtual time, with every fault there is, and look for violations"
    sim = bare_command(commands, "sim", text, EXAMPLE, "sim", "sim")
    which = sim.add_mutually_exclusive_group()
    which.add_argument("--seed", type=whole, metavar="N", help="one run, with its trace")
    which.add_argument(
        "--seeds", type=whole, metavar="COUNT", help="many runs, over all processors"
    )
    told = sim.add_mutually_exclusive_group()
    told.add_argument(
        "--verbose", action="store_true", help="in the trace, every message and request too"
    )
    told.add_argument("--quiet", action="store_true", help="no trace, only what came of it")
    sim.add_argument(
        "--from", dest="first", type=whole, default=0, metavar="N", help="the first of --seeds (0)"
    )
    sim.add_argument("--jobs", type=whole, metavar="J", help="how many at a time (all processors)")
    sim.add_argument("--shrink", action="store_true", help="make what fails as small as can be")
    sim.add_argument(
        "--without", metavar="KINDS", help="leave out these faults, parted by commas: power,loss"
    )
    sim.add_argument("--boards", type=whole, metavar="N", help="not as the seed says: so many")
    sim.add_argument("--clients", type=whole, metavar="N", help="not as the seed says: so many")
    sim.add_argument("--faults", type=seconds, metavar="SECONDS", help="how long faults go on")
    sim.add_argument("--json", action="store_true", help="print JSON")


SIM_ADDERS = {"sim": _add_sim}

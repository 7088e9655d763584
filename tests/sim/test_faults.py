"""Cards that fill up for a while: nothing is lost, nobody is restarted for it, all go on."""

from dataclasses import replace

from raftpi.sim.plan import Plan, draw
from raftpi.sim.swarm import run_plan

SEEDS = range(1, 7)


def often_full(seed: int) -> Plan:
    """What the seed draws, and cards fill up twice a second besides."""
    plan = draw(seed)
    rates = [(kind, rate) for kind, rate in plan.rates if kind != "card-full"]
    return replace(plan, rates=(*rates, ("card-full", 2.0 / plan.pace)))


def test_no_harm_comes_of_cards_that_fill_up_among_all_other_faults() -> None:
    full_count = again_count = 0
    for seed in SEEDS:
        lines: list[str] = []
        report = run_plan(often_full(seed), tell=lines.append)
        assert not report.failed, f"seed {seed}: {report.text}"
        full_count += sum("the disk is full" in line for line in lines)
        again_count += sum("has space on the disk again" in line for line in lines)
    assert full_count > len(SEEDS)
    assert again_count > len(SEEDS) // 2


def test_the_swarm_draws_them_like_any_other_fault() -> None:
    rates = [dict(draw(seed).rates)["card-full"] for seed in range(100)]
    assert any(rates)
    assert not all(rates)

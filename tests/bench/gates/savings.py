"""What stopping early saves, what a guard over categories costs, and how fast all of it is."""

import resource
import time

import numpy as np

from tests.bench.gates.cases import ALPHA, FLOOR, MARGIN, METHODS, judged_in_both_orders
from tests.bench.gates.tables import Size, heading, points, row
from tpobench.harness.config import validate
from tpobench.harness.gate.policy import Policy
from tpobench.harness.gate.simulated import PlannedGate, PlannedSource
from tpobench.harness.records import Prompt
from tpobench.harness.stats.simulation import Rates, World, simulate_gates

PROMPTS = 750
WIN_RATES = (0.40, 0.45, 0.47, 0.50, 0.52, 0.55, 0.60)


def print_savings(size: Size) -> list[str]:
    """Prints the tables."""
    _early(size)
    _guarded(size)
    _without_a_cliff(size)
    _speed(300 if size.quick else 20_000)
    return []


def _early(size: Size) -> None:
    gates = size.gates(PROMPTS, 4_000)
    heading(
        f"What stopping early saves: {gates:,} gates, {PROMPTS} prompts at most, margin {MARGIN}, two orders",
        ["true win rate", "hybrid: pass / fail / open", "prompts", "sequential", "prompts", "fixed"],
    )
    for rate in WIN_RATES[size.some(WIN_RATES)]:
        found = [simulate_gates(judged_in_both_orders(rate), PROMPTS, gates, FLOOR, ALPHA, m) for m in METHODS]
        cells = [f"{_shares(one)} | {one.prompts:.0f} ({one.prompts / PROMPTS:.0%})" for one in found[:2]]
        row(f"{rate:.2f}", *cells, _shares(found[2]))
    print()


def _shares(found: Rates) -> str:
    return " / ".join(points(share) for share in (found.passed, found.failed, found.undecided))


def _guarded(size: Size) -> None:
    """In blocks of 25, as a gate judges; five categories of 150 prompts."""
    gates = size.gates(PROMPTS, 2_000)
    heading(
        "What a guard costs: five categories of 150 prompts, floor 0.40, 80% power for 15 points, blocks of 25",
        ["true win rate", "prompts without a guard", "with it", "pass / fail / open with it"],
    )
    rules = {"head_to_head": {"margin": MARGIN}}
    prompts = [Prompt(f"{n}", f"c{n % 5}") for n in range(PROMPTS)]
    plain, guarded = (
        PlannedGate(validate(rules | more, Policy, "bench"), PlannedSource(prompts=prompts))
        for more in ({}, {"categories": {"margin": 0.1}})
    )
    for rate in WIN_RATES[size.some(WIN_RATES)]:
        world = judged_in_both_orders(rate)
        without, with_guard = plain.simulate(world, gates), guarded.simulate(world, gates)
        used = [found.prompts["head_to_head"].mean() for found in (without, with_guard)]
        shares = [points(float((with_guard.outcome == which).mean())) for which in (1, -1, 0)]
        row(f"{rate:.2f}", *(f"{count:.0f} ({count / PROMPTS:.0%})" for count in used), " / ".join(shares))
    print()


def _without_a_cliff(size: Size) -> None:
    numbers = (10, 20, 30, 40, 48, 49, 50, 51, 52, 60, 100, 200)
    heading("No cliff: how often a true 60% passes a floor of 47%, one order", ["prompts", *map(str, numbers)])
    for method in METHODS[size.some(METHODS)]:
        gates = [size.gates(n, 4_000) for n in numbers]
        found = [
            simulate_gates(World(win_rate=0.6), n, count, FLOOR, ALPHA, method).passed
            for n, count in zip(numbers, gates, strict=True)
        ]
        row(method, *(f"{share:.0%}" for share in found))
    print()


def _speed(gates: int) -> None:
    started = time.process_time()
    found = simulate_gates(judged_in_both_orders(FLOOR), PROMPTS, gates, FLOOR, ALPHA)
    seconds = time.process_time() - started
    error, memory = (ALPHA * (1 - ALPHA) / gates) ** 0.5, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{gates:,} hybrid gates x {PROMPTS} prompts at the floor: {seconds:.1f} s of one core, {memory:.0f} MB; "
        f"{found.passed:.2%} passed, {found.failed:.2%} failed (standard error {error:.2%}).\n"
    )
    assert np.isfinite(found.passed)

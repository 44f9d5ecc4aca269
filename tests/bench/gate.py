"""Sequential gates: their errors, what they save, and both on real judgments: python tests/bench/gate.py [--quick].

The last table needs annotations.parquet of AlpacaEval in DATA/alpaca_eval; without it that table is left out. Takes
about three minutes on one core.
"""

import argparse
import resource
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
import pandas as pd

from tests.data import DATA
from tpobench.harness.stats.intervals import Floats
from tpobench.harness.stats.sequential import Method, confidence_sequence, decide_mean, wealth
from tpobench.harness.stats.simulation import Rates, World, simulate_gates

PROMPTS, ALPHA, MARGIN = 750, 0.05, 0.03
FLOOR = 0.5 - MARGIN
METHODS: tuple[Method | Literal["peeking"], ...] = ("sequential", "hybrid", "fixed", "peeking")
WIN_RATES = (0.40, 0.45, 0.47, 0.50, 0.52, 0.55, 0.60)
TARGETS = (-20, -10, -5, -3, -1, 0, 1, 3, 5, 10, 20)
BINS = (-100, -12, -6, -3, 0, 3, 6, 12, 100)
"""Differences in points, by which pairs of models are grouped."""
ORDERS = 20


class CountedApart(World):
    """A world in which the gate takes every prompt of a cluster for an observation of its own."""

    def observations(self, rng: np.random.Generator, gates: int, prompts: int) -> Floats:
        return self.draw(rng, gates, prompts)


def judged_in_both_orders(win_rate: float) -> World:
    """The world of the tables: a fifth of the verdicts go by position, and a prompt's value has a sd of 0.36."""
    return World(win_rate=win_rate, bias=0.2, orders="both").with_sd(0.36)


BOUNDARY = {
    "one order, no ties": World(win_rate=FLOOR),
    "one order, 30% ties": World(win_rate=FLOOR, ties=0.3),
    "both orders, 20% by position": judged_in_both_orders(FLOOR),
    "clusters of 5, their means": World(win_rate=FLOOR, spread=0.2, cluster=5),
    "wrong: clusters of 5, prompt by prompt": CountedApart(win_rate=FLOOR, spread=0.2, cluster=5),
    "wrong: both orders, verdict by verdict": CountedApart(win_rate=FLOOR, spread=0.3, cluster=2),
}


def errors(gates: int) -> None:
    print(f"## Errors at the floor: {gates:,} gates x {PROMPTS} prompts, alpha {ALPHA}, true win rate {FLOOR}\n")
    print(f"| passed / failed | {' | '.join(METHODS)} |\n|---|{'---|' * len(METHODS)}")
    seconds = 0.0
    for name, world in BOUNDARY.items():
        cells = []
        for method in METHODS:
            started = time.perf_counter()
            found = simulate_gates(world, PROMPTS, gates, FLOOR, ALPHA, method)
            if (name, method) == ("both orders, 20% by position", "hybrid"):
                seconds = time.perf_counter() - started
            cells.append(f"{found.passed:.2%} / {found.failed:.2%}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    error = (ALPHA * (1 - ALPHA) / gates) ** 0.5
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nStandard error of a share of {ALPHA:.0%}: {error:.2%}.")
    print(f"{gates:,} hybrid gates x {PROMPTS} prompts, both orders: {seconds:.1f} s; peak memory {memory:.0f} MB.\n")


def coverage(sequences: int, calls: int, level: float = 0.95) -> None:
    """At the worst moment by what bettors against the truth had, at a random one by the interval itself."""
    print(f"## Coverage of the {level:.0%} confidence sequence, {PROMPTS} prompts\n")
    print("| true win rate | at every moment at once | at a random moment | width after all | of the t interval |")
    print("|---|---|---|---|---|")
    for rate in (0.47, 0.6):
        rng, world = np.random.default_rng(1), judged_in_both_orders(rate)
        values = world.draw(rng, sequences, PROMPTS)
        richest = np.maximum(wealth(values, rate), wealth(1 - values, 1 - rate)).max(axis=-1)
        held = float((richest < 2 / (1 - level)).mean())
        found = [confidence_sequence(row[: rng.integers(1, PROMPTS + 1)], level) for row in values[:calls]]
        at_random = np.mean([low <= rate <= high for low, high in found])
        ends = [confidence_sequence(row, level) for row in values[: calls // 10 + 1]]
        width = np.mean([high - low for low, high in ends])
        print(
            f"| {rate} | {held:.1%} of {sequences:,} | {at_random:.1%} of {calls} | {100 * width:.1f} points "
            f"| {100 * 2 * 1.96 * world.sd / PROMPTS**0.5:.1f} points |",
            flush=True,
        )
    print()


def savings(gates: int) -> None:
    print(f"## Savings: {gates:,} gates, {PROMPTS} prompts at most, margin {MARGIN}, alpha {ALPHA}, sd 0.36\n")
    print("| true win rate | hybrid: pass / fail / open | prompts | saved | sequential | prompts | saved | fixed |")
    print("|---|---|---|---|---|---|---|---|")
    for rate in WIN_RATES:
        hybrid, sequential, fixed = (
            simulate_gates(judged_in_both_orders(rate), PROMPTS, gates, FLOOR, ALPHA, method)
            for method in ("hybrid", "sequential", "fixed")
        )
        cells = [f"{shares(found)} | {found.prompts:.0f} | {saved(found.prompts)}" for found in (hybrid, sequential)]
        print(f"| {rate:.2f} | {' | '.join(cells)} | {shares(fixed)} |", flush=True)
    print()


def shares(found: Rates) -> str:
    return f"{100 * found.passed:.1f} / {100 * found.failed:.1f} / {100 * found.undecided:.1f}"


def saved(prompts: float, of: int = PROMPTS) -> str:
    return f"{1 - prompts / of:.0%}"


def real_judgments(file: Path, orders: int) -> None:
    """Every model as a candidate against every other, from their preferences over the common baseline: D = Y(a) - Y(b)
    on each prompt, tested as (D + 1) / 2 against (1 - margin) / 2, in seeded orders of the prompts."""
    table = pd.read_parquet(file).pivot(index="index", columns="model", values="preference").dropna() - 1
    table = table.loc[:, table.nunique() > 1]  # the baseline ties with itself everywhere
    models, rates = list(table.columns), table.to_numpy().T
    pairs = [(a, b) for a in range(len(models)) for b in range(len(models)) if a != b]
    values = np.array([(rates[a] - rates[b] + 1) / 2 for a, b in pairs])
    points, prompts, floor = 200 * (values.mean(axis=-1) - 0.5), values.shape[-1], 0.5 - MARGIN / 2
    fixed = decide_mean(values, values, floor, ALPHA, "fixed").outcome
    outcomes, used = [], []
    for seed in range(orders):
        shuffled = values[:, np.random.default_rng(seed).permutation(prompts)]
        found = decide_mean(shuffled, shuffled, floor, ALPHA, "hybrid")
        outcomes.append(found.outcome)
        used.append(found.used)
    outcome, consumed = np.array(outcomes), np.array(used)
    print(f"## Real judgments: AlpacaEval, {len(models)} models, {prompts} prompts, margin {MARGIN}, hybrid\n")
    print("One order of the prompts (seed 0); the difference is that of the win rates on all prompts, in points.\n")
    print("| candidate | against | difference | decision | prompts | saved | fixed, all prompts |")
    print("|---|---|---|---|---|---|---|")
    words = {1: "PASS", -1: "FAIL", 0: "open"}
    for target in TARGETS:
        place = int(np.argmin(abs(points - target)))
        a, b = pairs[place]
        print(
            f"| {models[a]} | {models[b]} | {round(points[place], 1) + 0.0:+.1f} | {words[int(outcome[0, place])]} "
            f"| {consumed[0, place]} | {saved(consumed[0, place], prompts)} | {words[int(fixed[place])]} |"
        )
    print(f"\nAll {len(pairs):,} ordered pairs in {orders} orders; shares of the gates.\n")
    print("| difference | pairs | prompts | saved | as fixed | open, fixed decides | decides, fixed open | opposite |")
    print("|---|---|---|---|---|---|---|---|")
    for low, high in [*pairwise(BINS), (BINS[0], BINS[-1])]:
        chosen = (points > low) & (points <= high)
        ours, theirs, mean = outcome[:, chosen], fixed[chosen], consumed[:, chosen].mean()
        kinds = (ours == theirs, (ours == 0) & (theirs != 0), (ours != 0) & (theirs == 0), ours * theirs == -1)
        name = "all" if high - low == BINS[-1] - BINS[0] else f"over {low} to {high}"
        cells = " | ".join(f"{kind.mean():.1%}" for kind in kinds)
        print(f"| {name} | {chosen.sum()} | {mean:.0f} | {saved(mean, prompts)} | {cells} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look at the tables")
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    quick = arguments.quick
    errors(300 if quick else 20_000)
    coverage(*((100, 3) if quick else (1_000, 100)))
    savings(300 if quick else 10_000)
    file = arguments.data / "alpaca_eval" / "annotations.parquet"
    if file.is_file():
        real_judgments(file, 1 if quick else ORDERS)


if __name__ == "__main__":
    main()

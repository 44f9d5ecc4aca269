"""Gates on real judgments: every model of AlpacaEval as a candidate against every other."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from tests.bench.gates.cases import ALPHA, MARGIN
from tpobench.harness.stats.sequential import decide_mean

TARGETS = (-20, -10, -5, -3, -1, 0, 1, 3, 5, 10, 20)
BINS = (-100, -12, -6, -3, 0, 3, 6, 12, 100)
"""Differences in points, by which pairs of models are grouped."""


def print_real_judgments(file: Path, orders: int) -> None:
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
            f"| {consumed[0, place]} | {_saved(consumed[0, place], prompts)} | {words[int(fixed[place])]} |"
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
        print(f"| {name} | {chosen.sum()} | {mean:.0f} | {_saved(mean, prompts)} | {cells} |", flush=True)
    print()


def _saved(prompts: float, of: int) -> str:
    return f"{1 - prompts / of:.0%}"

"""Every rule that has an alpha: its errors, and what it sees."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from tests.bench.gates.cases import ALPHA, judged_in_both_orders
from tests.bench.gates.tables import Bounded, Size, heading, row
from tpobench.harness.config import validate
from tpobench.harness.gate.comparison import frozen_order
from tpobench.harness.gate.drops import check_drop
from tpobench.harness.gate.input import PairedValues
from tpobench.harness.gate.policy import Policy
from tpobench.harness.gate.rules import EquivalenceRule, TaskRule, WinRateRule
from tpobench.harness.gate.simulated import PlannedGate, PlannedSource, decide_rule
from tpobench.harness.records import Prompt
from tpobench.harness.stats.intervals import Floats, mean_p_value
from tpobench.harness.stats.simulation import World, chunks

PROMPTS = 750


def print_rules(size: Size) -> list[str]:
    """Prints the tables; returns the cells that are beyond their bound."""
    return _win_rates(size) + _categories(size) + _drops(size)


def _win_rates(size: Size) -> list[str]:
    title = f"Win-rate rules and equivalence, {PROMPTS} prompts, two orders, alpha {ALPHA}: passed / failed"
    heading(title, ["rule", "true win rate", "hybrid", "sequential", "fixed"])
    table = Bounded(title)
    rules = {
        "head_to_head, margin 0.03": ({"margin": 0.03}, (0.47, 0.5, 0.53)),
        "head_to_head, margin -0.02 (must win)": ({"margin": -0.02}, (0.5, 0.52, 0.57)),
        "head_to_head, margin 0.3": ({"margin": 0.3}, (0.2, 0.25)),
        "equivalence, within 0.05": ({"within": 0.05}, (0.44, 0.45, 0.5, 0.55, 0.56)),
    }
    for name, (about, rates) in [*rules.items()][size.some(rules)]:
        for rate in rates:
            row(name, rate, *(_win_rate_cell(table, name, about, rate, method, size) for method in _METHODS))
    table.conclude()
    return table.beyond


_METHODS = ("hybrid", "sequential", "fixed")


def _win_rate_cell(table: Bounded, name: str, about: Mapping[str, Any], rate: float, method: str, size: Size) -> str:
    """Bounded where passing, or failing, is an error; elsewhere what the rule sees."""
    rule: WinRateRule | EquivalenceRule
    rule = WinRateRule(method=method, **about) if "margin" in about else EquivalenceRule(method=method, **about)
    world = judged_in_both_orders(rate)

    @cache
    def outcomes(seed: int, gates: int) -> tuple[int, int]:
        rng, passed, failed = np.random.default_rng(seed), 0, 0
        for part in chunks(gates, PROMPTS):
            outcome = decide_rule(rule, world.draw(rng, part, PROMPTS)).outcome
            passed, failed = passed + int((outcome > 0).sum()), failed + int((outcome < 0).sum())
        return passed, failed

    gates = size.gates(PROMPTS, 3_000)
    inside = abs(rate - 0.5) - rule.within < 1e-9 if isinstance(rule, EquivalenceRule) else rate >= rule.floor - 1e-9
    edge = abs(abs(rate - 0.5) - rule.within) < 1e-9 if isinstance(rule, EquivalenceRule) else rate <= rule.floor + 1e-9
    where = f"{name} at {rate}, {method}"
    cells = []
    for bounded, index in ((not inside or edge, 0), (inside, 1)):
        cells.append(
            table.error(where, lambda seed, asked, i=index: outcomes(seed, asked)[i], gates, ALPHA)  # type: ignore[misc]
            if bounded
            else f"{outcomes(1, gates)[index] / gates:.0%}"
        )
    return " / ".join(cells)


def _categories(size: Size) -> list[str]:
    title = f"The guard over categories, floor 0.40, alpha {ALPHA}, wins and losses: share that fails"
    heading(title, ["categories", "judged in each", "all at the floor", "one 15 points below, others at 50%"])
    table = Bounded(title)
    kinds = {"2 of 375": [375] * 2, "5 of 150": [150] * 5, "20 of 150": [150] * 20, "20 of 30": [30] * 20}
    kinds |= {"150, 100, 60, 30": [150, 100, 60, 30]}
    for name, sizes in [*kinds.items()][size.some(kinds)]:
        guard = GuardCase(sizes)
        gates = size.gates(sum(sizes), 2_000)
        alarm = table.error(name, lambda seed, asked, g=guard: g.fails(0.4, 0.4, seed, asked), gates, ALPHA)  # type: ignore[misc]
        seen = guard.fails(0.25, 0.5, 1, gates) / gates
        judged = sorted(len(taken) for taken in guard.taken.values())
        row(name, " to ".join(map(str, sorted({judged[0], judged[-1]}))), alarm, f"{seen:.1%}")
    table.conclude()
    return table.beyond


class GuardCase:
    """A benchmark with categories of these sizes, and a policy that guards them alone."""

    def __init__(self, sizes: list[int], **about: Any) -> None:
        prompts = [Prompt(f"{c} {n}", f"c{c}") for c, count in enumerate(sizes) for n in range(count)]
        policy = validate({"categories": {"margin": 0.1}} | about, Policy, "bench")
        self._planned = PlannedGate(policy, PlannedSource(prompts=prompts))
        self._first = np.array([prompts[index].category == "c0" for index in frozen_order(prompts)])
        guard = self._planned.guard
        assert guard is not None
        self.taken = guard.taken

    def fails(self, first: float, others: float, seed: int, gates: int) -> int:
        """How many gates fail where the first category has one win rate, and all others have another."""
        rng, failed = np.random.default_rng(seed), 0
        for part in chunks(gates, self._first.size):
            values = np.empty((part, self._first.size))
            for rate, where in ((first, self._first), (others, ~self._first)):
                values[:, where] = World(win_rate=rate).draw(rng, part, int(where.sum()))
            failed += int((self._planned.decide({"head_to_head": values}).outcome < 0).sum())
        return failed


def _drops(size: Size) -> list[str]:
    title = f"Paired differences and lm-eval's drops, alpha {ALPHA}: passed / failed at the limit, passed if equal"
    heading(title, ["rule", "items", "baseline", "at the limit", "equal candidate passes"])
    table = Bounded(title)
    cases = [("max_drop 0.02", n, base, 1.0, 0.02) for n in (100, 1319, 5000) for base in (0.05, 0.6, 0.95)] + [
        ("max_relative_drop 0.05", n, base, 0.95, 0.0) for n in (100, 1319, 5000) for base in (0.3, 0.6, 0.95)
    ]
    for name, n, base, share, drop in cases[size.some(cases)]:
        gates = size.gates(n, 2_000)
        limit = share * base - drop
        draw = cache(lambda seed, asked, a=limit, b=base, n=n, s=share, d=drop: _moved(seed, asked, n, (a, b), s, d))
        where = f"{name}, {n} items of {base}"
        passed = table.error(f"{where}, passed", lambda seed, asked, f=draw: f(seed, asked)[0], gates, ALPHA)  # type: ignore[misc]
        failed = table.error(f"{where}, failed", lambda seed, asked, f=draw: f(seed, asked)[1], gates, ALPHA)  # type: ignore[misc]
        equal = _moved(1, gates, n, (base, base), share, drop)[0] / gates
        row(name, f"{n:,}", base, f"{passed} / {failed}", f"{equal:.0%}")
    table.conclude()
    return table.beyond


def drop_outcomes(rule: TaskRule, pairs: Floats) -> tuple[str, str]:
    """What the table above tests by, and what the gate's own rule says, of pairs of candidate's and baseline's value;
    shape (items, 2)."""
    share = 1 - (rule.max_relative_drop or 0.0)
    scaled, floor = _scaled(pairs[:, 0], pairs[:, 1], share), (share - (rule.max_drop or 0.0)) / (1 + share)
    passed, failed = mean_p_value(scaled, floor) <= rule.alpha, mean_p_value(1 - scaled, 1 - floor) <= rule.alpha
    values = PairedValues(pairs=[(ours, theirs) for ours, theirs in pairs.tolist()])
    return "PASS" if passed else "FAIL" if failed else "INCONCLUSIVE", check_drop("task", "acc", rule, values).outcome


def _scaled(ours: Floats, theirs: Floats, share: float) -> Floats:
    """Candidate - share * baseline, from its least value, -share, to its largest, 1."""
    return (ours - share * theirs + share) / (1 + share)


def _moved(
    seed: int, gates: int, items: int, accuracies: tuple[float, float], share: float, drop: float
) -> tuple[int, int]:
    """How many gates pass and fail a rule on candidate - share * baseline, which may not be below -drop: the test is
    that of the mean. Candidate and baseline answer 70% of the items alike."""
    rng, passed, failed = np.random.default_rng((seed, items)), 0, 0
    ours, theirs = accuracies
    for part in chunks(gates, items):
        alike, shape = rng.random((part, items)) < 0.7, (part, items)
        common, other = rng.random(shape), rng.random(shape)
        b = (common < theirs).astype(float)
        a = (np.where(alike, common, other) < ours).astype(float)
        scaled = _scaled(a, b, share)
        floor = (share - drop) / (1 + share)
        passed += int((mean_p_value(scaled, floor) <= ALPHA).sum())
        failed += int((mean_p_value(1 - scaled, 1 - floor) <= ALPHA).sum())
    return passed, failed
